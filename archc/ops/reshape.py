"""Layers that move values and compute nothing: flatten, reshape, permute, shuffles, slices. No flops."""

from math import prod
from typing import Annotated, ClassVar, Literal

from archc.diagnostics import Code
from archc.ops.base import (
    Category,
    Inputs,
    Op,
    OpError,
    Repair,
    Shape,
    channels_mixed,
    check_divides,
    nearest_divisors,
    need_rank,
    times,
)
from archc.ops.fields import Count, Index, one_of, shape_sizes
from archc.ops.reads import ALL, Movement, Permuted, Reading, Reshaped, shifted, spread
from archc.ops.window import AXES
from archc.shapes import hwc

AxisName = Annotated[
    Literal["channels", "height", "width", "depth", "length"],
    one_of("channels", "height", "width", "depth", "length"),
]


class Rearrangement(Op):
    """A layer that moves values and computes nothing."""

    category: ClassVar[Category] = "shape"


class Flatten(Rearrangement):
    """A map as a vector: (C, n…) → (C·Πn,), channel by channel, row by row, as torch has it.

    A vector stays as it is. (Keras flattens with the channels innermost; weights need reordering.)
    Source: torch.nn.Flatten.
    """

    name: ClassVar[str] = "flatten"
    view: ClassVar[bool] = True

    def output(self, inputs: Inputs) -> Shape:
        return (prod(inputs[0]),)

    def reading(self, inputs: Inputs) -> Movement:
        return Reshaped()

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        return [("features", f"{times(*inputs[0][1:], inputs[0][0])} = {output[0]:,}")]


class Reshape(Rearrangement):
    """The same values in another shape: `reshape 7x7x64` is (…) → (64, 7, 7).

    `dims` is height × width × channels as papers write it; the values keep their order in (C, H, W), as
    torch.reshape does. The number of values must stay the same.
    Source: torch.reshape.
    """

    name: ClassVar[str] = "reshape"
    positional: ClassVar[tuple[str, ...]] = ("dims",)
    view: ClassVar[bool] = True

    dims: Annotated[tuple[int, ...], shape_sizes]

    def output(self, inputs: Inputs) -> Shape:
        shape = (self.dims[-1], *self.dims[:-1])
        if prod(shape) != prod(inputs[0]):
            raise OpError(
                f"{hwc(inputs[0])} cannot become {hwc(shape)}: they do not hold equally many values",
                field="dims",
                notes=tuple(
                    f"{side}: {f'{times(*s[1:], s[0])} = ' if len(s) > 1 else ''}{prod(s):,}"
                    for side, s in (("flows in", inputs[0]), ("asked for", shape))
                ),
                label_inputs=True,
                repairs=_refits(self.dims, prod(inputs[0])),
            )
        return shape

    def reading(self, inputs: Inputs) -> Movement:
        return Reshaped()


def _refits(dims: tuple[int, ...], total: int) -> tuple[Repair, ...]:
    """The channels that would make the product right."""
    channels, rest = divmod(total, prod(dims[:-1]))
    if rest or not channels:
        return ()
    return (Repair("dims", "x".join(map(str, (*dims[:-1], channels)))),)


def _order(value: object) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or not all(type(item) is int for item in value):
        raise ValueError("takes a list of axes, counted from 0 for the channels: [0, 2, 1]")
    if sorted(value) != list(range(len(value))):
        raise ValueError(f"must name each axis from 0 to {max(0, len(value) - 1)} once")
    return tuple(value)


class Permute(Rearrangement):
    """The axes in another order: output axis i = input axis order[i], 0 being the channels.

    `permute [0, 2, 1]` turns an image (C, H, W) into (C, W, H); `[1, 2, 0]` makes its height the channels.
    Source: torch.permute.
    """

    name: ClassVar[str] = "permute"
    positional: ClassVar[tuple[str, ...]] = ("order",)

    order: Annotated[tuple[int, ...], _order]

    def output(self, inputs: Inputs) -> Shape:
        shape = inputs[0]
        if len(self.order) != len(shape):
            raise OpError(
                f"`permute` orders {len(self.order)} axes, but {hwc(shape)} has {len(shape)}",
                code=Code.WRONG_RANK,
                field="order",
                help="axis 0 is the channels; then come height and width",
                label_inputs=True,
            )
        return tuple(shape[axis] for axis in self.order)

    def reading(self, inputs: Inputs) -> Movement:
        return Permuted(self.order)


