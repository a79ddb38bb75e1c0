"""Nodes on values with the channels last, rewritten for values with the channels first."""

from collections.abc import Callable, Mapping
from math import prod
from types import MappingProxyType

import numpy as np

from archc.decompile.channels_first_values import ChannelsFirst, axis_first, first, last
from archc.decompile.nodes import OnnxNode
from archc.decompile.self_attention import ATTENTION, find_attention

BY_VALUE = frozenset(
    ("Abs", "Clip", "Elu", "Erf", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "Neg", "Relu", "Selu")
).union(("Sigmoid", "Softplus", "Sqrt", "Tanh"))
ARITHMETIC = frozenset({"Add", "Div", "Max", "Mean", "Mul", "PRelu", "Sub", "Sum"})


def change(node: OnnxNode, turned: ChannelsFirst) -> None:
    """Add the node that computes the same with the channels first, if there is one."""
    if (
        node.op_type in ("Add", "MatMul", "Reshape", "Transpose")
        and node.output not in turned.first
        and _attend(node, turned)
    ):
        return
    made = CHANGES.get(node.op_type, _by_value if node.op_type in BY_VALUE else None)
    if made is not None and node.inputs and turned.shape(node.output):
        made(node, turned)


def _attend(node: OnnxNode, turned: ChannelsFirst) -> bool:
    """Whether a self-attention ends in this node; if so, one node for all of it is added."""
    kept = {value for _, value in turned.nodes.outputs} - {node.output}
    found = find_attention(node, turned.nodes, turned.producers, turned.readers, kept)
    if found is None or found.source not in turned.first:
        return False
    names = {}
    for part, array in found.tensors.items():
        names[part] = turned.nodes.derive(f"{node.output}/{part}", array, *found.sources[part])
    attributes = {"heads": found.heads, "tensors": tuple(names)}
    turned.gives(node, turned.add(node, ATTENTION, [turned.first[found.source], *names.values()], attributes))
    return True


def _gather(node: OnnxNode, turned: ChannelsFirst) -> None:
    """One token of a sequence, as a slice and a flatten."""
    source, place = turned.first.get(node.inputs[0]), turned.nodes.constants.get(node.inputs[1])
    if source is None or turned.rank(node.inputs[0]) != 3 or node.attributes.get("axis", 0) != 1:
        return
    if place is None or place.ndim:
        return
    samples, length, channels = turned.shape(node.inputs[0])
    at = int(place) % length
    ranges = [turned.whole(node, name, np.array([one])) for name, one in zip("abcd", (at, at + 1, 2, 1), strict=True)]
    token = turned.add(node, "Slice", [source, *ranges], {}, "/token")
    turned.nodes.shapes[token] = (samples, channels, 1)
    turned.kept[-2:] = [turned.kept[-1], OnnxNode("Flatten", node.name, [token], node.output, {"axis": 1})]


def _transpose(node: OnnxNode, turned: ChannelsFirst) -> None:
    order, source, rank = tuple(node.attributes.get("perm", ())), node.inputs[0], turned.rank(node.output)
    if rank < 3 or len(order) != rank:
        return
    if source in turned.first:
        composed = tuple(last(rank)[axis] for axis in order)
        if composed == tuple(range(rank)):
            turned.turns += 1
            turned.same[node.output] = turned.first[source]
            return
        turned.kept[-1] = node = OnnxNode(
            "Transpose", node.name, [turned.first[source]], node.output, {"perm": composed}
        )
        order, source = composed, node.inputs[0]
    if order == last(rank):
        turned.first[node.output] = source


def _by_value(node: OnnxNode, turned: ChannelsFirst) -> None:
    constants = turned.nodes.constants
    if not all(name in constants for name in node.inputs[1:] if name):
        return
    if node.inputs[0] in turned.first:
        inputs = [turned.first[node.inputs[0]], *node.inputs[1:]]
        turned.gives(node, turned.add(node, node.op_type, inputs, node.attributes))
    elif node.inputs[0] in turned.flat:
        value, order = turned.flat[node.inputs[0]]
        turned.flat[node.output] = (turned.add(node, node.op_type, [value, *node.inputs[1:]], node.attributes), order)
        turned.nodes.shapes[turned.flat[node.output][0]] = turned.shape(node.output)


