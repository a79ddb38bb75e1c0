"""What a hole may be by where it stands, against the table of the reference."""

import pytest

from archc.diagnostics import Diagnostic
from archc.elaborate.solve.holes import DOMAINS
from archc.fill import fill
from archc.program import compile_text

# the table of grammar/holes.md
VALUES = {
    "stride": "1 … 8",
    "pad": "0 … 15",
    "kernel": "1 … 15",
    "dilation": "1 … 8",
    "channels": "1 … 4096",
    "groups": "1 … 64",
    "repeats": "1 … 64",
    "input": "1 … 1024",
}


def said(source: str) -> Diagnostic:
    (diagnostic,) = compile_text(source).diagnostics
    return diagnostic


def solved(source: str) -> str:
    compilation = compile_text(source)
    assert compilation.ok, compilation.diagnostics
    assert compilation.source is not None
    return fill(compilation.source, compilation.nets)[0]


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("stride", "conv 3x3/?, 4"),
        ("stride", "conv 3x3, 4, stride=?"),
        ("stride", "maxpool 3x3/?"),
        ("stride", "unit(4) x 2 /?"),
        ("stride", "strided(?)"),
        ("stride", "both(?)"),  # a stride and a width: the narrower
        ("stride", "other(?)"),
        ("stride", "for s in [1, ?] { conv 3x3/s, 4 }"),
        ("pad", "conv 3x3, 4, pad=?"),
        ("pad", "conv 3x3, 4, padding=?"),
        ("pad", "maxpool 3x3, pad=(0, ?)"),
        ("pad", "padded(4, border=?)"),
        ("pad", "padded(border=?, 4)"),
        ("pad", "padded(4, ?)"),
        ("pad", "padded(width=4, ?)"),
        ("kernel", "conv ?, 4"),
        ("kernel", "conv ?x?, 4"),
        ("kernel", "conv ?x3, 4"),
        ("kernel", "conv kernel=?, channels=4"),
        ("kernel", "conv kernel_size=?x?, channels=4"),
        ("kernel", "maxpool ?x?/2"),
        ("kernel", "windowed(?)"),
        ("kernel", "windowed(?x?)"),
        ("kernel", "deep([3x3, 4; ?, 4])"),
        ("kernel", "conv (? if in.height > 4 else 3), 4"),
        ("kernel", "avgpool to=?"),
        ("dilation", "conv 3x3, 4, dilation=?"),
        ("channels", "conv 3x3, ?"),
        ("channels", "conv 3x3, channels=?"),
        ("channels", "conv 3x3, out_channels=?"),
        ("channels", "flatten -> fc ?"),
        ("channels", "flatten -> fc units=?"),
        ("channels", "flatten -> fc out_features=?"),
        ("channels", "padded(?, 1)"),
        ("channels", "padded(border=1, ?)"),
        ("channels", "deep([3x3, 4; 1x1, ?])"),
        ("channels", "outer(?)"),
        ("channels", "inside(?)"),
        ("groups", "conv 1x1, 4, groups=?"),
        ("repeats", "relu x ?"),
        ("repeats", "repeat ? { relu }"),
        ("repeats", "(relu x ?) x 2"),
    ],
)
def test_what_a_hole_may_be(role: str, statement: str) -> None:
    """Nothing makes 999: what was tried is told."""
    blocks = (
        "block unit(width, stride=1) { conv 3x3/stride, width }\n"
        "block strided(step) { conv 3x3/step, 4 }\n"
        "block both(n) { conv 3x3/n, n }\n"
        "block other(n) { conv 3x3, n -> conv 1x1/n, 4 }\n"
        "block padded(width, border) { conv 3x3, width, pad=border }\n"
        "block windowed(window) { conv window, 4 }\n"
        "block deep(rows_of) { for window, width in rows_of { conv window, width } }\n"
        "block outer(width) { padded(width, 1) -> relu }\n"
        "block inside(width) { block inner(n) { conv 1x1, n }\n inner(width) }\n"
    )
    diagnostic = said(f"{blocks}net n {{\n input 16x16x4\n {statement} => 999x999x999\n}}\n")
    assert diagnostic.code == "no-solution"
    assert diagnostic.notes[0] == f"tried {role} {VALUES[role]}"


