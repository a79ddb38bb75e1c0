"""ConvNetJS: a script or JSON, from its bytes to a source of ours or diagnostics."""

from collections.abc import Iterator
from pathlib import Path

from archc.elaborate.env import Failure
from archc.rewrite import rewritten
from archc.sources import decode
from tests.fuzz.sources import sound

ROOT = Path(__file__).parents[3]


def seeds() -> Iterator[bytes]:
    for path in sorted((ROOT / "tests" / "cases" / "import").glob("*.js*")):
        if path.suffix != ".expect":
            yield path.read_bytes()


def one(data: bytes) -> None:
    try:
        source = decode(data, "net.js", None)
    except Failure:
        return
    sound(rewritten(source).diagnostics)
