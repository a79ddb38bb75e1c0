"""Diagnostics as text: the underline stands under what it means, whatever the line is made of."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Source, Span
from archc.diagnostics.text import render, render_all
from archc.program import compile_text


def at(text: str, part: str, *, name: str = "a.arch") -> Span:
    start = text.index(part)
    return Span(Source(name, text), start, start + len(part))


def cells(text: str) -> int:
    return sum(
        0 if unicodedata.category(c) in ("Mn", "Me") else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def under(rendered: str) -> str:
    """The text that stands over the carets."""
    lines = rendered.splitlines()
    index = next(i for i, line in enumerate(lines) if "^" in line and i > 1)
    start, end = lines[index].index("^"), lines[index].rindex("^") + 1
    result, position = "", 0
    for character in lines[index - 1]:
        if start <= position < end:
            result += character
        position += cells(character)
    return result


@pytest.mark.parametrize(
    ("text", "part", "shown"),
    [
        ("conv 3x3, rleu", "rleu", "rleu"),
        ("\tconv 3x3\t-> rleu", "rleu", "rleu"),
        ('lrn k="二三" -> rleu', "rleu", "rleu"),
        ('lrn k="二三" -> rleu', '"二三"', '"二三"'),
        ("e\u0301e\u0301 -> rleu", "rleu", "rleu"),
        ("one\r\n  rleu\r\ntwo", "rleu", "rleu"),
        ("a \x1b[31m rleu", "rleu", "rleu"),
        ("a \u202e rleu", "rleu", "rleu"),
        ("a \u202e rleu", "\u202e", "⟨U+202E⟩"),
        ("a \x00 b", "\x00", "⟨U+0000⟩"),
        ("a\u200bb rleu", "rleu", "rleu"),
    ],
)
def test_the_underline_is_exact(text: str, part: str, shown: str) -> None:
    assert under(render(Diagnostic(Code.SYNTAX, "wrong", at(text, part)))) == shown


@given(st.text(st.characters(codec="utf-8", exclude_characters="^\n\r"), max_size=60), st.sampled_from([40, 80]))
def test_nothing_in_a_source_steers_the_terminal(text: str, width: int) -> None:
    source = f"{text}rleu{text}"
    rendered = render(Diagnostic(Code.SYNTAX, text, Span(Source("a", source), len(text), len(text) + 4)), width=width)
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in rendered.replace("\n", ""))
    assert "rleu" in under(rendered)
    assert cells(rendered.splitlines()[3]) <= width


@pytest.mark.parametrize("place", [0, 1, 5_000, 9_990, 9_996])
def test_a_long_line_is_cut_about_the_mistake(place: int) -> None:
    text = "x" * place + "rleu" + "y" * (9_996 - place)
    rendered = render(Diagnostic(Code.SYNTAX, "wrong", Span(Source("a", text), place, place + 4)), width=80)
    assert max(map(len, rendered.splitlines())) <= 80
    assert under(rendered) == "rleu"
    assert "…" in rendered


def test_a_span_wider_than_the_screen_is_cut() -> None:
    text = "a" * 10_000
    rendered = render(Diagnostic(Code.SYNTAX, "wrong", Span(Source("a", text), 100, 9_000)), width=80)
    assert max(map(len, rendered.splitlines())) <= 80
    assert "^" in rendered


def test_a_span_over_lines_shows_the_first() -> None:
    rendered = render(Diagnostic(Code.SYNTAX, "wrong", at("ab cd\nef gh\n", "cd\nef")))
    assert under(rendered) == "cd"
    assert "gh" not in rendered


def test_an_empty_span_and_the_end_of_a_text_have_a_caret() -> None:
    for text, place in (("ab", 2), ("", 0), ("ab\n", 3)):
        rendered = render(Diagnostic(Code.SYNTAX, "wrong", Span(Source("a", text), place, place)))
        assert rendered.splitlines()[-1].endswith("^")


def test_a_label_on_the_same_line_and_on_another() -> None:
    text = "one two\nthree\n\n\nfour\n"
    source = Source("a.arch", text)

    def span(part: str) -> Span:
        return Span(source, text.index(part), text.index(part) + len(part))

    diagnostic = Diagnostic(
        Code.SYNTAX, "wrong", span("two"), labels=(Label(span("one"), "first"), Label(span("four"), "last"))
    )
    assert render(diagnostic).splitlines()[1:] == [
        "  --> a.arch:1:5",
        "   |",
        " 1 | one two",
        "   | --- ^^^",
        "   | first",
        "...",
        " 5 | four",
        "   | ---- last",
    ]


def test_a_label_in_another_file() -> None:
    diagnostic = Diagnostic(
        Code.SYNTAX, "wrong", at("one", "one"), labels=(Label(at("two", "two", name="b.arch"), "here"),)
    )
    assert "  ::: b.arch:1:1" in render(diagnostic).splitlines()


def test_a_fix_shows_the_line_as_it_will_be() -> None:
    text = "  conv 11x11/4, 96 => 55x55x96"
    span = at(text, "55x55x96")
    insert = Span(span.source, 18, 18)
    diagnostic = Diagnostic(
        Code.SYNTAX,
        "wrong",
        span,
        notes=("⌊(224 + 2·0 − 11)/4⌋ + 1 = 54",),
        help="think",
        fixes=(Fix("pad=2", (Edit(insert, ", pad=2"),)), Fix("state 54", (Edit(span, "54x54x96"),))),
    )
    assert render(diagnostic).splitlines()[5:] == [
        "   = ⌊(224 + 2·0 − 11)/4⌋ + 1 = 54",
        "   = help: think",
        "   = fix: pad=2",
        " 1 |   conv 11x11/4, 96, pad=2 => 55x55x96",
        "   |                   +++++++",
        "   = fix: state 54",
        " 1 |   conv 11x11/4, 96 => 54x54x96",
        "   |                       ~~~~~~~~",
    ]


def test_a_fix_that_removes_shows_both_lines() -> None:
    text = "  fc 10)"
    diagnostic = Diagnostic(Code.SYNTAX, "wrong", at(text, ")"), fixes=(Fix("remove it", (Edit(at(text, ")"), ""),)),))
    assert render(diagnostic).splitlines()[-2:] == [" 1 | -   fc 10)", "   | +   fc 10"]


def test_the_order_is_that_of_the_source_and_the_count_is_last() -> None:
    source = Source("a", "one two three")
    found = [
        Diagnostic(Code.SYNTAX, "second", Span(source, 4, 7), severity="warning"),
        Diagnostic(Code.SYNTAX, "first", Span(source, 0, 3)),
        Diagnostic(Code.SYNTAX, "third", Span(source, 8, 13)),
    ]
    rendered = render_all(found)
    assert re.findall("first|second|third", rendered) == ["first", "second", "third"]
    assert rendered.splitlines()[-1] == "2 errors, 1 warning"


def test_one_alone_is_not_counted() -> None:
    assert "1 error" not in render_all([Diagnostic(Code.SYNTAX, "wrong")])


def test_color_only_adds_escapes() -> None:
    diagnostic = Diagnostic(
        Code.SYNTAX, "wrong", at("conv rleu", "rleu"), help="relu", labels=(Label(at("a", "a"), "b"),)
    )
    colored = render(diagnostic, color=True)
    assert "\x1b[1;31m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render(diagnostic)
    assert "\x1b[1;33m" in render(Diagnostic(Code.SYNTAX, "wrong", severity="warning"), color=True)


def test_a_byte_order_mark_does_not_shift() -> None:
    compilation = compile_text("net n {\n  input 8x8x3 -> rleu\n}\n")
    assert under(render(compilation.diagnostics[0])) == "rleu"
