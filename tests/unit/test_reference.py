"""The language reference holds what it says: its examples check, and its words are the language's."""

import re
from pathlib import Path

import pytest

from archc.elaborate.functions import FUNCTIONS
from archc.ops import OPS
from archc.program import compile_text
from archc.syntax.braces import JOINS
from archc.syntax.words import RESERVED

GRAMMAR = Path(__file__).parents[2] / "grammar"
FENCE = re.compile(r"^```(arch[^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WORDS = re.compile(r"The words of the language cannot be names: `([^`]+)`")


def text(page: str) -> str:
    return (GRAMMAR / page).read_text(encoding="utf-8")


def test_every_function_is_there() -> None:
    missing = [name for name in FUNCTIONS if f"`{name}(" not in text("language.md")]
    assert not missing


def examples(page: str) -> list[tuple[str, str, str]]:
    """The kind, the source and the place of each example of a page."""
    shown = text(page)
    return [
        (found[1], found[2], f"{page}:{len(shown[: found.start()].splitlines()) + 1}")
        for found in FENCE.finditer(shown)
    ]


EXAMPLES = [example for path in sorted(GRAMMAR.glob("*.md")) for example in examples(path.name)]


@pytest.mark.parametrize(("kind", "example", "place"), EXAMPLES, ids=[place for _, _, place in EXAMPLES])
def test_example(kind: str, example: str, place: str) -> None:
    """```arch is a file; ```arch body stands in a net whose input is 16x16x4, or that it states itself."""
    wrapped = example
    if kind == "arch body":
        start = "" if re.search(r"^(\w+: )?input ", example, re.MULTILINE) else "input 16x16x4\n"
        wrapped = f"net example {{\n{start}{example}}}\n"
    elif not re.search(r"^net ", example, re.MULTILINE):
        wrapped = f"{example}\nnet example {{ input 16x16x4 -> relu }}\n"
    compilation = compile_text(wrapped, f"grammar/{place}")
    assert [(d.code, d.message, d.span and d.span.text) for d in compilation.diagnostics] == []
    assert compilation.nets


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 18


@pytest.mark.parametrize("word", WORDS.findall(text("language.md"))[0].split())
def test_no_word_of_the_language_is_a_name(word: str) -> None:
    for line in (f"let {word} = 3", f"{word}: relu"):
        (diagnostic,) = compile_text(f"net n {{\n  input 8x8x3\n  {line}\n}}\n", "<text>").diagnostics
        assert diagnostic.code == "reserved-word" or (word == "else" and "belongs to no `if`" in diagnostic.message)


def test_the_words_of_the_language() -> None:
    assert set(WORDS.findall(text("language.md"))[0].split()) == RESERVED


def test_the_parser_knows_the_joins() -> None:
    assert {name for name, op in OPS.items() if op.category == "join"} == JOINS
