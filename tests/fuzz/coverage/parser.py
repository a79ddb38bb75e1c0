"""A source, from its bytes to a graph or diagnostics."""

from collections.abc import Iterator
from pathlib import Path

from archc.elaborate.env import Failure
from archc.sources import decode
from tests.fuzz.sources import checked

ROOT = Path(__file__).parents[3]


def seeds() -> Iterator[bytes]:
    for folder in ("ok", "error"):
        for path in sorted((ROOT / "tests" / "cases" / folder).glob("*.arch")):
            if path.stat().st_size < 2_000:
                yield path.read_bytes()


def one(data: bytes) -> None:
    try:
        source = decode(data, "<fuzz>", None)
    except Failure:
        return
    checked(source)
