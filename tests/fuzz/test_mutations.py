"""Valid sources, damaged at random: one located diagnostic or more, never a traceback, a hang or more than 500 MB."""

import json
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from archc.diagnostics import Source
from tests.figures import Figures
from tests.fuzz.mutations import MEMORY, WORDS
from tests.fuzz.shards import shard
from tests.fuzz.sources import checked

ROOT = Path(__file__).parents[2]
HANG = 1_800
CI, CI_BATCH = 500, 500
NIGHTLY, NIGHTLY_BATCH = 100_000, 2_500


@dataclass(frozen=True)
class Tried:
    """What mutations.py prints of a range of them."""

    valid: int
    failures: list[dict[str, str]]
    slowest: float
    slow: int
    memory: int


def held(kind: str, first: int, count: int, figures: Figures) -> None:
    """Tried in a process of its own, so that one that crashes or takes too much memory is seen."""
    command = [sys.executable, "-m", "tests.fuzz.mutations", kind, str(first), str(count)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=HANG)
    assert ran.returncode == 0, (kind, first, count, ran.returncode, ran.stderr[-2_000:])
    tried = Tried(**json.loads(ran.stdout))
    figures.add(cases=count, failures=len(tried.failures), valid=tried.valid)
    figures.most(slowest_seconds=round(tried.slowest, 2), megabytes=tried.memory // 1_000_000)
    shown = "\n".join(
        f"python -m tests.fuzz.mutations {kind} {one['number']} 1\n{one['error']}" for one in tried.failures
    )
    assert not tried.failures, shown
    assert tried.memory < MEMORY
    assert tried.valid < count


@pytest.mark.parametrize("first", range(0, CI, CI_BATCH))
def test_mutations(first: int, figures: Figures) -> None:
    held("arch", first, CI_BATCH, figures)


@pytest.mark.nightly
@pytest.mark.parametrize("first", shard(range(CI, CI + NIGHTLY, NIGHTLY_BATCH)))
def test_many_mutations(first: int, figures: Figures) -> None:
    held("arch", first, NIGHTLY_BATCH, figures)


def test_mutations_of_javascript(figures: Figures) -> None:
    held("javascript", 0, 1_000, figures)


@pytest.mark.nightly
@pytest.mark.parametrize("first", shard(range(1_000, 21_000, NIGHTLY_BATCH)))
def test_many_mutations_of_javascript(first: int, figures: Figures) -> None:
    held("javascript", first, NIGHTLY_BATCH, figures)


@pytest.mark.parametrize("seed", range(50))
def test_random_text(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choice(WORDS) + rng.choice(("", " ", " ", "\n")) for _ in range(rng.choice((5, 50, 300))))
    checked(Source("<text>", text))


def test_every_beginning_of_a_source() -> None:
    text = (
        "block b(n=2) {\n  add { | | conv 3x3/n, 8, pad=1 -> bn }\n}\n"
        "net a {\n  input 8x8x8\n  s: b(1) x 2 => 8x8x8\n}\n"
    )
    for end in range(len(text) + 1):
        checked(Source("<text>", text[:end]))
