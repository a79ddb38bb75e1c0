"""Layers that move values or change the size of a map, in ONNX."""

import numpy as np

from archc.backends.onnx.lowered import (
    NONE,
    Apply,
    Array,
    Const,
    DerivedParameter,
    Operand,
    X,
    apply,
    int_constant,
    lowers,
    slice_axis,
    with_border,
)
from archc.ops import Inputs, Shape
from archc.ops.crop_pad import Crop, Pad, PadChannels
from archc.ops.reshape import ChannelShuffle, Flatten, Permute, PixelShuffle, Reshape, Slice, Split
from archc.ops.resize import Upsample
from archc.ops.tokens import ClassToken, Position, Tokens

MODES = {"nearest": "nearest", "linear": "linear", "bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}
BORDERS = {"zero": "constant", "reflect": "reflect", "replicate": "edge"}


@lowers(Flatten)
def flatten(op: object, inputs: Inputs, output: Shape) -> Apply:
    return apply("Flatten", X, axis=1)


@lowers(Reshape)
def reshape(op: object, inputs: Inputs, output: Shape) -> Apply:
    return apply("Reshape", X, int_constant((0, *output)))


@lowers(Permute)
def permute(op: Permute, inputs: Inputs, output: Shape) -> Apply:
    return apply("Transpose", X, perm=(0, *(axis + 1 for axis in op.order)))


@lowers(PixelShuffle)
def pixel_shuffle(op: PixelShuffle, inputs: Inputs, output: Shape) -> Apply:
    return apply("DepthToSpace", X, blocksize=op.factor, mode="CRD")


@lowers(ChannelShuffle)
def channel_shuffle(op: ChannelShuffle, inputs: Inputs, output: Shape) -> Apply:
    order = np.arange(inputs[0][0]).reshape(op.groups, -1).T.reshape(-1)
    return apply("Gather", X, Const(order), axis=1)


@lowers(Slice)
def slice_(op: Slice, inputs: Inputs, output: Shape) -> Apply:
    dim = op.dim(inputs)
    return slice_axis(X, 1 + dim, op.start, inputs[0][dim] if op.stop is None else op.stop)


@lowers(Split)
def split(op: Split, inputs: Inputs, output: Shape) -> Apply:
    return slice_axis(X, 1, op.index * output[0], (op.index + 1) * output[0])


@lowers(Upsample)
def upsample(op: Upsample, inputs: Inputs, output: Shape) -> Operand:
    """The coordinate mode: asymmetric, ⌊i·n/m⌋, for nearest; else half-pixel, or aligned corners."""
    scales = _counting(op, inputs[0][1:], output[1:])
    factors = Const(np.array((1, 1, *scales), np.float32)) if scales else NONE
    sizes = () if scales else (int_constant(output[1:]),)
    axes = {} if scales else {"axes": tuple(range(2, 1 + len(output)))}
    mode = MODES[op.mode]
    if mode == "nearest":
        each = [*zip(inputs[0][1:], output[1:], scales or (None,) * len(output[1:]), strict=True)]
        places = [_nearest(*one) for one in each]
        copied = inputs[0] == output  # whatever the scales
        theirs = [np.arange(n) if copied else _nearest_in_resize(n, m, scale) for n, m, scale in each]
        if not all(map(np.array_equal, places, theirs)):
            return _picked(places, inputs[0][1:])
        return apply(
            "Resize",
            X,
            NONE,
            factors,
            *sizes,
            mode=mode,
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
            **axes,
        )
    if mode == "cubic" and inputs[0] == output and any(scale != 1 for scale in scales) and not op.align_corners:
        height, width = (_cubic(n, scale) for n, scale in zip(output[1:], scales, strict=True))
        return apply("MatMul", apply("MatMul", Const(height), X), Const(width.T))
    centres = "align_corners" if op.align_corners else "half_pixel"
    cubic = {"cubic_coeff_a": -0.75} if mode == "cubic" else {}
    return apply("Resize", X, NONE, factors, *sizes, mode=mode, coordinate_transformation_mode=centres, **axes, **cubic)


def _counting(op: Upsample, sizes: Shape, scaled: Shape) -> tuple[float, ...]:
    """The scales with which PyTorch (2.13) computes.

    Where a size stays the same, linear modes ignore the given scale, and so does nearest on images. The latter also
    ignores it where a size doubles: 5 scaled by 2.1 is 10, each pixel twice.
    """
    scales = op.scales(len(sizes))
    if not op.shortens(len(sizes)):
        return scales
    doubled = 2 if op.mode == "nearest" else 1
    each = zip(sizes, scaled, scales, strict=False)
    return tuple(float(m // n) if m in (n, doubled * n) else scale for n, m, scale in each)


def _cubic(n: int, scale: float) -> Array:
    """The matrix (n, n) of a bicubic resize with A = −0.75 (torch.nn.Upsample) that keeps the size, since ONNX
    Runtime's Resize would copy the input."""
    weights = np.zeros((n, n))
    for output in range(n):
        place = (output + 0.5) / scale - 0.5
        left = int(np.floor(place))
        for pixel in range(left - 1, left + 3):
            x = abs(place - pixel)
            near, far = ((1.25 * x - 2.25) * x * x + 1, ((-0.75 * x + 3.75) * x - 6) * x + 3)
            weights[output, min(max(pixel, 0), n - 1)] += near if x <= 1 else far
    return weights.astype(np.float32)


def _nearest(n: int, m: int, scale: float | None) -> Array:
    """⌊i·n/m⌋, or ⌊i/scale⌋, in float32, as torch.nn.Upsample computes it."""
    share = np.float32(n) / np.float32(m) if scale is None else np.float32(1 / scale)
    places: Array = np.floor(np.arange(m, dtype=np.float32) * share)
    return places.astype(np.int64)


def _nearest_in_resize(n: int, m: int, scale: float | None) -> Array:
    """The same as ONNX Runtime (1.31) computes it, by dividing by m/n. From 14 to 4 it takes pixel 6 instead of 7,
    since 2/(4/14) is a little less than 7."""
    factor = np.float32(m) / np.float32(n) if scale is None else np.float32(scale)
    places: Array = np.floor(np.arange(m, dtype=np.float32) / factor)
    return places.astype(np.int64)


def _picked(places: list[Array], sizes: Shape) -> Operand:
    """A Gather along each axis by the indices of its pixels."""
    value: Operand = X
    for axis, (numbers, n) in enumerate(zip(places, sizes, strict=True), 2):
        if not np.array_equal(numbers, np.arange(n)):
            value = apply("Gather", value, Const(numbers), axis=axis)
    return value


@lowers(Crop)
def crop(op: Crop, inputs: Inputs, output: Shape) -> Apply:
    starts = op.offsets(inputs)
    stops = tuple(start + size for start, size in zip(starts, output[1:], strict=True))
    return apply("Slice", X, int_constant(starts), int_constant(stops), int_constant(range(2, 1 + len(output))))


@lowers(Pad)
def pad(op: Pad, inputs: Inputs, output: Shape) -> Apply:
    begins, ends = zip(*op.borders(inputs), strict=True)
    return with_border(X, begins, ends, fill=op.value, mode=BORDERS[op.mode])


@lowers(PadChannels)
def pad_channels(op: PadChannels, inputs: Inputs, output: Shape) -> Apply:
    before, after = op.sides
    places = (0,) * (len(output) - 1)
    return with_border(X, (before, *places), (after, *places), first=1)


@lowers(Tokens)
def tokens(op: object, inputs: Inputs, output: Shape) -> Apply:
    return apply("Reshape", X, int_constant((0, 0, -1)))


@lowers(ClassToken)
def class_token(op: object, inputs: Inputs, output: Shape) -> Apply:
    token = DerivedParameter("weight", lambda own: own["weight"].transpose(0, 2, 1))
    samples = apply("Shape", X, start=0, end=1)
    each = apply("Expand", token, apply("Concat", samples, int_constant((output[0], 1)), axis=0))
    return apply("Concat", each, X, axis=2)


@lowers(Position)
def position(op: object, inputs: Inputs, output: Shape) -> Apply:
    return apply("Add", X, DerivedParameter("weight", lambda own: own["weight"].transpose(0, 2, 1)))
