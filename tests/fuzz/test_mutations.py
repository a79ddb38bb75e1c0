"""Valid sources, damaged at random: never a traceback, and whatever is wrong is said with its place.

Each mutation is made from its number alone, so a failure can be run again: `mutated(NUMBER)`.
"""

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from archc.diagnostics.text import render_all
from archc.program import Options, compile_text

ROOT = Path(__file__).parents[2]
MAX_NODES = 5_000
BATCH = 100
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


def check(text: str, name: str = "<text>") -> None:
    """A text checks, or what is wrong is said, a bounded number of times and each time with its place."""
    compilation = compile_text(text, name=name, options=Options(max_nodes=MAX_NODES))
    diagnostics = compilation.diagnostics
    assert len(diagnostics) <= 50
    if compilation.ok:
        assert compilation.nets
        assert all(net.graph is not None for net in compilation.nets)
    for diagnostic in diagnostics:
        span = diagnostic.span
        if span is None:
            assert diagnostic.code in ("no-net", "limit-source")
            continue
        assert 0 <= span.start <= span.end <= len(span.source.text)
        assert diagnostic.message
    assert len({(d.code, d.span.start, d.span.end) for d in diagnostics if d.span}) == sum(
        d.span is not None for d in diagnostics
    )
    render_all(diagnostics, color=False, width=100)


def _check_batch(first: int) -> None:
    for number in range(first, first + BATCH):
        try:
            check(mutated(number))
        except Exception as error:
            raise AssertionError(f"mutated({number}): {error!r}") from error


@pytest.mark.parametrize("first", range(0, 2_000, BATCH))
def test_mutations(first: int) -> None:
    _check_batch(first)


@pytest.mark.nightly
@pytest.mark.parametrize("first", range(2_000, 52_000, BATCH))
def test_many_mutations(first: int) -> None:
    _check_batch(first)


@pytest.mark.parametrize("first", range(0, 1_000, BATCH))
def test_mutations_of_javascript(first: int) -> None:
    for number in range(first, first + BATCH):
        try:
            check(mutated_javascript(number), "net.js")
        except Exception as error:
            raise AssertionError(f"mutated_javascript({number}): {error!r}") from error


@pytest.mark.parametrize("seed", range(50))
def test_random_text(seed: int) -> None:
    rng = random.Random(seed)
    check("".join(rng.choice(WORDS) + rng.choice(("", " ", " ", "\n")) for _ in range(rng.choice((5, 50, 300)))))


def test_every_beginning_of_a_source() -> None:
    text = (
        "block b(n=2) {\n  add { | | conv 3x3/n, 8, pad=1 -> bn }\n}\n"
        "net a {\n  input 8x8x8\n  s: b(1) x 2 => 8x8x8\n}\n"
    )
    for end in range(len(text) + 1):
        check(text[:end])
