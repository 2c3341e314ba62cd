"""The tokenizer: byte-level BPE as Qwen's, with a small vocabulary of its own, and turning samples into token ids.

    python vocabulary.py build/tokenizer
"""

import json
import re
import sys
from functools import lru_cache
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from chat_template import EARLY_STOP, EMPTY_THINKING
from conversations.compose import CUT, HARD_OFF, sample, whole_reply
from conversations.problem import SPELLED_END, SPELLED_START, plain
from conversations.split import Source
from conversations.words import LETTERS, word

HERE = Path(__file__).parent
VOCABULARY_SIZE = 2048
SAMPLE_COUNT = 40_000
SEED = 1
PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
           "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
           "<|image_pad|>", "<|video_pad|>"]
ADDED = ["<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>",
         "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>"]


def blank():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(PATTERN), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def texts(count):
    """What the vocabulary must write well: conversations, and any word in every spelling."""
    source = Source(SEED)
    markers = re.compile("|".join(map(re.escape, CONTROL + ADDED)))
    for _ in range(count):
        made = sample(source)
        yield from (part for part in markers.split(made.prompt + plain(whole_reply(made)) + EARLY_STOP) if part)
        yield f" {word(source)}"
        letter = source.choice(LETTERS)
        yield f" {letter} -{letter}" * 4


def trained():
    # The words of training are partly put together from an existing vocabulary; this one must not depend on it.
    (HERE / "build/tokenizer/vocab.json").unlink(missing_ok=True)
    tokenizer = blank()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE - len(CONTROL) - len(ADDED), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[], max_token_length=14, show_progress=False)
    tokenizer.train_from_iterator(texts(SAMPLE_COUNT), trainer)
    tokenizer.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in CONTROL])
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in ADDED])
    return tokenizer


def save(tokenizer, folder):
    """tokenizer.json and tokenizer_config.json as the published family has them."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    model = json.loads(tokenizer.to_str())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False))
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in model["merges"]]
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    plain_token = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    added = {str(tokenizer.token_to_id(text)): {"content": text, **plain_token, "special": text in CONTROL}
             for text in CONTROL + ADDED}
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "add_bos_token": False, "add_prefix_space": False, "added_tokens_decoder": added,
        "additional_special_tokens": CONTROL[1:], "bos_token": None,
        "chat_template": (HERE / "chat_template.jinja").read_text(), "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>", "errors": "replace", "model_max_length": 4096, "pad_token": "<|endoftext|>",
        "split_special_tokens": False, "tokenizer_class": "Qwen2Tokenizer", "unk_token": None,
    }, ensure_ascii=False, indent=2) + "\n")


class Encoder:
    """Text and samples to ids."""

    def __init__(self, folder):
        self.tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
        self.size = self.tokenizer.get_vocab_size()
        self.end = self.tokenizer.token_to_id("<|im_end|>")
        self.end_of_text = self.tokenizer.token_to_id("<|endoftext|>")
        self.think = self.tokenizer.token_to_id("<think>")
        self.think_end = self.tokenizer.token_to_id("</think>")
        self.early_stop = self.text(EARLY_STOP)
        self.empty_thinking = self.text(EMPTY_THINKING)

    def text(self, text):
        """Ids of a text; what stands between the spelling marks is written one letter a token."""
        if SPELLED_START not in text:
            return self.tokenizer.encode(text, add_special_tokens=False).ids
        ids = []
        for index, part in enumerate(re.split(f"[{SPELLED_START}{SPELLED_END}]", text)):
            if index % 2:
                ids += [self.letter(letter) for letter in part]
            elif part:
                ids += self.text(part)
        return ids

    @lru_cache(maxsize=256)
    def letter(self, letter):
        return self.tokenizer.token_to_id(letter)

    def reply(self, sample):
        """(ids that are given, ids to learn) after the prompt."""
        answer = self.text(sample.answer) + [self.end]
        if sample.mode == HARD_OFF:
            return [], answer
        if not sample.reasoning:
            return [], self.empty_thinking + answer
        thought = self.text(f"\n{sample.reasoning}\n")
        if sample.mode == CUT:
            return [self.think] + thought[:int(sample.cut * len(thought))] + self.early_stop, answer
        return [], [self.think] + thought + [self.think_end] + self.text("\n\n") + answer

    def sample(self, sample):
        """(ids, how many of them come before the first one to learn)"""
        given, learned = self.reply(sample)
        before = self.text(sample.prompt) + given
        return before + learned, len(before)


if __name__ == "__main__":
    target = sys.argv[1] if len(sys.argv) > 1 else HERE / "build" / "tokenizer"
    save(trained(), target)
    print(f"{target}: {Encoder(target).size} tokens")
