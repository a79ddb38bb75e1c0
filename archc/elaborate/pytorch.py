"""Layers as PyTorch writes them, in the words of the language: `Conv2d(3, 16, 3, padding=1)` is `conv 3x3, 16, pad=1`.

What comes of it is a proposal; whoever shows it has tried it first.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from archc.syntax import ast

WHOLE = re.compile(r"\d+\Z")
TUPLE = re.compile(r"\(\s*\d+(?:\s*,\s*\d+)*\s*,?\s*\)\Z")
NAME = re.compile(r"(?P<layer>[A-Z][A-Za-z]*?)(?P<rank>[123])?[dD]?\Z")

Given = Mapping[str, str]
"""The texts of a call's arguments by PyTorch's names."""


class _Layer(NamedTuple):
    positional: str
    write: Callable[[Given, int], str]


def from_pytorch(call: ast.Call) -> str | None:
    """The call in the words of the language, or None where it is none of PyTorch's or has what they lack."""
    name = NAME.match(call.name)
    layer = LAYERS.get(name["layer"]) if name else None
    if name is None or layer is None:
        return None
    order = layer.positional.split()
    given: dict[str, str] = {}
    for place, argument in enumerate(call.arguments):
        if argument.name is None and place >= len(order):
            return None
        given[argument.name or order[place]] = argument.value.span.text
    if not set(given) <= {*order, *IGNORED}:
        return None
    try:
        return layer.write(given, int(name["rank"] or 2))
    except (KeyError, ValueError):
        return None


def _sizes(text: str) -> tuple[int, ...]:
    """`3` or `(3, 5)`. Raises ValueError for anything else."""
    if not WHOLE.match(text) and not TUPLE.match(text):
        raise ValueError(text)
    return tuple(int(number) for number in re.findall(r"\d+", text))


def _window(given: Given, rank: int, stride: str | None = None) -> str:
    """`3x3/2`. stride: what PyTorch takes where none is given; a convolution's is 1, and goes without saying."""
    sizes = _sizes(given["kernel_size"])
    kernel = "x".join(map(str, sizes * rank if len(sizes) == 1 else sizes))
    steps = set(_sizes(given.get("stride", stride or "1")))
    if len(steps) > 1:
        raise ValueError(steps)
    step = steps.pop()
    return kernel if step == 1 and stride is None else f"{kernel}/{step}"


def _named(given: Given, *pairs: tuple[str, str, str]) -> str:
    """`, pad=1, groups=2`: of (PyTorch's name, ours, the default) what is given and not the default."""
    found = []
    for theirs, ours, default in pairs:
        text = given.get(theirs, default)
        if text in ("True", "False"):
            text = {"True": "yes", "False": "no"}[text]
        if TUPLE.match(text) and len(set(_sizes(text))) == 1:
            text = str(_sizes(text)[0])
        elif not WHOLE.match(text) and text not in ("yes", "no", default):
            raise ValueError(text)
        if text != default:
            found.append(f", {ours}={text}")
    return "".join(found)


PAD = ("padding", "pad", "0")
DILATION = ("dilation", "dilation", "1")
GROUPS = ("groups", "groups", "1")
BIAS = ("bias", "bias", "yes")
CEIL = ("ceil_mode", "ceil", "no")
IGNORED = {"inplace", "dim", "num_features"}


def _conv(given: Given, rank: int) -> str:
    return f"conv {_window(given, rank)}, {int(given['out_channels'])}{_named(given, PAD, DILATION, GROUPS, BIAS)}"


def _tconv(given: Given, rank: int) -> str:
    beyond = ("output_padding", "output_padding", "0")
    settings = _named(given, PAD, beyond, DILATION, GROUPS, BIAS)
    return f"tconv {_window(given, rank)}, {int(given['out_channels'])}{settings}"


def _maxpool(given: Given, rank: int) -> str:
    return f"maxpool {_window(given, rank, given['kernel_size'])}{_named(given, PAD, DILATION, CEIL)}"


def _avgpool(given: Given, rank: int) -> str:
    return f"avgpool {_window(given, rank, given['kernel_size'])}{_named(given, PAD, CEIL)}"


def _adaptive(given: Given, rank: int) -> str:
    sizes = _sizes(given["output_size"])
    return "avgpool global" if set(sizes) == {1} else f"avgpool to {'x'.join(map(str, sizes * (3 - len(sizes))))}"


def _linear(given: Given, rank: int) -> str:
    return f"fc {int(given['out_features'])}{_named(given, BIAS)}"


def _dropout(given: Given, rank: int) -> str:
    return f"dropout {float(given.get('p', '0.5')):g}"


def _leaky(given: Given, rank: int) -> str:
    return f"leaky_relu {float(given.get('negative_slope', '0.01')):g}"


def _plain(word: str) -> _Layer:
    return _Layer("inplace", lambda given, rank: word)


CONV = "in_channels out_channels kernel_size stride padding"
LAYERS: Mapping[str, _Layer] = {
    "Conv": _Layer(f"{CONV} dilation groups bias", _conv),
    "ConvTranspose": _Layer(f"{CONV} output_padding groups bias dilation", _tconv),
    "MaxPool": _Layer("kernel_size stride padding dilation return_indices ceil_mode", _maxpool),
    "AvgPool": _Layer("kernel_size stride padding ceil_mode", _avgpool),
    "AdaptiveAvgPool": _Layer("output_size", _adaptive),
    "BatchNorm": _Layer("num_features", lambda given, rank: "bn"),
    "Linear": _Layer("in_features out_features bias", _linear),
    "Dropout": _Layer("p inplace", _dropout),
    "LeakyReLU": _Layer("negative_slope inplace", _leaky),
    "Flatten": _Layer("start_dim", lambda given, rank: "flatten"),
    "Softmax": _Layer("dim", lambda given, rank: "softmax"),
    "Identity": _plain("identity"),
    **{name: _plain(name.lower()) for name in ("ReLU", "ELU", "SELU", "GELU", "SiLU", "Mish", "Sigmoid", "Tanh")},
}
