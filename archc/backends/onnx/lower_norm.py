"""Norms, and the layers of one factor a channel, in ONNX."""

from collections.abc import Sequence

import numpy as np

from archc.backends.onnx.lowered import (
    NONE,
    Apply,
    Const,
    Operand,
    Parameter,
    X,
    apply,
    float_constant,
    int_constant,
    lowers,
    per_channel,
    with_border,
)
from archc.ops import Inputs, Shape
from archc.ops.fixed import LayerScale, Rescale, Scale
from archc.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm

PLAIN_MOMENTUM = 0.1
"""The momentum of a file without the attribute: ONNX's default is 0.9, the share that is kept."""


def _affine(shape: Shape, affine: bool, bias: bool = True) -> tuple[Operand, Operand]:
    """Weight and bias; ones and zeros where the layer has none, since ONNX requires both."""
    ones, zeros = Const(np.ones(shape, np.float32)), Const(np.zeros(shape, np.float32))
    return Parameter("weight") if affine else ones, Parameter("bias") if affine and bias else zeros


@lowers(BatchNorm)
def batch_norm(op: BatchNorm, inputs: Inputs, output: Shape) -> Apply:
    """Without running statistics it uses those of the batch, at inference too."""
    weight, bias = _affine(inputs[0][:1], op.affine)
    if op.track_running_stats:
        kept = {} if op.momentum == PLAIN_MOMENTUM else {"momentum": 1 - float(op.momentum)}
        running = Parameter("running_mean"), Parameter("running_var")
        return apply("BatchNormalization", X, weight, bias, *running, epsilon=float(op.eps), **kept)
    rank = len(inputs[0]) - 1
    axes = int_constant((0, *range(2, 2 + rank)))
    centred = apply("Sub", X, apply("ReduceMean", X, axes, keepdims=1))
    variance = apply("ReduceMean", apply("Mul", centred, centred), axes, keepdims=1)
    value = apply("Div", centred, apply("Sqrt", apply("Add", variance, float_constant(op.eps))))
    if not op.affine:
        return value
    return apply("Add", apply("Mul", value, per_channel("weight", rank)), per_channel("bias", rank))


@lowers(LayerNorm)
def layer_norm(op: LayerNorm, inputs: Inputs, output: Shape) -> Apply:
    """Over the channels of a map, which are moved to the last axis, as ONNX's norm requires."""
    return _layer_norm(op, inputs, _affine(_normed(op, inputs), op.affine, op.bias))


def layer_norm_without_bias(op: LayerNorm, inputs: Inputs, output: Shape) -> Operand:
    """A layer norm without bias has two inputs instead of three, as from other exporters."""
    if op.affine and op.bias:
        return NONE
    return _layer_norm(op, inputs, _affine(_normed(op, inputs), op.affine)[:1])


def _normed(op: LayerNorm, inputs: Inputs) -> Shape:
    return inputs[0] if op.over == "all" else inputs[0][:1]


def _layer_norm(op: LayerNorm, inputs: Inputs, affine: Sequence[Operand]) -> Apply:
    rank = len(inputs[0]) - 1
    if op.over == "all" or rank == 0:
        return apply("LayerNormalization", X, *affine, axis=1, epsilon=float(op.eps))
    last = (0, *range(2, 2 + rank), 1)
    first = (0, 1 + rank, *range(1, 1 + rank))
    normed = apply("LayerNormalization", apply("Transpose", X, perm=last), *affine, axis=-1, epsilon=float(op.eps))
    return apply("Transpose", normed, perm=first)


@lowers(GroupNorm)
def group_norm(op: GroupNorm, inputs: Inputs, output: Shape) -> Apply:
    """An instance norm of each group as one channel. ONNX's shape inference does not know GroupNormalization."""
    rank = len(inputs[0]) - 1
    rows = apply("Reshape", X, int_constant((0, op.groups, -1)))
    normed = apply("InstanceNormalization", rows, *_affine((op.groups,), False), epsilon=float(op.eps))
    value = apply("Reshape", normed, apply("Shape", X))
    if not op.affine:
        return value
    return apply("Add", apply("Mul", value, per_channel("weight", rank)), per_channel("bias", rank))


@lowers(InstanceNorm)
def instance_norm(op: InstanceNorm, inputs: Inputs, output: Shape) -> Apply:
    return apply("InstanceNormalization", X, *_affine(inputs[0][:1], op.affine), epsilon=float(op.eps))


@lowers(LocalResponseNorm)
def local_response_norm(op: LocalResponseNorm, inputs: Inputs, output: Shape) -> Apply:
    """For an even size, torch has one more channel below than above, ONNX one more above. ONNX's LRN is for images
    only, and ONNX Runtime requires alpha and beta above 0."""
    if op.size % 2 and len(inputs[0]) == 3 and op.alpha > 0 and op.beta > 0:
        numbers = {"alpha": float(op.alpha), "beta": float(op.beta), "bias": float(op.k)}
        return apply("LRN", X, size=op.size, **numbers)
    rows = apply("Reshape", apply("Mul", X, X), int_constant((0, 1, inputs[0][0], -1)))
    padded = with_border(rows, (op.size // 2,), ((op.size - 1) // 2,))
    mean = apply("AveragePool", padded, kernel_shape=(op.size, 1))
    share = apply("Reshape", mean, apply("Shape", X))
    base = apply("Add", apply("Mul", share, float_constant(op.alpha)), float_constant(op.k))
    return apply("Div", X, apply("Pow", base, float_constant(op.beta)))


@lowers(Scale)
def scale(op: Scale, inputs: Inputs, output: Shape) -> Operand:
    rank = len(inputs[0]) - 1
    scaled = apply("Mul", X, _owned("weight", op, rank)) if op.weight else X
    return apply("Add", scaled, _owned("bias", op, rank)) if op.bias else scaled


def _owned(name: str, op: Scale, rank: int) -> Operand:
    return Parameter(name) if op.shared else per_channel(name, rank)


@lowers(Rescale)
def rescale(op: Rescale, inputs: Inputs, output: Shape) -> Apply:
    """A product with 1 and a sum with 0 are left out, but the layer has at least one node."""
    rank = len(inputs[0]) - 1
    scaled = apply("Mul", X, _numbers(op.scale, rank)) if op.scale != 1 else X
    if isinstance(scaled, Apply) and op.offset == 0:
        return scaled
    return apply("Add", scaled, _numbers(op.offset, rank))


def _numbers(values: float | tuple[float, ...], rank: int) -> Const:
    """A number, or one per channel as (C, 1…)."""
    array = np.array(values, np.float32)
    return Const(array if array.ndim == 0 else array.reshape(-1, *(1,) * rank))


@lowers(LayerScale)
def layer_scale(op: LayerScale, inputs: Inputs, output: Shape) -> Apply:
    return apply("Mul", X, Parameter("weight"))
