"""What the reference implementation says, the server says: chats and greedy continuations of every checkpoint."""

import itertools

import pytest
from ponder_process import FIXTURES
from references import reference
from wire import request, stream

MODELS = FIXTURES / "models"
# A checkpoint without reference chats has no tokenizer either: the unit tests compare its logits.
CHECKPOINTS = sorted(path.parent.name for path in MODELS.glob("*/hf") if "chat" in reference(path.parent.name))
CHATS = [(name, index) for name in CHECKPOINTS for index in range(len(reference(name)["chat"]))]

# The same weights as hf/, unquantised, so that the same results hold.
SAME_WEIGHTS = sorted(str(path.relative_to(MODELS)) for path in MODELS.glob("*/gguf/*-*F*.gguf"))
QUANTISED = sorted(
    str(path.relative_to(MODELS)) for path in MODELS.glob("*/gguf/*.gguf") if path.stem.split("-")[-1][0] in "QI"
)

# Quantised products round activations too: at a smaller distance the two likeliest tokens of a step may swap.
QUANTISED_MARGIN = 0.7


@pytest.fixture
def checkpoint(serve, full_vocabulary, request):
    def start(name):
        folder = full_vocabulary if name == "dense-fullvocab" else MODELS / name / "hf"
        return serve(folder, "--kv-cache-type", "f32", "--activation-type", "f32")

    return start


def ask(server, case, **fields):
    body = {
        "messages": case["messages"],
        "chat_template_kwargs": case["chat_template_kwargs"],
        "temperature": 0,
        "max_tokens": len(case["greedy_ids"]),
        "ignore_eos": True,
        # A checkpoint of random weights never thinks, and all of its tokens are compared.
        "min_answer_tokens": 0,
    }
    return body | fields


def check_chat(server, case, tokenizer_size):
    chat = "/v1/chat/completions"
    reply = request(server.port, "POST", chat, ask(server, case, logprobs=True, return_tokens_as_token_ids=True))
    assert reply.status == 200, reply.body
    body = reply.json()
    assert body["usage"]["prompt_tokens"] == len(case["prompt_ids"])
    assert body["usage"]["completion_tokens"] == len(case["greedy_ids"])
    told = [entry["token"] for entry in body["choices"][0]["logprobs"]["content"]]
    assert told == [f"token_id:{token}" for token in case["greedy_ids"]]

    pieces = stream(server.port, chat, ask(server, case)).chunks
    deltas = [chunk["choices"][0]["delta"] for chunk in pieces]
    message = body["choices"][0]["message"]
    for kind in ("content", "reasoning_content"):
        assert "".join(delta.get(kind) or "" for delta in deltas) == (message.get(kind) or "")

    has_markup = any(token >= tokenizer_size - 26 for token in case["greedy_ids"])
    if not has_markup:
        assert (message.get("reasoning_content") or "") + message["content"] == case["text"]


@pytest.mark.parametrize(("name", "index"), CHATS)
def test_a_chat_gets_the_reply_of_the_reference(checkpoint, name, index):
    facts = reference(name)
    case = facts["chat"][index]
    server = checkpoint(name)
    prompt = request(
        server.port,
        "POST",
        "/apply-template",
        {"messages": case["messages"], "chat_template_kwargs": case["chat_template_kwargs"]},
    )
    assert prompt.json()["prompt"] == case["prompt"]
    check_chat(server, case, facts["tokenizer_size"])


@pytest.mark.parametrize("path", SAME_WEIGHTS)
def test_an_unquantised_gguf_replies_as_its_checkpoint_folder(serve, path):
    facts = reference(path.split("/")[0])
    server = serve(path, "--kv-cache-type", "f32")
    for case in facts["chat"]:
        check_chat(server, case, facts["tokenizer_size"])


def continuation(server, ids, count):
    body = {"prompt": ids, "max_tokens": count, "temperature": 0, "ignore_eos": True, "logprobs": 0}
    reply = request(server.port, "POST", "/v1/completions", body | {"return_tokens_as_token_ids": True})
    assert reply.status == 200, reply.body
    tokens = reply.json()["choices"][0]["logprobs"]["tokens"]
    return [int(token.removeprefix("token_id:")) for token in tokens]


def next_tokens(server, prompts):
    """The likeliest token after each of the prompts, from one request."""
    body = {"prompt": prompts, "max_tokens": 1, "temperature": 0, "ignore_eos": True, "logprobs": 0}
    reply = request(server.port, "POST", "/v1/completions", body | {"return_tokens_as_token_ids": True})
    assert reply.status == 200, reply.body
    choices = sorted(reply.json()["choices"], key=lambda choice: choice["index"])
    return [int(choice["logprobs"]["tokens"][0].removeprefix("token_id:")) for choice in choices]


@pytest.mark.parametrize("path", QUANTISED)
def test_a_quantised_gguf_continues_as_its_dequantised_weights(serve, path):
    """Step by step on the reference's own tokens, so that one doubtful step does not end the comparison."""
    name, kind = path.split("/")[0], path.removesuffix(".gguf").split("-")[-1]
    server = serve(path, "--kv-cache-type", "f32")
    facts = reference(name)
    prompts = {prompt["name"]: prompt["ids"] for prompt in facts["prompts"]}
    agreed = compared = 0
    for case in reference(name, "gguf.json")[kind]["prompts"]:
        greedy = tokens_only(case["greedy_ids"], facts.get("tokenizer_size"))
        steps = [step for step in range(len(greedy)) if case["greedy_margins"][step] > QUANTISED_MARGIN]
        ids = prompts.get(case["name"]) or case["ids"]
        told = next_tokens(server, [ids + greedy[:step] for step in steps]) if steps else []
        agreed += sum(token == greedy[step] for token, step in zip(told, steps, strict=True))
        compared += len(steps)
    # Rounding can send a token to another expert, whatever the margin of the reference.
    assert compared > 20
    assert agreed >= compared * (0.9 if name.startswith("moe") else 1), f"{agreed} of {compared}"


def tokens_only(ids, tokenizer_size):
    """The ids before the first that no token has: the reference may choose such rows, the server never does."""
    if tokenizer_size is None:
        return ids
    return list(itertools.takewhile(lambda token: token < tokenizer_size, ids))


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_checkpoint_continues_its_prompts_greedily(checkpoint, name):
    server = checkpoint(name)
    for case in reference(name)["prompts"]:
        assert continuation(server, case["ids"], len(case["greedy_ids"])) == case["greedy_ids"]