class PixelShuffle(Rearrangement):
    """Channels become pixels: (C·r², H, W) → (C, r·H, r·W), r the factor.

        y[c, r·i + a, r·j + b] = x[c·r² + r·a + b, i, j]

    Source: Shi et al. 2016; torch.nn.PixelShuffle.
    """

    name: ClassVar[str] = "pixel_shuffle"
    positional: ClassVar[tuple[str, ...]] = ("factor",)

    factor: Count

    def output(self, inputs: Inputs) -> Shape:
        need_rank(inputs, "pixel_shuffle", 2, 2)
        channels, height, width = inputs[0]
        square = self.factor**2
        if channels % square:
            raise OpError(
                f"pixel_shuffle by {self.factor} needs a multiple of {square} channels, but {channels} flow in",
                code=Code.GROUPS_DO_NOT_DIVIDE,
                field="factor",
                notes=(f"{channels} = {self.factor}²·{channels // square} + {channels % square}",),
                label_inputs=True,
            )
        return (channels // square, height * self.factor, width * self.factor)

    def reading(self, inputs: Inputs) -> Reading:
        return (ALL, spread(self.factor), spread(self.factor)) if self.factor > 1 else ()


class ChannelShuffle(Rearrangement):
    """The channels of the groups in turn: first of each group, second of each, …: (C, n…) → (C, n…).

        y[j·groups + g] = x[g·C/groups + j]

    Source: Zhang et al. 2018 (ShuffleNet); torch.nn.ChannelShuffle, which needs a map.
    """

    name: ClassVar[str] = "channel_shuffle"
    positional: ClassVar[tuple[str, ...]] = ("groups",)
    keeps_channels: ClassVar[bool] = True

    groups: Count

    def output(self, inputs: Inputs) -> Shape:
        need_rank(inputs, "channel_shuffle")
        channels = inputs[0][0]
        check_divides(self.groups, channels, "groups", f"{self.groups} groups")
        return inputs[0]

    def reading(self, inputs: Inputs) -> Reading:
        return channels_mixed(inputs)


class Slice(Rearrangement):
    """Positions start to stop, stop left out, of one axis: (…, n, …) → (…, stop − start, …).

    The axis is the channels unless given; without `stop` it runs to the end.
    Source: torch.narrow.
    """

    name: ClassVar[str] = "slice"
    positional: ClassVar[tuple[str, ...]] = ("start", "stop")
    symbols: ClassVar[frozenset[str]] = frozenset({"channels", "height", "width", "depth", "length"})

    start: Index
    stop: Count | None = None
    axis: AxisName = "channels"

    def check(self) -> None:
        if self.stop is not None and self.stop <= self.start:
            raise ValueError(f"a slice from {self.start} to {self.stop} is empty: `stop` is the first one left out")

    def dim(self, inputs: Inputs) -> int:
        """The position of the axis in the shape. Raises OpError where there is none."""
        if self.axis == "channels":
            return 0
        names = AXES.get(len(inputs[0]) - 1, ())
        if self.axis not in names:
            raise OpError(
                f"{hwc(inputs[0])} has no {self.axis} to slice",
                code=Code.WRONG_RANK,
                field="axis",
                help=f"its axes are {', '.join((*names, 'channels'))}",
            )
        return 1 + names.index(self.axis)

    def output(self, inputs: Inputs) -> Shape:
        dim = self.dim(inputs)
        shape = inputs[0]
        size = shape[dim]
        stop = size if self.stop is None else self.stop
        if self.start >= size or stop > size:
            raise OpError(
                f"a slice from {self.start} to {stop} does not fit in {size} {_unit(self.axis)}",
                code=Code.SLICE_OUT_OF_RANGE,
                field="start" if self.start >= size else "stop",
                notes=(f"positions are counted from 0; the last is {size - 1}",),
                label_inputs=True,
                repairs=() if self.start >= size else (Repair("stop", str(size)),),
            )
        return (*shape[:dim], stop - self.start, *shape[dim + 1 :])

    def reading(self, inputs: Inputs) -> Reading:
        dim = self.dim(inputs)
        return tuple(shifted(self.start) if each == dim else None for each in range(len(inputs[0])))


def _unit(axis: str) -> str:
    return "channels" if axis == "channels" else f"positions of {axis}"


class Split(Rearrangement):
    """One of several equal parts of the channels: (C, n…) → (C/parts, n…).

    `split 2, 0` is the first half, `split 2, 1` the second.
    Source: torch.chunk.
    """

    name: ClassVar[str] = "split"
    positional: ClassVar[tuple[str, ...]] = ("parts", "index")

    parts: Count
    index: Index = 0

    def check(self) -> None:
        if self.index >= self.parts:
            raise ValueError(
                f"there is no part {self.index} of {self.parts}: they are counted from 0 to {self.parts - 1}"
            )

    def caption(self, inputs: Inputs, output: Shape) -> str:
        return f"split, part {self.index + 1} of {self.parts}"

    def output(self, inputs: Inputs) -> Shape:
        channels = inputs[0][0]
        if channels % self.parts:
            raise OpError(
                f"{channels} channels do not split into {self.parts} equal parts",
                code=Code.GROUPS_DO_NOT_DIVIDE,
                field="parts",
                notes=(f"{channels} = {self.parts}·{channels // self.parts} + {channels % self.parts}",),
                help="`slice start, stop` takes parts of any size",
                label_inputs=True,
                repairs=tuple(Repair("parts", str(d)) for d in nearest_divisors(self.parts, channels)),
            )
        return (channels // self.parts, *inputs[0][1:])

    def reading(self, inputs: Inputs) -> Reading:
        start = self.index * (inputs[0][0] // self.parts)
        return (shifted(start), *((None,) * (len(inputs[0]) - 1)))
