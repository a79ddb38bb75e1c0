"""Activations, dropout and stochastic depth in PyTorch."""

from archc.backends.torch.lowered import Lowered, Lowering, call, lowers, module
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
from archc.ops.linear import Maxout
from archc.ops.regularisation import Dropout, StochasticDepth


def plain(callee: str) -> Lowering:
    """A layer without fields: one module."""

    def lowering(op: object, inputs: Inputs, output: Shape) -> Lowered:
        return module(callee)

    return lowering


lowers(Relu)(plain("nn.ReLU"))
lowers(Relu6)(plain("nn.ReLU6"))
lowers(Selu)(plain("nn.SELU"))
lowers(Silu)(plain("nn.SiLU"))
lowers(Mish)(plain("nn.Mish"))
lowers(HardSwish)(plain("nn.Hardswish"))
lowers(HardSigmoid)(plain("nn.Hardsigmoid"))
lowers(Sigmoid)(plain("nn.Sigmoid"))


def over_channels(callee: str) -> Lowering:
    """A module with dim=1: it works along the channels."""

    def lowering(op: object, inputs: Inputs, output: Shape) -> Lowered:
        return module(callee, dim=(1, None))

    return lowering


lowers(Glu)(over_channels("nn.GLU"))
lowers(Softmax)(over_channels("nn.Softmax"))
lowers(LogSoftmax)(over_channels("nn.LogSoftmax"))


@lowers(LeakyRelu)
def leaky_relu(op: LeakyRelu, inputs: Inputs, output: Shape) -> Lowered:
    return module("nn.LeakyReLU", negative_slope=(op.negative_slope, 0.01))


@lowers(Prelu)
def prelu(op: Prelu, inputs: Inputs, output: Shape) -> Lowered:
    return module("nn.PReLU", num_parameters=(1 if op.shared else inputs[0][0], 1), init=(op.initial, 0.25))


@lowers(Elu)
def elu(op: Elu, inputs: Inputs, output: Shape) -> Lowered:
    return module("nn.ELU", alpha=(op.alpha, 1.0))


@lowers(Gelu)
def gelu(op: Gelu, inputs: Inputs, output: Shape) -> Lowered:
    return module("nn.GELU", approximate=(op.approximate, "none"))


@lowers(Softplus)
def softplus(op: Softplus, inputs: Inputs, output: Shape) -> Lowered:
    return module("nn.Softplus", beta=(op.beta, 1.0), threshold=(op.threshold, 20.0))


@lowers(Tanh)
def tanh(op: Tanh, inputs: Inputs, output: Shape) -> Lowered:
    value = "{0}" if op.slope == 1 else f"{op.slope!r} * {{0}}"
    return Lowered(f"{{m}}({value})" if op.scale == 1 else f"{op.scale!r} * {{m}}({value})", call("nn.Tanh"))


@lowers(Maxout)
def maxout(op: Maxout, inputs: Inputs, output: Shape) -> Lowered:
    return Lowered(f"{{0}}.unflatten(1, (-1, {op.pieces})).amax(2)")


@lowers(Dropout)
def dropout(op: Dropout, inputs: Inputs, output: Shape) -> Lowered:
    rank = len(inputs[0]) - 1
    return module(f"nn.Dropout{rank}d" if op.spatial else "nn.Dropout", ("p", op.p))


@lowers(StochasticDepth)
def stochastic_depth(op: StochasticDepth, inputs: Inputs, output: Shape) -> Lowered:
    return module("StochasticDepth", ("p", op.p), mode=(op.mode, "row"))
