"""What is proposed for a layer written as PyTorch writes it computes what that layer computes.

The oracle is torch.nn: the text of a constructor is evaluated there, the fix is applied to a source, and both modules
get the same parameters and the same values, in evaluation and in training. Where torch takes no such call, or computes
what the language has no words for, there is no fix.
"""

import math
import random
import warnings

import pytest
import torch
from torch import nn

import archc
from archc.diagnostics import Diagnostic, apply_edits

SHAPES = {0: (12,), 1: (4, 11), 2: (4, 9, 8), 3: (4, 5, 6, 7)}
EVEN = {0: (8,), 1: (8, 8), 2: (8, 8, 8), 3: (6, 6, 6, 6)}  # in which one axis passes for another
SEEDS = {"ci": 15, "nightly": 150}

# Each setting's texts, the usual ones first; `$C` is the number of channels that flow in, `$n` one of the ranks.
KERNEL = ("3", "2", "(3,2,1)", "1")
STRIDE = ("1", "2", "(2,1,2)")
PADS = ("0", "1", "(1,0,1)")
FLAG = ("True", "False")
EPS = ("1e-5", "1e-3")
BORDER = ("1", "(1,2)", "(1,0,2,1)", "(1,1,2,0,0,1)", "-1")
CALLS: dict[str, dict[str, tuple[str, ...]]] = {
    "Conv$nd": {
        "in_channels": ("$C", "$C", "$C", "99"),
        "out_channels": ("6", "8"),
        "kernel_size": KERNEL,
        "stride": STRIDE,
        "padding": (*PADS, '"same"', '"valid"'),
        "dilation": ("1", "2"),
        "groups": ("1", "2", "4"),
        "bias": FLAG,
        "padding_mode": ('"zeros"', '"reflect"', '"replicate"', '"circular"'),
    },
    "ConvTranspose$nd": {
        "in_channels": ("$C", "$C", "7"),
        "out_channels": ("6", "8"),
        "kernel_size": KERNEL,
        "stride": STRIDE,
        "padding": PADS,
        "output_padding": ("0", "1", "(1,0,1)"),
        "groups": ("1", "2"),
        "bias": FLAG,
        "dilation": ("1", "2"),
    },
    "LazyConv$nd": {"out_channels": ("6", "8"), "kernel_size": KERNEL, "stride": STRIDE, "padding": PADS, "bias": FLAG},
    "LazyBatchNorm$nd": {"eps": EPS, "momentum": ("0.1", "0.01"), "affine": FLAG},
    "LazyLinear": {"out_features": ("5", "1"), "bias": FLAG},
    "Linear": {"in_features": ("$C", "$A", "$L"), "out_features": ("5", "1"), "bias": FLAG},
    "MaxPool$nd": {
        "kernel_size": ("2", "3", "(3,2,2)"),
        "stride": ("None", "1", "2", "(2,1,2)"),
        "padding": ("0", "1"),
        "dilation": ("1", "2"),
        "return_indices": ("False", "False", "True"),
        "ceil_mode": ("False", "True"),
    },
    "AvgPool$nd": {
        "kernel_size": ("2", "3", "(3,2,2)"),
        "stride": ("None", "1", "2", "(2,1,2)"),
        "padding": ("0", "1"),
        "ceil_mode": ("False", "True"),
        "count_include_pad": FLAG,
    },
    "AdaptiveAvgPool$nd": {"output_size": ("1", "2", "(3,2,1)", "(None,2,2)")},
    "AdaptiveMaxPool$nd": {"output_size": ("1", "2", "(3,2,1)", "(2,None,2)"), "return_indices": ("False", "True")},
    "BatchNorm$nd": {
        "num_features": ("$C", "$C", "5"),
        "eps": EPS,
        "momentum": ("0.1", "0.01", "None"),
        "affine": FLAG,
        "track_running_stats": FLAG,
    },
    "InstanceNorm$nd": {
        "num_features": ("$C", "$C", "5"),
        "eps": EPS,
        "momentum": ("0.1",),
        "affine": ("False", "True"),
        "track_running_stats": ("False", "True"),
    },
    "GroupNorm": {"num_groups": ("2", "1", "3", "4"), "num_channels": ("$C", "6"), "eps": EPS, "affine": FLAG},
    "LayerNorm": {
        "normalized_shape": ("$S", "$S", "$C", "$L"),
        "eps": EPS,
        "elementwise_affine": FLAG,
        "bias": FLAG,
    },
    "LocalResponseNorm": {"size": ("5", "2", "3"), "alpha": ("1e-4", "0.5"), "beta": ("0.75",), "k": ("1.0", "2.0")},
    "Dropout": {"p": ("0.5", "0.2", "0", "1"), "inplace": ("False",)},
    "Dropout$nd": {"p": ("0.5", "0.2"), "inplace": ("False",)},
    "ReLU": {"inplace": ("False", "6.0")},
    "ReLU6": {"inplace": ("False",)},
    "LeakyReLU": {"negative_slope": ("0.01", "0.2", "-1")},
    "PReLU": {"num_parameters": ("1", "$C", "3"), "init": ("0.25", "0.1")},
    "ELU": {"alpha": ("1.0", "0.5", "2")},
    "SELU": {"inplace": ("False",)},
    "GELU": {"approximate": ('"none"', '"tanh"', '"fast"')},
    "SiLU": {"inplace": ("False",)},
    "Mish": {"inplace": ("False",)},
    "Hardswish": {"inplace": ("False",)},
    "Hardsigmoid": {"inplace": ("False",)},
    "Hardtanh": {"min_val": ("0", "-1"), "max_val": ("6", "1")},
    "Sigmoid": {},
    "Tanh": {},
    "Softplus": {"beta": ("1", "2.5"), "threshold": ("20", "1")},
    "GLU": {"dim": ("-1", "1", "2")},
    "Softmax": {"dim": ("1", "2", "-1", "-3", "None", "0")},
    "LogSoftmax": {"dim": ("1", "2", "-1", "None")},
    "Softmax2d": {},
    "Identity": {},
    "Flatten": {"start_dim": ("1", "2", "0", "-2", "3"), "end_dim": ("-1", "2", "1", "-2")},
    "Unflatten": {"dim": ("1", "-1", "2"), "unflattened_size": ("(2,2)", "(2,-1)", "(3,2,2)", "(4,1)", "(5,2)")},
    "Upsample": {
        "size": ("None", "None", "6", "(5,6,7)"),
        "scale_factor": ("2", "None", "1.5", "(2,1.5,2)"),
        "mode": ('"nearest"', '"bilinear"', '"linear"', '"bicubic"', '"trilinear"', '"nearest-exact"'),
        "align_corners": ("None", "True", "False"),
        "recompute_scale_factor": ("None", "None", "True"),
    },
    "UpsamplingNearest2d": {"size": ("None", "6"), "scale_factor": ("2", "None", "1.5")},
    "UpsamplingBilinear2d": {"size": ("None", "(6,7)"), "scale_factor": ("2", "None")},
    "PixelShuffle": {"upscale_factor": ("2", "3", "1")},
    "ChannelShuffle": {"groups": ("2", "4", "3")},
    "ZeroPad$nd": {"padding": BORDER},
    "ConstantPad$nd": {"padding": BORDER, "value": ("0.5", "0")},
    "ReflectionPad$nd": {"padding": BORDER},
    "ReplicationPad$nd": {"padding": BORDER},
}
# What has no words here, for any arguments.
ABSENT = ["CELU()", "RReLU()", "LogSigmoid()", "Softsign()", "Tanhshrink()", "Softmin(1)", "PixelUnshuffle(2)"]
ABSENT += ["LPPool2d(2, 2)", "CircularPad2d(1)", "Hardshrink()", "Threshold(0.1, 0)", "RMSNorm(8)", "AlphaDropout(0.2)"]


