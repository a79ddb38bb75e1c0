"""Stretches of a net that hold the channels last, between two turns of the axes, with the channels first again."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from archc.backends.onnx.lowered import Array
from archc.decompile.nodes import Nodes, Plain

BY_VALUE = frozenset(
    ("Abs", "Clip", "Elu", "Erf", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "Relu", "Selu", "Sigmoid")
).union(("Softplus", "Tanh"))
ARITHMETIC = frozenset({"Add", "Div", "Mul", "Sub"})


def channels_first(nodes: Nodes) -> None:
    """Beside each node that works with channels last, its like with channels first; what then turns the axes back
    is a name for what that gives. The others are read by nothing any more, unless something else stops there."""
    turned = _Turned(nodes)
    for node in nodes.all:
        node.inputs = [turned.same.get(name, name) for name in node.inputs]
        turned.kept.append(node)
        change = CHANGES.get(node.op_type, _by_value if node.op_type in BY_VALUE else None)
        if change is not None:
            change(node, turned)
    nodes.all = turned.kept
    nodes.outputs = [(name, turned.same.get(value, value)) for name, value in nodes.outputs]


class _Turned:
    """first: of a value with channels last, the one with channels first. same: what a value is another name for."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.kept: list[Plain] = []
        self.first: dict[str, str] = {}
        self.same: dict[str, str] = {}

    def rank(self, value: str) -> int:
        return len(self.nodes.shapes.get(value, ()))

    def add(self, like: Plain, op_type: str, inputs: list[str], attributes: dict[str, object], part: str = "") -> str:
        """A node with channels first; `part` where it is not what gives the value of `like`."""
        output = f"{like.output}/first{part}"
        self.kept.append(Plain(op_type, f"{like.name}{part}", inputs, output, attributes))
        return output

    def gives(self, like: Plain, value: str) -> None:
        """The value is that of `like`, turned."""
        samples, *sizes, channels = self.nodes.shapes[like.output]
        self.nodes.shapes[value] = (samples, channels, *sizes)
        self.first[like.output] = value

    def constant(self, value: str, array: Array, rank: int) -> str | None:
        """By channel, for channels first; None where it differs by position."""
        if array.size != 1 and (array.ndim == 0 or array.size != array.shape[-1]):
            return None
        name = f"{value}/first{rank}"
        shape = () if array.size == 1 else (array.size, *(1,) * (rank - 2))
        self.nodes.constants[name] = array.reshape(shape)
        return name


def _last(rank: int) -> tuple[int, ...]:
    return (0, *range(2, rank), 1)


def _first(rank: int) -> tuple[int, ...]:
    return (0, rank - 1, *range(1, rank - 1))


def _transpose(node: Plain, turned: _Turned) -> None:
    order, source, rank = tuple(node.attributes.get("perm", ())), node.inputs[0], turned.rank(node.output)
    if rank >= 3 and order == _last(rank):
        turned.first[node.output] = source
    elif rank >= 3 and order == _first(rank) and source in turned.first:
        turned.same[node.output] = turned.first[source]


def _by_value(node: Plain, turned: _Turned) -> None:
    constants = turned.nodes.constants
    if node.inputs[0] in turned.first and all(name in constants for name in node.inputs[1:] if name):
        inputs = [turned.first[node.inputs[0]], *node.inputs[1:]]
        turned.gives(node, turned.add(node, node.op_type, inputs, node.attributes))


def _arithmetic(node: Plain, turned: _Turned) -> None:
    rank = turned.rank(node.output)
    inputs = []
    for name in node.inputs:
        array = turned.nodes.constants.get(name)
        made = turned.first.get(name) if array is None else turned.constant(name, array, rank)
        if made is None or (array is None and turned.rank(name) != rank):
            return
        inputs.append(made)
    turned.gives(node, turned.add(node, node.op_type, inputs, {}))


def _layer_norm(node: Plain, turned: _Turned) -> None:
    source, rank = turned.first.get(node.inputs[0]), turned.rank(node.inputs[0])
    if source is None or node.attributes.get("axis", -1) % rank != rank - 1:
        return
    rows = turned.add(node, "Transpose", [source], {"perm": _last(rank)}, "/rows")
    turned.nodes.shapes[rows] = turned.nodes.shapes[node.output]
    normed = turned.add(node, node.op_type, [rows, *node.inputs[1:]], node.attributes, "/normed")
    turned.nodes.shapes[normed] = turned.nodes.shapes[node.output]
    turned.gives(node, turned.add(node, "Transpose", [normed], {"perm": _first(rank)}))


def _matmul(node: Plain, turned: _Turned) -> None:
    """The product with the channels of each position is a convolution of 1 by 1."""
    source, weight = turned.first.get(node.inputs[0]), turned.nodes.constants.get(node.inputs[1])
    if source is None or weight is None or weight.ndim != 2:
        return
    sizes = turned.rank(node.output) - 2
    kernel = f"{node.output}/kernel"
    turned.nodes.constants[kernel] = np.ascontiguousarray(weight.T).reshape(*weight.T.shape, *(1,) * sizes)
    turned.gives(node, turned.add(node, "Conv", [source, kernel], {"kernel_shape": (1,) * sizes}))


def _mean(node: Plain, turned: _Turned) -> None:
    """Over all positions."""
    source, rank = turned.first.get(node.inputs[0]), turned.rank(node.inputs[0])
    axes = turned.nodes.constants.get(node.inputs[1]) if len(node.inputs) > 1 else None
    if source is None or axes is None or node.attributes.get("keepdims", 1):
        return
    if sorted(axis % rank for axis in axes.reshape(-1).tolist()) != list(range(1, rank - 1)):
        return
    places = f"{node.output}/places"
    turned.nodes.constants[places] = np.arange(2, rank)
    turned.kept[-1] = Plain(node.op_type, node.name, [source, places], node.output, node.attributes)


CHANGES: Mapping[str, Callable[[Plain, _Turned], None]] = MappingProxyType(
    {
        "Transpose": _transpose,
        "LayerNormalization": _layer_norm,
        "MatMul": _matmul,
        "ReduceMean": _mean,
        "ReduceMax": _mean,
        **dict.fromkeys(ARITHMETIC, _arithmetic),
    }
)
