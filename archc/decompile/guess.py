"""What layers a node may be the last of. A guess costs little: none is believed before it was written and found."""

from collections.abc import Callable, Iterator, Mapping
from math import isclose
from types import MappingProxyType
from typing import Any

import numpy as np

from archc.decompile.nodes import MALFORMED, Nodes, Plain
from archc.ops import OPS, Op, Shape

SEARCHED = 14
"""Nodes before the last one in which a constant is looked for: the attention of a transformer is the longest."""
LARGEST_TABLE, MOST_SEEN = 4096, 0.95
"""Of pairs of channels, and the share of them that are connected: a chance zero is no table of connections."""


class Around:
    """A node and what leads to it."""

    def __init__(self, node: Plain, nodes: Nodes, producers: Mapping[str, Plain]) -> None:
        self.node = node
        self.nodes = nodes
        self.producers = producers

    def get(self, name: str, otherwise: Any = None) -> Any:
        return self.node.attributes.get(name, otherwise)

    def constant(self, place: int) -> Any:
        inputs = self.node.inputs
        return self.nodes.constants.get(inputs[place]) if place < len(inputs) else None

    def shape(self, place: int = 0) -> Shape:
        """Without the batch; () where it is not known."""
        return self.nodes.shapes.get(self.node.inputs[place], ())[1:]

    @property
    def output(self) -> Shape:
        return self.nodes.shapes.get(self.node.output, ())[1:]

    def before(self, op_type: str) -> Iterator[Plain]:
        """The nearest nodes of a type among those that lead here."""
        found = [self.node]
        for node in found:
            if node.op_type == op_type and node is not self.node:
                yield node
            if len(found) < SEARCHED:
                found += [self.producers[name] for name in node.inputs if name in self.producers]


def made(layer: str, **fields: Any) -> Iterator[Op]:
    """The layer, where its fields allow it."""
    try:
        yield OPS[layer].model_validate(fields)
    except ValueError:
        return


def candidates(around: Around) -> Iterator[Op]:
    """The larger ones first. Of a node that is not as ONNX has it there is nothing to guess."""
    for guess in GUESSES.get(around.node.op_type, ()):
        try:
            yield from guess(around)
        except MALFORMED:
            continue


def _one(numbers: Any) -> Any:
    """(3, 3) as it is written: 3."""
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)


def _padding(pads: Any) -> Any:
    half = len(pads) // 2
    begins, ends = tuple(pads[:half]), tuple(pads[half:])
    if begins == ends:
        return _one(begins)
    return tuple(side for pair in zip(begins, ends, strict=True) for side in pair)


def _sliding(around: Around) -> dict[str, Any]:
    return {
        "kernel_size": tuple(around.get("kernel_shape", (1,))),
        "stride": _one(around.get("strides", (1,))),
        "padding": _padding(around.get("pads", (0, 0))),
    }


def _conv(around: Around) -> Iterator[Op]:
    weight = around.constant(1)
    if weight is None or not around.shape() or weight.ndim < 3 or not weight.size:
        return
    groups, out_channels = around.get("group", 1), weight.shape[0]
    fields = {**_sliding(around), "dilation": _one(around.get("dilations", (1,))), "bias": len(around.node.inputs) > 2}
    if groups > 1 and groups == around.shape()[0] == out_channels:
        yield from made("dwconv", **fields)
    seen = weight.reshape(*weight.shape[:2], -1).any(2)
    if (
        groups == 1 and seen.size <= LARGEST_TABLE and seen.mean() < MOST_SEEN and seen.any(1).all()
    ):  # a table of connections, written out with zeros
        table = [np.flatnonzero(row).tolist() for row in seen]
        yield from made("conv", **fields, out_channels=out_channels, connections=table)
    yield from made("conv", **fields, out_channels=out_channels, groups=groups)


