"""Which channel counts are looked at: against all of them, by trying."""

from collections.abc import Callable

import pytest

from archc.elaborate.solve import search as solve
from archc.elaborate.solve.channels import PATIENCE, PROBES, Trace, worth_trying
from archc.elaborate.solve.holes import DOMAINS
from archc.program import compile_text


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
    (diagnostic,) = compile_text("net n {\n input 8x8x3\n conv 1x1, ?\n}\n").diagnostics
    assert diagnostic.code == "several-solutions"
