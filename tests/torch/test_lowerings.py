"""How a layer is written in PyTorch: as torch itself describes the module that is meant, and nothing that torch does
anyway."""

import ast
import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
from torch import nn

from archc.backends.torch.expressions import call_text
from archc.backends.torch.lowered import Lowered
from archc.backends.torch.table import LOWERINGS
from archc.ops import OPS, Shape
from tests.sweep import cases
from tests.torch.lowered import NAMES


def lowered(layer: str, fields: Mapping[str, Any], *shapes: Shape) -> Lowered:
    op = OPS[layer].of(fields)
    return LOWERINGS[layer](op, shapes, op.output(shapes))


LINE, MAP, VOLUME = (4, 9), (4, 8, 9), (4, 7, 8, 9)
# a layer, its fields, what flows in, torch's module
MODULES: list[tuple[str, dict[str, Any], Shape, nn.Module]] = [
    ("relu", {}, MAP, nn.ReLU()),
    ("relu6", {}, MAP, nn.ReLU6()),
    ("leaky_relu", {"negative_slope": 0.2}, MAP, nn.LeakyReLU(0.2)),
    ("prelu", {"initial": 0.1}, MAP, nn.PReLU(1, 0.1)),
    ("prelu", {"shared": False}, MAP, nn.PReLU(4)),
    ("elu", {"alpha": 0.3}, MAP, nn.ELU(0.3)),
    ("selu", {}, MAP, nn.SELU()),
    ("gelu", {"approximate": "tanh"}, MAP, nn.GELU("tanh")),
    ("silu", {}, MAP, nn.SiLU()),
    ("mish", {}, MAP, nn.Mish()),
    ("hardswish", {}, MAP, nn.Hardswish()),
    ("hardsigmoid", {}, MAP, nn.Hardsigmoid()),
    ("sigmoid", {}, MAP, nn.Sigmoid()),
    ("tanh", {}, MAP, nn.Tanh()),
    ("softplus", {"beta": 2.0, "threshold": 3.0}, MAP, nn.Softplus(2.0, 3.0)),
    ("glu", {}, MAP, nn.GLU(1)),
    ("softmax", {}, MAP, nn.Softmax(1)),
    ("log_softmax", {}, MAP, nn.LogSoftmax(1)),
    ("dropout", {"p": 0.3}, MAP, nn.Dropout(0.3)),
    ("dropout", {"p": 0.3, "spatial": True}, LINE, nn.Dropout1d(0.3)),
    ("dropout", {"p": 0.3, "spatial": True}, MAP, nn.Dropout2d(0.3)),
    ("dropout", {"p": 0.3, "spatial": True}, VOLUME, nn.Dropout3d(0.3)),
    ("bn", {"eps": 0.2, "momentum": 0.3, "affine": False, "track_running_stats": False}, (4,),
     nn.BatchNorm1d(4, 0.2, 0.3, False, False)),
    ("bn", {}, LINE, nn.BatchNorm1d(4)),
    ("bn", {"eps": 0.2}, MAP, nn.BatchNorm2d(4, 0.2)),
    ("bn", {"momentum": 0.3}, VOLUME, nn.BatchNorm3d(4, momentum=0.3)),
    ("ln", {"eps": 0.2}, (4,), nn.LayerNorm(4, 0.2)),
    ("ln", {"bias": False}, LINE, nn.LayerNorm(LINE, bias=False)),
    ("ln", {"affine": False, "bias": False}, MAP, nn.LayerNorm(MAP, elementwise_affine=False)),
    ("gn", {"groups": 2, "eps": 0.2, "affine": False}, MAP, nn.GroupNorm(2, 4, 0.2, False)),
    ("instancenorm", {"eps": 0.2, "affine": True}, LINE, nn.InstanceNorm1d(4, 0.2, affine=True)),
    ("instancenorm", {}, MAP, nn.InstanceNorm2d(4)),
    ("instancenorm", {}, VOLUME, nn.InstanceNorm3d(4)),
    ("lrn", {"size": 3, "alpha": 0.2, "beta": 0.5, "k": 2.0}, MAP, nn.LocalResponseNorm(3, 0.2, 0.5, 2.0)),
    ("conv", {"kernel_size": 3, "out_channels": 6}, LINE, nn.Conv1d(4, 6, 3)),
    ("conv", {"kernel_size": (3, 2), "out_channels": 6, "stride": (2, 1), "dilation": (1, 2), "groups": 2,
              "bias": False}, MAP, nn.Conv2d(4, 6, (3, 2), (2, 1), 0, (1, 2), 2, False)),
    ("conv", {"kernel_size": (3, 5), "out_channels": 6, "padding": "half"}, MAP,
     nn.Conv2d(4, 6, (3, 5), padding=(1, 2))),
    ("conv", {"kernel_size": 3, "out_channels": 6, "padding": 1}, VOLUME, nn.Conv3d(4, 6, 3, padding=1)),
    ("dwconv", {"kernel_size": 3, "multiplier": 2}, MAP, nn.Conv2d(4, 8, 3, groups=4)),
    ("tconv", {"kernel_size": 3, "out_channels": 6}, LINE, nn.ConvTranspose1d(4, 6, 3)),
    ("tconv", {"kernel_size": (3, 2), "out_channels": 6, "stride": (2, 3), "padding": (1, 0),
               "output_padding": (1, 0), "groups": 2, "bias": False, "dilation": (1, 2)}, MAP,
     nn.ConvTranspose2d(4, 6, (3, 2), (2, 3), (1, 0), (1, 0), 2, False, (1, 2))),
    ("tconv", {"kernel_size": 3, "out_channels": 6}, VOLUME, nn.ConvTranspose3d(4, 6, 3)),
    ("fc", {"out_features": 3, "bias": False}, (4,), nn.Linear(4, 3, False)),
    ("fc", {"out_features": 3}, LINE, nn.Linear(36, 3)),
    ("maxpool", {"kernel_size": 3, "stride": 2, "padding": 1, "dilation": 2, "ceil_mode": True}, LINE,
     nn.MaxPool1d(3, 2, 1, 2, ceil_mode=True)),
    ("maxpool", {"kernel_size": 2, "padding": 1}, MAP, nn.MaxPool2d(2, padding=1)),
    ("maxpool", {"kernel_size": (3, 2)}, MAP, nn.MaxPool2d((3, 2))),
    ("maxpool", {"kernel_size": 2, "stride": 1}, VOLUME, nn.MaxPool3d(2, 1)),
    ("maxpool", {"output_size": (2, 3)}, MAP, nn.AdaptiveMaxPool2d((2, 3))),
    ("maxpool", {"kernel_size": "global"}, LINE, nn.AdaptiveMaxPool1d(1)),
    ("avgpool", {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}, LINE,
     nn.AvgPool1d(3, 2, 1, True, False)),
    ("avgpool", {"kernel_size": (3, 2), "stride": (2, 1)}, MAP, nn.AvgPool2d((3, 2), (2, 1))),
    ("avgpool", {"kernel_size": 2}, VOLUME, nn.AvgPool3d(2)),
    ("avgpool", {"output_size": 2}, VOLUME, nn.AdaptiveAvgPool3d(2)),
    ("pixel_shuffle", {"factor": 2}, MAP, nn.PixelShuffle(2)),
    ("channel_shuffle", {"groups": 2}, MAP, nn.ChannelShuffle(2)),
    ("upsample", {"scale": 2}, MAP, nn.Upsample(scale_factor=2.0)),
    ("upsample", {"scale": (2, 1.5), "mode": "bilinear"}, MAP, nn.Upsample(scale_factor=(2.0, 1.5), mode="bilinear")),
    ("upsample", {"output_size": (9, 12), "mode": "bicubic"}, MAP, nn.Upsample(size=(9, 12), mode="bicubic")),
    ("identity", {}, MAP, nn.Identity()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("layer", "fields", "shape", "theirs"), MODULES, ids=[f"{i}-{m[0]}" for i, m in enumerate(MODULES)]
)
def test_a_module_is_described_as_torchs(layer: str, fields: dict[str, Any], shape: Shape, theirs: nn.Module) -> None:
    made = lowered(layer, fields, shape)
    assert made.make is not None
    module = eval(call_text(made.make), NAMES)
    assert repr(module) == repr(theirs)
    assert getattr(module, "init", None) == getattr(theirs, "init", None)  # of a prelu, which its text leaves out
    assert made.apply.replace("torch.flatten({0}, 1)", "{0}").replace(".contiguous()", "") == "{m}({0})"


# where torch has no such layer, or its description leaves out what counts: the constructor's text
TEXTS: list[tuple[str, dict[str, Any], Shape, str]] = [
    ("conv", {"kernel_size": 2, "out_channels": 2, "connections": ((0, 1), (2,))}, (3, 8, 9),
     "SparseConv(3, (2, 2), connections=((0, 1), (2,)))"),
    ("conv", {"kernel_size": 3, "out_channels": 2, "connections": ((0,), (1,)), "stride": (2, 1), "padding": (1, 0),
              "dilation": (1, 2), "bias": False}, (2, 8, 9),
     "SparseConv(2, (3, 3), connections=((0,), (1,)), stride=(2, 1), padding=(1, 0), dilation=(1, 2), bias=False)"),
    ("conv", {"kernel_size": 2, "out_channels": 2, "connections": ((0,), (1,)), "padding": "same"}, (2, 8, 9),
     "SparseConv(2, (2, 2), connections=((0,), (1,)))"),
    ("ln", {"over": "channels", "eps": 0.2}, MAP, "ChannelNorm(4, eps=0.2)"),
    ("ln", {"over": "channels"}, (4,), "nn.LayerNorm(4)"),
    ("ln", {"over": "channels", "bias": False}, LINE, "ChannelNorm(4, bias=False)"),
    ("lrn", {"size": 3}, MAP, "nn.LocalResponseNorm(3)"),
    ("layer_scale", {}, MAP, "LayerScale((4, 1, 1))"),
    ("layer_scale", {"init": 0.1}, LINE, "LayerScale((4, 1), init=0.1)"),
    ("scale", {}, MAP, "Scale(4)"),
    ("scale", {"bias": False}, MAP, "Scale(4, bias=False)"),
    ("scale", {"weight": False}, MAP, "Scale(4, weight=False)"),
    ("scale", {"shared": True}, MAP, "Scale(1)"),
    ("rescale", {"offset": [1, 2, 3, 4]}, MAP, "Rescale((1.0,), offset=(1.0, 2.0, 3.0, 4.0))"),
    ("stochastic_depth", {"p": 0.3}, MAP, "StochasticDepth(0.3)"),
    ("stochastic_depth", {"p": 0.3, "mode": "batch"}, MAP, 'StochasticDepth(0.3, mode="batch")'),
    ("pad_channels", {"padding": (1, 3)}, MAP, "PadChannels((1, 3))"),
    ("crop", {"size": (5, 6)}, MAP, "CenterCrop((5, 6))"),
    ("class_token", {}, LINE, "ClassToken(4)"),
    ("position", {}, LINE, "Position(9, 4)"),
    ("attention", {"heads": 2}, LINE, "SelfAttention(4, 2)"),
    ("attention", {"heads": 4, "bias": False}, LINE, "SelfAttention(4, 4, bias=False)"),
    ("avgpool", {"kernel_size": 3, "padding": (1, 1, 0, 0), "count_include_pad": False}, MAP,
     "nn.AvgPool2d(3, padding=(1, 0), count_include_pad=False)"),
    ("rbf", {"classes": 3}, (4,), "RadialBasis(4, 3)"),
    ("maxpool", {"kernel_size": 2, "stride": 2, "padding": (1, 0, 0, 0)}, MAP, "nn.MaxPool2d(2)"),
    ("avgpool", {"kernel_size": 3, "stride": (2, 1), "padding": (0, 1, 1, 1), "count_include_pad": False}, MAP,
     "PaddedAvgPool((3, 3), (2, 1), (0, 0, 0, 0), (1, 1, 0, 1))"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "fields", "shape", "text"), TEXTS)
def test_a_constructor_is_given_what_it_needs(layer: str, fields: dict[str, Any], shape: Shape, text: str) -> None:
    make = lowered(layer, fields, shape).make
    assert make is not None
    assert call_text(make) == text


# a layer, its fields, what flows in, the expression that a programmer would write
EXPRESSIONS: list[tuple[str, dict[str, Any], tuple[Shape, ...], str]] = [
    ("tanh", {}, (MAP,), "{m}({0})"),
    ("tanh", {"scale": 1.7159}, (MAP,), "1.7159 * {m}({0})"),
    ("rescale", {"scale": -1, "offset": 1}, (MAP,), "{0} * -1.0 + 1.0"),
    ("rescale", {"offset": -2}, (MAP,), "{0} - 2.0"),
    ("tanh", {"slope": 0.5}, (MAP,), "{m}(0.5 * {0})"),
    ("maxout", {"pieces": 2}, (MAP,), "{0}.unflatten(1, (-1, 2)).amax(2)"),
    ("matmul", {}, ((3, 4), (4, 5)), "{0} @ {1}"),
    ("matmul", {"scale": 2.0}, ((3, 4), (4, 5)), "2.0 * ({0} @ {1})"),
    ("add", {}, (MAP, MAP, MAP), "{0} + {1} + {2}"),
    ("mul", {}, (MAP, (4,)), "{0} * {1}[:, :, None, None]"),
    ("max", {}, (MAP, MAP, MAP), "torch.maximum(torch.maximum({0}, {1}), {2})"),
    ("mean", {}, (MAP, MAP), "({0} + {1}) / 2"),
    ("concat", {}, (MAP, MAP), "torch.cat(({0}, {1}), 1)"),
    ("concat", {}, (MAP,), "torch.cat(({0},), 1)"),
    ("concat", {"axis": "width"}, (MAP, MAP), "torch.cat(({0}, {1}), 3)"),
    ("fc", {"out_features": 3}, ((4,),), "{m}({0})"),
    ("fc", {"out_features": 3}, (LINE,), "{m}(torch.flatten({0}, 1))"),
    ("conv", {"kernel_size": 2, "out_channels": 6, "padding": "same"}, (MAP,), "{m}(F.pad({0}, (0, 1, 0, 1)))"),
    ("lrn", {"size": 3}, (MAP,), "{m}({0})"),
    ("lrn", {"size": 3}, (VOLUME,), "{m}({0}.contiguous())"),
    ("flatten", {}, (MAP,), "torch.flatten({0}, 1)"),
    ("tokens", {}, (MAP,), "torch.flatten({0}, 2)"),
    ("reshape", {"dims": (8, 9, 4)}, (MAP,), "{0}.reshape(-1, 4, 8, 9)"),
    ("permute", {"order": (2, 0, 1)}, (MAP,), "{0}.permute(0, 3, 1, 2)"),
    ("slice", {"start": 0, "stop": 3}, (MAP,), "{0}[:, :3]"),
    ("slice", {"start": 1, "stop": 4}, (MAP,), "{0}[:, 1:]"),
    ("slice", {"start": 2, "stop": 5, "axis": "width"}, (MAP,), "{0}[:, :, :, 2:5]"),
    ("split", {"parts": 2, "index": 1}, (MAP,), "{0}.chunk(2, 1)[1]"),
    ("pad", {"padding": 1}, (MAP,), "F.pad({0}, (1, 1, 1, 1))"),
    ("pad", {"padding": (1, 0, 2, 3), "value": -1.5}, (MAP,), "F.pad({0}, (2, 3, 1, 0), value=-1.5)"),
    ("pad", {"padding": 1, "mode": "reflect"}, (MAP,), 'F.pad({0}, (1, 1, 1, 1), mode="reflect")'),
    ("pad", {"padding": 1, "mode": "replicate"}, (MAP,), 'F.pad({0}, (1, 1, 1, 1), mode="replicate")'),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "fields", "shapes", "expression"), EXPRESSIONS)