def _transposed(around: Around) -> Iterator[Op]:
    weight = around.constant(1)
    if weight is None:
        return
    pads, extra = around.get("pads", (0, 0)), around.get("output_padding", (0,))
    half = len(pads) // 2
    begins, ends = pads[:half], pads[half:]
    if any(begin < end for begin, end in zip(begins, ends, strict=True)):
        return
    more = tuple(
        e + begin - end for e, begin, end in zip(extra * (half if len(extra) == 1 else 1), begins, ends, strict=False)
    )
    yield from made(
        "tconv",
        **{**_sliding(around), "padding": _one(begins)},
        dilation=_one(around.get("dilations", (1,))),
        output_padding=_one(more or (0,)),
        groups=around.get("group", 1),
        out_channels=weight.shape[1] * around.get("group", 1),
        bias=len(around.node.inputs) > 2,
    )


def _fully_connected(around: Around) -> Iterator[Op]:
    weight = around.constant(1)
    if weight is not None:
        yield from made("fc", out_features=weight.shape[0], bias=len(around.node.inputs) > 2)


def _maxpool(around: Around) -> Iterator[Op]:
    fields = {**_sliding(around), "dilation": _one(around.get("dilations", (1,)))}
    yield from made("maxpool", **fields, ceil_mode=bool(around.get("ceil_mode")))


def _avgpool(around: Around) -> Iterator[Op]:
    include = bool(around.get("count_include_pad")) or not any(around.get("pads", ()))
    yield from made("avgpool", **_sliding(around), ceil_mode=bool(around.get("ceil_mode")), count_include_pad=include)


def _norms(around: Around) -> Iterator[Op]:
    for affine in (True, False):
        yield from made("bn", eps=_short(around.get("epsilon", 1e-5)), affine=affine)


def _instance(around: Around) -> Iterator[Op]:
    for affine in (True, False):
        yield from made("instancenorm", eps=_short(around.get("epsilon", 1e-5)), affine=affine)


def _layer_norm(around: Around) -> Iterator[Op]:
    for affine, bias in ((True, True), (True, False), (False, False)):
        yield from made("ln", eps=_short(around.get("epsilon", 1e-5)), affine=affine, bias=bias)


def _transpose(around: Around) -> Iterator[Op]:
    """Attention and norms over channels turn the axes, and turn them back."""
    for reshape in around.before("Reshape"):
        target = around.nodes.constants.get(reshape.inputs[1])
        if target is not None and target.size == 4:
            for bias in (True, False):
                yield from made("attention", heads=int(target[2]), bias=bias)
    for norm in around.before("LayerNormalization"):
        for affine, bias in ((True, True), (True, False), (False, False)):
            yield from made(
                "ln", over="channels", eps=_short(norm.attributes.get("epsilon", 1e-5)), affine=affine, bias=bias
            )
    order = around.get("perm", ())
    if order and order[0] == 0:
        yield from made("permute", order=[axis - 1 for axis in order[1:]])


def _groups(around: Around) -> Iterator[Op]:
    for norm in around.before("InstanceNormalization"):
        weight = around.nodes.constants.get(norm.inputs[1])
        for affine in (True, False):
            if weight is not None:
                yield from made(
                    "gn", groups=weight.size, eps=_short(norm.attributes.get("epsilon", 1e-5)), affine=affine
                )


def _lrn(around: Around) -> Iterator[Op]:
    yield from made(
        "lrn",
        size=around.get("size"),
        alpha=_short(around.get("alpha", 1e-4)),
        beta=_short(around.get("beta", 0.75)),
        k=_short(around.get("bias", 1.0)),
    )


def _wide_lrn(around: Around) -> Iterator[Op]:
    """Written out, for sizes and ranks that ONNX's own layer has not."""
    numbers: dict[str, float] = {}
    for op_type, name in (("Pow", "beta"), ("Add", "k"), ("Mul", "alpha")):
        for node in around.before(op_type):
            value = around.nodes.constants.get(node.inputs[1])
            if value is not None and value.size == 1:
                numbers.setdefault(name, float(value.reshape(())))
    for pool in around.before("AveragePool"):
        size = pool.attributes.get("kernel_shape", (0,))[0]
        yield from made("lrn", size=size, **{name: _short(value) for name, value in numbers.items()})


def _short(value: float) -> float:
    """0.30000001192 as it was written: 0.3."""
    return float(str(np.float32(value)))


def _plain(layer: str, **fields: Any) -> Callable[[Around], Iterator[Op]]:
    return lambda around: made(layer, **fields)