def told(call: str, shape: tuple[int, ...]) -> tuple[str, tuple[Diagnostic, ...]]:
    """A source with the call, and what archc says of it."""
    sizes = "x".join(map(str, (*shape[1:], shape[0])))
    source = f"net n {{\n  input {sizes}\n  {call}\n}}\n"
    with pytest.raises(archc.ArchError) as raised:
        archc.parse(source)
    return source, raised.value.diagnostics


def proposed(call: str, shape: tuple[int, ...]) -> str | None:
    """The source with what is proposed as PyTorch's; None where nothing is."""
    source, (diagnostic,) = told(call, shape)
    for sentence in (diagnostic.help or "").split("; "):
        whose, _, here = sentence.partition("` is `")
        if "PyTorch's" in whose and here:
            (fix,) = [fix for fix in diagnostic.fixes if fix.edits[0].text == here.removesuffix("`")]
            return apply_edits(source, fix.edits)
    assert not any("PyTorch" in fix.message for fix in diagnostic.fixes)
    return None


def outcome(module: nn.Module, x: torch.Tensor, training: bool) -> tuple[list[torch.Tensor], list[torch.Tensor]] | None:
    """What comes out, and the buffers after it; None where torch refuses."""
    torch.manual_seed(7)
    try:
        y = module.train(training)(x.clone())
    except (RuntimeError, ValueError, IndexError, TypeError, AssertionError, NotImplementedError):
        return None
    return (list(y) if isinstance(y, tuple) else [y]), [buffer.clone() for buffer in module.buffers()]


