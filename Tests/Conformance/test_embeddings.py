"""Embeddings and rankings, by the official clients of OpenAI and Ollama and by hand, against what transformers computes."""

import base64
import json
import struct
import threading

import ollama
import openai
import pytest
import wire
from ponder_process import FIXTURES, Ponder, run

REFERENCE = json.loads((FIXTURES / "embeddings.json").read_text())
# A cache of halves costs a few units in the fourth digit; activations rounded to BF16 would cost more.
TOLERANCE = 2e-3


def linked(folder, source):
    folder.mkdir()
    for file in source.iterdir():
        (folder / file.name).symlink_to(file)
    return folder


@pytest.fixture(scope="module", params=["dense-tied", "moe"])
def embedder(request, tmp_path_factory):
    """A checkpoint in the form of Qwen3-Embedding's: a tokenizer that ends texts, and the modules of sentence-transformers."""
    folder = linked(tmp_path_factory.mktemp("models") / request.param, FIXTURES / "models" / request.param / "hf")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    end = next(token for token in tokenizer["added_tokens"] if token["content"] == "<|endoftext|>")
    tokenizer["post_processor"] = {"type": "Sequence", "processors": [
        {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False},
        {"type": "TemplateProcessing", "pair": [],
         "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}],
         "special_tokens": {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [end["id"]], "tokens": ["<|endoftext|>"]}}}]}
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "modules.json").write_text(json.dumps([
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_lasttoken": True}))
    with Ponder(folder, "--activation-type", "f32") as server:
        server.reference = REFERENCE["embeddings"][request.param]
        yield server


@pytest.fixture(scope="module")
def reranker(tmp_path_factory):
    folder = linked(tmp_path_factory.mktemp("models") / "Qwen3-Reranker-tiny", FIXTURES / "models" / "dense-fullvocab" / "hf")
    (folder / "tokenizer.json").symlink_to(FIXTURES / "qwen3" / "tokenizer.json")
    with Ponder(folder, "--activation-type", "f32") as server:
        yield server


def client(server):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0, timeout=60)


def difference(vectors, others):
    assert [len(vector) for vector in vectors] == [len(vector) for vector in others]
    return max(abs(a - b) for vector, other in zip(vectors, others) for a, b in zip(vector, other))


def test_openais_client_gets_the_references_embeddings(embedder):
    reference = embedder.reference
    # Left to itself the client asks for base64.
    reply = client(embedder).embeddings.create(model=embedder.name, input=reference["texts"])
    assert [item.index for item in reply.data] == list(range(len(reference["texts"])))
    assert difference([item.embedding for item in reply.data], reference["embeddings"]) < TOLERANCE
    assert reply.usage.prompt_tokens == reply.usage.total_tokens == sum(map(len, reference["token_ids"]))
    floats = client(embedder).embeddings.create(model=embedder.name, input=reference["texts"], encoding_format="float")
    assert difference([item.embedding for item in floats.data], [item.embedding for item in reply.data]) < 1e-7
    ids = client(embedder).embeddings.create(model=embedder.name, input=reference["token_ids"], encoding_format="float")
    assert [item.embedding for item in ids.data] == [item.embedding for item in floats.data]


def test_fewer_dimensions_have_the_length_of_one(embedder):
    reply = client(embedder).embeddings.create(model=embedder.name, input="A text.", dimensions=16)
    vector = reply.data[0].embedding
    assert len(vector) == 16
    assert abs(sum(value * value for value in vector) - 1) < 1e-5
    with pytest.raises(openai.BadRequestError) as caught:
        client(embedder).embeddings.create(model=embedder.name, input="A text.", dimensions=1 << 20)
    assert caught.value.param == "dimensions"


def test_an_embedding_has_the_same_bits_in_any_company(embedder):
    texts = [f"Text number {number}, and {'more ' * (number % 9)}" for number in range(200)]
    together = client(embedder).embeddings.create(model=embedder.name, input=texts, encoding_format="float").data
    stop = threading.Event()

    def others():
        while not stop.is_set():
            client(embedder).embeddings.create(model=embedder.name, input=["something else " * 9] * 8)

    thread = threading.Thread(target=others)
    thread.start()
    try:
        for number in (0, 1, 17, 63, 64, 199):
            alone = client(embedder).embeddings.create(model=embedder.name, input=texts[number], encoding_format="float")
            assert alone.data[0].embedding == together[number].embedding
    finally:
        stop.set()
        thread.join()


def test_bad_inputs_are_refused(embedder):
    for body in ({"input": []}, {"input": ""}, {"input": ["a"] * 2049}, {"input": [1 << 40]}, {"input": {"a": 1}}, {}):
        reply = wire.request(embedder.port, "POST", "/v1/embeddings", body)
        assert reply.status == 400
        assert reply.json()["error"]["param"].startswith("input")
    with pytest.raises(openai.BadRequestError):
        client(embedder).chat.completions.create(model=embedder.name, messages=[{"role": "user", "content": "Hi"}])


def test_ollamas_client_gets_the_same(embedder):
    reference = embedder.reference
    native = ollama.Client(host=embedder.url, timeout=60)
    reply = native.embed(model=embedder.name, input=reference["texts"])
    assert difference(reply.embeddings, reference["embeddings"]) < TOLERANCE
    assert reply.prompt_eval_count == sum(map(len, reference["token_ids"]))
    assert len(native.embed(model=embedder.name, input="a", dimensions=8).embeddings[0]) == 8
    older = native.embeddings(model=embedder.name, prompt=reference["texts"][1])
    assert list(older.embedding) == list(reply.embeddings[1])
    long = "word " * 3000
    assert len(native.embed(model=embedder.name, input=long).embeddings) == 1
    with pytest.raises(ollama.ResponseError):
        native.embed(model=embedder.name, input=long, truncate=False)
    assert native.show(embedder.name).capabilities == ["embedding"]


def test_llama_servers_own_form(embedder):
    text = embedder.reference["texts"][1]
    reply = wire.request(embedder.port, "POST", "/embedding", {"content": text}).json()
    assert difference(reply[0]["embedding"], embedder.reference["embeddings"][1:2]) < TOLERANCE
    packed = wire.request(embedder.port, "POST", "/embeddings", {"input": text, "encoding_format": "base64"}).json()
    data = base64.b64decode(packed[0]["embedding"][0])
    assert difference([struct.unpack(f"<{len(data) // 4}f", data)], reply[0]["embedding"]) < 1e-7


def test_a_model_for_chats_embeds_when_it_is_told_to(server):
    reply = wire.request(server.port, "POST", "/v1/embeddings", {"input": "Hi"})
    assert reply.status == 400
    assert "--embeddings" in reply.json()["error"]["message"]
    with Ponder(FIXTURES / "models" / "dense-tied" / "hf", "--embeddings") as told:
        assert len(client(told).embeddings.create(model=told.name, input="Hi").data) == 1
        client(told).completions.create(model=told.name, prompt="Hi", max_tokens=1)
    failed = run("serve", FIXTURES / "models" / "dense-tied" / "hf", "--reranking", "--port", "0")
    assert failed.returncode != 0
    assert "'yes' and 'no'" in failed.stderr


@pytest.mark.parametrize("path", ["/v1/rerank", "/rerank", "/v2/rerank", "/reranking", "/v1/reranking"])
def test_rankings_are_the_references(reranker, path):
    for case in REFERENCE["rankings"]["dense-fullvocab"]:
        body = {"model": reranker.name, "query": case["query"], "documents": case["documents"]}
        if case["instruction"]:
            body["instruction"] = case["instruction"]
        reply = wire.request(reranker.port, "POST", path, body).json()
        assert reply["usage"]["prompt_tokens"] == sum(case["token_counts"])
        scores = [result["relevance_score"] for result in reply["results"]]
        assert scores == sorted(scores, reverse=True)
        for result in reply["results"]:
            assert abs(result["relevance_score"] - case["scores"][result["index"]]) < TOLERANCE
            assert result["document"]["text"] == case["documents"][result["index"]]
        best = wire.request(reranker.port, "POST", path, body | {"top_n": 2, "return_documents": False}).json()
        assert best["results"] == [{key: result[key] for key in ("index", "relevance_score")} for result in reply["results"][:2]]


def test_what_prompts_of_a_ranking_share_is_computed_once(reranker):
    body = {"query": "Something that nobody has asked for before", "documents": [f"document {n}" for n in range(50)]}
    usage = wire.request(reranker.port, "POST", "/v1/rerank", body).json()["usage"]
    assert usage["prompt_tokens_details"]["cached_tokens"] >= 49 * 64


def test_texts_are_answered_as_text_embeddings_inference_does(reranker):
    case = REFERENCE["rankings"]["dense-fullvocab"][0]
    body = {"query": case["query"], "texts": case["documents"], "return_text": True}
    reply = wire.request(reranker.port, "POST", "/rerank", body).json()
    assert [entry["text"] for entry in reply] == [case["documents"][entry["index"]] for entry in reply]
    assert all(abs(entry["score"] - case["scores"][entry["index"]]) < TOLERANCE for entry in reply)
