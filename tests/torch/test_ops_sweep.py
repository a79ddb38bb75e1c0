"""Shapes, parameters and MACs against PyTorch, over grids of every layer that has a size to get wrong.

The oracle is torch itself on the meta device (no data): the same shape, the same parameters, the same
count by torch's flop counter, and an OpError exactly where torch raises.
"""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import product
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from archc.ops import OPS, InvalidFields, Op, OpError, Shape
from tests.sweep import grid
from tests.torch.lowered import run
from tests.unit.reading import extents

CONV: dict[int, Any] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
TCONV: dict[int, Any] = {1: nn.ConvTranspose1d, 2: nn.ConvTranspose2d, 3: nn.ConvTranspose3d}
MAX: dict[int, Any] = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
AVG: dict[int, Any] = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
AMAX: dict[int, Any] = {1: nn.AdaptiveMaxPool1d, 2: nn.AdaptiveMaxPool2d, 3: nn.AdaptiveMaxPool3d}
AAVG: dict[int, Any] = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}

COUNTED = {"conv", "dwconv", "tconv", "maxpool", "avgpool"}

Build = Callable[[], Callable[[torch.Tensor], torch.Tensor]]


def op(layer: str, **fields: object) -> Op:
    return OPS[layer].of(fields)


def ours(layer: str, fields: Mapping[str, object], *shapes: Shape) -> tuple[Op, Shape] | None:
    try:
        made = OPS[layer].of(fields)
        return made, made.output(shapes)
    except (OpError, InvalidFields):
        return None


def agree(layer: str, fields: Mapping[str, object], shape: Shape, build: Build, *, device: str = "meta") -> bool:
    """Whether torch takes it; asserts that we say the same of it."""
    count = FlopCounterMode(display=False)
    module: Callable[[torch.Tensor], torch.Tensor] | None = None
    theirs: Shape | None
    try:
        with torch.no_grad(), torch.device(device):
            module = build()
            theirs = tuple(module(torch.zeros(1, *shape)).shape[1:])
            if layer in COUNTED:  # apart, since counting leaves some of torch's checks out
                with count:
                    module(torch.zeros(1, *shape))
    except (RuntimeError, ValueError, NotImplementedError, AssertionError):
        theirs = None
    if theirs is not None and 0 in theirs:
        theirs = None  # some of torch's paths let an empty output pass; others raise, and so do we
    mine = ours(layer, fields, shape)
    what = f"{layer} {dict(fields)} on {shape}"
    assert (mine and mine[1]) == theirs, what
    if mine is None:
        return False
    made, out = mine
    assert 2 * made.macs((shape,), out) == count.get_total_flops(), what
    same_values(made, shape, out, build, what)
    if isinstance(module, nn.Module):
        tensors = made.parameters((shape,))
        assert {t.name: t.shape for t in tensors if not t.buffer} == {
            name: tuple(p.shape) for name, p in module.named_parameters()
        }, what
        if layer == "bn":
            assert {t.name: t.shape for t in tensors if t.buffer} == {
                name: tuple(b.shape) for name, b in module.named_buffers()
            }, what
    return True


def same_values(made: Op, shape: Shape, out: Shape, build: Build, what: str) -> None:
    """The layer as the PyTorch backend writes it gives what torch's own does, for the same weights."""
    theirs = build()
    state = theirs.state_dict() if isinstance(theirs, nn.Module) else None
    if isinstance(theirs, nn.Module):
        theirs.eval()
    x = torch.randn(1 if made.name == "reshape" else 2, *shape)  # the twin of reshape names its batch
    with torch.no_grad():
        torch.testing.assert_close(run(made, (x,), out, state), theirs(x), msg=lambda text: f"{what}: {text}")


