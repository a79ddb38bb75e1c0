"""Proposals of activations and norms, from their ONNX lowerings read backwards.

Each layer is lowered once with marks, numbers that nothing else is equal to, for its real fields. Where a mark appears
in the expression, a file has the number of that field. A proposal is accepted only if its lowering matches the file.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations, product
from typing import Any, Literal, get_args, get_origin

import numpy as np

from archc.backends.onnx.lowered import Apply, Const, Operand
from archc.backends.onnx.table import LOWERINGS
from archc.decompile.aliases import ALIASES
from archc.decompile.matcher import COMMUTATIVE
from archc.decompile.node_context import NodeContext, shortest, valid_op
from archc.decompile.nodes import MALFORMED, OnnxNode, default
from archc.ops import OPS, Op, OpError
from archc.records import dataclass

MARKS = (0.4375, 0.3125, 0.28125)  # exact in float32, and nothing that a lowering writes
CHANNELS, SIZE = 8, 6  # of the input that layers are lowered for
FOLDABLE = frozenset({"Expand", "Shape"})  # nodes for which a file may have a constant
Path = tuple[tuple[int, str], ...]
"""The way from the last node to an earlier one: (operand number, op_type) of each step."""


@dataclass(frozen=True, slots=True)
class Form:
    """How one setting of a layer looks in ONNX.

    fields: the values of its fields of few values. numbers: for each real field, the path to a node, and the attribute
    or the number of the operand that holds its value. before: op_types that must be among the producers of the last
    node.
    """

    layer: str
    fields: Mapping[str, Any]
    numbers: Mapping[str, tuple[Path, str | int]]
    before: frozenset[str]


def proposals(around: NodeContext) -> Iterator[Op]:
    """The activations and norms that may end in a node, with the numbers that the file has for their fields."""
    producers = [around.producers.get(name) for name in around.node.inputs]
    before = {one.op_type for one in producers if one is not None}
    for form in _forms(len(around.output) - 1).get(around.node.op_type, ()):
        if not form.before <= before:
            continue
        numbers = {field: _read(around, *place) for field, place in form.numbers.items()}
        if None not in numbers.values():
            yield from valid_op(form.layer, **form.fields, **numbers)


@cache
def _forms(rank: int) -> Mapping[str, list[Form]]:
    """The forms of every activation and norm for inputs of a rank (without batch and channels), by the last op_type."""
    found: dict[str, list[Form]] = {}
    shape = (CHANNELS, *(SIZE,) * max(rank, 0))
    for layer, kind in OPS.items():
        if kind.category not in ("activation", "norm"):
            continue
        ops = [(fields, marked, op) for fields, marked in _settings(kind) for op in valid_op(layer, **fields, **marked)]
        # tensors that a norm may own are learnt, where the file does not say otherwise
        for fields, marked, op in sorted(ops, key=lambda one: -len(one[2].parameters((shape,)))):
            for row in (LOWERINGS[layer], *ALIASES.get(layer, ())):
                try:
                    expression = row(op, (shape,), op.output((shape,)))
                except (OpError, *MALFORMED):
                    continue
                places = {field: _place(expression, mark) for field, mark in marked.items()}
                if isinstance(expression, Apply) and None not in places.values():
                    numbers = {field: place for field, place in places.items() if place is not None}
                    types = {one.op_type for one in expression.operands if isinstance(one, Apply)}
                    form = Form(layer, fields, numbers, frozenset(types - FOLDABLE))
                    forms = found.setdefault(expression.op_type, [])
                    if form not in forms:
                        forms.append(form)
    return found


def _settings(kind: type[Op]) -> Iterator[tuple[dict[str, Any], dict[str, float]]]:
    """Every choice of the values of its Literal and bool fields, with every subset of its float fields as marks."""
    few: dict[str, tuple[Any, ...]] = {}
    real: list[str] = []
    for name, field in kind.fields.items():
        if get_origin(field.kind) is Literal:
            few[name] = get_args(field.kind)
        elif field.kind is bool:
            few[name] = (field.default, not field.default)
        elif field.kind is float:
            real.append(name)
    for values in product(*few.values()):
        for count in range(min(len(real), len(MARKS)), -1, -1):
            for some in combinations(real, count):
                yield dict(zip(few, values, strict=True)), dict(zip(some, MARKS, strict=False))


def _place(operand: Operand, mark: float, path: Path = ()) -> tuple[Path, str | int] | None:
    """The place of a mark in an expression; None if it does not appear."""
    if not isinstance(operand, Apply):
        return None
    for name, value in operand.attributes.items():
        if value == mark:
            return path, name
    for number, one in enumerate(operand.operands):
        if isinstance(one, Const) and one.array is not None and one.array.size == 1 and one.array == mark:
            return path, number
        inner = _place(one, mark, (*path, (number, one.op_type))) if isinstance(one, Apply) else None
        if inner is not None:
            return inner
    return None


def _read(around: NodeContext, path: Path, place: str | int) -> float | None:
    """The number that the file has at a place; None if there is none."""
    node: OnnxNode | None = around.node
    for number, op_type in path:
        before = [around.producers.get(name) for name in _either(node, number)] if node is not None else []
        node = next((one for one in before if one is not None and one.op_type == op_type), None)
    if node is None:
        return None
    if isinstance(place, str):
        value = node.attributes.get(place, default(node.op_type, place))
        return _shortest(float(value)) if isinstance(value, int | float) else None
    arrays = (around.nodes.constants.get(name) for name in _either(node, place))
    found = next((array for array in arrays if array is not None and array.size == 1), None)
    return None if found is None else _shortest(float(np.reshape(found, ())))


def _either(node: OnnxNode, number: int) -> list[str]:
    """The names of the operand; for a commutative node all operands, this one first."""
    inputs = list(node.inputs)
    first = inputs[number : number + 1]
    return [*first, *(name for name in inputs if name not in first)] if node.op_type in COMMUTATIVE else first


def _shortest(value: float) -> float:
    """The short number that is equal in float32: 0.3 for 0.30000001192, and 2/3 as a double for 2/3 in float32."""
    for divisor in (3, 7, 9, 11):
        near = round(value * divisor) / divisor
        if near != round(near) and np.float32(near) == np.float32(value):
            return near
    return shortest(value)
