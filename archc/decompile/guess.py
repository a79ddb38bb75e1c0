"""What layers a node may be the last of. A guess costs little: none is believed before it was written and found."""

from collections.abc import Callable, Iterator, Mapping
from math import isclose
from types import MappingProxyType
from typing import Any

from archc.decompile import guess_shapes as shapes
from archc.decompile import guess_windows as windows
from archc.decompile.around import Around, made, short
from archc.decompile.nodes import MALFORMED
from archc.ops import Op


def candidates(around: Around) -> Iterator[Op]:
    """The larger ones first. Of a node that is not as ONNX has it there is nothing to guess."""
    for guess in GUESSES.get(around.node.op_type, ()):
        try:
            yield from guess(around)
        except MALFORMED:
            continue


def _plain(layer: str, **fields: Any) -> Callable[[Around], Iterator[Op]]:
    return lambda around: made(layer, **fields)


def _number(layer: str, field: str, attribute: str, otherwise: float) -> Callable[[Around], Iterator[Op]]:
    return lambda around: made(layer, **{field: short(around.get(attribute, otherwise))})


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
        yield from made("tanh", scale=short(whole), slope=_nice(float(slope.reshape(()))))
    yield from made("tanh", scale=short(whole))


def _nice(value: float) -> float:
    """2/3 in float32 as 2/3."""
    for divisor in (3, 7, 9, 11):
        near = round(value * divisor) / divisor
        if near and isclose(near, value, rel_tol=1e-7):
            return near
    return short(value)


def _softplus(around: Around) -> Iterator[Op]:
    yield from made("softplus")
    beta = around.constant(1)
    if beta is not None and beta.size == 1:
        yield from made("softplus", beta=short(float(beta.reshape(()))))


def _grouped_maxout(around: Around) -> Iterator[Op]:
    """The greatest over an axis that a reshape has put the pieces in."""
    shaped = around.producers.get(around.node.inputs[0])
    if shaped is None or shaped.op_type != "Reshape":
        return
    sizes = around.producers.get(shaped.inputs[1])
    name = sizes.inputs[0] if sizes is not None and sizes.op_type == "Concat" else shaped.inputs[1]
    groups = around.nodes.constants.get(name)
    if groups is not None and groups.size > 2:
        yield from made("maxout", pieces=int(groups[2]))


def _adaptive(layer: str) -> Callable[[Around], Iterator[Op]]:
    """A pool to a size that does not divide the map's."""
    return lambda around: made(layer, output_size=around.output[1:])


def _maxout(around: Around) -> Iterator[Op]:
    yield from made("maxout", pieces=len(around.node.inputs))
    yield from made("max")


def _rbf(around: Around) -> Iterator[Op]:
    if len(around.output) == 1:
        yield from made("rbf", classes=around.output[0])


def _add(around: Around) -> Iterator[Op]:
    yield from windows.group_norm(around)
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
        yield from made("matmul", scale=short(float(scale.reshape(()))))
    yield from made("mul")


GUESSES: Mapping[str, tuple[Callable[[Around], Iterator[Op]], ...]] = MappingProxyType(
    {
        "Conv": (windows.conv,),
        "ConvTranspose": (windows.transposed,),
        "Gemm": (windows.fully_connected,),
        "MaxPool": (windows.maxpool,),
        "AveragePool": (windows.avgpool,),
        "GlobalMaxPool": (_plain("maxpool", kernel_size="global"),),
        "GlobalAveragePool": (_plain("avgpool", kernel_size="global"),),
        "BatchNormalization": (windows.norms,),
        "InstanceNormalization": (windows.instance,),
        "LayerNormalization": (windows.layer_norm,),
        "LRN": (windows.lrn,),
        "Div": (windows.wide_lrn, _softplus, _plain("hardsigmoid"), _plain("hardswish")),
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
        "Reshape": (shapes.shuffle_by_reshapes,),
        "Transpose": (shapes.transpose,),
        "DepthToSpace": (lambda around: made("pixel_shuffle", factor=around.get("blocksize")),),
        "Gather": (shapes.shuffle, lambda around: made("upsample", output_size=around.output[1:])),
        "Slice": (shapes.slice_,),
        "Resize": (shapes.resize,),
        "Pad": (shapes.pad,),
        "Concat": (shapes.concat,),
        "Add": (_add,),
        "Mul": (_mul,),
        "Max": (_maxout,),
        "ReduceSum": (_rbf,),
        "Mean": (_plain("mean"),),
        "MatMul": (_adaptive("avgpool"), _plain("matmul")),
        "ReduceMax": (_adaptive("maxpool"), _grouped_maxout),
    }
)
