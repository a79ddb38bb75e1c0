"""Pattern matching: whether the expression that a layer is lowered to stands in a file, node by node."""

from dataclasses import dataclass, field

import numpy as np

from archc.backends.onnx.lowered import Apply, Array, Const, DerivedParameter, InputValue, Operand, Parameter
from archc.decompile.learnt import ARCHC_CONSTANT
from archc.decompile.nodes import Nodes, OnnxNode, default

CLOSE = 1e-6
ARITHMETIC = frozenset({"Add", "Div", "Mul", "Sub"})
COMMUTATIVE = frozenset({"Add", "Mul", "Max", "Mean"})


@dataclass(slots=True)
class Match:
    """A matched expression.

    inputs: input number → value. tensors: the constants in the places of the layer's tensors, by their names. values:
    their names in the file. owned: the operands of the expression in whose places they are. numbers: the values, in
    arithmetic or learnt, in the places of the expression's constants. nodes: the matched nodes.
    """

    inputs: dict[int, str] = field(default_factory=dict)
    tensors: dict[str, Array] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    owned: dict[str, Parameter | DerivedParameter] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)
    nodes: list[OnnxNode] = field(default_factory=list)

    def copy(self) -> "Match":
        held = dict(self.inputs), dict(self.tensors), dict(self.values), dict(self.owned)
        return Match(*held, list(self.numbers), list(self.nodes))


class Matcher:
    """Matches expressions with the nodes of a file."""

    def __init__(self, nodes: Nodes) -> None:
        self.constants = nodes.constants
        self.learnt = nodes.learnt
        self.shapes = nodes.shapes
        self.producers = {node.output: node for node in nodes.all}

    def match(self, expression: Operand, value: str) -> Match | None:
        """The match of an expression whose result is `value`; None if `value` is computed otherwise."""
        return self._match(expression, value, Match())

    def _match(self, operand: Operand, value: str, bound: Match) -> Match | None:
        if isinstance(operand, InputValue):
            if value in self.constants or bound.inputs.setdefault(operand.number, value) != value:
                return None
            return bound
        if isinstance(operand, Const):
            return bound if self._same(operand.array, value) else None
        if isinstance(operand, Parameter | DerivedParameter):
            array = None if ARCHC_CONSTANT in value else self.constants.get(value)
            if array is None or array.dtype.kind != "f" or operand.name in bound.tensors:
                return bound if array is not None and bound.tensors.get(operand.name) is array else None
            bound.tensors[operand.name] = array
            bound.values[operand.name] = value
            bound.owned[operand.name] = operand
            return bound
        if operand.op_type == "Expand" and value in self.constants:  # folded, for a batch of one
            return self._match(operand.operands[0], value, bound)
        if operand.op_type == "Shape" and value in self.constants:  # folded, of a known shape
            return bound if self._shape_of(operand.operands[0], bound)[1:] == tuple(self.constants[value])[1:] else None
        node = self.producers.get(value)
        if node is None or node.op_type != operand.op_type or not self._attributes(operand, node):
            return None
        return self._operands(operand, node, bound)

    def _operands(self, operand: Apply, node: OnnxNode, bound: Match) -> Match | None:
        wanted = list(operand.operands)
        while wanted and isinstance(wanted[-1], Const) and wanted[-1].array is None:
            wanted.pop()
        given = list(node.inputs)
        while given and not given[-1]:
            given.pop()
        if len(wanted) != len(given):
            return None
        orders = [given]
        if node.op_type in COMMUTATIVE and len(given) == 2:
            orders.append(given[::-1])
        for order in orders:
            tried: Match | None = bound.copy()
            for one, value in zip(wanted, order, strict=True):
                if node.op_type == "Reshape" and isinstance(one, Const) and one.array is not None:
                    tried = tried if tried is not None and self._fits(one.array, node) else None
                    continue
                tried = self._match(one, value, tried) if tried is not None else None
                number = isinstance(one, Const) and bool(value)
                if tried is not None and number and (node.op_type in ARITHMETIC or self.learnt(value)):
                    tried.numbers.append(value)
            if tried is not None:
                if node not in tried.nodes:
                    tried.nodes.append(node)
                return tried
        return None

    def _shape_of(self, operand: Operand, bound: Match) -> tuple[int, ...]:
        return self.shapes.get(bound.inputs.get(operand.number, ""), ()) if isinstance(operand, InputValue) else ()

    def _fits(self, wanted: Array, node: OnnxNode) -> bool:
        """Whether a reshape gives the shape that the expression's constant describes."""
        before, after = self.shapes.get(node.inputs[0]), self.shapes.get(node.output)
        if before is None or after is None or len(after) != wanted.size:
            return False
        kept = (
            size == 0 and place < len(before) and before[place] == after[place] for place, size in enumerate(wanted)
        )
        return all(same or size in (-1, real) for same, size, real in zip(kept, wanted.tolist(), after, strict=True))

    def _same(self, array: Array | None, value: str) -> bool:
        if array is None:
            return not value
        found = self.constants.get(value)
        if found is None or found.size != array.size:
            return False
        return bool(np.allclose(found.reshape(-1), array.reshape(-1), rtol=CLOSE, atol=0, equal_nan=True))

    def _attributes(self, operand: Apply, node: OnnxNode) -> bool:
        rank = len(self.shapes.get(node.inputs[0], ())) if node.inputs else 0
        for name in {*operand.attributes, *node.attributes}:
            ours = operand.attributes.get(name)
            theirs = node.attributes.get(name)
            ours = default(node.op_type, name) if ours is None else ours
            theirs = default(node.op_type, name) if theirs is None else theirs
            if name == "axis" and rank and isinstance(ours, int) and isinstance(theirs, int):
                ours, theirs = ours % rank, theirs % rank  # -1 is the last axis
            if isinstance(ours, float) and isinstance(theirs, int | float):
                if not np.isclose(ours, theirs, rtol=CLOSE, atol=0):
                    return False
            elif ours != theirs and not _plain_window(node, name, theirs if ours is None else ours):
                return False
        return True


def _plain_window(node: OnnxNode, name: str, value: object) -> bool:
    """Whether a window attribute has the value that it has when it is left out; the schema has no default for it."""
    plain = {"strides": 1, "dilations": 1, "pads": 0, "output_padding": 0}
    if name == "kernel_shape":
        return True  # the weight has it too, and its shape is compared with the layer's
    return name in plain and isinstance(value, tuple) and all(number == plain[name] for number in value)
