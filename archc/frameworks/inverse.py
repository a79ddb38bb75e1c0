"""The inverse of the PyTorch lowerings: the layers whose lowering is a given call.

A call proposes layers. A proposal is accepted only if its lowering has the same normal form (torch_forms.py), so it may
be a guess: fields take the arguments of the same name, and other fields any value of the call.
"""

import ast as python
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations, product
from math import prod
from typing import Any, Literal, get_args, get_origin

from archc.backends.torch.lowered import Call, Lowering
from archc.backends.torch.table import LOWERINGS
from archc.elaborate.advice.python_values import Misread, Python
from archc.frameworks.calls import Framework, Given, NoEquivalent, alike, bound, has, made
from archc.frameworks.torch_forms import RESHAPE, Step, reshape, shape_after, steps
from archc.frameworks.torch_nn import ABSENT, FUNCTIONS, SIGNATURES
from archc.ops import OPS, InvalidFields, Op, OpError, Shape
from archc.ops.window import AXES

IN_FULL = ("kernel_size", "output_size", "dims")  # fields that have one number for each axis
CALLEE = re.compile(r"\b(?:nn|F|torch)\.[A-Za-z]\w*|\{0\}\.reshape")


def layers(given: Given) -> list[Op]:
    """The layers here that compute the same as a call of PyTorch's. Raises NoEquivalent, Misread."""
    features = given.values.get("in_features")
    if given.name == "Linear" and given.sizes and features == prod(given.shape) != given.shape[-1]:
        flatten = Given("Flatten", given.shape, {"start_dim": 1, "end_dim": -1})  # added by itself
        return [*layers(flatten), *layers(Given(given.name, (prod(given.shape),), given.values))]
    rest, shape = steps(given), given.shape
    if not rest:
        return [OPS[name].of({}) for name in layers_of("Identity")]
    words = {name: value for name, value in given.values.items() if isinstance(value, str)}
    found: list[Op] = []
    while rest:
        op, used = _first(rest, shape, words)
        shape, rest = op.output((shape,)), rest[used:]
        found.append(op)
    return found


PYTORCH = Framework("PyTorch", SIGNATURES.strip().splitlines(), ABSENT, "device dtype", layers)
TORCH = Framework("PyTorch", FUNCTIONS.strip().splitlines(), "", "", layers)  # the functions that lowerings call


def constructors(layer: str, rank: int) -> list[str]:
    """The constructors of a layer, without those of layers before it in the table: `Conv2d` of `conv`."""
    taken: set[str] = set()
    for other in LOWERINGS:
        callees = _callees(LOWERINGS[other])
        own = {name.partition(".")[2] for name in [one for one in callees if one.startswith("nn.")] or callees}
        if other == layer:
            found = (PYTORCH.spelled(name + rest) for name in own - taken for rest in ("", f"{rank}d"))
            return sorted({name for name in found if name is not None})
        taken |= own
    return []


Mismatch = tuple[float, str]
"""The distance of a proposal from the call, and its message."""


def _first(wanted: list[Step], shape: Shape, words: Mapping[str, Python]) -> tuple[Op, int]:
    """The layer that computes the first steps, and how many steps. Raises NoEquivalent.

    Layers without arguments are preferred, then the order of the table, then the fewest named arguments.
    """
    accepted: list[tuple[bool, int, int, Op, int]] = []
    mismatches: list[Mismatch] = []
    for place, layer in enumerate(layers_of(wanted[0].name)):
        for proposal in _proposals(OPS[layer], wanted, words):
            try:
                op = made(layer, **proposal)
                lowered = lowering(op, shape)
            except InvalidFields as error:
                mismatches += _refused(error, OPS[layer], wanted[0], words)
                continue
            except OpError as error:
                mismatches.append((0.5, f"does not fit: {error.message}"))
                continue
            if lowered and lowered == wanted[: len(lowered)]:
                text = op.words()
                accepted.append((" " in text, place, text.count("="), op, len(lowered)))
            elif lowered and lowered[0].name == wanted[0].name:
                mismatches += _compared(op, lowered[0], wanted[0], shape)
    if accepted:
        return min(accepted, key=lambda one: one[:3])[3:]
    raise NoEquivalent(min(mismatches, key=lambda one: one[0], default=(0, "has no equal here"))[1])


# ---- proposals


@cache
def _callees(row: Lowering) -> frozenset[str]:
    """The functions that a lowering calls, as its constants and its closure name them: `nn.Conv` of
    `f"nn.Conv{rank}d"`."""
    closed = [cell.cell_contents for cell in getattr(row, "__closure__", None) or ()]
    texts = [text for text in (*row.__code__.co_consts, *closed) if isinstance(text, str)]
    return frozenset(name for text in texts for name in CALLEE.findall(text))


def layers_of(step: str) -> list[str]:
    """The layers whose lowering may begin with a step of this name, in the order of the table."""
    written = {"torch.flatten", "{0}.reshape"} if step == RESHAPE else {step, f"nn.{step}", f"nn.{step[:-2]}"}
    return [layer for layer, row in LOWERINGS.items() if written & _callees(row)]


