"""The layers: what each takes, gives, owns and costs. A new layer is a class in its family's file, and its
row here."""

from collections.abc import Mapping
from types import MappingProxyType

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
from archc.ops.attention import Attention, MatMul
from archc.ops.base import Category, Inputs, Op, OpError, Repair, Shape, Tensor, hwc, times
from archc.ops.branch import LayerScale, StochasticDepth
from archc.ops.conv import Conv
from archc.ops.depthwise import DepthwiseConv
from archc.ops.fixed import FILTERS, FixedKernel, Identity, Rescale, Scale
from archc.ops.input import Input
from archc.ops.join import Add, Concat, Max, Mean, Mul
from archc.ops.linear import FullyConnected, Maxout, Rbf
from archc.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm
from archc.ops.pool import AvgPool, MaxPool
from archc.ops.regular import Dropout
from archc.ops.reshape import ChannelShuffle, Flatten, Permute, PixelShuffle, Reshape, Slice, Split
from archc.ops.resize import Crop, Pad, PadChannels, Upsample
from archc.ops.tconv import TransposedConv
from archc.ops.tokens import ClassToken, Position, Tokens
from archc.ops.window import Axis
from archc.ops.words import words

__all__ = [
    "FILTERS",
    "OPS",
    "SYMBOLS",
    "Axis",
    "Category",
    "Input",
    "Inputs",
    "Op",
    "OpError",
    "Repair",
    "Shape",
    "Tensor",
    "hwc",
    "times",
    "words",
]

OPS: Mapping[str, type[Op]] = MappingProxyType(
    {
        "input": Input,
        "conv": Conv,
        "dwconv": DepthwiseConv,
        "tconv": TransposedConv,
        "fc": FullyConnected,
        "rbf": Rbf,
        "maxpool": MaxPool,
        "avgpool": AvgPool,
        "bn": BatchNorm,
        "ln": LayerNorm,
        "gn": GroupNorm,
        "instancenorm": InstanceNorm,
        "lrn": LocalResponseNorm,
        "relu": Relu,
        "relu6": Relu6,
        "leaky_relu": LeakyRelu,
        "prelu": Prelu,
        "elu": Elu,
        "selu": Selu,
        "gelu": Gelu,
        "silu": Silu,
        "mish": Mish,
        "hardswish": HardSwish,
        "hardsigmoid": HardSigmoid,
        "sigmoid": Sigmoid,
        "tanh": Tanh,
        "softplus": Softplus,
        "glu": Glu,
        "maxout": Maxout,
        "softmax": Softmax,
        "log_softmax": LogSoftmax,
        "attention": Attention,
        "dropout": Dropout,
        "stochastic_depth": StochasticDepth,
        "flatten": Flatten,
        "reshape": Reshape,
        "permute": Permute,
        "pixel_shuffle": PixelShuffle,
        "channel_shuffle": ChannelShuffle,
        "slice": Slice,
        "split": Split,
        "upsample": Upsample,
        "crop": Crop,
        "pad": Pad,
        "pad_channels": PadChannels,
        "tokens": Tokens,
        "class_token": ClassToken,
        "position": Position,
        "scale": Scale,
        "rescale": Rescale,
        "layer_scale": LayerScale,
        "kernel": FixedKernel,
        "identity": Identity,
        "add": Add,
        "concat": Concat,
        "mul": Mul,
        "max": Max,
        "mean": Mean,
        "matmul": MatMul,
    }
)

SYMBOLS: frozenset[str] = frozenset().union(*(op.symbols for op in OPS.values()))
"""Every bare word that a field of some layer takes."""
