"""Every layer over grids of what can go wrong: what both backends' tests go through."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from archc.ops import OPS, InvalidFields, OpError, Shape

Case = tuple[str, dict[str, Any], tuple[Shape, ...]]
SIZES: dict[int, list[tuple[int, ...]]] = {1: [(7,), (8,), (5,)], 2: [(7, 8), (5, 9)], 3: [(5, 6, 7)]}


def grid(**axes: list[Any]) -> Iterator[dict[str, Any]]:
    for values in product(*axes.values()):
        yield dict(zip(axes, values, strict=True))


def maps(channels: int = 4) -> Iterator[Shape]:
    for sizes in (size for rank in SIZES.values() for size in rank):
        yield (channels, *sizes)


def cases() -> Iterator[Case]:
    """Those of the grids that are layers: what their own rules refuse is left out."""
    for layer, fields, shapes in _grids():
        try:
            OPS[layer].of(fields).output(shapes)
        except (OpError, InvalidFields):
            continue
        yield layer, fields, shapes


def _scales(shape: Shape) -> Iterator[Case]:
    yield "scale", {}, (shape,)
    for fields in ({"bias": False}, {"weight": False}, {"shared": True}, {"shared": True, "bias": False}):
        yield "scale", fields, (shape,)
    numbers = [0.5, -1, 0, 2]
    for scale, offset in ((1 / 255, 0), (-1, 1), (1, numbers), (1, 0), (numbers, -0.25)):
        yield "rescale", {"scale": scale, "offset": offset}, (shape,)


def _grids() -> Iterator[Case]:
    pads = [0, 1, 2, "same", "half"]
    for shape in maps():
        rank = len(shape) - 1
        uneven = tuple([1, 0] * rank)
        for fields in grid(
            kernel_size=[1, 2, 3], stride=[1, 2, 3], padding=[*pads, uneven], dilation=[1, 2], groups=[1, 2]
        ):
            yield "conv", {"out_channels": 6, **fields}, (shape,)
        for fields in grid(kernel_size=[2, 3], stride=[1, 2], padding=[0, 1, "same"], multiplier=[1, 2]):
            yield "dwconv", {k: v for k, v in fields.items() if k in OPS["dwconv"].fields}, (shape,)
        for fields in grid(
            kernel_size=[1, 2, 3],
            stride=[1, 2, 3],
            padding=[0, 1],
            output_padding=[0, 1, 2],
            dilation=[1, 2],
            groups=[1, 2],
        ):
            yield "tconv", {"out_channels": 4, **fields}, (shape,)
        for fields in grid(
            kernel_size=[2, 3, 4], stride=[1, 2, 3], padding=[*pads, uneven], dilation=[1, 2], ceil_mode=[False, True]
        ):
            yield "maxpool", fields, (shape,)
        for fields in grid(
            kernel_size=[2, 3, 4],
            stride=[1, 2, 3],
            padding=[*pads, uneven],
            count_include_pad=[False, True],
            ceil_mode=[False, True],
        ):
            yield "avgpool", fields, (shape,)
        for layer, to in product(["maxpool", "avgpool"], [1, 2, 3, 4]):
            yield layer, {"output_size": to}, (shape,)
            yield layer, {"kernel_size": "global"}, (shape,)
        for mode, scale, corners in product(
            ["nearest", "linear", "bilinear", "bicubic", "trilinear"], [2, 3, 1.5, 0.5, 2.7, None], [False, True]
        ):
            target: dict[str, Any] = {"output_size": tuple(n + 3 for n in shape[1:])}
            size = target if scale is None else {"scale": scale}
            yield "upsample", {**size, "mode": mode, "align_corners": corners}, (shape,)
        for wide in range(1, 8):
            yield "lrn", {"size": wide, "alpha": 0.3, "beta": 0.75, "k": 2.0}, (shape,)
        for border, mode in product([0, 1, 2, tuple([1, 2] * rank)], ["zero", "reflect", "replicate"]):
            yield "pad", {"padding": border, "mode": mode}, (shape,)
        yield "pad", {"padding": 1, "value": -1.5}, (shape,)
        for layer in ("bn", "ln", "instancenorm"):
            yield layer, {"affine": True}, (shape,)
            yield layer, {"affine": False}, (shape,)
        yield "bn", {"track_running_stats": False}, (shape,)
        yield "bn", {"track_running_stats": False, "affine": False}, (shape,)
        for over, affine, bias in product(["all", "channels"], [True, False], [True, False]):
            yield "ln", {"over": over, "affine": affine, "bias": bias}, (shape,)
        for groups, affine in product([1, 2, 4], [True, False]):
            yield "gn", {"groups": groups, "affine": affine}, (shape,)
        for crop in (1, 2, 3, 4, 5):
            yield "crop", {"size": crop}, (shape,)
        yield from _scales(shape)
        yield "layer_scale", {"init": 0.1}, (shape,)
        yield "tokens", {}, (shape,)
        yield "flatten", {}, (shape,)
        yield "pad_channels", {"padding": (1, 3)}, (shape,)
        yield "channel_shuffle", {"groups": 2}, (shape,)
        yield "split", {"parts": 2, "index": 1}, (shape,)
        for start, stop in ((0, 2), (1, None), (2, 3)):
            yield "slice", {"start": start, "stop": stop}, (shape,)
            yield "slice", {"start": start, "stop": stop, "axis": "width" if rank > 1 else "length"}, (shape,)
        yield "permute", {"order": tuple(reversed(range(rank + 1)))}, (shape,)
        yield "fc", {"out_features": 3}, (shape,)
        yield "fc", {"out_features": 3, "bias": False}, (shape,)
        for layer in ("add", "mul", "max", "mean", "concat"):
            for count in (1, 2, 3):
                yield layer, {}, (shape,) * count
        for layer in ("add", "mul"):
            yield layer, {}, (shape, shape[:1])
            yield layer, {}, (shape, (shape[0], *(1 for _ in shape[1:])))
        yield "concat", {"axis": "width"}, (shape, shape)
    for shape in [(6,), *maps()]:
        for layer in ACTIVATIONS:
            yield layer, {}, (shape,)
        for fields in grid(beta=[1.0, 2.0], threshold=[20.0, 0.5]):
            yield "softplus", fields, (shape,)
        yield "tanh", {"scale": 1.7159, "slope": 2 / 3}, (shape,)
        yield "gelu", {"approximate": "tanh"}, (shape,)
        yield "prelu", {"shared": False}, (shape,)
        yield "leaky_relu", {"negative_slope": 0.3}, (shape,)
        yield "elu", {"alpha": 0.7}, (shape,)
        for pieces in (1, 2):
            yield "maxout", {"pieces": pieces}, (shape,)
        for layer in ("dropout", "stochastic_depth"):
            yield layer, {"p": 0.5}, (shape,)
    yield from _rest()


def _rest() -> Iterator[Case]:
    """Layers of one rank."""
    for shape in ((8, 3, 4), (18, 2, 2)):
        for factor in (1, 2, 3):
            yield "pixel_shuffle", {"factor": factor}, (shape,)
    yield "rbf", {"classes": 4}, ((6,),)
    for name, padding in product(("blur", "sharpen", "laplacian", "emboss", "edge"), (0, 1, "same")):
        yield "kernel", {"filter": name, "padding": padding}, ((3, 5, 6),)
    for heads, bias in product((1, 2, 4), (True, False)):
        yield "attention", {"heads": heads, "bias": bias}, ((8, 5),)
    for scale in (1.0, 0.5):
        yield "matmul", {"scale": scale}, ((3, 4), (4, 5))
        yield "matmul", {"scale": scale}, ((2, 3, 4), (2, 4, 5))
    yield "class_token", {}, ((4, 6),)
    yield "position", {}, ((4, 6),)
    yield "reshape", {"dims": (2, 3, 4)}, ((24,),)
    yield "reshape", {"dims": (24,)}, ((4, 2, 3),)
    yield "conv", {"kernel_size": 3, "out_channels": 3, "connections": ((0, 1), (2,), (0, 1, 2, 3))}, ((4, 5, 6),)
    for layer, fields in (
        *(("bn", {}), ("bn", {"track_running_stats": False}), ("instancenorm", {}), ("gn", {"groups": 2})),
        *(("ln", {}), ("ln", {"over": "channels"})),
    ):
        yield layer, {**fields, "eps": 0.3}, ((4, 7, 8),)
    yield "bn", {}, ((6,),)
    yield "ln", {}, ((6,),)
    yield "gn", {"groups": 2}, ((6,),)
    yield "identity", {}, ((4, 3, 3),)
    yield "add", {}, ((6,), (6,))


ACTIVATIONS = tuple(name for name, op in OPS.items() if op.category == "activation")