SIZES: dict[int, list[tuple[int, ...]]] = {
    1: [(1,), (2,), (5,), (8,), (13,)],
    2: [(1, 1), (2, 5), (7, 7), (8, 6)],
    3: [(3, 3, 3), (2, 7, 5)],
}


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_conv(rank: int) -> None:
    taken = [
        agree(
            "conv",
            {
                "kernel": g["k"],
                "channels": g["out"],
                "stride": g["s"],
                "pad": g["p"],
                "dilation": g["d"],
                "groups": g["g"],
                "bias": g["bias"],
            },
            (4, *g["n"]),
            partial(CONV[rank], 4, g["out"], g["k"], g["s"], g["p"], g["d"], g["g"], g["bias"]),
        )
        for g in grid(
            n=SIZES[rank],
            k=[1, 2, 3, (5, 2, 4)[:rank]],
            s=[1, 2, (3, 1, 2)[:rank]],
            p=[0, 1, (2, 0, 1)[:rank]],
            d=[1, 2],
            g=[1, 2, 3] if rank < 3 else [1, 3],
            out=[6],
            bias=[True, False] if rank == 1 else [True],
        )
    ]
    assert any(taken)
    assert not all(taken)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_dwconv(rank: int) -> None:
    for g in grid(n=SIZES[rank], k=[1, 3, 4], s=[1, 2], p=[0, 2], d=[1, 3], m=[1, 2]):
        agree(
            "dwconv",
            {"kernel": g["k"], "stride": g["s"], "pad": g["p"], "dilation": g["d"], "multiplier": g["m"]},
            (3, *g["n"]),
            partial(CONV[rank], 3, 3 * g["m"], g["k"], g["s"], g["p"], g["d"], 3),
        )


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_tconv(rank: int) -> None:
    taken = [
        agree(
            "tconv",
            {
                "kernel": g["k"],
                "channels": 6,
                "stride": g["s"],
                "pad": g["p"],
                "output_padding": g["o"],
                "dilation": g["d"],
                "groups": g["g"],
                "bias": False,
            },
            (4, *g["n"]),
            partial(TCONV[rank], 4, 6, g["k"], g["s"], g["p"], g["o"], g["g"], False, g["d"]),
            device="cpu",  # on meta, torch leaves the check of output_padding out
        )
        for g in grid(
            n=SIZES[rank],
            k=[1, 2, (3, 1, 4)[:rank]],
            s=[1, 2, (3, 1, 2)[:rank]],
            p=[0, 1, (2, 0, 1)[:rank]],
            o=[0, 1, (1, 0, 2)[:rank]],
            d=[1, 2],
            g=[1, 2, 3] if rank == 1 else [2],
        )
    ]
    assert any(taken)
    assert not all(taken)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_maxpool(rank: int) -> None:
    for g in grid(
        n=SIZES[rank],
        k=[1, 2, 3, (5, 2, 4)[:rank]],
        s=[None, 1, 2, (3, 1, 2)[:rank]],
        p=[0, 1, (2, 0, 1)[:rank]],
        d=[1, 2],
        ceil=[True, False],
    ):
        fields = {"kernel": g["k"], "pad": g["p"], "dilation": g["d"], "ceil": g["ceil"]}
        agree(
            "maxpool",
            fields if g["s"] is None else {**fields, "stride": g["s"]},
            (2, *g["n"]),
            partial(MAX[rank], g["k"], g["s"], g["p"], g["d"], ceil_mode=g["ceil"]),
        )


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_avgpool(rank: int) -> None:
    for g in grid(
        n=SIZES[rank],
        k=[1, 2, 3, (5, 2, 4)[:rank]],
        s=[None, 1, 2, (3, 1, 2)[:rank]],
        p=[0, 1, (2, 0, 1)[:rank]],
        ceil=[True, False],
        include=[True, False],
    ):
        fields = {"kernel": g["k"], "pad": g["p"], "ceil": g["ceil"], "count_include_pad": g["include"]}
        agree(
            "avgpool",
            fields if g["s"] is None else {**fields, "stride": g["s"]},
            (2, *g["n"]),
            partial(AVG[rank], g["k"], g["s"], g["p"], g["ceil"], g["include"]),
        )


@pytest.mark.parametrize(("layer", "modules"), [("maxpool", AMAX), ("avgpool", AAVG)])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_adaptive_pools(layer: str, modules: dict[int, Any], rank: int) -> None:
    for n, to in product(SIZES[rank], [1, 2, 7, 9, (3, 1, 2)[:rank]]):
        agree(layer, {"to": to}, (2, *n), partial(modules[rank], to))
        agree(layer, {"kernel": "global"}, (2, *n), partial(modules[rank], 1))


def test_adaptive_bins_are_counted_as_torch_lays_them() -> None:
    """The number of values each output depends on, from the gradient."""
    for n, m in product(range(1, 14), range(1, 14)):
        x = torch.zeros(1, 1, n, requires_grad=True)
        reads = [int((torch.autograd.grad(F.adaptive_avg_pool1d(x, m)[0, 0, i], x)[0] != 0).sum()) for i in range(m)]
        pool = op("avgpool", to=m)
        assert pool.flops(((1, n),), (1, m)) == sum(reads)
        assert extents(pool, ((1, n),))[0] == (max(reads),)


