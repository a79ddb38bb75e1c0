"""A layer in the words of papers: `3×3 conv, 64, /2`."""

from archc.analysis.figures import human
from archc.ops import Op, Shape, hwc, words

NAMES = {
    "dwconv": "depthwise conv",
    "tconv": "up-conv",
    "maxpool": "max pool",
    "avgpool": "avg pool",
    "bn": "batch norm",
    "ln": "layer norm",
    "gn": "group norm",
    "instancenorm": "instance norm",
    "lrn": "local response norm",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "leaky_relu": "leaky ReLU",
    "prelu": "PReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "mish": "Mish",
    "hardswish": "hard-swish",
    "hardsigmoid": "hard-sigmoid",
    "log_softmax": "log-softmax",
    "glu": "GLU",
    "mul": "multiply",
    "matmul": "matrix product",
    "stochastic_depth": "stochastic depth",
    "layer_scale": "layer scale",
    "class_token": "class token",
    "position": "position embedding",
    "pixel_shuffle": "pixel shuffle",
    "channel_shuffle": "channel shuffle",
    "pad_channels": "pad channels",
    "rbf": "RBF",
}
SHORT = {"bn": "BN", "ln": "LN", "gn": "GN", "lrn": "LRN"}


def short_name(op: Op) -> str:
    """The kind of layer in a word or two: `BN`, `max pool`, `conv`."""
    return SHORT.get(op.name) or NAMES.get(op.name, op.name.replace("_", " "))


def is_main(op: Op) -> bool:
    """Whether a layer has a line of its own in a paper's table: a convolution, a product or a pool."""
    return op.category in ("conv", "fc", "pool")


def paper_words(op: Op, inputs: tuple[Shape, ...], shape: Shape) -> str:
    """What a paper's figure would call the layer. Other ops keep the words of the source."""
    name = short_name(op)
    if op.category == "input":
        return "input"
    if op.name in ("conv", "dwconv", "tconv"):
        return _convolution(op, shape)
    if op.category == "pool":
        return _pool(op, name, len(inputs[0]) - 1 if inputs else 2)
    if op.name in ("fc", "rbf"):
        return f"{name}, {shape[0]}"
    if op.name == "attention":
        return f"{getattr(op, 'heads', '')}-head attention"
    if op.category in ("norm", "activation", "join"):
        return name
    if op.name == "dropout":
        return f"{name} {getattr(op, 'p', 0):g}"
    if op.name == "split":
        return f"split, part {getattr(op, 'index', 0) + 1} of {getattr(op, 'parts', 1)}"
    if op.name in (
        "stochastic_depth",
        "flatten",
        "tokens",
        "class_token",
        "position",
        "layer_scale",
        "scale",
        "identity",
    ):
        return name
    return words(op).replace("_", " ")


def _extent(value: object, rank: int) -> str:
    """`3×3`; an equal size on every axis is written once for each."""
    return "×".join(map(str, value if isinstance(value, tuple) else (value,) * rank))


def _step(value: object) -> str:
    """`, /2`, and nothing for a stride of 1."""
    if value in (None, 1) or (isinstance(value, tuple) and set(value) == {1}):
        return ""
    return f", /{'×'.join(map(str, value)) if isinstance(value, tuple) else value}"


def _windowed(size: object, name: str, rank: int) -> str:
    """`3×3 conv`, and `1-D conv 3`, for a window with one side cannot stand before its layer."""
    text = _extent(size, rank)
    return f"1-D {name} {text}" if rank == 1 else f"{text} {name}"


def _convolution(op: Op, shape: Shape) -> str:
    text = f"{_windowed(getattr(op, 'kernel_size', 1), short_name(op), len(shape) - 1)}, {shape[0]}"
    text += _step(getattr(op, "stride", 1))
    groups, dilation = getattr(op, "groups", 1), getattr(op, "dilation", 1)
    if groups > 1:
        text += f", {groups} groups"
    if dilation not in (1, (1,) * (len(shape) - 1)):
        text += f", dilated {dilation if isinstance(dilation, int) else _extent(dilation, len(shape) - 1)}"
    return text


def _pool(op: Op, name: str, rank: int) -> str:
    kernel, size = getattr(op, "kernel_size", None), getattr(op, "output_size", None)
    if size is not None:
        return f"{name} to {_extent(size, rank)}"
    if kernel == "global":
        return f"global {name}"
    stride = getattr(op, "stride", None)
    return f"{_windowed(kernel, name, rank)}{_step(kernel if stride is None else stride)}"


def shape_words(shape: Shape) -> str:
    """`56×56×64`"""
    return hwc(shape).replace("x", "×")


def range_words(first: Shape, last: Shape) -> str:
    """The shapes of several repetitions: `56×56×(96…256)` where they differ in channels alone, else the last."""
    if first == last:
        return shape_words(first)
    if first[1:] == last[1:] and len(first) > 1:
        sizes = "×".join(map(str, first[1:]))
        return f"{sizes}×({first[0]}…{last[0]})"
    return shape_words(last)


def cost_words(params: int, macs: int, with_params: bool, with_macs: bool) -> str:
    """`36.9 K params · 116 M MACs`, as much of it as was asked for and is not nothing."""
    parts = []
    if with_params and params:
        parts.append(f"{human(params)} params")
    if with_macs and macs:
        parts.append(f"{human(macs)} MACs")
    return " · ".join(parts)
