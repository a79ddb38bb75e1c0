"""What a hole may be by where it stands, and which counts are looked at: against the reference, by hand, by trying."""

from collections.abc import Callable

import pytest

from archc.diagnostics import Diagnostic
from archc.elaborate import solve
from archc.elaborate.channels import PATIENCE, PROBES, Trace, worth_trying
from archc.elaborate.holes import DOMAINS
from archc.fill import fill
from archc.program import compile_text

# the table of grammar/README.md
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


def looked_at(domain: range, rule: Callable[[int], Trace]) -> tuple[list[int], int]:
    """The counts that are worth a trial, and how many walks it took to tell."""
    walked: list[int] = []

    def trace(value: int) -> Trace:
        walked.append(value)
        return rule(value)

    found = list(worth_trying(domain, trace))
    fitting = [value for value in domain if rule(value).fits]
    assert set(fitting) <= set(found) <= set(domain)
    assert set(walked) <= set(domain)
    assert found == sorted(set(found))
    return found, len(walked)


def equal(left: int, right: int, path: object = None, *compared: tuple[int, int]) -> Trace:
    """A walk that fits where two counts are equal."""
    return Trace((path,), compared, left == right, None, None if left == right else (left, right))


def barred(path: object, *compared: tuple[int, int]) -> Trace:
    return Trace((path,), compared, False, ("size", None), None)


@pytest.mark.parametrize("domain", [range(1, 4097), range(1, 30), range(3, 40), *(range(1, 2 + n) for n in range(9))])
@pytest.mark.parametrize(
    "rule",
    [
        lambda c: equal(c, 7),
        lambda c: equal(3 * c + 1, 22),
        lambda c: equal(3 * c + 1, 23),
        lambda c: equal(2 * c, c + 4),
        lambda c: equal(5, 5),
        lambda c: equal(5, 6),
        lambda c: equal(1, c),
        lambda c: equal(c, 5),
        lambda c: equal(c, -3),
        lambda c: equal(c, 5000),
        lambda c: barred(0),
        lambda c: equal(c, 25, c > 20, (c, 20)) if c > 20 else barred(False, (c, 20)),
        lambda c: equal(c, 21, c > 20, (c, 20)) if c > 20 else barred(False, (c, 20)),
        lambda c: equal(c, 20, c >= 20, (c, 20)) if c >= 20 else barred(False, (c, 20)),
        lambda c: equal(c, 20, c > 20, (c, 20)) if c <= 20 else barred(True, (c, 20)),
        lambda c: equal(c, 7, 3 * c > 50, (3 * c, 50), (c, 2)),
        lambda c: equal(c, 17, 3 * c > 50, (3 * c, 50), (2, c)),
        lambda c: equal(c, 8, c == 8, (c, 8)),
        lambda c: equal(c, 20, True, (3 * c, 50)) if 3 * c > 50 else barred(False, (3 * c, 50)),
        lambda c: equal(c, 20, 0, (c, 6), (c, 9)) if c > 6 else barred(0, (c, 6)),
        lambda c: equal(c, 9, c == 8, (c, 8)),
        lambda c: equal(c * c, 49),
        lambda c: equal(c, 7, c * c > 40, (c * c, 40)),
        lambda c: equal(c, 10, c % 2),
        lambda c: equal(c, 6, (c % 3, c > 15), (c, 15)),
        lambda c: equal(c, 27, min(c, 27)),
        lambda c: Trace((None,), (), False, None, None),  # nothing tells
    ],
)
def test_all_that_fit_are_looked_at(domain: range, rule: Callable[[int], Trace]) -> None:
    looked_at(domain, rule)


def test_a_line_is_looked_at_where_it_is_zero() -> None:
    many = range(1, 4097)
    assert looked_at(many, lambda c: equal(3 * c + 1, 3001)) == ([1000], PROBES)
    assert looked_at(many, lambda c: equal(3 * c + 1, 3002)) == ([], PROBES)
    assert looked_at(many, lambda _: barred(0)) == ([], PROBES)
    assert looked_at(many, lambda _: equal(1, 1)) == ([*many], PROBES)


def test_from_one_comparison_to_the_next() -> None:
    """Four tell how far the way goes: at 1,000 another begins, which one count and four more tell."""
    many = range(1, 4097)

    def two_ways(c: int) -> Trace:
        return equal(c, 3000, True, (c, 1000)) if c > 1000 else barred(0, (c, 1000))

    assert looked_at(many, two_ways) == ([1000, 3000], 4 + 4 + 1)
    assert looked_at(many, lambda c: barred(c >= 5, (c, 5))) == ([], 4 + 4)
    assert looked_at(many, lambda c: barred(0, (c, 1000))) == ([], 4 + 4)
    assert looked_at(range(1, 5), lambda _: barred(0)) == ([], 4)
    assert looked_at(range(1, 4), lambda _: barred(0)) == ([1, 2, 3], 0)
    assert looked_at(many, lambda c: barred(0, (2 * c, 5))) == ([1, 2], 4 + 2)  # it turns among the four


