"""Reports of expressions: conditions, comparisons, attributes and functions."""

from collections.abc import Iterable

from archc.diagnostics import Code, Diagnostic, Span
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.elaborate.values import Value, kind
from archc.syntax import ast


def not_a_condition(value: Value, span: Span) -> Diagnostic:
    """The report of a condition that is neither yes nor no."""
    return Diagnostic(
        Code.NOT_A_CONDITION,
        f"a condition is yes or no; this is {kind(value)}",
        span,
        help="compare it: `a == b`, `a != b`, `a < b`",
    )


def not_comparable(left: Value, right: Value, sign: str, span: Span) -> Diagnostic:
    """The report of two values of kinds that are never equal."""
    help_text = None
    if isinstance(left, bool) or isinstance(right, bool):
        help_text = "yes and no are compared with yes and no; a number with a number, as in `a == 1`"
    elif isinstance(left, tuple) or isinstance(right, tuple):
        help_text = "sizes are compared with sizes, as in `kernel == 3x3`"
    message = f"`{sign}` compares {kind(left)} with {kind(right)}, which are never equal"
    return Diagnostic(Code.NOT_COMPARABLE, message, span, help=help_text)


def unknown_attribute(name: str, known: Iterable[str], span: Span, what: str) -> Diagnostic:
    """The report of `in.depth` on a map of two sizes."""
    close = nearest(name, known)
    word = Span(span.source, span.end - len(name), span.end)
    return Diagnostic(
        Code.UNKNOWN_ATTRIBUTE,
        f"{what} has no `{name}`",
        word,
        help=did_you_mean(close) or f"it has {', '.join(known)}",
        fixes=renames(word, close),
    )


def unknown_function(expr: ast.Invoke, known: Iterable[str]) -> Diagnostic:
    """The report of a function that does not exist."""
    close = nearest(expr.function, known)
    return Diagnostic(
        Code.UNKNOWN_FUNCTION,
        f"there is no function `{expr.function}`",
        expr.function_span,
        help=did_you_mean(close) or f"functions: {', '.join(known)}",
        fixes=renames(expr.function_span, close),
    )


def wrong_count(expr: ast.Invoke, least: int, most: int | None) -> Diagnostic:
    """The report of a function with too few or too many arguments."""
    wanted = str(least) if least == most else f"{least} to {most}" if most else f"at least {least}"
    noun = "argument" if wanted in ("1", "at least 1") else "arguments"
    message = f"`{expr.function}` takes {wanted} {noun}, not {len(expr.arguments)}"
    return Diagnostic(Code.WRONG_ARGUMENTS, message, expr.span)
