"""Lowerings that other exporters write: further expressions of a layer, and nodes that match after a rewrite."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from archc.backends.onnx.lower_norm import layer_norm_without_bias
from archc.backends.onnx.lowered import (
    NONE,
    Apply,
    Lowering,
    Operand,
    X,
    apply,
    float_constant,
    int_constant,
    slice_axis,
    with_border,
)
from archc.decompile.nodes import OnnxNode
from archc.ops import Inputs, Shape
from archc.ops.activation import Gelu, HardSigmoid, HardSwish, Mish
from archc.ops.linear import Maxout
from archc.ops.norm import LayerNorm, LocalResponseNorm
from archc.ops.pool import AvgPool
from archc.ops.reshape import ChannelShuffle

Readers = Mapping[str, list[OnnxNode]]


def _row(expression: Operand) -> Lowering:
    def row(op: object, inputs: Inputs, output: Shape) -> Operand:
        return expression

    return row


def _gelus() -> list[Lowering]:
    """x·(1 + erf(x/√2))/2, as exporters write it for opsets before 20."""
    root = float(np.sqrt(2))
    found: list[Apply] = []
    for inner in (apply("Div", X, float_constant(root)), apply("Mul", X, float_constant(1 / root))):
        share = apply("Add", apply("Erf", inner), float_constant(1))
        found += [
            apply("Mul", apply("Mul", X, share), float_constant(0.5)),
            apply("Mul", apply("Mul", X, float_constant(0.5)), share),
            apply("Mul", X, apply("Mul", share, float_constant(0.5))),
        ]
    return [_row(int_constant) for int_constant in found]


def _shuffled(op: ChannelShuffle, inputs: Inputs, output: Shape) -> Apply:
    """A reshape to (groups, channels / groups), a transpose and a reshape back."""
    channels, *sizes = inputs[0]
    apart = apply("Reshape", X, int_constant((0, op.groups, channels // op.groups, *sizes)))
    turned = apply("Transpose", apart, perm=(0, 2, 1, *range(3, 3 + len(sizes))))
    return apply("Reshape", turned, int_constant((0, *inputs[0])))


def _hard(of: Operand) -> list[Apply]:
    """min(max(x + 3, 0), 6)/6."""
    clipped = apply("Clip", apply("Add", of, float_constant(3)), float_constant(0), float_constant(6))
    return [apply("Div", clipped, float_constant(6)), apply("Mul", clipped, float_constant(1 / 6))]


def _lrn(op: LocalResponseNorm, inputs: Inputs, output: Shape) -> Apply:
    """As PyTorch computes it: an average pool over the channels, which are the depth of a volume of one channel."""
    rank = len(inputs[0])
    rows = apply("Reshape", apply("Mul", X, X), int_constant((0, 1, *inputs[0])))
    none = (0,) * (rank - 1)
    before, after = op.size // 2, (op.size - 1) // 2
    padded = with_border(rows, (before, *none), (after, *none))
    mean = apply("AveragePool", padded, kernel_shape=(op.size, *(1 for _ in none)), count_include_pad=0)
    share = apply("Mul", apply("Reshape", mean, int_constant((0, *inputs[0]))), float_constant(op.alpha))
    return apply("Div", X, apply("Pow", apply("Add", share, float_constant(op.k)), float_constant(op.beta)))


def _pieces(op: Maxout, inputs: Inputs, output: Shape) -> Apply:
    """A reshape with the pieces as an axis, and the maximum over it."""
    groups = apply("Reshape", X, int_constant((0, output[0], op.pieces, *output[1:])))
    return apply("ReduceMax", groups, int_constant((2,)), keepdims=0)


def _sliced(op: Maxout, inputs: Inputs, output: Shape) -> Apply:
    """The maximum of one slice for each piece."""
    return apply("Max", *(slice_axis(X, 1, number, inputs[0][0], op.pieces) for number in range(op.pieces)))


def _rounded_up(op: AvgPool, inputs: Inputs, output: Shape) -> Operand:
    """With `ceil_mode`, where archc's own lowering pads the end."""
    axes = op.axes(inputs)
    if not axes:
        return NONE
    return apply(
        "AveragePool",
        X,
        kernel_shape=tuple(axis.kernel for axis in axes),
        strides=tuple(axis.stride for axis in axes),
        pads=(*(axis.begin for axis in axes), *(axis.end for axis in axes)),
        ceil_mode=int(axes[0].ceil),
        count_include_pad=int(op.count_include_pad and any(axis.begin or axis.end for axis in axes)),
    )


ALIASES: Mapping[str, tuple[Lowering, ...]] = MappingProxyType(
    {
        AvgPool.name: (_rounded_up,),
        ChannelShuffle.name: (_shuffled,),
        Gelu.name: tuple(_gelus()),
        HardSigmoid.name: tuple(map(_row, _hard(X))),
        HardSwish.name: (
            *(_row(apply("Mul", X, share)) for share in _hard(X)),
            _row(apply("Mul", X, apply("HardSigmoid", X, alpha=1 / 6, beta=0.5))),
            _row(apply("Div", apply("Mul", X, _hard(X)[0].operands[0]), float_constant(6))),
        ),
        LayerNorm.name: (layer_norm_without_bias,),
        LocalResponseNorm.name: (_lrn,),
        Maxout.name: (_pieces, _sliced),
        Mish.name: (_row(apply("Mul", X, apply("Tanh", apply("Softplus", X)))),),
    }
)
"""The further lowerings of each layer."""


RESHAPES = frozenset({"Reshape", "Squeeze", "Unsqueeze"})
"""Operators that `as_reshape` brings to one form if no layer matches them."""
