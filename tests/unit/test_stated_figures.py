"""Which computed figures a printed one stands for: those that round (a half up) or truncate to its digits.

The oracle is decimal arithmetic on the digits: `ROUND_HALF_UP` and `ROUND_DOWN`.
"""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.diagnostics import Source, Span
from archc.elaborate.claims import figure_holds
from archc.program import compile_text
from archc.syntax import ast

POWERS = {"": 0, "K": 3, "M": 6, "G": 9, "B": 9, "T": 12}


def stated(text: str) -> ast.Stated:
    span = Span(Source("<text>", text), 0, len(text))
    digits, power = text.rstrip("KMGBT"), POWERS[text[-1] if text[-1] in POWERS else ""]
    return ast.Stated(span, ast.Number(span, float(digits) * 10**power, text), approximate=False)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("3.6G", 3_550_000_000, 3_699_999_999),
        ("3.60G", 3_595_000_000, 3_609_999_999),
        ("4G", 3_500_000_000, 4_999_999_999),
        ("133M", 132_500_000, 133_999_999),
        ("0.5K", 450, 599),
        ("1.5B", 1_450_000_000, 1_599_999_999),
        ("2T", 1_500_000_000_000, 2_999_999_999_999),
        ("3e9", 2_500_000_000, 3_999_999_999),
        ("1.25e6", 1_245_000, 1_259_999),
        ("25557032", 25_557_032, 25_557_032),
        ("1_024", 1_024, 1_024),
        ("0", 0, 0),
    ],
)
def test_holds_from_the_half_below_up_to_the_next_digit(text: str, least: int, most: int) -> None:
    assert [figure_holds(figure, stated(text)) for figure in (least - 1, least, most, most + 1)] == [
        *(False, True, True, False)
    ]


@given(st.integers(0, 10**13), st.integers(0, 4), st.sampled_from("KMGBT"), st.integers(-2, 2))
def test_is_what_decimal_arithmetic_rounds_or_truncates_to(figure: int, decimals: int, suffix: str, off: int) -> None:
    exact = Decimal(figure).scaleb(-POWERS[suffix])
    unit = Decimal(1).scaleb(-decimals)
    printed = {exact.quantize(unit, ROUND_HALF_UP), exact.quantize(unit, ROUND_DOWN)}
    shown = exact.quantize(unit, ROUND_DOWN) + off * unit
    if shown >= 0:
        assert figure_holds(figure, stated(f"{shown:f}{suffix}")) is (shown in printed)


@pytest.mark.parametrize(("macs", "holds"), [("1.5M", True), ("1.6M", True), ("1.7M", False), ("1.4M", False)])
@pytest.mark.parametrize("place", ["expect", "row", "column"])
def test_the_rule_is_one_wherever_a_figure_is_stated(macs: str, holds: bool, place: str) -> None:
    """1,555,200 MACs: as an `expect`, a row of figures and a column."""
    text = {
        "expect": f"net a {{\n  input 32x32x3\n  conv 3x3, 64\n  expect macs = {macs}\n}}\n",
        "row": f"table a {{\n  input 32x32x3\n  | stage | a |\n  | one | conv 3x3, 64 |\n  | macs | {macs} |\n}}\n",
        "column": f"table a {{\n  input 32x32x3\n  | macs | a |\n  | {macs} | conv 3x3, 64 |\n}}\n",
    }[place]
    assert [d.code for d in compile_text(text).diagnostics] == ([] if holds else ["figure-refuted"])


def test_the_solver_holds_figures_alike() -> None:
    """3·3·3·c + c parameters: 1.7K is what 61 channels come to, as 1,708 and nothing else rounds or truncates to it."""
    compiled = compile_text("net a {\n  input 32x32x3\n  conv 3x3, ?\n  expect params = 1.71K\n}\n")
    assert [value for net in compiled.nets for _, value in net.filled] == [61]
