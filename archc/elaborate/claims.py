"""Whether what a source states holds of what was computed."""

import math
from decimal import Decimal
from math import isclose

from archc.diagnostics import Code, Diagnostic
from archc.elaborate.values import Value, describe
from archc.ops import Shape
from archc.syntax import ast

TOLERANCE = 0.05  # of `~`
SUFFIXES = {"K": 3, "M": 6, "G": 9, "B": 9, "T": 12}  # powers of ten
MAX_DIGITS = 40  # after the point; no figure is held so exactly


def shape_holds(stated: tuple[int, ...], shape: Shape) -> bool:
    """Whether stated H×W×C, or H×W alone, is the shape (C, H, W)."""
    return stated in ((*shape[1:], shape[0]), shape[1:]) if len(shape) > 1 else stated == shape


def trusted(stated: tuple[int, ...], shape: Shape) -> Shape:
    """The computed shape with the stated sizes, and channels if stated, in place of its own."""
    if len(stated) == len(shape):
        return (stated[-1], *stated[:-1])
    return (shape[0], *stated) if len(stated) == len(shape) - 1 else shape


def stated_sizes(value: Value, expr: ast.Expr) -> tuple[int, ...] | Diagnostic:
    """The numbers of a stated shape."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    if isinstance(value, tuple) and value and all(isinstance(item, int) for item in value):
        return tuple(item for item in value if isinstance(item, int))
    return Diagnostic(
        Code.NOT_A_SHAPE,
        f"`{describe(value)}` is not a shape",
        expr.span,
        help="shapes are height x width x channels: 55x55x96, or 55x55 for the sizes alone, or 10 for a vector",
    )


def figure_holds(computed: int, stated: ast.Stated) -> bool | None:
    """Whether a printed figure stands for the computed one; None where it is no number.

    It does where the computed one rounds or truncates to it, which is `interval`; `~` allows 5 %.
    """
    expr = stated.value
    if not isinstance(expr, ast.Number):
        return None
    if stated.approximate:
        return isclose(computed, expr.value, rel_tol=TOLERANCE) or abs(computed - expr.value) <= TOLERANCE * expr.value
    least, limit = interval(expr)
    return least <= computed < limit


def interval(number: ast.Number) -> tuple[Decimal, Decimal]:
    """What rounds (a half up) or truncates to the printed digits: from the first number up to the second, excluded.

    `3.6G` is 3.55 G up to 3.7 G. A whole number without suffix stands for itself alone, as figures are whole.
    """
    if not math.isfinite(number.value):
        return Decimal("Infinity"), Decimal("Infinity")
    digits, _, power = number.text.rstrip("KMGTB").lower().partition("e")
    last = int(power or 0) + SUFFIXES.get(number.text[-1], 0) - len(digits.partition(".")[2])
    unit = Decimal(10) ** max(last, -MAX_DIGITS)  # one of the last printed digit
    stated = Decimal(digits.replace(".", "")) * unit
    return stated - unit / 2, stated + unit
