"""Valid sources, damaged at random: tokens dropped, swapped, retyped, renumbered, cut out, put in.

Each mutation is made from its number alone, so a failure can be run again:
`python -m tests.fuzz.mutations arch NUMBER 1`. As a program it tries a range of them under limits, and prints what
it found as JSON. A case that takes more than HANG is ended as one that hangs; all of them share MEMORY.
"""

import json
import random
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FrameType

from archc.diagnostics import Source
from tests.fuzz.sources import checked
from tests.memory import most_memory

ROOT = Path(__file__).parents[2]
HANG = 300  # seconds of the processor: only what would not end takes them
MEMORY = 500_000_000
TOKEN = re.compile(r"\s+|[A-Za-z_]\w*|\d+(?:\.\d+)?|->|=>|==|.", re.DOTALL)
WORDS = [
    *("conv", "relu", "add", "concat", "fc", "net", "block", "if", "else", "for", "in", "repeat", "let", "use", "x"),
    *("output", "expect", "input", "and", "or", "not", "yes", "no", "first", "index", "half", "same", "global"),
    *("{", "}", "(", ")", "[", "]", "|", "->", "=>", "=", "==", ",", ":", ";", "@", "@in", "?", "/", "//", "*", "**"),
    *("-", "+", "%", "~", "×", "−", "“", "'", '"', "#", ".", "\n", "\r\n", "\t", "\0", "\ufeff", "𝔸", "é", "\x1b"),
    *("0", "1", "-1", "2.5", "1e9", "10**9", "999999999999999999", "9" * 30, "3x3", "3x3x3", "0x0", "224x224x3", "64M"),
]

Tokens = list[str]


@cache
def _javascript() -> list[str]:
    files = (ROOT / "tests" / "cases" / "import").glob("*.js*")
    return [path.read_text(encoding="utf-8") for path in sorted(files) if path.suffix != ".expect"]


@cache
def _sources() -> tuple[list[str], list[str]]:
    """Small ones, and the bundled networks."""
    cases = sorted((ROOT / "tests" / "cases" / "ok").glob("*.arch"))
    specs = sorted((ROOT / "specs").glob("*.arch"))
    return [p.read_text(encoding="utf-8-sig") for p in cases], [p.read_text(encoding="utf-8-sig") for p in specs]


def _drop(tokens: Tokens, rng: random.Random) -> None:
    del tokens[rng.randrange(len(tokens))]


def _duplicate(tokens: Tokens, rng: random.Random) -> None:
    start = rng.randrange(len(tokens))
    stop = start + rng.choice((1, 1, 1, 5, 40))
    tokens[start:start] = tokens[start:stop]


def _swap(tokens: Tokens, rng: random.Random) -> None:
    one, other = rng.randrange(len(tokens)), rng.randrange(len(tokens))
    tokens[one], tokens[other] = tokens[other], tokens[one]


def _insert(tokens: Tokens, rng: random.Random) -> None:
    tokens.insert(rng.randrange(len(tokens) + 1), rng.choice(WORDS))


def _replace(tokens: Tokens, rng: random.Random) -> None:
    tokens[rng.randrange(len(tokens))] = rng.choice(WORDS)


def _retype(tokens: Tokens, rng: random.Random) -> None:
    """A letter wrong in a word."""
    words = [i for i, token in enumerate(tokens) if token[0].isalpha()]
    if words:
        place = rng.choice(words)
        letters = list(tokens[place])
        letters[rng.randrange(len(letters))] = rng.choice("abcdefghijklmnopqrstuvwxyzé_9")
        tokens[place] = "".join(letters)


def _renumber(tokens: Tokens, rng: random.Random) -> None:
    numbers = [i for i, token in enumerate(tokens) if token[0].isdigit()]
    if numbers:
        tokens[rng.choice(numbers)] = rng.choice(("0", "1", "2", "3", "7", "64", "1000", "1.5", "10000000", "9" * 19))


def _cut(tokens: Tokens, rng: random.Random) -> None:
    start = rng.randrange(len(tokens))
    del tokens[start : start + rng.choice((3, 30, len(tokens)))]


def _bytes(tokens: Tokens, rng: random.Random) -> None:
    data = bytes(rng.randrange(256) for _ in range(rng.choice((1, 4, 40))))
    tokens.insert(rng.randrange(len(tokens) + 1), data.decode("latin-1"))


MUTATIONS: tuple[Callable[[Tokens, random.Random], None], ...] = (
    _drop,
    _drop,
    _duplicate,
    _swap,
    _insert,
    _replace,
    _retype,
    _renumber,
    _renumber,
    _cut,
    _bytes,
)


def mutated(number: int) -> str:
    """The mutation of this number."""
    rng = random.Random(number)
    small, large = _sources()
    tokens = TOKEN.findall(rng.choice(large if large and rng.random() < 0.01 else small))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if tokens:
            rng.choice(MUTATIONS)(tokens, rng)
    return "".join(tokens)


def mutated_javascript(number: int) -> str:
    """The mutation of this number of a network of ConvNetJS."""
    rng = random.Random(number)
    tokens = TOKEN.findall(rng.choice(_javascript()))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if tokens:
            rng.choice(MUTATIONS)(tokens, rng)
    return "".join(tokens)


KINDS = {"arch": (mutated, "<text>"), "javascript": (mutated_javascript, "net.js")}


class Hang(Exception):
    """A case took too long."""


def _stop(signal_number: int, frame: FrameType | None) -> None:
    raise Hang(f"more than {HANG} s of the processor")


def tried(kind: str, first: int, count: int) -> dict[str, object]:
    """What became of so many mutations: how many check, the slowest, and each that fails."""
    make, name = KINDS[kind]
    signal.signal(signal.SIGPROF, _stop)
    valid, slowest, slow, failures = 0, 0.0, first, []
    for number in range(first, first + count):
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, HANG)
        try:
            valid += checked(Source(name, make(number)), arch=kind == "arch").ok
        except Exception:
            failures.append({"number": number, "error": traceback.format_exc(limit=-6)})
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        took = time.process_time() - began
        if took > slowest:
            slowest, slow = took, number
    return {"valid": valid, "failures": failures, "slowest": slowest, "slow": slow, "memory": most_memory()}


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    kind, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(json.dumps(tried(kind, first, count)))


if __name__ == "__main__":
    main()
