"""Random networks, all that is known of each held against PyTorch, ONNX Runtime, ONNX and itself rewritten.

A network that fails is shrunk and kept under tests/fuzz/found/networks with the reason, and is tried ever after.
"""

import hashlib
import os
import traceback
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from archc.ops import OPS
from tests.figures import Figures
from tests.fuzz import layers
from tests.fuzz.agreement import agree
from tests.fuzz.networks import networks
from tests.fuzz.shards import shard

FOUND = Path(__file__).parent / "found" / "networks"
EACH = 50
"""Networks of one seed: one long search remembers every network and slows down."""
CI, NIGHTLY = 100, 50_000
FIRST = int(os.environ.get("ARCHC_SEED", "0"))
JOINS = {"add", "concat", "mul", "max", "mean", "matmul"}


def tried(number: int, figures: Figures) -> None:
    """The networks of one seed."""
    seen = {"layers": 0, "imported": 0, "ill_conditioned": 0}
    cases, deepest = 0, 0
    failed: dict[str, tuple[str, str]] = {}  # where it failed: the smallest text, and why

    @seed(FIRST + number)
    @settings(max_examples=EACH, database=None, derandomize=False, suppress_health_check=list(HealthCheck))
    @given(networks())
    def look(text: str) -> None:
        nonlocal cases, deepest
        cases += 1
        try:
            one = agree(text)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} {Path(last.filename).name} {last.lineno}"
            if place not in failed or len(text) <= len(failed[place][0]):
                failed[place] = text, f"{type(error).__name__}: {error}"
            raise
        deepest = max(deepest, one["layers"])
        for name in seen:
            seen[name] += one[name]

    try:
        look()
    finally:
        for text, reason in failed.values():
            keep(text, reason)
        figures.add(cases=cases, failures=len(failed), **seen)
        figures.most(deepest=deepest)


def keep(text: str, reason: str) -> None:
    """A golden file: the reason as a comment, and the smallest network."""
    FOUND.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(text.encode()).hexdigest()[:12]
    why = "".join(f"# {line}\n" for line in reason.splitlines()[:6])
    (FOUND / f"{name}.arch").write_text(f"{why}{text}", encoding="utf-8")


@pytest.mark.parametrize("number", range(CI // EACH))
def test_networks(number: int, figures: Figures) -> None:
    tried(number, figures)


@pytest.mark.nightly
@pytest.mark.parametrize("number", shard(range(CI // EACH, (CI + NIGHTLY) // EACH)))
def test_many_networks(number: int, figures: Figures) -> None:
    tried(number, figures)


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.arch")), ids=lambda path: path.stem)
def test_what_was_found_stays_mended(path: Path) -> None:
    agree(path.read_text(encoding="utf-8"))


def test_every_layer_is_drawn() -> None:
    assert set(layers.LAYERS) | JOINS == set(OPS) - {"input"}
