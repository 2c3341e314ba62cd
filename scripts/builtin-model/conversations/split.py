"""What training may see and what is kept for measuring: decided by a hash, so the two can't overlap.

A `Source` is a random generator that knows its side. Everything a question is about (a word, a pair of numbers, a tool's
name) passes `admits`, which is true on one side only.
"""

import hashlib
import random

TRAINING = "training"
HELD_OUT = "held-out"

# One in ten is held out.
HELD_OUT_SHARE = 10

# Words of the conversation that the README shows: it must work exactly, so training sees them.
SHOWN = {"strawberry", "strawberries", "blueberry", "blueberries"}


def is_held_out(*parts):
    """Whether what these parts name belongs to the measuring side."""
    if parts[0] in SHOWN:
        return False
    digest = hashlib.md5("|".join(str(part) for part in parts).encode()).digest()
    return int.from_bytes(digest[:4], "little") % HELD_OUT_SHARE == 0


class Source(random.Random):
    """Randomness of one side."""

    def __init__(self, seed, side=TRAINING):
        super().__init__(seed)
        self.side = side

    def admits(self, *parts):
        return is_held_out(*parts) == (self.side == HELD_OUT)

    def chance(self, probability):
        return self.random() < probability

    def draw(self, make, key=lambda value: (value,)):
        """The first value of `make` that belongs to this side."""
        while True:
            value = make()
            if self.admits(*key(value)):
                return value
