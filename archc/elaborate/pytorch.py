"""Layers as PyTorch writes them, in the words of the language: `Conv2d(3, 16, 3, padding=1)` is `conv 3x3, 16, pad=1`.

What comes of it is a proposal; whoever shows it has tried it first.
"""

import re
from collections.abc import Mapping

from archc.elaborate.foreign import Given, Layer, named, sizes, window, written
from archc.syntax import ast

NAME = re.compile(r"(?P<layer>[A-Z][A-Za-z]*?)(?P<rank>[123])?d?\Z")


def from_pytorch(call: ast.Call) -> str | None:
    """The call in the words of the language, or None where it is none of PyTorch's or has what they lack."""
    name = NAME.match(call.name)
    layer = LAYERS.get(name["layer"]) if name else None
    return written(call, layer, int(name["rank"] or 2), IGNORED) if name and layer else None


PAD = ("padding", "pad", "0")
DILATION = ("dilation", "dilation", "1")
GROUPS = ("groups", "groups", "1")
BIAS = ("bias", "bias", "yes")
CEIL = ("ceil_mode", "ceil", "no")
IGNORED = {"inplace", "dim", "num_features"}


def _window(given: Given, rank: int, usual: str | None = None) -> str:
    return window(given["kernel_size"], given.get("stride"), rank, usual)


def _conv(given: Given, rank: int) -> str:
    return f"conv {_window(given, rank)}, {int(given['out_channels'])}{named(given, PAD, DILATION, GROUPS, BIAS)}"


def _tconv(given: Given, rank: int) -> str:
    beyond = ("output_padding", "output_padding", "0")
    settings = named(given, PAD, beyond, DILATION, GROUPS, BIAS)
    return f"tconv {_window(given, rank)}, {int(given['out_channels'])}{settings}"


def _maxpool(given: Given, rank: int) -> str:
    return f"maxpool {_window(given, rank, given['kernel_size'])}{named(given, PAD, DILATION, CEIL)}"


def _avgpool(given: Given, rank: int) -> str:
    return f"avgpool {_window(given, rank, given['kernel_size'])}{named(given, PAD, CEIL)}"


def _adaptive(given: Given, rank: int) -> str:
    sides = sizes(given["output_size"])
    return "avgpool global" if set(sides) == {1} else f"avgpool to {'x'.join(map(str, sides * (3 - len(sides))))}"


def _linear(given: Given, rank: int) -> str:
    return f"fc {int(given['out_features'])}{named(given, BIAS)}"


def _dropout(given: Given, rank: int) -> str:
    return f"dropout {float(given.get('p', '0.5')):g}"


def _leaky(given: Given, rank: int) -> str:
    return f"leaky_relu {float(given.get('negative_slope', '0.01')):g}"


def _plain(word: str) -> Layer:
    return Layer("inplace", lambda given, rank: word)


CONV = "in_channels out_channels kernel_size stride padding"
LAYERS: Mapping[str, Layer] = {
    "Conv": Layer(f"{CONV} dilation groups bias", _conv),
    "ConvTranspose": Layer(f"{CONV} output_padding groups bias dilation", _tconv),
    "MaxPool": Layer("kernel_size stride padding dilation return_indices ceil_mode", _maxpool),
    "AvgPool": Layer("kernel_size stride padding ceil_mode", _avgpool),
    "AdaptiveAvgPool": Layer("output_size", _adaptive),
    "BatchNorm": Layer("num_features", lambda given, rank: "bn"),
    "Linear": Layer("in_features out_features bias", _linear),
    "Dropout": Layer("p inplace", _dropout),
    "LeakyReLU": Layer("negative_slope inplace", _leaky),
    "Flatten": Layer("start_dim", lambda given, rank: "flatten"),
    "Softmax": Layer("dim", lambda given, rank: "softmax"),
    "Identity": _plain("identity"),
    **{name: _plain(name.lower()) for name in ("ReLU", "ELU", "SELU", "GELU", "SiLU", "Mish", "Sigmoid", "Tanh")},
}
