"""The language reference holds what it says: its examples check, and its words are the language's."""

import re
from pathlib import Path

import pytest

from archc.elaborate.functions import FUNCTIONS
from archc.ops import OPS
from archc.program import compile_text
from archc.syntax.advice.slips.braces import JOINS
from archc.syntax.keywords import RESERVED

GRAMMAR = Path(__file__).parents[2] / "grammar"
WORDS = re.compile(r"The words of the language cannot be names: `([^`]+)`")


def text(page: str) -> str:
    return (GRAMMAR / page).read_text(encoding="utf-8")


def test_every_function_is_there() -> None:
    missing = [name for name in FUNCTIONS if f"`{name}(" not in text("language.md")]
    assert not missing


@pytest.mark.parametrize("word", WORDS.findall(text("language.md"))[0].split())
def test_no_word_of_the_language_is_a_name(word: str) -> None:
    for line in (f"let {word} = 3", f"{word}: relu"):
        (diagnostic,) = compile_text(f"net n {{\n  input 8x8x3\n  {line}\n}}\n", "<text>").diagnostics
        assert diagnostic.code == "reserved-word" or (word == "else" and "belongs to no `if`" in diagnostic.message)


def test_the_words_of_the_language() -> None:
    assert set(WORDS.findall(text("language.md"))[0].split()) == RESERVED


def test_the_parser_knows_the_joins() -> None:
    assert {name for name, op in OPS.items() if op.category == "join"} == JOINS
