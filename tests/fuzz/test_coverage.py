"""What coverage-guided fuzzing runs, without the guidance: valid inputs, damaged ones, and all that it ever found."""

import random
from itertools import islice
from pathlib import Path

import pytest

from tests.figures import Figures
from tests.fuzz.coverage.targets import TARGETS, target

FOUND = Path(__file__).parent / "found"
DAMAGED = 20
KEPT = [
    (path.parent.name, path) for path in sorted(FOUND.glob("*/*")) if path.parent.name in TARGETS and path.is_file()
]


@pytest.mark.parametrize(("name", "path"), KEPT, ids=lambda one: one.name if isinstance(one, Path) else one)
def test_what_was_found_stays_mended(name: str, path: Path) -> None:
    target(name)[0](path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_harness(name: str, figures: Figures) -> None:
    """Nothing but diagnostics comes of a valid input, nor of one with a few bytes changed."""
    one, seeds = target(name)
    rng = random.Random(name)
    tried = 0
    for seed in islice(seeds, 40):
        one(seed)
        tried += 1
    for seed in rng.sample(list(target(name)[1]), 3):
        for _ in range(DAMAGED // 3):
            one(damaged(seed, rng))
            tried += 1
    figures.add(cases=tried, failures=0)


def damaged(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 10))):
        place = rng.randrange(len(changed) + 1)
        changed[place : place + rng.choice((0, 1, 1, 4))] = rng.randbytes(rng.choice((0, 1, 1, 4)))
    return bytes(changed[: rng.choice((len(changed), len(changed), len(changed) // 2))])