def _number(layer: str, field: str, attribute: str, otherwise: float) -> Callable[[Around], Iterator[Op]]:
    return lambda around: made(layer, **{field: _short(around.get(attribute, otherwise))})


def _prelu(around: Around) -> Iterator[Op]:
    for shared in (True, False):
        yield from made("prelu", shared=shared)


def _tanh(around: Around) -> Iterator[Op]:
    """scale·tanh(slope·x), each factor where there is one."""
    scale = around.constant(1) if around.node.op_type == "Mul" else None
    if around.node.op_type == "Mul" and (scale is None or scale.size != 1):
        return
    root = around.node if around.node.op_type == "Tanh" else around.producers.get(around.node.inputs[0])
    if root is None or root.op_type != "Tanh":
        return
    inner = around.producers.get(root.inputs[0])
    slope = around.nodes.constants.get(inner.inputs[1]) if inner is not None and inner.op_type == "Mul" else None
    whole = 1.0 if scale is None else float(scale.reshape(()))
    if slope is not None and slope.size == 1:
        yield from made("tanh", scale=_short(whole), slope=_nice(float(slope.reshape(()))))
    yield from made("tanh", scale=_short(whole))


def _nice(value: float) -> float:
    """2/3 in float32 as 2/3."""
    for divisor in (3, 7, 9, 11):
        near = round(value * divisor) / divisor
        if near and isclose(near, value, rel_tol=1e-7):
            return near
    return _short(value)


def _softplus(around: Around) -> Iterator[Op]:
    yield from made("softplus")
    beta = around.constant(1)
    if beta is not None and beta.size == 1:
        yield from made("softplus", beta=_short(float(beta.reshape(()))))


def _maxout(around: Around) -> Iterator[Op]:
    yield from made("maxout", pieces=len(around.node.inputs))
    yield from made("max")


def _rbf(around: Around) -> Iterator[Op]:
    if len(around.output) == 1:
        yield from made("rbf", classes=around.output[0])


