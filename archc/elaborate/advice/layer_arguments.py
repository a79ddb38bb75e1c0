"""Reports of arguments that a layer does not take: unknown names, too many, invalid values."""

from collections.abc import Mapping
from dataclasses import replace

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.elaborate.advice.argument_errors import (
    activation_inside,
    given_twice,
    mode_of_padding,
    no_arrow,
    place_and_name,
    stride_of_channels,
    thousands,
    trailing_comma,
    window_apart,
    window_as_product,
)
from archc.elaborate.advice.field_errors import invalid
from archc.elaborate.advice.foreign_calls import described, in_torchs_order, translations
from archc.elaborate.advice.size_fixes import MAX_WINDOW
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.elaborate.fields import field_names, written_name
from archc.elaborate.values import Wire
from archc.ops import InvalidFields, Op
from archc.syntax import ast


def unknown_argument(op: type[Op], call: ast.Call, argument: ast.Argument) -> Diagnostic:
    """The report of an argument whose name no field has."""
    slip = trailing_comma(call, argument) or activation_inside(call, argument)
    if slip is not None:
        return slip
    span = argument.name_span or argument.span
    usual = [written_name(op, field) for field in op.fields]
    close = nearest(argument.name or "", {*field_names(op)}, synonyms=True)
    return Diagnostic(
        Code.UNKNOWN_ARGUMENT,
        f"`{op.name}` has no argument `{argument.name}`",
        span,
        help=did_you_mean(close) or (f"it takes {', '.join(usual)}" if usual else "it takes none"),
        fixes=renames(span, close) if len(close) != 1 else (_all_renamed(op, call),),
    )


def field_given_twice(op: type[Op], call: ast.Call, argument: ast.Argument, field: str, earlier: Span) -> Diagnostic:
    """The report of an argument for a field that has a value already."""
    name = written_name(op, field)
    return place_and_name(op, call, argument, name) or given_twice(name, argument.span, earlier)


def computed_argument(op: type[Op], call: ast.Call, argument: ast.Argument, field: str) -> Diagnostic | None:
    """The report of `conv 3*3, 64` and of `conv 7x7, 64 /2`; None where the arithmetic may be meant."""
    sign = argument.value.rest[0][0] if isinstance(argument.value, ast.Chain) else ""
    if field == "kernel_size" and sign == "*":
        return window_as_product(argument)
    if field == "out_channels" and sign == "/" and "stride" in op.fields:
        return stride_of_channels(call, argument)
    return None


def invalid_fields(
    op: type[Op], call: ast.Call, error: InvalidFields, spans: Mapping[str, Span], inflow: Wire
) -> tuple[Diagnostic, tuple[Op, ...]]:
    """The report of values that fields refuse, and the layers that are meant, where known.

    `ln 64` has the shape that PyTorch's norms are given.
    """
    report = invalid(op, call, error, spans)
    theirs = in_torchs_order(call, inflow.shape) if op.category == "norm" else None
    if theirs is None or report.code != Code.BAD_VALUE:
        return report, ()
    return replace(report, help=described([theirs]), fixes=translations(call, [theirs])), theirs.ops


def _all_renamed(op: type[Op], call: ast.Call) -> Fix:
    """All names of the call that another tool has: `k=3, s=2, p=1`."""
    edits = []
    for argument in call.arguments:
        if argument.name and argument.name not in field_names(op) and argument.name_span is not None:
            close = nearest(argument.name, {*field_names(op)}, synonyms=True)
            edits += [Edit(argument.name_span, close[0])] if len(close) == 1 else []
    return Fix(f"write `{'`, `'.join(edit.text for edit in edits)}`", tuple(edits))


def too_many_arguments(
    op: type[Op], call: ast.Call, argument: ast.Argument, count: int, inflow: Wire
) -> tuple[Diagnostic, tuple[Op, ...]]:
    """The report of an unnamed argument that no field is left for, and the layers that are meant, where known."""
    joins = op.category == "join"
    slip = (
        trailing_comma(call, argument)
        or (op.positional[:1] == ("kernel_size",) and window_apart(call, argument))
        or thousands(call, argument)
        or ("padding" in op.fields and mode_of_padding(call, argument))
        or (not joins and no_arrow(call, argument))
    )
    if slip:
        return slip, ()
    theirs = in_torchs_order(call, inflow.shape)
    if not op.fields and not joins and theirs is None:
        alone = Fix(f"write `{call.name}` alone", (Edit(call.name_span.after().to(call.span.after()), ""),))
        message = f"`{op.name}` takes nothing but what flows in"
        return Diagnostic(Code.WRONG_ARGUMENTS, message, argument.span, fixes=(alone,)), ()
    usual = ", ".join(written_name(op, field) for field in op.positional)
    others = [written_name(op, field) for field in op.fields if field not in op.positional]
    limit = len(op.positional)
    takes = f"{limit} unnamed argument{'s' * (limit != 1)} ({usual})" if limit else "no unnamed arguments"
    help_text = f"the others are named: {', '.join(f'{name}=' for name in others)}" if others else None
    torchs: tuple[Fix, ...] = ()
    only_theirs = op.category == "norm" or (theirs is not None and theirs.ops and "kernel_size" not in op.fields)
    naming = _naming(call, argument, others) if _may_be_a_window(op, call) and not only_theirs else ()
    if theirs is not None and (theirs.ops or not naming):
        help_text, torchs = described([theirs]), translations(call, [theirs])
    message = f"`{op.name}` takes {takes}; this is number {count}"
    report = Diagnostic(Code.WRONG_ARGUMENTS, message, argument.span, help=help_text, fixes=(*torchs, *naming))
    return report, theirs.ops if theirs is not None and not naming else ()


def _may_be_a_window(op: type[Op], call: ast.Call) -> bool:
    """Whether what stands first may be a window, where the layer has one: `conv 32, 64, 3` has 32 channels."""
    first = call.arguments[0].value
    is_number = op.positional[:1] == ("kernel_size",) and isinstance(first, ast.Number)
    return not is_number or (isinstance(first, ast.Number) and first.value in range(1, MAX_WINDOW + 1))


def _naming(call: ast.Call, first: ast.Argument, names: list[str]) -> tuple[Fix, ...]:
    """Name this unnamed argument and those after it, in the order of the fields."""
    index = call.arguments.index(first)
    unnamed = [argument for argument in call.arguments[index:] if argument.name is None]
    given = {argument.name for argument in call.arguments}
    free = [name for name in names if name not in given]
    if len(unnamed) > len(free):
        return ()
    edits = tuple(Edit(a.span.before(), f"{name}=") for a, name in zip(unnamed, free, strict=False))
    return (Fix(f"name {'it' if len(edits) == 1 else 'them'}: {', '.join(free[: len(edits)])}", edits),)
