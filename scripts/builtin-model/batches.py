"""Packed batches of fresh samples, made by worker processes while the model trains: no sample is seen twice."""

import multiprocessing

import numpy
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from conversations.compose import sample
from conversations.split import Source
from vocabulary import Encoder

# Prompts are not learned, so fewer than this share of the tokens have a loss.
LEARNED_SHARE = 0.45


class Batches(IterableDataset):
    """Rows of `token_count` tokens. `progress` (0 to 1) is shared with the trainer: small problems come first."""

    def __init__(self, tokenizer_folder, token_count, context, seed):
        self.tokenizer_folder, self.token_count, self.context, self.seed = tokenizer_folder, token_count, context, seed
        self.progress = multiprocessing.Value("d", 0.0)

    def __iter__(self):
        torch.set_num_threads(1)
        worker = get_worker_info()
        source = Source(f"{self.seed}/{worker.id if worker else 0}")
        encoder = Encoder(self.tokenizer_folder)
        waiting = []
        while True:
            yield self.packed(source, encoder, waiting)

    def packed(self, source, encoder, waiting):
        tokens, positions, starts, learned_at, targets = [], [], [0], [], []
        while True:
            ids, before = waiting.pop() if waiting else encoder.sample(sample(source, self.progress.value))
            if len(ids) > min(self.context, self.token_count):
                continue
            if len(tokens) + len(ids) > self.token_count:
                waiting.append((ids, before))
                break
            # The token before the first one to learn predicts it.
            learned_at += range(len(tokens) + before - 1, len(tokens) + len(ids) - 1)
            targets += ids[before:]
            tokens += ids
            positions += range(len(ids))
            starts.append(len(tokens))
        rest = self.token_count - len(tokens)
        if rest:
            tokens += [encoder.end_of_text] * rest
            positions += range(rest)
            starts.append(len(tokens))
        room = int(self.token_count * LEARNED_SHARE)
        learned_at, targets = learned_at[:room], targets[:room]
        empty = room - len(targets)
        starts = numpy.array(starts, numpy.int32)
        return {
            "tokens": torch.from_numpy(numpy.array(tokens, numpy.int32)),
            "positions": torch.from_numpy(numpy.array(positions, numpy.int32)),
            "starts": torch.from_numpy(starts), "longest": int(numpy.diff(starts).max()),
            "learned_at": torch.from_numpy(numpy.array(learned_at + [0] * empty, numpy.int32)),
            "targets": torch.from_numpy(numpy.array(targets + [-100] * empty, numpy.int64)),
            "samples": len(starts) - 1,
        }


def loader(batches, workers):
    return iter(DataLoader(batches, batch_size=None, num_workers=workers, prefetch_factor=4 if workers else None,
                           pin_memory=torch.cuda.is_available()))
