"""Layers as Keras writes them, in the words of the language: `Dense(10, activation="softmax")` is `fc 10 -> softmax`.

What comes of it is a proposal; whoever shows it has tried it first. Source: the signatures of keras.layers, Keras 3.
"""

import re
from collections.abc import Mapping

from archc.elaborate.foreign import Given, Layer, named, sizes, window, written
from archc.syntax import ast

NAME = re.compile(r"(?P<layer>[A-Z][A-Za-z]*?)(?:(?P<rank>[123])D(?P<rest>[A-Z][a-z]+)?)?\Z")
IGNORED = {"name", "input_shape", "dtype", "kernel_initializer", "bias_initializer", "data_format"}
SAME_HERE = {"relu", "softmax", "sigmoid", "tanh", "elu", "selu", "softplus", "mish", "silu", "gelu"}
RENAMED = {"swish": "silu", "linear": "", "None": ""}


def from_keras(call: ast.Call) -> str | None:
    """The call in the words of the language, or None where it is none of Keras's or has what they lack."""
    name = NAME.match(call.name)
    layer = LAYERS.get(f"{name['layer']}{name['rest'] or ''}") if name else None
    return written(call, layer, int(name["rank"] or 2), IGNORED) if name and layer else None


def _word(given: Given, name: str, default: str) -> str:
    return given.get(name, default).strip("\"'")


def _pad(given: Given) -> str:
    """Raises KeyError for what is neither of Keras's two."""
    return {"same": ", pad=same", "valid": ""}[_word(given, "padding", "valid")]


def _then(given: Given) -> str:
    """` -> relu`. Raises ValueError for an activation that is none here."""
    word = _word(given, "activation", "linear")
    word = RENAMED.get(word, word)
    if word and word not in SAME_HERE:
        raise ValueError(word)
    return f" -> {word}" if word else ""


BIAS = ("use_bias", "bias", "yes")
DILATION = ("dilation_rate", "dilation", "1")


def _conv(given: Given, rank: int) -> str:
    shown = window(given["kernel_size"], given.get("strides"), rank)
    settings = named(given, DILATION, ("groups", "groups", "1"), BIAS)
    return f"conv {shown}, {int(given['filters'])}{_pad(given)}{settings}{_then(given)}"


def _depthwise(given: Given, rank: int) -> str:
    shown = window(given["kernel_size"], given.get("strides"), rank)
    settings = named(given, ("depth_multiplier", "multiplier", "1"), DILATION, BIAS)
    return f"dwconv {shown}{_pad(given)}{settings}{_then(given)}"


def _transposed(given: Given, rank: int) -> str:
    """Without padding, and no output longer than the input times the stride, which Keras makes of small windows."""
    step = given.get("strides", "1")
    if _pad(given) or min(sizes(given["kernel_size"])) < max(sizes(step)):
        raise ValueError(given)
    shown = window(given["kernel_size"], step, rank)
    return f"tconv {shown}, {int(given['filters'])}{named(given, DILATION, BIAS)}{_then(given)}"


def _pool(word: str, settings: str = "") -> Layer:
    def write(given: Given, rank: int) -> str:
        size = given.get("pool_size", "2")
        step = given.get("strides", "None")
        pad = _pad(given)
        return f"{word} {window(size, None if step == 'None' else step, rank, size)}{pad}{settings if pad else ''}"

    return Layer("pool_size strides padding", write)


def _dense(given: Given, rank: int) -> str:
    return f"fc {int(given['units'])}{named(given, BIAS)}{_then(given)}"


def _norm(given: Given, rank: int) -> str:
    """Keras's momentum is what the running mean keeps, and its epsilon is larger."""
    momentum = 1 - float(given.get("momentum", "0.99"))
    return f"bn eps={float(given.get('epsilon', '0.001')):g}, momentum={momentum:g}"


def _activation(given: Given, rank: int) -> str:
    return _then(given).removeprefix(" -> ") or "identity"


def _upsampling(given: Given, rank: int) -> str:
    scale = set(sizes(given.get("size", "2")))
    if len(scale) > 1 or _word(given, "interpolation", "nearest") != "nearest":
        raise ValueError(given)
    return f"upsample {scale.pop()}"


def _zeros(given: Given, rank: int) -> str:
    sides = set(sizes(given.get("padding", "1")))
    if len(sides) > 1:
        raise ValueError(sides)
    return f"pad {sides.pop()}"


CONV = "filters kernel_size strides padding data_format"
LAYERS: Mapping[str, Layer] = {
    "Conv": Layer(f"{CONV} dilation_rate groups activation use_bias", _conv),
    "DepthwiseConv": Layer(
        "kernel_size strides padding depth_multiplier data_format dilation_rate activation use_bias", _depthwise
    ),
    "ConvTranspose": Layer(f"{CONV} dilation_rate activation use_bias", _transposed),
    "MaxPooling": _pool("maxpool"),
    "AveragePooling": _pool("avgpool", ", count_include_pad=no"),
    "GlobalAveragePooling": Layer("", lambda given, rank: "avgpool global"),
    "GlobalMaxPooling": Layer("", lambda given, rank: "maxpool global"),
    "Dense": Layer("units activation use_bias", _dense),
    "BatchNormalization": Layer("axis momentum epsilon", _norm),
    "Activation": Layer("activation", _activation),
    "UpSampling": Layer("size data_format interpolation", _upsampling),
    "ZeroPadding": Layer("padding", _zeros),
}
