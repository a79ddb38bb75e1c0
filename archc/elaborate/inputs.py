"""The `input` statement: height x width x channels."""

from archc.diagnostics import Code, Diagnostic
from archc.elaborate import advice
from archc.elaborate.env import Env, Failure
from archc.elaborate.evaluate import evaluate
from archc.elaborate.input_sizes import MOST_NUMBERS, channels_first
from archc.elaborate.values import START, Value
from archc.ops import Shape
from archc.syntax import ast

NAMES = ("depth", "height", "width", "length", "channels")


def input_shape(call: ast.Call, env: Env, sizes: tuple[int, ...] | None) -> Shape:
    """(C, sizes…) of an `input`. `sizes` replaces those written. Raises Failure, where known with the input meant."""
    named = [argument for argument in call.arguments if argument.name is not None]
    shape = _named(call, named, env) if named else _written(call, env)
    if sizes is None:
        return shape
    if len(sizes) == len(shape) == 3 and sizes[0] == shape[0] != sizes[-1]:
        raise Failure(advice.input_errors.sizes_with_channels_first(sizes, call))
    if len(sizes) == len(shape) and len(sizes) > 1:
        return (sizes[-1], *sizes[:-1])
    if len(sizes) != len(shape) - 1:
        raise Failure(advice.input_errors.sizes_of_another_rank(sizes, shape, call))
    return (shape[0], *sizes)


def _written(call: ast.Call, env: Env) -> Shape:
    if not call.arguments:
        raise Failure(advice.input_errors.input_without_sizes(call))
    values = [evaluate(argument.value, env, START) for argument in call.arguments]
    span = call.arguments[0].span.to(call.arguments[-1].span)
    if len(values) > 1:
        raise Failure(*advice.input_errors.separate_sizes(call, span, values))
    numbers = _numbers(values[0], call)
    if len(numbers) > MOST_NUMBERS:
        raise Failure(
            Diagnostic(
                Code.WRONG_RANK, f"an input has at most 3 sizes and its channels, not {len(numbers)} numbers", span
            )
        )
    if channels_first(numbers):
        raise Failure(*advice.input_errors.channels_before_sizes(numbers, span))
    return (numbers[-1], *numbers[:-1])


def _numbers(value: Value, call: ast.Call) -> tuple[int, ...]:
    values = (value,) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(values, tuple) or not all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        raise Failure(advice.input_errors.not_an_input(value, call))
    numbers = tuple(v for v in values if isinstance(v, int))
    if min(numbers) < 1:
        raise Failure(Diagnostic(Code.NOT_A_SHAPE, "every size is at least 1", call.arguments[0].value.span))
    return numbers


def _named(call: ast.Call, named: list[ast.Argument], env: Env) -> Shape:
    given: dict[str, int] = {}
    for argument in call.arguments:
        if argument.name not in NAMES:
            raise Failure(advice.input_errors.unknown_size(argument, NAMES))
        value = evaluate(argument.value, env, START)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise Failure(
                Diagnostic(Code.NOT_A_SHAPE, f"`{argument.name}` must be a whole number from 1", argument.value.span)
            )
        given[argument.name or ""] = value
    if "channels" not in given:
        raise Failure(Diagnostic(Code.MISSING_ARGUMENT, "`input` needs `channels`", call.name_span))
    return (given["channels"], *(given[name] for name in NAMES[:-1] if name in given))
