"""Layers as others write them: other expressions for one, and nodes that are a layer once they are written anew."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from archc.backends.onnx.lowered import Apply, Array, Operand, Row, X, apply, bordered, part, real, whole
from archc.decompile.nodes import Nodes, Plain
from archc.decompile.spelling import as_reshape
from archc.decompile.unify import Matcher
from archc.ops import Inputs, Shape
from archc.ops.linear import Maxout
from archc.ops.norm import LocalResponseNorm
from archc.ops.reshape import ChannelShuffle

Readers = Mapping[str, list[Plain]]


def _row(expression: Operand) -> Row:
    def row(op: object, inputs: Inputs, output: Shape) -> Operand:
        return expression

    return row


def _gelus() -> list[Row]:
    """x·(1 + erf(x/√2))/2, as opsets before 20 have to say it."""
    root = float(np.sqrt(2))
    found: list[Apply] = []
    for inner in (apply("Div", X, real(root)), apply("Mul", X, real(1 / root))):
        share = apply("Add", apply("Erf", inner), real(1))
        found += [
            apply("Mul", apply("Mul", X, share), real(0.5)),
            apply("Mul", apply("Mul", X, real(0.5)), share),
            apply("Mul", X, apply("Mul", share, real(0.5))),
        ]
    return [_row(whole) for whole in found]


def _shuffled(op: ChannelShuffle, inputs: Inputs, output: Shape) -> Apply:
    """The groups as an axis of their own, turned with the channels in each."""
    channels, *sizes = inputs[0]
    apart = apply("Reshape", X, whole((0, op.groups, channels // op.groups, *sizes)))
    turned = apply("Transpose", apart, perm=(0, 2, 1, *range(3, 3 + len(sizes))))
    return apply("Reshape", turned, whole((0, *inputs[0])))


def _hard(of: Operand) -> list[Apply]:
    """min(max(x + 3, 0), 6)/6."""
    clipped = apply("Clip", apply("Add", of, real(3)), real(0), real(6))
    return [apply("Div", clipped, real(6)), apply("Mul", clipped, real(1 / 6))]


def _lrn(op: LocalResponseNorm, inputs: Inputs, output: Shape) -> Apply:
    """As PyTorch computes it: the channels as the depth of a volume of one channel."""
    rank = len(inputs[0])
    rows = apply("Reshape", apply("Mul", X, X), whole((0, 1, *inputs[0])))
    none = (0,) * (rank - 1)
    before, after = op.size // 2, (op.size - 1) // 2
    padded = bordered(rows, (before, *none), (after, *none))
    mean = apply("AveragePool", padded, kernel_shape=(op.size, *(1 for _ in none)), count_include_pad=0)
    share = apply("Mul", apply("Reshape", mean, whole((0, *inputs[0]))), real(op.alpha))
    return apply("Div", X, apply("Pow", apply("Add", share, real(op.k)), real(op.beta)))


def _pieces(op: Maxout, inputs: Inputs, output: Shape) -> Apply:
    """Many pieces as an axis of their own, with the sizes as they are."""
    groups = apply("Reshape", X, whole((0, output[0], op.pieces, *output[1:])))
    return apply("ReduceMax", groups, whole((2,)), keepdims=0)


def _sliced(op: Maxout, inputs: Inputs, output: Shape) -> Apply:
    """Each piece by itself, however many."""
    return apply("Max", *(part(X, 1, number, inputs[0][0], op.pieces) for number in range(op.pieces)))


ALIASES: Mapping[str, tuple[Row, ...]] = MappingProxyType(
    {
        "channel_shuffle": (_shuffled,),
        "gelu": tuple(_gelus()),
        "hardsigmoid": tuple(map(_row, _hard(X))),
        "hardswish": (
            *(_row(apply("Mul", X, share)) for share in _hard(X)),
            _row(apply("Mul", X, apply("HardSigmoid", X, alpha=1 / 6, beta=0.5))),
            _row(apply("Div", apply("Mul", X, _hard(X)[0].operands[0]), real(6))),
        ),
        "lrn": (_lrn,),
        "maxout": (_pieces, _sliced),
        "mish": (_row(apply("Mul", X, apply("Tanh", apply("Softplus", X)))),),
    }
)
"""Of a layer, what its row does not say."""


def _reshaped(node: Plain, nodes: Nodes, matcher: Matcher, used: Readers, kept: set[str]) -> Plain | None:
    changed = as_reshape(node, nodes)
    matcher.producers[node.output] = changed
    return changed


def _scaled(node: Plain, nodes: Nodes, matcher: Matcher, used: Readers, kept: set[str]) -> Plain | None:
    """Arithmetic with constants, however many after each other, as w·x + b by channel."""
    channels = nodes.shapes.get(node.output, (0, 0))[1:2]
    found = _linear(node, nodes)
    if found is None or not channels:
        return None
    source, weight, bias = found
    while (
        (before := matcher.producers.get(source)) is not None
        and source not in kept
        and len(used.get(source, ())) == 1
        and (more := _linear(before, nodes)) is not None
    ):
        source, weight, bias = more[0], weight * more[1], weight * more[2] + bias
    ones = (1,) * (len(nodes.shapes[node.output]) - 2)
    values = {"w": weight, "b": bias}
    for name, value in values.items():
        nodes.constants[f"{node.output}/{name}"] = (
            np.broadcast_to(value, channels).astype(np.float32).reshape(*channels, *ones)
        )
    scaled = f"{node.output}/scaled" if bias.any() else node.output
    times = Plain("Mul", f"{node.name}/times", [source, f"{node.output}/w"], scaled, {})
    matcher.producers[scaled] = times
    nodes.shapes[scaled] = nodes.shapes[node.output]
    if not bias.any():
        return times
    plus = Plain("Add", node.name, [scaled, f"{node.output}/b"], node.output, {})
    matcher.producers[node.output] = plus
    return plus


def _linear(node: Plain, nodes: Nodes) -> tuple[str, Array, Array] | None:
    """(x, w, b) where the node gives w·x + b with numbers for each channel, or one."""
    if node.op_type not in ("Add", "Sub", "Mul", "Div") or len(node.inputs) != 2:
        return None
    places = [place for place, name in enumerate(node.inputs) if name in nodes.constants]
    if len(places) != 1:
        return None
    value = _by_channel(nodes.constants[node.inputs[places[0]]], nodes.shapes.get(node.output, ()))
    source = node.inputs[1 - places[0]]
    if value is None or nodes.shapes.get(source) != nodes.shapes.get(node.output):
        return None
    one, none = np.ones(1), np.zeros(1)
    if node.op_type == "Add":
        return source, one, value
    if node.op_type == "Sub":
        return (source, one, -value) if places[0] else (source, -one, value)
    if node.op_type == "Mul":
        return source, value, none
    return (source, 1 / value, none) if places[0] and value.all() else None


def _by_channel(array: Array, shape: tuple[int, ...]) -> Array | None:
    """(C) or (1) of a constant that is the same for every position."""
    if array.dtype.kind not in "fiu" or array.ndim > len(shape):
        return None
    dims = (1,) * (len(shape) - array.ndim) + array.shape
    if array.size != 1 and (array.size != shape[1] or dims[1] != shape[1]):
        return None
    return array.reshape(-1).astype(np.float64)


OTHERWISE: Mapping[str, tuple[Callable[[Plain, Nodes, Matcher, Readers, set[str]], Plain | None], ...]] = (
    MappingProxyType(
        {
            "Reshape": (_reshaped,),
            "Unsqueeze": (_reshaped,),
            "Squeeze": (_reshaped,),
            "Add": (_scaled,),
            "Sub": (_scaled,),
            "Mul": (_scaled,),
            "Div": (_scaled,),
        }
    )
)
"""What is tried with a node that is no layer as it stands."""