@pytest.mark.parametrize(
    ("role", "written"),
    [
        ("input", "?x?x3"),
        ("input", "4x?x3"),
        ("input", "height=?, width=4, channels=3"),
        ("channels", "4x4x?"),
        ("channels", "height=4, width=4, channels=?"),
        ("channels", "?"),
    ],
)
def test_what_an_input_may_be(role: str, written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DOMAINS, "channels", range(1, 21))
    diagnostic = said(f"net n {{\n input {written}\n relu => 9x9x9x9\n}}\n")
    assert diagnostic.code == "no-solution"
    assert diagnostic.notes[0] == f"tried {role} {'1 … 20' if role == 'channels' else VALUES[role]}"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("conv ?x?, 4 => 6x5", "no-solution"),  # square, also where a block is given it
        ("windowed(?x?) => 6x5", "no-solution"),
        ("conv ?x?, 4 => 6x6", None),
        ("windowed(?x?) => 6x6", None),
        ("conv 3x3, 4, pad=(?, ?) => 8x10", None),  # two numbers
        ("conv 3x3, 4, pad=?x? => 8x10", None),
        ("conv 3x3, 4, pad=(1, ?) => 8x10", None),
        ("conv ?x4, 4 => 6x5", None),
        ("padded(4, ?) => 14x14", "no-solution"),  # 4, beyond a window of 3
        ("padded(4, ?) => 10x10", None),
        ("deep(?) => 8x8", "hole"),
        ("deep([3x3, 4, ?; 3x3, 4, 1])", "hole"),
        ("unused(?) => 8x8", "hole"),
        ("unused(relu, ?) => 8x8", "wrong-arguments"),
    ],
)
def test_two_of_a_window_and_what_is_no_number(statement: str, code: str | None) -> None:
    blocks = (
        "block windowed(window) { conv window, 4 }\n"
        "block padded(width, border) { conv 3x3, width, pad=border }\n"
        "block deep(rows_of) { for window, width in rows_of { conv window, width } }\n"
        "block unused(width) { relu }\n"
    )
    compilation = compile_text(f"{blocks}net n {{\n input 8x8x3\n {statement}\n}}\n")
    assert [d.code for d in compilation.diagnostics if d.severity == "error"] == ([code] if code else [])


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("input ?x?x3\n conv 1x1, 4 => 7x7x4", "input 7x7x3"),
        ("input 5x?x3\n conv 1x1, 4 => 5x7x4", "input 5x7x3"),
        ("input 5x7x?\n relu => 5x7x9", "input 5x7x9"),
        ("input ?x?x?\n relu => 7x7x9", "input 7x7x9"),
        ("input height=?, width=7, channels=3\n relu => 5x7x3", "input height=5, width=7"),
        ("input height=5, width=?, channels=?\n relu => 5x7x9", "width=7, channels=9"),
        ("input ?x3\n relu => 40x3", "input 40x3"),
        ("input ?\n fc 3\n expect params = 33", "input 10"),  # 3·n + 3
    ],
)
def test_sizes_and_channels_of_an_input(written: str, filled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DOMAINS, "input", range(1, 45))
    monkeypatch.setitem(DOMAINS, "channels", range(1, 12))
    assert filled in solved(f"net n {{\n {written}\n}}\n")


@pytest.mark.parametrize(
    ("statement", "greatest"),
    [
        ("input 4x4x1\n conv 1x1, ? => 4x4x{}", 4096),
        ("input ?x4x1\n relu => {}x4x1", 1024),
        ("input 4x4x1\n conv 1x1, 1 x ?\n expect depth = {}", 64),
        ("input 8x1\n maxpool ?/1 => {less}x1", 8),
    ],
)
def test_the_greatest_of_each(statement: str, greatest: int) -> None:
    """A window of k fits into 8 pixels 9 - k times; the others are what is stated."""
    for value, found in ((greatest, True), (greatest + 1, False)):
        compilation = compile_text(f"net n {{\n {statement.format(value, less=9 - value)}\n}}\n")
        assert compilation.ok == found
        if found:
            assert {number for _, number in compilation.nets[0].filled} == {greatest}


# ---- which counts are looked at