def test_patience_ends() -> None:
    """Where each count goes a way of its own, all are tried, and no more walks are made to tell which."""
    found, walked = looked_at(range(1, 4097), lambda c: equal(c, 4000, c))
    assert found == [*range(1, 4097)]
    assert walked == PATIENCE + PROBES


# ---- few candidates are enough


@pytest.mark.parametrize(
    ("body", "width"),
    [
        ("input 8x8x3\n conv 1x1, ? => 8x8x4000", 4000),
        ("input 8x8x3\n a: conv 1x1, 4000\n conv 1x1, ? -> add @a", 4000),
        ("input 8x8x3\n add { | conv 1x1, 4000 | conv 1x1, ? }", 4000),
        ("input 8x8x3\n add { | conv 1x1, ? | conv 1x1, 4000 }", 4000),
        ("input 8x8x3\n concat { | conv 1x1, 2000 | conv 1x1, 2*? } => 8x8x6000", 2000),
        ("input 8x8x3\n add { | conv 1x1, 4000 | conv 1x1, 2*? - 2 }", 2001),
        ("input 8x8x3\n conv 3x3/?, ? => 30x30x4000", None),
        ("input 8x8x3\n conv 1x1, ? -> add { | relu | conv 3x3, 4000 }", None),
        ("input 8x8x3\n conv 1x1, ? -> add { | relu | conv 3x1, 4000 }", None),
        ("input 8x8x3\n conv 1x1, ? -> add { | relu | conv 1x3, 4000 }", None),
        ("input 8x1x3\n conv 1x1, ? -> add { | relu | conv 3x1, 4000 }", None),
        ("input 2x2x3\n conv 1x1, ? -> add { | relu | conv 2x1, 4000 }", None),
        ("input 8x8x3\n conv 1x1, ? -> concat { | relu | conv 3x1, 4000 }", None),
        ("input 8x8x3\n conv 3x3/?, ? -> maxpool 20x20", None),
        ("input 8x8x3\n conv 1x1, ? -> maxpool 20x20", None),
        ("input 8x8x3\n conv 1x1, ? -> maxpool 2x2, pad=9", None),
        ("input 8x8x3\n flatten -> fc ? -> maxpool 2x2", None),
        ("input 8x8x3\n flatten -> fc ? => 4000", 4000),
        ("input 8x8x3\n conv 1x1, ? => 8x8", 0),
    ],
)
def test_few_candidates_tell(body: str, width: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of these tries the 4,096 counts that its width may be, unless all fit."""
    monkeypatch.setattr(solve, "MAX_TRIALS", 400 if width != 0 else 60_000)
    compilation = compile_text(f"net n {{\n {body}\n}}\n")
    codes = [d.code for d in compilation.diagnostics]
    if width:
        assert not codes
        assert [value for _, value in compilation.nets[0].filled] == [width]
    elif width == 0:
        assert codes == ["several-solutions"]
    else:
        assert set(codes) <= {"no-solution", "join-mismatch", "window-too-large", "padding-too-large", "wrong-rank"}
        assert codes


@pytest.mark.parametrize(
    ("body", "width"),
    [
        ("input 8x8x3\n mul { | conv 1x1, 40 | avgpool global -> conv 1x1, ? }", 40),
        ("input 8x8x3\n add { | avgpool global -> conv 1x1, ? | conv 1x1, 40 }", 40),
        ("input 8x8x40\n concat(axis=height) { | | conv 3x1, ? }", 40),
        ("input 40x3\n matmul { | conv 1, 4 | conv 1, ? }", 40),  # as many rows as the other has columns
        ("input 40x3\n matmul { | conv 1, 4 | conv 4, ? }", 40),
        ("input 40x3\n matmul { | conv 1, ? | conv 4, 40 } => 37x7", 7),
        ("input 8x8x3\n add { | conv 1x1, 40 | conv 1x1, ? | conv 1x1, 40 }", 40),
        ("input 8x8x3\n add { | conv 1x1, ? | conv 1x1, ? } => 8x8x40", 40),
        ("input 8x3\n conv 1, ? -> permute [1, 0] -> maxpool 20/1 => 5x8", 24),  # the channels are a length: 24 - 19
        ("input 8x8x3\n conv 1x1, ? - 40 => 8x8x5", 45),
    ],
)
def test_widths_that_joins_ask_for(body: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DOMAINS, "channels", range(1, 61))
    compilation = compile_text(f"net n {{\n {body}\n}}\n")
    assert compilation.ok, compilation.diagnostics
    assert {value for _, value in compilation.nets[0].filled} == {width}


def test_four_tell_that_all_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The input 2, the hole 1, a width of 1 meanwhile 2, four that are looked at, and 2 for each of 40."""
    monkeypatch.setitem(DOMAINS, "channels", range(1, 41))
    monkeypatch.setattr(solve, "MAX_TRIALS", 2 + 1 + 2 + 4 + 2 * 40)
    assert said("net n {\n input 8x8x3\n conv 1x1, ?\n}\n").code == "several-solutions"