def torchs(call: str, shape: tuple[int, ...], x: torch.Tensor) -> nn.Module | None:
    """The module of a constructor; with a Flatten before it where a Linear works only so; None where torch refuses."""
    try:
        module: nn.Module = eval(f"nn.{call}", {"nn": nn})
    except (RuntimeError, ValueError, TypeError, IndexError, AssertionError):
        return None
    if outcome(module, x, training=False) is None:
        flat = nn.Sequential(nn.Flatten(), module)
        return flat if call.startswith("Linear") and outcome(flat, x, training=False) else None
    return module


def assert_same(call: str, shape: tuple[int, ...]) -> bool:
    """Whether something is proposed; what is computes what torch does."""
    source = proposed(call, shape)
    torch.manual_seed(0)
    x = 3 * torch.randn(2, *shape)
    theirs = torchs(call, shape, x)
    if source is None:
        return False
    assert theirs is not None, f"torch refuses {call} on {shape}, and archc proposes\n{source}"
    ours = archc.parse(source).torch(seed=0)
    state = theirs.state_dict().values()
    ours.load_state_dict(dict(zip(ours.state_dict(), state, strict=True)))
    for training in (False, True):
        expected, found = outcome(theirs, x, training), outcome(ours, x, training)
        if expected is None:
            continue
        assert found is not None
        assert len(expected[0]) == 1, f"{call} gives {len(expected[0])} values"
        torch.testing.assert_close(found, expected, msg=lambda text: f"{call} on {shape}:\n{source}\n{text}")
    return True


def drawn(name: str, seed: int) -> tuple[str, tuple[int, ...]]:
    """A call with settings at random, by place or by name, and the shape of what flows in."""
    drawing = random.Random(f"{name} {seed}")
    rank = drawing.choice((1, 2, 2, 3)) if "$n" in name else drawing.choice((0, 1, 2, 2, 3))
    shape = (EVEN if seed % 4 == 3 else SHAPES)[rank if drawing.random() < 0.95 else drawing.choice((0, 1, 2, 3))]
    arguments = []
    named = False
    for index, (setting, texts) in enumerate(CALLS[name].items()):
        required = index == 0 or setting in ("out_channels", "out_features", "num_channels", "kernel_size", "value")
        required = required or setting == "unflattened_size"
        if not required and drawing.random() < 0.5:
            named = True
            continue
        named = named or drawing.random() < 0.2
        text = texts[0] if drawing.random() < 0.5 else drawing.choice(texts)
        if text.startswith("(") and setting in ("kernel_size", "stride", "padding", "output_padding", "output_size"):
            sides = text.strip("()").split(",")
            keep = 2 * rank if "Pad" in name else rank
            text = f"({', '.join(sides[:keep])}{',' if keep == 1 else ''})"
        for word, value in (("$C", shape[0]), ("$L", shape[-1]), ("$A", math.prod(shape)), ("$S", list(shape))):
            text = text.replace(word, str(value))
        arguments.append(f"{setting}={text}" if named else text)
    return f"{name.replace('$n', str(rank))}({', '.join(arguments)})", shape