NORM_SHAPES: list[Shape] = [(6,), (1,), (6, 1), (6, 5), (4, 1, 1), (4, 3, 2), (6, 2, 3, 2)]


def test_norms() -> None:
    batch: dict[int, Any] = {0: nn.BatchNorm1d, 1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
    instance: dict[int, Any] = {1: nn.InstanceNorm1d, 2: nn.InstanceNorm2d, 3: nn.InstanceNorm3d}
    for shape in NORM_SHAPES:
        c, rank = shape[0], len(shape) - 1
        for affine in (True, False):
            for track in (True, False):
                two = ours("bn", {"affine": affine, "track_running_stats": track}, shape)
                assert two is not None
                module = batch[rank](c, affine=affine, track_running_stats=track, device="meta")
                assert tuple(module(torch.empty(2, *shape, device="meta")).shape[1:]) == two[1]
                assert [t.name for t in two[0].parameters((shape,))] == list(module.state_dict())
            for groups in (1, 2, 3, 4, 6):
                agree(
                    "gn",
                    {"groups": groups, "affine": affine},
                    shape,
                    partial(nn.GroupNorm, groups, c, affine=affine),
                )
            for bias in (True, False):
                agree(
                    "ln",
                    {"affine": affine, "bias": bias},
                    shape,
                    partial(nn.LayerNorm, shape, 1e-5, affine, bias),
                )
            if rank:
                agree(
                    "instancenorm",
                    {"affine": affine},
                    shape,
                    partial(instance[rank], c, affine=affine),
                )
        for size in (1, 2, 3, 5, 8):
            agree("lrn", {"size": size}, shape, partial(nn.LocalResponseNorm, size))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_upsample(rank: int) -> None:
    modes = ["nearest", "linear", "bilinear", "bicubic", "trilinear"]
    for g in grid(
        n=SIZES[rank],
        scale=[1, 2, 0.5, 0.3, 1.7, (3, 1.5, 2)[:rank]],
        mode=modes,
        corners=[None, True],
    ):
        fields = {"scale": g["scale"], "mode": g["mode"]}
        agree(
            "upsample",
            fields if g["corners"] is None else {**fields, "align_corners": g["corners"]},
            (2, *g["n"]),
            partial(partial, F.interpolate, scale_factor=g["scale"], mode=g["mode"], align_corners=g["corners"]),
        )
    wanted: list[Any] = [1, 4, (6, 3, 2)[:rank]]
    for n, to, mode in product(SIZES[rank], wanted, modes):
        agree(
            "upsample",
            {"to": to, "mode": mode},
            (2, *n),
            partial(partial, F.interpolate, size=to, mode=mode),
        )


@pytest.mark.parametrize("mode", ["zero", "reflect", "replicate"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_pad(rank: int, mode: str) -> None:
    sides = [(0, 0), (1, 0), (2, 3), (4, 1)]
    for n, borders in product(SIZES[rank], product(sides, repeat=rank)):
        padding = tuple(side for border in borders for side in border)
        backwards = [side for border in reversed(borders) for side in border]  # torch begins at the last axis
        named = "constant" if mode == "zero" else mode
        agree(
            "pad",
            {"pad": padding, "mode": mode},
            (2, *n),
            partial(partial, F.pad, pad=backwards, mode=named),
        )


def test_pad_channels() -> None:
    for shape, sides in product(NORM_SHAPES, [(0, 0), (1, 0), (2, 3)]):
        borders = (0, 0) * (len(shape) - 1) + sides  # torch begins at the last axis
        agree("pad_channels", {"padding": sides}, shape, partial(partial, F.pad, pad=borders))


ELEMENTWISE: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "relu": F.relu,
    "softmax": lambda x: F.softmax(x, 1),
    "log_softmax": lambda x: F.log_softmax(x, 1),
    "glu": lambda x: F.glu(x, 1),
    "flatten": lambda x: torch.flatten(x, 1),
}


@pytest.mark.parametrize("layer", ELEMENTWISE)
def test_shapes_by_function(layer: str) -> None:
    for shape in [*NORM_SHAPES, (3,), (5, 4), (8, 2, 2)]:
        agree(layer, {}, shape, partial(partial, ELEMENTWISE[layer]))


def test_shuffles() -> None:
    for channels, n, factor in product(range(1, 19), [1, 3], [1, 2, 3]):
        agree("pixel_shuffle", {"factor": factor}, (channels, n, 2), partial(nn.PixelShuffle, factor))
        for shape in ((channels,), (channels, n), (channels, n, 2)):
            agree("channel_shuffle", {"groups": factor}, shape, partial(nn.ChannelShuffle, factor))


def test_fc_and_flatten_and_reshape() -> None:
    for shape, units, bias in product(NORM_SHAPES, [1, 7], [True, False]):
        features = torch.Size(shape).numel()
        linear = nn.Linear(features, units, bias, device="meta")
        made = op("fc", units=units, bias=bias)
        count = FlopCounterMode(display=False)
        with count:
            out = linear(torch.empty(1, *shape, device="meta").flatten(1))
        assert made.output((shape,)) == tuple(out.shape[1:])
        assert 2 * made.macs((shape,), (units,)) == count.get_total_flops()
        assert [(t.name, t.shape) for t in made.parameters((shape,))] == [
            (name, tuple(p.shape)) for name, p in linear.named_parameters()
        ]
        for dims in ((features,), (features, 1, 1), (2, 3), (5, 1, 1), (2, 2, 3)):
            chw = (dims[-1], *dims[:-1])
            agree("reshape", {"dims": dims}, shape, partial(partial, torch.reshape, shape=(1, *chw)))


def test_joins() -> None:
    shapes: list[Shape] = [(4,), (3,), (4, 5), (4, 2, 3), (4, 2, 4), (4, 5, 3), (6, 2, 3)]
    dims = {"channels": lambda r: 1, "height": lambda r: r, "width": lambda r: r + 1}
    for (a, b), (axis, dim) in product(product(shapes, repeat=2), dims.items()):
        rank = len(a) - 1
        if (axis == "height" and rank < 2) or (axis == "width" and rank < 1):
            assert ours("concat", {"axis": axis}, a, b) is None
            continue
        theirs: Shape | None
        try:
            tensors = [torch.empty(1, *shape, device="meta") for shape in (a, b)]
            theirs = tuple(torch.cat(tensors, dim(rank)).shape[1:])
        except (RuntimeError, IndexError):
            theirs = None
        mine = ours("concat", {"axis": axis}, a, b)
        assert (mine and mine[1]) == theirs, (a, b, axis)


def test_a_transposed_conv_undoes_the_shape_of_its_conv() -> None:
    for n, k, s, p, d in product([4, 7, 12], [1, 2, 3, 5], [1, 2, 3], [0, 1], [1, 2]):
        down = ours("conv", {"kernel": k, "channels": 2, "stride": s, "pad": p, "dilation": d}, (2, n))
        if down is None:
            continue
        left = (n + 2 * p - d * (k - 1) - 1) % s
        up = ours(
            "tconv",
            {"kernel": k, "channels": 2, "stride": s, "pad": p, "dilation": d, "output_padding": left},
            down[1],
        )
        assert up is not None
        assert up[1] == (2, n)


@pytest.mark.parametrize(
    ("size", "padding", "expected"),
    [((7,), "same", (4,)), ((8,), "valid", (3,)), ((7,), "valid", (3,)), ((280, 320), "same", (140, 160))],
)
def test_tensorflows_size_rule(size: Shape, padding: str, expected: Shape) -> None:
    """Worked figures for k 3, s 2: same gives ⌈n/s⌉, valid ⌊(n − k)/s⌋ + 1."""
    for layer, fields in (("conv", {"channels": 1}), ("maxpool", {}), ("avgpool", {}), ("dwconv", {})):
        made = op(layer, kernel=3, stride=2, pad=padding, **fields)
        assert made.output(((1, *size),)) == (1, *expected)


def test_same_gives_the_quotient_rounded_up() -> None:
    for n, k, s, d in product(range(1, 20), range(1, 7), range(1, 5), range(1, 4)):
        made = op("conv", kernel=k, channels=1, stride=s, pad="same", dilation=d)
        assert made.output(((1, n),)) == (1, -(-n // s))
        if s == 1:
            module = nn.Conv1d(1, 1, k, padding="same", dilation=d, device="meta")
            assert tuple(module(torch.empty(1, 1, n, device="meta")).shape[1:]) == (1, n)
