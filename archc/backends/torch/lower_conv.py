"""Convolutions and fully connected layers in PyTorch."""

from archc.backends.torch.lowered import Lowered, call, lowers, module, one, torch_pad
from archc.ops import Inputs, Shape
from archc.ops.attention import Attention, MatMul
from archc.ops.base import spatial
from archc.ops.conv import Conv, Convolution
from archc.ops.depthwise import DepthwiseConv
from archc.ops.fixed import FILTERS, FixedKernel
from archc.ops.linear import FullyConnected, Rbf
from archc.ops.tconv import TransposedConv


@lowers(Conv, DepthwiseConv)
def convolution(op: Convolution, inputs: Inputs, output: Shape) -> Lowered:
    """Unequal borders (pad=same with a stride) are a separate F.pad, since torch's conv has only equal ones."""
    axes = op.axes(inputs)
    borders = tuple((axis.begin, axis.end) for axis in axes)
    even = all(begin == end for begin, end in borders)
    channels, groups = op.channels_groups(inputs[0][0])
    padding = one(tuple(axis.begin for axis in axes)) if even else 0
    sliding = {
        "stride": (one(tuple(axis.stride for axis in axes)), 1),
        "padding": (padding, 0),
        "dilation": (one(tuple(axis.dilation for axis in axes)), 1),
        "bias": (op.bias, True),
    }
    kernel = ("kernel_size", one(tuple(axis.kernel for axis in axes)))
    if isinstance(op, Conv) and op.connections is not None:
        make = call(
            "SparseConv",
            ("in_channels", inputs[0][0]),
            ("kernel_size", tuple(axis.kernel for axis in axes)),
            connections=(op.connections, None),
            stride=(tuple(axis.stride for axis in axes), (1,) * len(axes)),
            padding=(tuple(axis.begin if even else 0 for axis in axes), (0,) * len(axes)),
            dilation=(tuple(axis.dilation for axis in axes), (1,) * len(axes)),
            bias=(op.bias, True),
        )
    else:
        sliding["groups"] = (groups, 1)
        name = f"nn.Conv{len(axes)}d"
        make = call(name, ("in_channels", inputs[0][0]), ("out_channels", channels), kernel, **sliding)
    value = "{0}" if even else f"F.pad({{0}}, {torch_pad(borders)})"
    return Lowered(f"{{m}}({value})", make)


@lowers(TransposedConv)
def transposed(op: TransposedConv, inputs: Inputs, output: Shape) -> Lowered:
    rank = len(inputs[0]) - 1
    return module(
        f"nn.ConvTranspose{rank}d",
        ("in_channels", inputs[0][0]),
        ("out_channels", op.out_channels),
        ("kernel_size", one(op.window(inputs))),
        stride=(one(spatial(op.stride, rank, "stride", "the stride")), 1),
        padding=(one(spatial(op.padding, rank, "padding", "the padding")), 0),
        output_padding=(one(spatial(op.output_padding, rank, "output_padding", "the output padding")), 0),
        groups=(op.groups, 1),
        bias=(op.bias, True),
        dilation=(one(spatial(op.dilation, rank, "dilation", "the dilation")), 1),
    )


@lowers(FullyConnected)
def fully_connected(op: FullyConnected, inputs: Inputs, output: Shape) -> Lowered:
    features = op.parameters(inputs)[0].shape[1]
    make = call("nn.Linear", ("in_features", features), ("out_features", op.out_features), bias=(op.bias, True))
    value = "{0}" if len(inputs[0]) == 1 else "torch.flatten({0}, 1)"
    return Lowered(f"{{m}}({value})", make)


@lowers(Rbf)
def rbf(op: Rbf, inputs: Inputs, output: Shape) -> Lowered:
    return module("RadialBasis", ("in_features", inputs[0][0]), ("classes", op.classes))


@lowers(FixedKernel)
def fixed_kernel(op: FixedKernel, inputs: Inputs, output: Shape) -> Lowered:
    borders = tuple((axis.begin, axis.end) for axis in op.axes(inputs))
    return module("FixedKernel", ("filter", FILTERS[op.filter]), padding=(torch_pad(borders), (1, 1, 1, 1)))


@lowers(Attention)
def attention(op: Attention, inputs: Inputs, output: Shape) -> Lowered:
    return module("SelfAttention", ("channels", inputs[0][0]), ("heads", op.heads), bias=(op.bias, True))


@lowers(MatMul)
def matmul(op: MatMul, inputs: Inputs, output: Shape) -> Lowered:
    return Lowered("{0} @ {1}" if op.scale == 1 else f"{op.scale!r} * ({{0}} @ {{1}})")