def _arithmetic(node: OnnxNode, turned: ChannelsFirst) -> None:
    rank = turned.rank(node.output)
    inputs = []
    for name in node.inputs:
        held = name in turned.nodes.constants
        made = turned.constant(name, rank) if held else turned.first.get(name)
        if made is None or (not held and turned.rank(name) != rank):
            return
        inputs.append(made)
    turned.gives(node, turned.add(node, node.op_type, inputs, {}))


def _softmax(node: OnnxNode, turned: ChannelsFirst) -> None:
    source, rank = turned.first.get(node.inputs[0]), turned.rank(node.output)
    if source is not None:
        axis = axis_first(node.attributes.get("axis", -1), rank)
        turned.gives(node, turned.add(node, node.op_type, [source], {**node.attributes, "axis": axis}))


def _concat(node: OnnxNode, turned: ChannelsFirst) -> None:
    rank = turned.rank(node.output)
    constants = turned.nodes.constants
    inputs = [_moved(name, rank, turned) if name in constants else turned.first.get(name) for name in node.inputs]
    if all(inputs) and any(name in turned.first for name in node.inputs):
        axis = axis_first(node.attributes.get("axis", -1), turned.rank(node.output))
        turned.gives(node, turned.add(node, "Concat", [name for name in inputs if name], {"axis": axis}))


def _moved(name: str, rank: int, turned: ChannelsFirst) -> str | None:
    array = turned.nodes.constants[name]
    if array.ndim != rank:
        return None
    return turned.nodes.derive(f"{name}/moved", np.ascontiguousarray(np.moveaxis(array, -1, 1)), name)


def _pad(node: OnnxNode, turned: ChannelsFirst) -> None:
    source, rank = turned.first.get(node.inputs[0]), turned.rank(node.output)
    sides = turned.nodes.constants.get(node.inputs[1])
    if source is None or sides is None:
        return
    named = node.inputs[3] if len(node.inputs) > 3 else ""
    axes = turned.nodes.constants[named].tolist() if named else range(rank)
    moved = turned.whole(node, "axes", np.array([axis_first(axis, rank) for axis in axes]))
    inputs = [source, node.inputs[1], (*node.inputs, "")[2], moved]
    turned.gives(node, turned.add(node, "Pad", inputs, node.attributes))


def _slice(node: OnnxNode, turned: ChannelsFirst) -> None:
    source, rank = turned.first.get(node.inputs[0]), turned.rank(node.output)
    if source is None or node.inputs[1] not in turned.nodes.constants:
        return
    named = node.inputs[3] if len(node.inputs) > 3 else ""
    axes = turned.nodes.constants[named] if named else np.arange(turned.nodes.constants[node.inputs[1]].size)
    moved = turned.whole(node, "axes", np.array([axis_first(int(axis), rank) for axis in axes.reshape(-1)]))
    turned.gives(node, turned.add(node, "Slice", [source, *node.inputs[1:3], moved, *node.inputs[4:]], {}))


def _resize(node: OnnxNode, turned: ChannelsFirst) -> None:
    """A resize by one factor for each axis."""
    source, scales = turned.first.get(node.inputs[0]), turned.nodes.constants.get((*node.inputs, "", "")[2])
    if source is None or scales is None or scales.size != turned.rank(node.output) or len(node.inputs) > 3:
        return
    name = f"{node.output}/first_scales"
    turned.nodes.constants[name] = scales[list(first(scales.size))]
    turned.gives(node, turned.add(node, "Resize", [source, "", name], node.attributes))


def _layer_norm(node: OnnxNode, turned: ChannelsFirst) -> None:
    source, rank = turned.first.get(node.inputs[0]), turned.rank(node.inputs[0])
    if source is None or node.attributes.get("axis", -1) % rank != rank - 1:
        return
    rows = turned.add(node, "Transpose", [source], {"perm": last(rank)}, "/rows")
    turned.nodes.shapes[rows] = turned.nodes.shapes[node.output]
    normed = turned.add(node, node.op_type, [rows, *node.inputs[1:]], node.attributes, "/normed")
    turned.nodes.shapes[normed] = turned.nodes.shapes[node.output]
    turned.gives(node, turned.add(node, "Transpose", [normed], {"perm": first(rank)}))