def _shuffle(around: Around) -> Iterator[Op]:
    order = around.constant(1)
    if order is not None and order.size > 1 and around.get("axis") == 1 and int(order[1]):
        yield from made("channel_shuffle", groups=max(1, order.size // int(order[1])))


def _shuffle_by_reshapes(around: Around) -> Iterator[Op]:
    yield from _groups(around)
    for turned in around.before("Transpose"):
        groups = around.nodes.shapes.get(turned.inputs[0], ())[1:2]
        if groups and turned.attributes.get("perm", ())[:3] == (0, 2, 1):
            yield from made("channel_shuffle", groups=groups[0])
    yield from _reshape(around)


def _reshape(around: Around) -> Iterator[Op]:
    output = around.output
    if len(output) == 2 and len(around.shape()) > 2:
        yield from made("tokens")
    if output:
        yield from made("reshape", dims=(*output[1:], output[0]))


def _slice(around: Around) -> Iterator[Op]:
    starts, stops, axes = (around.constant(place) for place in (1, 2, 3))
    shape = around.shape()
    if starts is None or stops is None or axes is None or not shape:
        return
    if starts.size == 1:
        axis = int(axes[0]) - 1
        if not 0 <= axis < len(shape):
            return
        start, stop = int(starts[0]), int(stops[0])
        names = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}.get(len(shape) - 1, ())
        size = stop - start
        if axis == 0 and size and shape[0] % size == 0 and start % size == 0:
            yield from made("split", parts=shape[0] // size, index=start // size)
        name = "channels" if axis == 0 else names[axis - 1]
        yield from made("slice", start=start, stop=None if stop == shape[axis] else stop, axis=name)
    yield from made("crop", size=around.output[1:])


def _resize(around: Around) -> Iterator[Op]:
    scales, rank = around.constant(2), len(around.shape()) - 1
    mode = {"nearest": "nearest", "cubic": "bicubic"}.get(
        around.get("mode", "nearest"), {1: "linear", 2: "bilinear", 3: "trilinear"}.get(rank, "bilinear")
    )
    corners = around.get("coordinate_transformation_mode", "half_pixel") == "align_corners"
    fields: dict[str, Any] = {"mode": mode, **({"align_corners": corners} if mode != "nearest" else {})}
    if scales is not None and scales.size == rank + 2:
        yield from made("upsample", scale=_one([_short(float(scale)) for scale in scales[2:]]), **fields)
    else:
        yield from made("upsample", output_size=_one(around.output[1:]), **fields)


def _pad(around: Around) -> Iterator[Op]:
    sides, fill = around.constant(1), around.constant(2)
    mode = {"constant": "zero", "reflect": "reflect", "edge": "replicate"}.get(around.get("mode", "constant"))
    if sides is None or mode is None or len(sides) < 6:
        return
    begins, ends = np.split(sides, 2)
    if begins[1] or ends[1]:
        yield from made("pad_channels", padding=(int(begins[1]), int(ends[1])))
    numbers = [*map(int, begins[2:]), *map(int, ends[2:])]
    yield from made("pad", padding=_padding(numbers), mode=mode, value=_short(float(fill)) if fill is not None else 0.0)


def _concat(around: Around) -> Iterator[Op]:
    yield from made("class_token")
    axis, rank = around.get("axis", 1), len(around.shape())
    if axis == 1:
        yield from made("concat")
    elif 2 <= axis <= rank:
        yield from made("concat", axis={0: "width", 1: "height"}.get(rank - axis, "depth"))


def _add(around: Around) -> Iterator[Op]:
    yield from _groups(around)
    yield from made("position")
    yield from made("scale")
    yield from made("add")


def _mul(around: Around) -> Iterator[Op]:
    for layer in ("silu", "glu", "gelu", "hardswish", "hardsigmoid", "mish"):
        yield from made(layer)
    yield from made("layer_scale")
    yield from made("scale", bias=False)
    yield from _tanh(around)
    scale = around.constant(1)
    if scale is not None and scale.size == 1:
        yield from made("matmul", scale=_short(float(scale.reshape(()))))
    yield from made("mul")


GUESSES: Mapping[str, tuple[Callable[[Around], Iterator[Op]], ...]] = MappingProxyType(
    {
        "Conv": (_conv,),
        "ConvTranspose": (_transposed,),
        "Gemm": (_fully_connected,),
        "MaxPool": (_maxpool,),
        "AveragePool": (_avgpool,),
        "GlobalMaxPool": (_plain("maxpool", kernel_size="global"),),
        "GlobalAveragePool": (_plain("avgpool", kernel_size="global"),),
        "BatchNormalization": (_norms,),
        "InstanceNormalization": (_instance,),
        "LayerNormalization": (_layer_norm,),
        "LRN": (_lrn,),
        "Div": (_wide_lrn, _softplus, _plain("hardsigmoid"), _plain("hardswish")),
        "Relu": (_plain("relu"),),
        "Clip": (_plain("relu6"),),
        "LeakyRelu": (_number("leaky_relu", "negative_slope", "alpha", 0.01),),
        "PRelu": (_prelu,),
        "Elu": (_number("elu", "alpha", "alpha", 1.0),),
        "Selu": (_plain("selu"),),
        "Gelu": (_plain("gelu"), _plain("gelu", approximate="tanh")),
        "Mish": (_plain("mish"),),
        "HardSwish": (_plain("hardswish"),),
        "HardSigmoid": (_plain("hardsigmoid"),),
        "Sigmoid": (_plain("sigmoid"),),
        "Tanh": (_tanh,),
        "Softplus": (_softplus,),
        "Softmax": (_plain("softmax"),),
        "LogSoftmax": (_plain("log_softmax"),),
        "Flatten": (_plain("flatten"),),
        "Reshape": (_shuffle_by_reshapes,),
        "Transpose": (_transpose,),
        "DepthToSpace": (lambda around: made("pixel_shuffle", factor=around.get("blocksize")),),
        "Gather": (_shuffle,),
        "Slice": (_slice,),
        "Resize": (_resize,),
        "Pad": (_pad,),
        "Concat": (_concat,),
        "Add": (_add,),
        "Mul": (_mul,),
        "Max": (_maxout,),
        "ReduceSum": (_rbf,),
        "Mean": (_plain("mean"),),
        "MatMul": (_plain("matmul"),),
    }
)