def _proposals(layer: type[Op], wanted: list[Step], words: Mapping[str, Python]) -> Iterator[dict[str, Any]]:
    """Values for the fields of a layer.

    A field with the name of an argument takes its value, or is left out if its default is None. At most two of the
    other fields differ from their default: each takes one of its words, or one of them takes the value of an argument
    that is no field.
    """
    arguments: dict[str, Python] = {}
    for step in wanted:
        arguments = {**step.values, **arguments}
    fields = layer.fields
    named: dict[str, list[Any]] = {}
    for name in (name for name in fields if name in arguments):
        left_out = [None] if fields[name].default is None else []
        named[name] = [*([words[name]] if name in words else []), _short(name, arguments[name]), *left_out]
    others = [name for name in fields if name not in arguments]
    free = [value for name, value in arguments.items() if name not in fields]
    for guessed in (guess for most in range(3) for guess in combinations(others, most)):
        if any(field.required and name not in arguments and name not in guessed for name, field in fields.items()):
            continue
        for valued in range(len(guessed) + 1):
            guesses = {name: _words_of(fields[name].kind) for name in guessed}
            if valued < len(guessed):
                guesses[guessed[valued]] = [_short(guessed[valued], value) for value in free]
            choices = {**named, **guesses}
            yield from (dict(zip(choices, values, strict=True)) for values in product(*choices.values()))


def _words_of(kind: Any) -> list[Any]:
    """Every value of a type that has few: the words of a Literal, True and False."""
    if kind is bool:
        return [True, False]
    if get_origin(kind) is Literal:
        return list(get_args(kind))
    return [word for part in get_args(kind) for word in _words_of(part)]


def _short(field: str, value: Any) -> Any:
    return alike(value) if isinstance(value, tuple) and value and field not in IN_FULL else value


# ---- what a layer is lowered to


def lowering(op: Op, shape: Shape) -> list[Step] | None:
    """The normal form of the backend's lowering of a layer; None if that is more than calls of torch.nn."""
    if op.inputs[0] > 1:
        return None
    lowered = LOWERINGS[op.name](op, (shape,), op.output((shape,)))
    text = lowered.apply.format("value", m="module")
    try:
        return _read(python.parse(text, mode="eval").body, lowered.make, shape)
    except (Misread, NoEquivalent, ValueError):
        return None


def _read(node: python.expr, make: Call | None, shape: Shape) -> list[Step]:
    """The steps of an expression on a value of this shape.

    Raises Misread, NoEquivalent, and ValueError for non-literals.
    """
    match node:
        case python.Name(id="value"):
            return []
        case python.Call(func=python.Name(id="module"), args=[inner]) if make is not None:
            named = {argument.name: argument.value for argument in make.arguments}
            return _after(_read(inner, make, shape), shape, PYTORCH, make.callee.removeprefix("nn."), [], named)
        case python.Call(func=python.Attribute(value=python.Name(id="F" | "torch")), args=[inner, *rest]):
            places = list(map(python.literal_eval, rest))
            named = {one.arg or "": python.literal_eval(one.value) for one in node.keywords}
            return _after(_read(inner, make, shape), shape, TORCH, python.unparse(node.func), places, named)
        case python.Call(func=python.Attribute(value=inner, attr=name), args=[_, *sizes]) if (
            f"Tensor.{name}" == RESHAPE
        ):
            return [*_read(inner, make, shape), *reshape(shape, tuple(map(python.literal_eval, sizes)))]
        case python.Call(func=python.Attribute(value=inner, attr="contiguous")):
            return _read(inner, make, shape)
    raise Misread


def _after(
    before: list[Step], shape: Shape, framework: Framework, name: str, places: list[Any], named: Mapping[str, Any]
) -> list[Step]:
    """The steps, followed by those of a call."""
    for step in before:
        shape = shape_after(step, shape)
    parameters = framework.parameters.get(name)
    if parameters is None:
        raise Misread(name)
    return [*before, *steps(Given(name, shape, bound(parameters, places, named)))]


# ---- messages when nothing is accepted


def _refused(error: InvalidFields, layer: type[Op], wanted: Step, words: Mapping[str, Python]) -> list[Mismatch]:
    """The mismatch of an argument that the field of the same name does not take."""
    name, reason, _ = error.errors[0]
    if name not in wanted.values:
        return []
    value, shown = words.get(name, wanted.values[name]), layer.fields[name].alias or name
    return [(1.5, f"has `{name}={value!r}`, and here `{shown}` {reason}")]


def _compared(op: Op, lowered: Step, wanted: Step, shape: Shape) -> list[Mismatch]:
    """The mismatch of the first argument that differs."""
    differ = [name for name, value in wanted.values.items() if lowered.values.get(name) != value]
    if not differ:
        return []
    name, value = differ[0], wanted.values[differ[0]]
    reason = has(name, value)
    if name == "dim" and isinstance(value, int):
        axis = ("batch", "channels", *AXES.get(len(shape) - 1, ()))[value]
        reason = f"works along axis {value}, the {axis}, and `{op.name}` over the channels"
    if name == "return_indices":
        reason = f"gives the places of the maxima besides (`{name}=True`), and a layer here gives one value"
    return [(len(differ), reason)]
