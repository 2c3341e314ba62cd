"""Tests of the data and the model's form: `python -m pytest scripts/builtin-model`, or run this file."""

import json
import tempfile
from pathlib import Path

import jinja2
import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, Qwen3MoeForCausalLM

import vocabulary
from batches import Batches
from chat_template import EARLY_STOP, dumped, render
from conversations import compose
from conversations.judging import MEASURED, judged, question
from conversations.problem import plain
from conversations.split import HELD_OUT, Source, is_held_out
from model import Model, PackedAttention, Shape, to_huggingface

HERE = Path(__file__).parent
TOKENIZER = HERE / "build/tokenizer"


def published(messages):
    """Messages as clients send them."""
    result = []
    for message in messages:
        message = dict(message)
        if "reasoning" in message:
            message["reasoning_content"] = message.pop("reasoning")
        if "calls" in message:
            message["tool_calls"] = [{"type": "function", "function": {"name": name, "arguments": arguments}}
                                     for name, arguments in message.pop("calls")]
        result.append(message)
    return result


def test_the_fast_template_renders_what_the_published_one_does(monkeypatch=None):
    tokenizer = AutoTokenizer.from_pretrained(TOKENIZER)
    cases = []

    def recorded(messages, tools=None, thinking=True):
        cases.append((messages, tools, thinking))
        return render(messages, tools, thinking)

    compose.render, source = recorded, Source(11)
    for _ in range(400):
        compose.sample(source)
    compose.render = render
    for messages, tools, thinking in cases:
        expected = tokenizer.apply_chat_template(published(messages), tools=tools, tokenize=False, add_generation_prompt=True,
                                                 **({} if thinking else {"enable_thinking": False}))
        assert render(messages, tools, thinking) == expected


def test_the_tokenizer_is_the_same_in_transformers_and_loses_nothing():
    ours, theirs, source = vocabulary.Encoder(TOKENIZER), AutoTokenizer.from_pretrained(TOKENIZER), Source(12)
    for _ in range(200):
        made = compose.sample(source)
        text = made.prompt + plain(compose.whole_reply(made))
        assert ours.text(text) == theirs(text)["input_ids"]
        assert ours.tokenizer.decode(ours.text(text), skip_special_tokens=False) == text
    assert len(ours.early_stop) == 24
    assert ours.text("<think>\n") == [ours.think, ours.text("\n")[0]]


def test_a_right_reply_is_judged_right_and_another_one_is_not():
    for task in MEASURED:
        for index in range(60):
            for thinking in (True, False):
                asked = question(task, f"test/{index}", thinking)
                verdict = judged(asked, plain(asked.reply))
                assert verdict.right and verdict.mode_kept and not verdict.is_empty, (task, asked.reply, asked.expected)
                assert not judged(asked, "Something else entirely").right
                assert not judged(asked, "<think>\nsome thought\n</think>\n\n7x" if not thinking else "7x").mode_kept


def test_held_out_numbers_never_reach_training():
    for task in ("adding", "subtracting", "multiplying"):
        source, held_out = Source(15), Source(15, HELD_OUT)
        seen = {tuple(sorted(compose.arithmetic.pair(source, task, *sizes))) for sizes in [(1, 1), (2, 1), (2, 2), (3, 1)] for _ in range(3000)}
        measured = {tuple(sorted(compose.arithmetic.pair(held_out, task, *sizes))) for sizes in [(2, 1), (2, 2), (3, 1)] for _ in range(1000)}
        assert not seen & measured


def test_held_out_sums_never_reach_training_and_neither_do_their_steps():
    source, held_out, arithmetic = Source(16), Source(16, HELD_OUT), compose.arithmetic
    for _ in range(2000):
        problem = arithmetic.adding_several(source, count=source.choice((2, 3, 4)), digits=3)
        lines = [line for line in problem.reasoning.split("\n") if line.endswith("digit by digit from the right:")]
        for line in lines:
            assert not is_held_out("adding", *sorted(int(each) for each in line.split(",")[0].split(" + "))), line
    for count in (2, 3, 4):
        numbers = [int(each) for each in arithmetic.three_digit_sum(held_out, count).answer.split(" = ")[0].split(" + ")]
        assert len(numbers) == count and is_held_out("adding", *sorted(numbers)) and all(99 < each < 1000 for each in numbers)


def test_every_calculation_that_is_worked_out_is_right():
    source = Source(17)
    for task in ("adding", "adding_several", "subtracting", "multiplying"):
        for _ in range(500):
            problem = compose.TASKS[task][1](source)
            calculation, _, result = problem.answer.rpartition(" = ")
            assert eval(calculation.replace("×", "*")) == int(result) == problem.expected, problem.answer
            together = [line for line in problem.reasoning.split("\n") if line.startswith(("Together", "With the sign"))]
            assert not together or together[-1].split()[-1] == result, problem.reasoning


def test_held_out_words_never_reach_training():
    source = Source(13)
    for _ in range(3000):
        problem = compose.TASKS["counting"][1](source)
        assert not is_held_out(problem.details["word"])
    held_out = Source(13, HELD_OUT)
    assert all(is_held_out(compose.TASKS["counting"][1](held_out).details["word"]) for _ in range(300))


def test_a_cut_reply_holds_the_early_stop_phrase_and_learns_only_the_answer():
    encoder, source = vocabulary.Encoder(TOKENIZER), Source(14)
    cut = next(made for made in iter(lambda: compose.sample(source), None) if made.mode == compose.CUT)
    ids, before = encoder.sample(cut)
    assert encoder.tokenizer.decode(ids[:before], skip_special_tokens=False).endswith(EARLY_STOP)
    assert encoder.tokenizer.decode(ids[before:], skip_special_tokens=False) == plain(cut.answer) + "<|im_end|>"


def test_the_training_model_computes_what_transformers_does():
    torch.manual_seed(0)
    model = Model(Shape(layers=2))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.1 + ("norm" in name))
    lengths = [5, 17, 64, 1]
    tokens = torch.randint(0, 2048, (sum(lengths),))
    starts = torch.tensor([0, *torch.tensor(lengths).cumsum(0)]).int()
    positions = torch.cat([torch.arange(length) for length in lengths])
    hidden, _ = model(tokens, positions, PackedAttention(starts, 64, model.shape, fused=False))
    with tempfile.TemporaryDirectory() as folder:
        save_file(to_huggingface(model), f"{folder}/model.safetensors", metadata={"format": "pt"})
        Path(folder, "config.json").write_text(json.dumps(model.shape.configuration(1, 0)))
        reference = Qwen3MoeForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    for start, length in zip(starts.tolist(), lengths):
        with torch.no_grad():
            expected = reference(tokens[None, start:start + length]).logits[0]
        assert torch.allclose(model.logits(hidden[start:start + length]), expected, atol=1e-4)


def test_batches_learn_what_follows():
    batch = next(iter(Batches(TOKENIZER, 8192, 4096, seed=3)))
    kept = batch["targets"] >= 0
    at = batch["learned_at"][kept].long()
    assert (batch["tokens"][at + 1] == batch["targets"][kept]).all()
    assert (batch["positions"][batch["starts"][:-1].long()] == 0).all()


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            test()
            print("passed", name)