def test_an_expression_is_the_plain_one(
    layer: str, fields: dict[str, Any], shapes: tuple[Shape, ...], expression: str
) -> None:
    assert lowered(layer, fields, *shapes).apply == expression


@cache
def signature(callee: str) -> inspect.Signature:
    return inspect.signature(eval(callee, NAMES))


def default(callee: str, name: str, kernel_size: Any) -> object:
    """What a constructor does without a keyword. None of a window is the kernel as a pool's stride, or no effect."""
    plain = signature(callee).parameters[name].default
    if plain is not None:
        return plain
    if callee == "SparseConv":
        return (int(name != "padding"),) * len(kernel_size)
    return kernel_size if name == "stride" else None


def test_what_torch_does_anyway_is_not_written() -> None:
    """Every argument of every constructor is one that it has, and no keyword gives what would be there without it."""
    seen = 0
    for layer, fields, shapes in cases():
        make = lowered(layer, fields, *shapes).make
        if make is None:
            continue
        text = call_text(make)
        call = ast.parse(text, mode="eval").body
        assert isinstance(call, ast.Call)
        given = {one.arg or "": ast.literal_eval(one.value) for one in call.keywords}
        bound = signature(make.callee).bind(*map(ast.literal_eval, call.args), **given)
        named = [one.name for one in make.arguments if not one.keyword]
        assert named == list(signature(make.callee).parameters)[: len(named)], text
        for name, value in given.items():
            assert value != default(make.callee, name, bound.arguments.get("kernel_size")), text
            seen += 1
    assert seen > 1_000
