"""Two or three independent mistakes put into nets that check: one diagnostic for each, on its line, with its own fixes.

The sources are the bundled networks and the cases that check, expanded to a layer a line, with the shape of each line
stated or without. What a mistake puts in does not change what flows past it, so that every other line is right as it
stands, and whatever else is said of one is a cascade.
"""

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from archc.diagnostics import Diagnostic
from archc.expand import expand
from archc.program import compile_path, compile_text
from tests.figures import Figures
from tests.fuzz.shards import shard

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests" / "cases" / "ok").glob("*.arch"))
SPECS = sorted((ROOT / "specs").glob("*.arch"))
CI, NIGHTLY, BATCH = 50, 20_000, 1_000
MOST_LAYERS = 90
WRONG = "999983"  # a prime that no size or count here is; of further mistakes in one net, the others
PRIMES = (WRONG, "999979", "999961")  # two that agreed could be meant: `add { | | fc 7 } -> fc 3, in_features=7`
CONV = re.compile(r"\bconv \d+(?:x\d+)*(?:/\d+)?, \d+")
FC = re.compile(r"\bfc \d+")
WORD = re.compile(r"(?<=[ >])(relu|bn|sigmoid|dropout|silu|gelu|softmax)\b")
STATED = re.compile(r" => [\dx]+\Z")

Mistake = Callable[[str, random.Random], str | None]


def after(pattern: re.Pattern[str], text: str) -> Mistake:
    """An argument put in after what the pattern finds."""

    def put(line: str, rng: random.Random) -> str | None:
        found = pattern.search(line)
        named = text.partition("=")[0].strip(", ")
        return None if found is None or f"{named}=" in line else line[: found.end()] + text + line[found.end() :]

    return put


def misspelt(line: str, rng: random.Random) -> str | None:
    """The last letters of a layer's name swapped, or the last one doubled."""
    found = WORD.search(line)
    if found is None:
        return None
    word = found.group()
    wrong = word + word[-1] if rng.random() < 0.5 or len(word) < 4 else word[:-2] + word[-1] + word[-2]
    return line[: found.start()] + wrong + line[found.end() :]


def stated(line: str, rng: random.Random) -> str | None:
    """A shape that is not computed: each number more by one count, or one that is far off."""
    found = STATED.search(line)
    if found is not None and not line.strip().startswith(("input", "output", "expect")) and ": input" not in line:
        step = rng.randrange(1, 10**6)
        return line[: found.start()] + re.sub(r"\d+", lambda n: str(int(n.group()) + step), found.group())
    return f"{line} => {WRONG}x{WRONG}x7" if found is None and CONV.search(line) else None


def put_after(step: str) -> Mistake:
    """A further step, which does not fit and leaves what flows in."""

    def put(line: str, rng: random.Random) -> str | None:
        if CONV.search(line) is None and WORD.search(line) is None:
            return None
        found = STATED.search(line)
        end = found.start() if found is not None else len(line)
        return f"{line[:end]} -> {step}{line[end:]}"

    return put


MISTAKES: dict[str, tuple[str, Mistake]] = {
    "in_channels": ("channel-mismatch", after(CONV, f", in_channels={WRONG}")),
    "in_features": ("channel-mismatch", after(FC, f", in_features={WRONG}")),
    "argument": ("unknown-argument", after(CONV, ", dilaton=1")),
    "name": ("unknown-layer", misspelt),
    "shape": ("shape-refuted", stated),
    "join": ("join-mismatch", put_after(f"add {{ | | fc {WRONG} }}")),
    "groups": ("groups-do-not-divide", put_after(f"gn {WRONG}")),
    "value": ("bad-value", put_after("dropout 1.5")),
}


@cache
def sources() -> list[tuple[str, str]]:
    """Nets of a fair size, a layer a line: (name, text)."""
    nets = [(path, net.graph) for path in (*CASES, *SPECS) for net in compile_path(str(path)).nets]
    return [
        (f"{path.stem}::{graph.name}", expand(graph))
        for path, graph in nets
        if graph is not None and 4 <= len(graph) <= MOST_LAYERS
    ]


def injected(number: int) -> tuple[str, dict[int, tuple[str, str, str]]] | None:
    """The text of this number and its mistakes: line → (name, code, the wrong line). Where a statement will be wrong,
    the right one stands in the text: what is stated decides which other fixes hold."""
    rng = random.Random(number)
    _, text = rng.choice(sources())
    whole = lines = text.split("\n")
    if rng.random() < 0.5:
        lines = [STATED.sub("", line) for line in lines]
    mistakes: dict[int, tuple[str, str, str]] = {}
    for _ in range(30):
        place, name = rng.randrange(1, len(lines)), rng.choice(list(MISTAKES))
        code, put = MISTAKES[name]
        wrong = put(lines[place], rng) if place + 1 not in mistakes else None
        if wrong is not None:
            mistakes[place + 1] = name, code, wrong.replace(WRONG, PRIMES[len(mistakes)])
        if len(mistakes) == 2 + number % 2:
            right = [one if mistakes.get(at, ("",))[0] == "shape" else lines[at - 1] for at, one in enumerate(whole, 1)]
            return "\n".join(right), mistakes
    return None


def fixes(diagnostic: Diagnostic) -> set[tuple[str, ...]]:
    """Each fix by what it writes."""
    return {(fix.message, *(edit.text for edit in fix.edits)) for fix in diagnostic.fixes}


def edited(text: str, mistakes: dict[int, tuple[str, str, str]]) -> str:
    lines = text.split("\n")
    for place, (_, _, wrong) in mistakes.items():
        lines[place - 1] = wrong
    return "\n".join(lines)


def held(numbers: range, figures: Figures) -> None:
    """Every mistake is said once, on its line, with the fixes that it has alone, and nothing else is."""
    for number in numbers:
        made = injected(number)
        if made is None:
            continue
        text, mistakes = made
        wrong = edited(text, mistakes)
        found = compile_text(wrong).diagnostics
        said = sorted((d.span.line if d.span else 0, d.code) for d in found if d.severity == "error")
        assert said == sorted((place, code) for place, (_, code, _) in mistakes.items()), f"{number}\n{wrong}"
        for diagnostic in found:
            if diagnostic.severity == "error" and diagnostic.span is not None:
                place = diagnostic.span.line
                alone = compile_text(edited(text, {place: mistakes[place]})).diagnostics
                (one,) = [d for d in alone if d.severity == "error"]
                assert fixes(diagnostic) == fixes(one), f"{number}, line {place}\n{wrong}"
        figures.add(cases=1, mistakes=len(mistakes))


def test_each_mistake_is_said_and_nothing_else(figures: Figures) -> None:
    held(range(CI), figures)


@pytest.mark.nightly
@pytest.mark.parametrize("first", shard(range(CI, CI + NIGHTLY, BATCH)))
def test_many(first: int, figures: Figures) -> None:
    held(range(first, first + BATCH), figures)


def test_every_kind_of_mistake_is_among_them() -> None:
    put_in = [name for number in range(8 * CI) if (made := injected(number)) for name, _, _ in made[1].values()]
    assert set(put_in) == set(MISTAKES)
