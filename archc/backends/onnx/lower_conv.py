"""Convolutions, fully connected layers and attention in ONNX."""

from collections.abc import Mapping
from math import sqrt

import numpy as np

from archc.backends.onnx.lowered import (
    Apply,
    Array,
    DerivedParameter,
    InputValue,
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
from archc.ops.attention import Attention, MatMul
from archc.ops.base import spatial
from archc.ops.conv import Conv, Convolution
from archc.ops.depthwise import DepthwiseConv
from archc.ops.fixed import FixedKernel
from archc.ops.linear import FullyConnected, Rbf
from archc.ops.tconv import TransposedConv


@lowers(Conv, DepthwiseConv)
def convolution(op: Convolution, inputs: Inputs, output: Shape) -> Apply:
    """Paddings are explicit, since `auto_pad` is not allowed with a dilation."""
    axes = op.axes(inputs)
    _, groups = op.channels_groups(inputs[0][0])
    weight: Operand = Parameter("weight")
    if isinstance(op, Conv) and op.connections is not None:
        weight = _dense(op.connections, inputs[0][0])
    return apply(
        "Conv",
        X,
        weight,
        *((Parameter("bias"),) if op.bias else ()),
        kernel_shape=tuple(axis.kernel for axis in axes),
        strides=tuple(axis.stride for axis in axes),
        dilations=tuple(axis.dilation for axis in axes),
        pads=(*(axis.begin for axis in axes), *(axis.end for axis in axes)),
        group=groups,
    )


def _dense(connections: tuple[tuple[int, ...], ...], in_channels: int) -> DerivedParameter:
    """The weights of a connection table in a dense kernel with zeros: ONNX has no sparse convolution."""

    def make(own: Mapping[str, Array]) -> Array:
        sparse = own["weight"]
        dense = np.zeros((len(connections), in_channels, *sparse.shape[1:]), sparse.dtype)
        rows = [row for row, seen in enumerate(connections) for _ in seen]
        dense[rows, [channel for seen in connections for channel in seen]] = sparse
        return dense

    return DerivedParameter("weight", make)


@lowers(TransposedConv)
def transposed(op: TransposedConv, inputs: Inputs, output: Shape) -> Apply:
    """ONNX Runtime requires output_padding < stride. A larger one (with a dilation) reduces the padding at the end, or
    adds zeros where there is no padding left."""
    rank = len(inputs[0]) - 1
    begins = spatial(op.padding, rank, "padding", "the padding")
    strides = spatial(op.stride, rank, "stride", "the stride")
    extra = spatial(op.output_padding, rank, "output_padding", "the output padding")
    native = all(more < stride for more, stride in zip(extra, strides, strict=True))
    ends = begins if native else tuple(begin - more for begin, more in zip(begins, extra, strict=True))
    beyond = tuple(max(0, -end) for end in ends)
    bias = (Parameter("bias"),) if op.bias and not any(beyond) else ()
    value = apply(
        "ConvTranspose",
        X,
        Parameter("weight"),
        *bias,
        kernel_shape=op.window(inputs),
        strides=strides,
        dilations=spatial(op.dilation, rank, "dilation", "the dilation"),
        output_padding=extra if native else (0,) * rank,
        pads=(*begins, *(max(0, end) for end in ends)),
        group=op.groups,
    )
    if not any(beyond):
        return value
    padded = with_border(value, (0,) * rank, beyond)
    return apply("Add", padded, per_channel("bias", rank)) if op.bias else padded


@lowers(FullyConnected)
def fully_connected(op: FullyConnected, inputs: Inputs, output: Shape) -> Apply:
    x = X if len(inputs[0]) == 1 else apply("Flatten", X, axis=1)
    return apply("Gemm", x, Parameter("weight"), *((Parameter("bias"),) if op.bias else ()), transB=1)


@lowers(Rbf)
def rbf(op: Rbf, inputs: Inputs, output: Shape) -> Apply:
    distance = apply("Sub", apply("Unsqueeze", X, int_constant((1,))), Parameter("weight"))
    return apply("ReduceSum", apply("Mul", distance, distance), int_constant((2,)), keepdims=0)


@lowers(FixedKernel)
def fixed_kernel(op: FixedKernel, inputs: Inputs, output: Shape) -> Apply:
    channels = inputs[0][0]
    axes = op.axes(inputs)
    weight = DerivedParameter("weight", lambda own: np.broadcast_to(own["weight"], (channels, 1, 3, 3)))
    pads = (*(axis.begin for axis in axes), *(axis.end for axis in axes))
    return apply("Conv", X, weight, kernel_shape=(3, 3), pads=pads, group=channels)


@lowers(Attention)
def attention(op: Attention, inputs: Inputs, output: Shape) -> Apply:
    """softmax(q·k/√d)·v for each head. Inside, tokens are rows: (N, L, C) instead of (N, C, L)."""
    channels = inputs[0][0]
    head = channels // op.heads
    rows = apply("Transpose", X, perm=(0, 2, 1))
    q, k, v = (_heads(op, rows, number, channels) for number in range(3))
    scores = apply("MatMul", apply("Mul", q, float_constant(1 / sqrt(head))), k)
    mixed = apply("MatMul", apply("Softmax", scores, axis=3), v)
    joined = apply("Reshape", apply("Transpose", mixed, perm=(0, 2, 1, 3)), int_constant((0, 0, channels)))
    projected = apply("MatMul", joined, DerivedParameter("out_proj.weight", lambda own: own["out_proj.weight"].T))
    biased = apply("Add", projected, Parameter("out_proj.bias")) if op.bias else projected
    return apply("Transpose", biased, perm=(0, 2, 1))


def _heads(op: Attention, rows: Operand, number: int, channels: int) -> Apply:
    """q, k or v by head: (N, L, C) → (N, heads, L, d); for k (N, heads, d, L)."""
    mine = slice(number * channels, (number + 1) * channels)
    name = "qkv"[number]
    weight = DerivedParameter(f"in_proj_weight.{name}", lambda own: own["in_proj_weight"][mine].T)
    bias = DerivedParameter(f"in_proj_bias.{name}", lambda own: own["in_proj_bias"][mine])
    projected = apply("MatMul", rows, weight)
    if op.bias:
        projected = apply("Add", projected, bias)
    split = apply("Reshape", projected, int_constant((0, 0, op.heads, channels // op.heads)))
    return apply("Transpose", split, perm=(0, 2, 3, 1) if name == "k" else (0, 2, 1, 3))


@lowers(MatMul)
def matmul(op: MatMul, inputs: Inputs, output: Shape) -> Apply:
    product = apply("MatMul", InputValue(0), InputValue(1))
    return product if op.scale == 1 else apply("Mul", product, float_constant(op.scale))