@pytest.fixture(autouse=True)
def _quietly() -> None:
    warnings.simplefilter("ignore")


@pytest.mark.parametrize("name", CALLS)
def test_the_proposal_is_the_layer(name: str) -> None:
    cases = dict.fromkeys(drawn(name, seed) for seed in range(SEEDS["ci"]))
    held = [assert_same(call, shape) for call, shape in cases]
    assert any(held)


@pytest.mark.nightly
@pytest.mark.parametrize("name", CALLS)
def test_the_proposal_is_the_layer_many_times(name: str) -> None:
    cases = dict.fromkeys(drawn(name, seed) for seed in range(SEEDS["nightly"]))
    held = [assert_same(call, shape) for call, shape in cases]
    assert any(held)


@pytest.mark.parametrize(
    ("call", "sizes", "here"),
    [
        ("Conv2d(4, 6, (3, 5), 2, padding=1)", "9x8x4", "conv 3x5/2, 6, pad=1"),
        ("Conv2d(4, 8, 3, 2, 1, 2, 4, False)", "9x8x4", "conv 3x3/2, 8, pad=1, dilation=2, bias=no, groups=4"),
        ('Conv1d(4, 6, 3, padding="same")', "11x4", "conv 3, 6, pad=same"),
        ('Conv2d(4, 6, 3, padding=1, padding_mode="reflect")', "9x8x4", "pad 1, mode=reflect -> conv 3x3, 6"),
        ("ConvTranspose2d(4, 6, 3, 2, 1, 1)", "9x8x4", "tconv 3x3/2, 6, pad=1, output_padding=1"),
        ("MaxPool2d(3, (2, 1))", "9x8x4", "maxpool 3x3, stride=2x1"),
        ("AvgPool2d(3, 2, 1, count_include_pad=False)", "9x8x4", "avgpool 3x3/2, pad=1, count_include_pad=no"),
        ("AdaptiveAvgPool2d((1, 1))", "9x8x4", "avgpool global"),
        ("Linear(288, 10)", "9x8x4", "flatten -> fc 10"),
        ("BatchNorm2d(4, eps=1e-3, momentum=0.01)", "9x8x4", "bn eps=0.001, momentum=0.01"),
        ("PReLU(4)", "9x8x4", "prelu shared=no"),
        ("ELU(0.5)", "9x8x4", "elu 0.5"),
        ('GELU("tanh")', "9x8x4", "gelu approximate=tanh"),
        ("Dropout2d(0.2)", "9x8x4", "dropout 0.2, spatial=yes"),
        ("Flatten(2)", "9x8x4", "tokens"),
        ("Unflatten(1, (4, 3, 1))", "12", "reshape 3x1x4"),
        ("Upsample(6)", "9x8x4", "upsample to=6x6"),
        ("ZeroPad2d((1, 0, 2, 3))", "9x8x4", "pad (2, 3, 1, 0)"),
        ("Softmax(dim=-1)", "12", "softmax"),
        ("nn.Conv2d(4, 6, (7, 1), padding=(3, 0))", "9x8x4", "conv 7x1, 6, pad=(3, 0)"),
        ("torch.nn.LazyConv2d(6, 3)", "9x8x4", "conv 3x3, 6"),
        ("AdaptiveMaxPool2d(1)", "9x8x4", "maxpool global"),
        ("LayerNorm(12)", "12", "ln"),
        # in small letters, as its functions are called
        ("dropout2d(0.2)", "9x8x4", "dropout 0.2, spatial=yes"),
        ("max_pool2d(3)", "9x8x4", "maxpool 3x3/3"),
        ("leaky_relu_(0.2)", "9x8x4", "leaky_relu 0.2"),
    ],
)
def test_the_words_here(call: str, sizes: str, here: str) -> None:
    shape = tuple(map(int, sizes.split("x")))
    source, (diagnostic,) = told(call, (shape[-1], *shape[:-1]))
    assert f"is `{here}`" in (diagnostic.help or "")
    assert apply_edits(source, diagnostic.fixes[0].edits) == source.replace(call, here)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("Conv2d(99, 8, 3)", "is for 99 channels (`in_channels`), and 4 flow in"),
        ("Conv1d(4, 8, 3)", "works on 1 size and channels, and 9x8x4 flows in"),
        ("Linear(8, 10)", "is for 8 values (`in_features`), and 9x8x4 are 288"),
        ("BatchNorm2d(64)", "is for 64 channels (`num_features`), and 4 flow in"),
        ("MaxPool2d(2, return_indices=True)", "gives the places of the maxima besides (`return_indices=True`)"),
        ("AvgPool2d(2, divisor_override=3)", "has `divisor_override=3`, which no layer here has"),
        (
            'Conv2d(4, 8, 3, padding=1, padding_mode="circular")',
            "has `padding_mode='circular'`, which no layer here has",
        ),
        ("Softmax(dim=2)", "works along axis 2, the height, and `softmax` over the channels"),
        ("GLU()", "works along axis 3, the width, and `glu` over the channels"),
        ("Flatten(0)", "joins the batch with other axes"),
        ("LayerNorm(4)", "over the channels of each position it is `ln channels`"),
        *((call, "has no equal here") for call in ABSENT),
    ],
)
def test_what_has_no_words_is_said_and_not_proposed(call: str, reason: str) -> None:
    _, (diagnostic,) = told(call, SHAPES[2])
    assert diagnostic.fixes == ()
    assert reason in (diagnostic.help or "")


