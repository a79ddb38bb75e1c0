"""More mistakes of consequence than are reported: the walk that ends at a limit is no evidence against another."""

import pytest

from archc.ops import Shape
from archc.ops.base import Inputs
from archc.ops.conv import Conv
from archc.program import compile_text

LAYERS = 60  # more than the reports of one walk


def said(first: str, size: int, last: str) -> list[tuple[int, str]]:
    """The lines and codes of what is said of a chain whose every line states its shape."""
    chain = f"  conv 3x3, 8, pad=1 => {size}x{size}x8\n" * LAYERS
    text = f"net n {{\n  input 32x32x8\n  {first}\n{chain}  {last}\n}}\n"
    return [(d.span.line if d.span else 0, d.code) for d in compile_text(text).diagnostics]


@pytest.mark.parametrize(
    ("last", "code"),
    [
        ("dropout 1.5", "bad-value"),
        ("conv 3x3, 8, in_channels=9", "channel-mismatch"),
        ("conv 3x3, 8, pad=1 => 7x7x8", "shape-refuted"),
        ("reluu => 32x32x8", "unknown-layer"),
    ],
)
@pytest.mark.parametrize("wrong", ["31x31x8", "32x32x9", "999983x999983x7", "999983x999983x8"])
def test_after_a_wrong_statement(wrong: str, last: str, code: str) -> None:
    assert said(f"conv 3x3, 8, pad=1 => {wrong}", 32, last) == [(3, "shape-refuted"), (4 + LAYERS, code)]


@pytest.mark.parametrize(
    ("last", "code"), [("dropout 1.5", "bad-value"), ("conv 3x3, 8, in_channels=9", "channel-mismatch")]
)
def test_after_a_wrong_layer(last: str, code: str) -> None:
    """All that follows agrees with the statement."""
    assert said("conv 3x3/2, 8 => 32x32x8", 32, last) == [(3, "shape-refuted"), (4 + LAYERS, code)]


def test_fixes_of_a_join_are_sought_once_however_often_it_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other sizes of the input are tried for the first of 100 rounds, not for each."""
    measured: list[str] = []
    output = Conv.output

    def counted(op: Conv, inputs: Inputs) -> Shape:
        measured.append(op.name)
        return output(op, inputs)

    monkeypatch.setattr(Conv, "output", counted)
    found = compile_text(
        "block unit { conv 3x3, 8, pad=2 -> add @in }\nnet n {\n input 32x32x8\n unit x 100\n}\n"
    ).diagnostics
    assert [d.code for d in found] == ["join-mismatch"]
    assert len(measured) < 5_000


def test_as_many_as_are_reported() -> None:
    """Mistakes of their own, each on its line: the first fifty."""
    chain = "\n".join(f"  conv 3x3, 8, pad=1 => {n}x{n}x8" for n in range(100, 100 + LAYERS))
    found = compile_text(f"net n {{\n  input 32x32x8\n{chain}\n}}\n").diagnostics
    assert [d.code for d in found] == ["shape-refuted"] * 50


@pytest.mark.parametrize(
    ("last", "code"),
    [("relu -> add { | | fc 7 }", "join-mismatch"), ("gn 7", "groups-do-not-divide"), ("dropout 1.5", "bad-value")],
)
def test_the_way_of_the_other_branch_that_loses_its_values_is_no_evidence(last: str, code: str) -> None:
    """As a vector, what flows on is lost at the convolution, and nothing after it is judged."""
    body = f"input 8x8x4\n relu -> add {{ | | fc 9 }}\n conv 3x3, 8, dilaton=1\n {last}"
    found = compile_text(f"net n {{\n {body}\n}}\n").diagnostics
    assert [(d.span.line if d.span else 0, d.code) for d in found] == [
        (3, "join-mismatch"),
        (4, "unknown-argument"),
        (5, code),
    ]
