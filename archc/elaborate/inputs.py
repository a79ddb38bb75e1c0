"""The `input` statement: height x width x channels."""

from archc.diagnostics import Code, Diagnostic, Edit, Fix
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.elaborate.env import Env, Failure
from archc.elaborate.evaluate import evaluate
from archc.elaborate.values import START, Value, describe
from archc.ops import Shape, hwc
from archc.ops.window import AXES
from archc.syntax import ast

NAMES = ("depth", "height", "width", "length", "channels")
COLOURS = (1, 3, 4)  # channels that images come with
MOST_CHANNELS = 32  # of an input; a larger number beside a count of colours is asked about


def input_shape(call: ast.Call, env: Env, sizes: tuple[int, ...] | None) -> Shape:
    """(C, sizes…) of an `input`. `sizes` replaces those written. Raises Failure."""
    named = [argument for argument in call.arguments if argument.name is not None]
    shape = _named(call, named, env) if named else _written(call, env)
    if sizes is None:
        return shape
    if len(sizes) == len(shape) == 3 and sizes[0] == shape[0] != sizes[-1]:
        message = f"the sizes asked for, {hwc((sizes[-1], *sizes[:-1]))}, begin with the channels"
        meant = f"height x width: {'x'.join(map(str, sizes[1:]))}"
        raise Failure(Diagnostic(Code.CHANNELS_FIRST, message, help=meant, file=call.span.source.name))
    if len(sizes) == len(shape) and len(sizes) > 1:
        return (sizes[-1], *sizes[:-1])
    if len(sizes) != len(shape) - 1:
        asked, rank = "x".join(map(str, sizes)), len(shape) - 1
        example = "x".join(map(str, sizes * rank if len(sizes) == 1 else shape[1:]))
        message = f"the sizes asked for, {asked}, are {len(sizes)}, and the input {hwc(shape)} has {rank}"
        meant = f"for example {example}" if rank else "a vector has none"
        raise Failure(Diagnostic(Code.WRONG_RANK, message, help=meant, file=call.span.source.name))
    return (shape[0], *sizes)


def _written(call: ast.Call, env: Env) -> Shape:
    if not call.arguments:
        raise Failure(
            Diagnostic(
                Code.MISSING_ARGUMENT, "`input` needs its sizes", call.span, help="for example `input 224x224x3`"
            )
        )
    values = [evaluate(argument.value, env, START) for argument in call.arguments]
    span = call.arguments[0].span.to(call.arguments[-1].span)
    if len(values) > 1:
        parts = [argument.span.text for argument in call.arguments]
        joined = "x".join(parts) if all(isinstance(value, int) for value in values) else None
        raise Failure(
            Diagnostic(
                Code.WRONG_ARGUMENTS,
                "`input` takes one argument, its sizes joined by x",
                span,
                help="height x width x channels: `input 224x224x3`",
                fixes=(Fix(f"write {joined}", (Edit(span, joined),)),) if joined else (),
            )
        )
    numbers = _numbers(values[0], call)
    if len(numbers) > 4:
        raise Failure(
            Diagnostic(
                Code.WRONG_RANK, f"an input has at most 3 sizes and its channels, not {len(numbers)} numbers", span
            )
        )
    if channels_first(numbers):
        meant = "x".join(map(str, (*numbers[1:], numbers[0])))
        *sizes, last = by_name(numbers)
        raise Failure(
            Diagnostic(
                Code.CHANNELS_FIRST,
                f"{'x'.join(map(str, numbers))} reads as {', '.join(' '.join(size) for size in sizes)} and "
                f"{numbers[-1]} channels",
                span,
                help=f"did you mean {meant}? Sizes are {' x '.join(name for name, _ in (*sizes, last))}; "
                f"if it is meant so, write input {', '.join('='.join(size) for size in (*sizes, last))}",
                fixes=(Fix(f"write {meant}", (Edit(span, meant),)),),
            )
        )
    return (numbers[-1], *numbers[:-1])


def _numbers(value: Value, call: ast.Call) -> tuple[int, ...]:
    values = (value,) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(values, tuple) or not all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        raise Failure(
            Diagnostic(
                Code.NOT_A_SHAPE,
                f"`{describe(value)}` is not a shape",
                call.arguments[0].value.span,
                help="height x width x channels: `input 224x224x3`; a vector is one number",
            )
        )
    numbers = tuple(v for v in values if isinstance(v, int))
    if min(numbers) < 1:
        raise Failure(Diagnostic(Code.NOT_A_SHAPE, "every size is at least 1", call.arguments[0].value.span))
    return numbers


def channels_first(numbers: tuple[int, ...]) -> bool:
    """3x224x224, 1x480x640, 1x16000: a count of colours in front, and behind it a square or too many channels."""
    if len(numbers) < 2 or numbers[0] not in COLOURS:
        return False
    square = len(numbers) == 3 and numbers[1] == numbers[2] > 4
    return square or numbers[-1] > MOST_CHANNELS


def written_sizes(numbers: tuple[int, ...]) -> str:
    """What stands after `input`: by name where it would read as channels first."""
    if channels_first(numbers):
        return ", ".join("=".join(size) for size in by_name(numbers))
    return "x".join(map(str, numbers))


def by_name(numbers: tuple[int, ...]) -> list[tuple[str, str]]:
    """(height, 3), (width, 224), (channels, 224)"""
    return [(name, str(number)) for name, number in zip((*AXES[len(numbers) - 1], "channels"), numbers, strict=True)]


def _named(call: ast.Call, named: list[ast.Argument], env: Env) -> Shape:
    given: dict[str, int] = {}
    for argument in call.arguments:
        if argument.name not in NAMES:
            span = argument.name_span or argument.span
            close = nearest(argument.name or "", NAMES)
            raise Failure(
                Diagnostic(
                    Code.UNKNOWN_ARGUMENT,
                    f"`input` has no argument `{argument.name}`" if argument.name else "name this argument too",
                    span,
                    help=did_you_mean(close) or f"it takes {', '.join(NAMES)}",
                    fixes=renames(span, close),
                )
            )
        value = evaluate(argument.value, env, START)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise Failure(
                Diagnostic(Code.NOT_A_SHAPE, f"`{argument.name}` must be a whole number from 1", argument.value.span)
            )
        given[argument.name or ""] = value
    if "channels" not in given:
        raise Failure(Diagnostic(Code.MISSING_ARGUMENT, "`input` needs `channels`", call.name_span))
    return (given["channels"], *(given[name] for name in NAMES[:-1] if name in given))