@pytest.mark.parametrize(
    "call",
    [
        "Unflatten(1, (3, 2, 2))",
        "Conv2d(4, 6, 3, padding=2**2)",
        "Conv2d(4, n, 3)",
        "Conv2d(4)",
        "Conv2d(4, 6, 3, 1, 1, q=1)",
    ],
)
def test_what_cannot_be_read_is_not_proposed(call: str) -> None:
    _, (diagnostic,) = told(call, SHAPES[2])
    assert diagnostic.fixes == ()


def test_tools_that_differ_are_both_named() -> None:
    source, (diagnostic,) = told("LeakyReLU()", SHAPES[2])
    assert [fix.message for fix in diagnostic.fixes] == [
        "as PyTorch means it, write `leaky_relu`",
        "as Keras means it, write `leaky_relu 0.3`",
    ]
    source, (diagnostic,) = told("Softmax(2)", SHAPES[1])
    assert [apply_edits(source, fix.edits) for fix in diagnostic.fixes] == [source.replace("Softmax(2)", "softmax")]
    assert (diagnostic.help or "").startswith("PyTorch's `Softmax` works along axis 2, the length")


def test_the_shape_of_each_layer_is_known_to_the_next() -> None:
    """Every mistake of a pasted net is said at once, the last one too: 16 channels flow in there, not 3."""
    source = "net n {\n  input 9x8x3\n  Conv2d(3, 16, 3)\n  MaxPool2d(2)\n  Conv2d(3, 8, 1)\n}\n"
    with pytest.raises(archc.ArchError) as raised:
        archc.parse(source)
    *_, last = raised.value.diagnostics
    assert [len(diagnostic.fixes) for diagnostic in raised.value.diagnostics] == [1, 1, 0]
    assert "is for 3 channels (`in_channels`), and 16 flow in" in (last.help or "")