def _matmul(node: OnnxNode, turned: ChannelsFirst) -> None:
    """A product with the channels of each position as a 1x1 convolution. Of a flattened map, a product whose rows are
    reordered."""
    weight = turned.nodes.constants.get(node.inputs[1])
    if weight is None or weight.ndim != 2:
        return
    if node.inputs[0] in turned.flat:
        _product(node, turned, 0)
        return
    source = turned.first.get(node.inputs[0])
    if source is None:
        return
    sizes = turned.rank(node.output) - 2
    array = np.ascontiguousarray(weight.T).reshape(*weight.T.shape, *(1,) * sizes)
    kernel = turned.nodes.derive(f"{node.output}/kernel", array, node.inputs[1])
    turned.gives(node, turned.add(node, "Conv", [source, kernel], {"kernel_shape": (1,) * sizes}))


def _gemm(node: OnnxNode, turned: ChannelsFirst) -> None:
    if node.inputs[0] in turned.flat and node.inputs[1] in turned.nodes.constants and not node.attributes.get("transA"):
        _product(node, turned, 1 if node.attributes.get("transB") else 0)


def _product(node: OnnxNode, turned: ChannelsFirst, axis: int) -> None:
    """The product with the rows of the weight in channels-first order."""
    value, order = turned.flat[node.inputs[0]]
    weight = turned.nodes.constants[node.inputs[1]]
    if weight.ndim != 2 or weight.shape[axis] != order.size:
        return
    moved = np.ascontiguousarray(np.take(weight, np.argsort(order), axis))
    name = turned.nodes.derive(f"{node.output}/ordered", moved, node.inputs[1])
    turned.kept[-1] = OnnxNode(node.op_type, node.name, [value, name, *node.inputs[2:]], node.output, node.attributes)


def _reduce(node: OnnxNode, turned: ChannelsFirst) -> None:
    """A reduction that keeps its axes, or one over all positions."""
    source, rank = turned.first.get(node.inputs[0]), turned.rank(node.inputs[0])
    told = turned.nodes.constants.get(node.inputs[1]) if len(node.inputs) > 1 else None
    if source is None or told is None:
        return
    axes = sorted(int(axis) % rank for axis in told.reshape(-1))
    moved = turned.whole(node, "axes", np.array([axis_first(axis, rank) for axis in axes]))
    if node.attributes.get("keepdims", 1):
        turned.gives(node, turned.add(node, node.op_type, [source, moved], node.attributes))
    elif axes == list(range(1, rank - 1)):
        turned.kept[-1] = OnnxNode(node.op_type, node.name, [source, moved], node.output, node.attributes)


def _reshape(node: OnnxNode, turned: ChannelsFirst) -> None:
    """A reshape that keeps the channel axis, or from or to a vector."""
    before, after = turned.shape(node.inputs[0]), turned.shape(node.output)
    source = turned.first.get(node.inputs[0])
    if not before:
        return
    if source is not None and len(after) == 2 and after == (before[0], prod(before[1:])):
        channels = before[-1]
        vector = turned.add(node, "Flatten", [source], {"axis": 1})
        turned.nodes.shapes[vector] = after
        if after[1] == channels or channels == 1:
            turned.same[node.output] = vector
        else:
            turned.flat[node.output] = (vector, np.arange(after[1]).reshape(channels, -1).T.reshape(-1))
    elif len(after) < 3 or before[0] != after[0] or before[-1] != after[-1]:
        return
    elif source is not None or (len(before) == 2 and prod(after[1:-1]) == 1):
        target = turned.whole(node, "shape", np.array((0, after[-1], *after[1:-1])))
        turned.gives(node, turned.add(node, "Reshape", [source or node.inputs[0], target], {}))


CHANGES: Mapping[str, Callable[[OnnxNode, ChannelsFirst], None]] = MappingProxyType(
    {
        "Transpose": _transpose,
        "Concat": _concat,
        "Gather": _gather,
        "Pad": _pad,
        "Resize": _resize,
        "Slice": _slice,
        "Softmax": _softmax,
        "LogSoftmax": _softmax,
        "LayerNormalization": _layer_norm,
        "MatMul": _matmul,
        "Gemm": _gemm,
        "ReduceMean": _reduce,
        "ReduceMax": _reduce,
        **dict.fromkeys(("Flatten", "Reshape", "Squeeze", "Unsqueeze"), _reshape),
        **dict.fromkeys(ARITHMETIC, _arithmetic),
    }
)
