"""Reports of an `input` whose sizes are no shape, or are in another order."""

from collections.abc import Sequence

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.elaborate.input_sizes import MOST_NUMBERS, by_name, channels_first
from archc.elaborate.values import Value, describe
from archc.ops import Input, Op, Shape, hwc
from archc.syntax import ast


def sizes_with_channels_first(sizes: tuple[int, ...], call: ast.Call) -> Diagnostic:
    """The report of `--input 3x224x224`."""
    message = f"the sizes asked for, {hwc((sizes[-1], *sizes[:-1]))}, begin with the channels"
    meant = f"height x width: {'x'.join(map(str, sizes[1:]))}"
    return Diagnostic(Code.CHANNELS_FIRST, message, help=meant, file=call.span.source.name)


def sizes_of_another_rank(sizes: tuple[int, ...], shape: Shape, call: ast.Call) -> Diagnostic:
    """The report of `--input 224x224` for a signal. shape: that of the input as written."""
    asked, rank = "x".join(map(str, sizes)), len(shape) - 1
    example = "x".join(map(str, sizes * rank if len(sizes) == 1 else shape[1:]))
    message = f"the sizes asked for, {asked}, are {len(sizes)}, and the input {hwc(shape)} has {rank}"
    meant = f"for example {example}" if rank else "a vector has none"
    return Diagnostic(Code.WRONG_RANK, message, help=meant, file=call.span.source.name)


def input_without_sizes(call: ast.Call) -> Diagnostic:
    """The report of `input` alone."""
    example = "for example `input 224x224x3`"
    return Diagnostic(Code.MISSING_ARGUMENT, "`input` needs its sizes", call.span, help=example)


def separate_sizes(call: ast.Call, span: Span, values: Sequence[Value]) -> tuple[Diagnostic, tuple[Op, ...]]:
    """The report of `input 224, 224, 3`, and the input that is meant."""
    numbers = tuple(value for value in values if isinstance(value, int) and not isinstance(value, bool) and value > 0)
    known = len(numbers) == len(values)
    meant = _in_order(numbers) if known else ()
    joined = "x".join(map(str, meant))
    report = Diagnostic(
        Code.WRONG_ARGUMENTS,
        "`input` takes one argument, its sizes joined by x",
        span,
        help="height x width x channels: `input 224x224x3`",
        fixes=(Fix(f"write {joined}", (Edit(span, joined),)),) if known else (),
    )
    return report, _input_of(meant)


def channels_before_sizes(numbers: tuple[int, ...], span: Span) -> tuple[Diagnostic, tuple[Op, ...]]:
    """The report of `input 3x224x224`, and the input that is meant."""
    meant = _in_order(numbers)
    text = "x".join(map(str, meant))
    *sizes, last = by_name(numbers)
    report = Diagnostic(
        Code.CHANNELS_FIRST,
        f"{'x'.join(map(str, numbers))} reads as {', '.join(' '.join(size) for size in sizes)} and "
        f"{numbers[-1]} channels",
        span,
        help=f"did you mean {text}? Sizes are {' x '.join(name for name, _ in (*sizes, last))}; "
        f"if it is meant so, write input {', '.join('='.join(size) for size in (*sizes, last))}",
        fixes=(Fix(f"write {text}", (Edit(span, text),)),),
    )
    return report, _input_of(meant)


def _in_order(numbers: tuple[int, ...]) -> tuple[int, ...]:
    """height x width x channels, where the channels may stand first."""
    return (*numbers[1:], numbers[0]) if channels_first(numbers) else numbers


def _input_of(numbers: tuple[int, ...]) -> tuple[Op, ...]:
    """The input of height x width x channels; () where none is of so many numbers."""
    return (Input(shape=(numbers[-1], *numbers[:-1])),) if 1 < len(numbers) <= MOST_NUMBERS else ()


def not_an_input(value: Value, call: ast.Call) -> Diagnostic:
    """The report of `input "a"`."""
    return Diagnostic(
        Code.NOT_A_SHAPE,
        f"`{describe(value)}` is not a shape",
        call.arguments[0].value.span,
        help="height x width x channels: `input 224x224x3`; a vector is one number",
    )


def unknown_size(argument: ast.Argument, known: Sequence[str]) -> Diagnostic:
    """The report of a size of no such name, and of one without a name beside others that have one."""
    span = argument.name_span or argument.span
    close = nearest(argument.name or "", known)
    return Diagnostic(
        Code.UNKNOWN_ARGUMENT,
        f"`input` has no argument `{argument.name}`" if argument.name else "name this argument too",
        span,
        help=did_you_mean(close) or f"it takes {', '.join(known)}",
        fixes=renames(span, close),
    )
