"""What is measured, and the rounds in which it is."""

import dataclasses
import re
import sys
from pathlib import Path

from . import serving
from .processes import EngineError


@dataclasses.dataclass(frozen=True)
class Test:
    name: str
    kind: str  # pp, tg or serve
    count: int  # tokens, or clients
    depth: int = 0
    batch: int = 1

    @staticmethod
    def parse(text):
        match = re.fullmatch(r"(pp|tg|serve)(\d+)(?:@(\d+))?(?:x(\d+))?", text)
        if not match or (match[1] == "serve" and (match[3] or match[4])):
            raise ValueError(f"'{text}' is no test")
        return Test(text, match[1], int(match[2]), int(match[3] or 0), int(match[4] or 1))


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the table: one quantity of one model."""

    model: str
    name: str
    unit: str = "tokens/s"
    smaller_is_better: bool = False


@dataclasses.dataclass
class Results:
    threads: int
    rounds: int
    engines: list
    values: dict = dataclasses.field(default_factory=dict)  # Row -> engine's name -> values, round by round
    shares: dict = dataclasses.field(default_factory=dict)  # Row -> Ponder's shares of the machine's limit
    failures: list = dataclasses.field(default_factory=list)

    def add(self, row, engine, value):
        self.values.setdefault(row, {}).setdefault(engine.name, []).append(value)
        digits = 3 if value < 10 else 1
        print(f"{row.model} {row.name} {engine.name}: {value:.{digits}f} {row.unit}", file=sys.stderr, flush=True)


def measure_all(model, tests, results, load_generator):
    """All rounds of one model: in each, every test by every engine."""
    for number in range(results.rounds):
        for test in tests:
            # Whoever goes first in one round goes last in the next.
            turns = results.engines if number % 2 == 0 else results.engines[::-1]
            for engine in turns:
                try:
                    measure(model, test, engine, results, load_generator)
                except EngineError as error:
                    results.failures.append(f"{Path(model).stem} {test.name} {engine.name}: {error}")
                    print(f"failed: {results.failures[-1]}", file=sys.stderr, flush=True)


def measure(model, test, engine, results, load_generator):
    name = Path(model).stem
    if test.kind != "serve":
        rate, share = engine.bench(model, test)
        row = Row(name, test.name)
        results.add(row, engine, rate)
        if share is not None:
            results.shares.setdefault(row, []).append(share)
        return
    found = serving.measure(model, engine, clients=test.count, load_generator=load_generator)
    for quantity, unit, smaller_is_better in serving.QUANTITIES:
        row = Row(name, f"{test.name}: {quantity}", unit, smaller_is_better)
        results.add(row, engine, found[quantity])
