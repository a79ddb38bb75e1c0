"""The layers: shapes, parameters and costs. A new layer is a class in the file of its family, and a line in FAMILIES.

The file of a family is imported when a net uses one of its layers.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from archc.ops.base import Category, Inputs, Op, OpError, Repair, Shape, Tensor, times
from archc.ops.declared import InvalidFields
from archc.ops.input import Input
from archc.ops.window import Axis
from archc.shapes import hwc

__all__ = [
    "OPS",
    "Axis",
    "Category",
    "Input",
    "Inputs",
    "InvalidFields",
    "Op",
    "OpError",
    "Repair",
    "Shape",
    "Tensor",
    "hwc",
    "symbols",
    "times",
]

FAMILIES = {
    "input": "input.Input",
    "conv": "conv.Conv",
    "dwconv": "depthwise.DepthwiseConv",
    "tconv": "tconv.TransposedConv",
    "fc": "linear.FullyConnected",
    "rbf": "linear.Rbf",
    "maxpool": "pool.MaxPool",
    "avgpool": "pool.AvgPool",
    "bn": "norm.BatchNorm",
    "ln": "norm.LayerNorm",
    "gn": "norm.GroupNorm",
    "instancenorm": "norm.InstanceNorm",
    "lrn": "norm.LocalResponseNorm",
    "relu": "activation.Relu",
    "relu6": "activation.Relu6",
    "leaky_relu": "activation.LeakyRelu",
    "prelu": "activation.Prelu",
    "elu": "activation.Elu",
    "selu": "activation.Selu",
    "gelu": "activation.Gelu",
    "silu": "activation.Silu",
    "mish": "activation.Mish",
    "hardswish": "activation.HardSwish",
    "hardsigmoid": "activation.HardSigmoid",
    "sigmoid": "activation.Sigmoid",
    "tanh": "activation.Tanh",
    "softplus": "activation.Softplus",
    "glu": "activation.Glu",
    "maxout": "linear.Maxout",
    "softmax": "activation.Softmax",
    "log_softmax": "activation.LogSoftmax",
    "attention": "attention.Attention",
    "dropout": "regularisation.Dropout",
    "stochastic_depth": "regularisation.StochasticDepth",
    "flatten": "reshape.Flatten",
    "reshape": "reshape.Reshape",
    "permute": "reshape.Permute",
    "pixel_shuffle": "reshape.PixelShuffle",
    "channel_shuffle": "reshape.ChannelShuffle",
    "slice": "reshape.Slice",
    "split": "reshape.Split",
    "upsample": "resize.Upsample",
    "crop": "crop_pad.Crop",
    "pad": "crop_pad.Pad",
    "pad_channels": "crop_pad.PadChannels",
    "tokens": "tokens.Tokens",
    "class_token": "tokens.ClassToken",
    "position": "tokens.Position",
    "scale": "fixed.Scale",
    "rescale": "fixed.Rescale",
    "layer_scale": "fixed.LayerScale",
    "kernel": "fixed.FixedKernel",
    "identity": "fixed.Identity",
    "add": "join.Add",
    "concat": "join.Concat",
    "mul": "join.Mul",
    "max": "join.Max",
    "mean": "join.Mean",
    "matmul": "attention.MatMul",
}
"""Layer → module and class."""


class _Layers(Mapping[str, type[Op]]):
    """Name of a layer in sources → its class."""

    def __init__(self) -> None:
        self._known: dict[str, type[Op]] = {}

    def __getitem__(self, name: str) -> type[Op]:
        known = self._known.get(name)
        if known is None:
            family, _, kind = FAMILIES[name].partition(".")
            known = self._known[name] = getattr(import_module(f"archc.ops.{family}"), kind)
        return known

    def __contains__(self, name: object) -> bool:
        return name in FAMILIES

    def __iter__(self) -> Iterator[str]:
        return iter(FAMILIES)

    def __len__(self) -> int:
        return len(FAMILIES)


OPS: Mapping[str, type[Op]] = _Layers()


@cache
def symbols() -> frozenset[str]:
    """All bare words that are values of fields."""
    return frozenset().union(*(op.symbols for op in OPS.values()))
