"""Reports of values that the fields of an op do not take."""

import re
from collections.abc import Mapping

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.elaborate.advice.argument_errors import window_and_channels
from archc.elaborate.fields import written_name
from archc.ops import InvalidFields, Op
from archc.syntax import ast

COUNTED = re.compile(r"\d{2,}x\d")  # `conv 3x3, 64x2`


def invalid(op: type[Op], call: ast.Call, error: InvalidFields, spans: Mapping[str, Span]) -> Diagnostic:
    field, text, missing = error.errors[0]
    span = spans.get(field, call.name_span)
    if missing:
        names = [written_name(op, one.field) for one in error.errors if one.missing]
        usual = ", ".join(written_name(op, name) for name in op.positional)
        return Diagnostic(
            Code.MISSING_ARGUMENT,
            f"`{op.name}` needs {' and '.join(f'`{name}`' for name in names)}",
            call.name_span,
            help=f"write {op.name} {usual}",
            fixes=window_and_channels(call) if names == ["channels"] else (),
        )
    message = f"`{written_name(op, field)}` {text}" if field else text
    argument = next((a for a in call.arguments if a.span == span), None)
    if argument is None:
        return Diagnostic(Code.BAD_VALUE, message, span)
    help_text, fixes = _better_value(op, call, argument, field)
    if isinstance(argument.value, ast.String):
        message = message.replace(f"`{argument.value.value}`", f'the text "{argument.value.value}"')
    return Diagnostic(Code.BAD_VALUE, message, argument.value.span, help=help_text, fixes=fixes)


def _better_value(
    op: type[Op], call: ast.Call, argument: ast.Argument, field: str
) -> tuple[str | None, tuple[Fix, ...]]:
    """The usual slips: a number in quotes, 0 for no, the window in the second place, half of an odd number."""
    value = argument.value
    if isinstance(value, ast.String):
        fix = Fix(f"write {value.value}", (Edit(value.span, value.value),))
        return "numbers and words stand without quotes", (fix,) if value.value else ()
    switch = field in op.fields and op.fields[field].kind is bool
    if switch and isinstance(value, ast.Number) and value.value in (0, 1):
        word = "yes" if value.value else "no"
        return None, (Fix(f"write {word}", (Edit(value.span, word),)),)
    first = call.arguments[0]
    swapped = len(call.arguments) > 1 and argument is call.arguments[1] and first.name is None is argument.name
    swapped = swapped and isinstance(value, ast.Dims) and not isinstance(first.value, ast.Dims)
    if swapped and op.positional[:1] == ("kernel_size",):
        usual = ", ".join(written_name(op, name) for name in op.positional)
        edits = (Edit(first.span, value.span.text), Edit(value.span, first.span.text))
        return f"the order is {op.name} {usual}", (Fix("swap the two", edits),)
    if isinstance(value, ast.Dims) and argument is call.arguments[-1] and COUNTED.fullmatch(value.span.text):
        spaced = value.span.text.replace("x", " x ")
        return "a count of repetitions stands apart", (Fix(f"write `{spaced}`", (Edit(value.span, spaced),)),)
    divides = isinstance(value, ast.Chain) and any(sign == "/" for sign, _ in value.rest)
    if divides or isinstance(value, ast.Window):
        return "`//` divides and rounds down; so do `floor`, `round` and `ceil` of the quotient", ()
    return None, ()
