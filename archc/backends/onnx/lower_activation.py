"""Activations in ONNX. Dropout and stochastic depth are what flows in: a file is for inference."""

from archc.backends.onnx.lowered import (
    Apply,
    DerivedParameter,
    Lowering,
    Operand,
    Parameter,
    X,
    apply,
    float_constant,
    int_constant,
    lowers,
    slice_axis,
)
from archc.ops import Inputs, Shape
from archc.ops.activation import (
    Elu,
    Gelu,
    Glu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    LogSoftmax,
    Mish,
    Prelu,
    Relu,
    Relu6,
    Selu,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from archc.ops.fixed import Identity
from archc.ops.linear import Maxout
from archc.ops.regularisation import Dropout, StochasticDepth

MOST_SLICES = 8
"""The most pieces of a maxout for which each piece is a slice of its own."""


def plain(op_type: str, **attributes: int | float) -> Lowering:
    """A layer without fields: one node."""

    def lowering(op: object, inputs: Inputs, output: Shape) -> Apply:
        return apply(op_type, X, **attributes)

    return lowering


lowers(Relu)(plain("Relu"))
lowers(Selu)(plain("Selu"))
lowers(Mish)(plain("Mish"))
lowers(HardSwish)(plain("HardSwish"))
lowers(HardSigmoid)(plain("HardSigmoid", alpha=1 / 6, beta=0.5))
lowers(Sigmoid)(plain("Sigmoid"))
lowers(Softmax)(plain("Softmax", axis=1))
lowers(LogSoftmax)(plain("LogSoftmax", axis=1))


@lowers(Dropout, StochasticDepth, Identity)
def passes(op: object, inputs: Inputs, output: Shape) -> Operand:
    """A layer that is the identity at inference."""
    return X


@lowers(Relu6)
def relu6(op: object, inputs: Inputs, output: Shape) -> Apply:
    return apply("Clip", X, float_constant(0), float_constant(6))


@lowers(LeakyRelu)
def leaky_relu(op: LeakyRelu, inputs: Inputs, output: Shape) -> Apply:
    return apply("LeakyRelu", X, alpha=float(op.negative_slope))


@lowers(Prelu)
def prelu(op: Prelu, inputs: Inputs, output: Shape) -> Apply:
    rank = len(inputs[0]) - 1
    shape = (1,) * (rank + 1) if op.shared else (inputs[0][0], *(1,) * rank)
    return apply(
        "PRelu",
        X,
        Parameter("weight") if rank == 0 else DerivedParameter("weight", lambda own: own["weight"].reshape(shape)),
    )


@lowers(Elu)
def elu(op: Elu, inputs: Inputs, output: Shape) -> Apply:
    return apply("Elu", X, alpha=float(op.alpha))


@lowers(Gelu)
def gelu(op: Gelu, inputs: Inputs, output: Shape) -> Apply:
    return apply("Gelu", X, approximate=op.approximate)


@lowers(Silu)
def silu(op: object, inputs: Inputs, output: Shape) -> Apply:
    return apply("Mul", X, apply("Sigmoid", X))


@lowers(Softplus)
def softplus(op: Softplus, inputs: Inputs, output: Shape) -> Apply:
    """Beyond the threshold it is x; in float32 that is equal where beta·x is 20 or more."""
    grown = X if op.beta == 1 else apply("Mul", X, float_constant(op.beta))
    value = apply("Softplus", grown)
    value = value if op.beta == 1 else apply("Div", value, float_constant(op.beta))
    if op.threshold >= 20:
        return value
    return apply("Where", apply("Greater", grown, float_constant(op.threshold)), X, value)


@lowers(Tanh)
def tanh(op: Tanh, inputs: Inputs, output: Shape) -> Apply:
    value = apply("Tanh", X if op.slope == 1 else apply("Mul", X, float_constant(op.slope)))
    return value if op.scale == 1 else apply("Mul", value, float_constant(op.scale))


@lowers(Glu)
def glu(op: object, inputs: Inputs, output: Shape) -> Apply:
    half = output[0]
    return apply("Mul", slice_axis(X, 1, 0, half), apply("Sigmoid", slice_axis(X, 1, half, 2 * half)))


@lowers(Maxout)
def maxout(op: Maxout, inputs: Inputs, output: Shape) -> Operand:
    """The maximum over slices, one per piece; of many pieces, over an axis of their own."""
    channels, *sizes = inputs[0]
    if op.pieces > MOST_SLICES:
        groups = int_constant((0, channels // op.pieces, op.pieces, *((-1,) if len(sizes) == 1 else ())))
        shape = apply("Concat", groups, apply("Shape", X, start=2), axis=0) if len(sizes) > 1 else groups
        return apply("ReduceMax", apply("Reshape", X, shape), int_constant((2,)), keepdims=0)
    parts = [slice_axis(X, 1, number, channels, op.pieces) for number in range(op.pieces)]
    return parts[0] if len(parts) == 1 else apply("Max", *parts)
