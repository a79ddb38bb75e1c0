"""Layers that cut or pad a map: crop, pad, pad_channels."""

from typing import Annotated, ClassVar, Literal

from archc.diagnostics import Code
from archc.ops.base import Category, Inputs, Op, OpError, Repair, Shape, channels_mixed, need_rank, spatial
from archc.ops.declared import field
from archc.ops.fields import Extent, Real, Sides, one_of, written
from archc.ops.reads import Border, Reading, Reads, shifted
from archc.ops.window import AXES, minus, sides
from archc.quasi_affine import floor

PadWith = Annotated[Literal["zero", "reflect", "replicate"], one_of("zero", "reflect", "replicate")]


class Crop(Op):
    """The middle of the map: (C, n…) → (C, size…), from ⌊(n − size)/2⌋ on each axis.

    That is how U-Net (Ronneberger et al. 2015) cuts a path's map to the size it is joined with.
    Source: Ronneberger et al. 2015 (U-Net), figure 1.
    """

    name: ClassVar[str] = "crop"
    category: ClassVar[Category] = "shape"
    positional: ClassVar[tuple[str, ...]] = ("size",)
    keeps_channels: ClassVar[bool] = True

    size: Extent

    def sizes(self, inputs: Inputs) -> tuple[int, ...]:
        """The size that is kept on each axis."""
        return spatial(self.size, need_rank(inputs, "crop"), "size", "the crop")

    def offsets(self, inputs: Inputs) -> tuple[int, ...]:
        """The first position kept on each axis. Raises OpError where the input is smaller."""
        sizes = self.sizes(inputs)
        both = list(zip(inputs[0][1:], sizes, strict=True))
        if any(m > n for n, m in both):
            fitting = tuple(min(pair) for pair in both)
            raise OpError(
                f"a crop of {'x'.join(map(str, sizes))} is larger than its {'x'.join(map(str, inputs[0][1:]))} input",
                code=Code.WINDOW_TOO_LARGE,
                field="size",
                help="`pad` makes a map larger",
                label_inputs=True,
                repairs=(Repair("size", written(fitting)),),
            )
        return tuple((n - m) // 2 for n, m in both)

    def output(self, inputs: Inputs) -> Shape:
        self.offsets(inputs)
        return (inputs[0][0], *self.sizes(inputs))

    def reading(self, inputs: Inputs) -> Reading:
        return (None, *map(shifted, self.offsets(inputs)))

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        offsets = self.offsets(inputs)
        return [
            (axis, f"from ⌊({n} − {m})/2⌋ = {offset} to {offset + m}, the end left out")
            for axis, n, m, offset in zip(AXES[len(offsets)], inputs[0][1:], output[1:], offsets, strict=True)
        ]


class Pad(Op):
    """The map with a border: (C, n…) → (C, n + begin + end …).

    `padding` is as conv's in numbers: one for all sides, one an axis, or (top, bottom, left, right).
    The mode is zero (or `value`, where given), reflect (mirrored, the edge not repeated; a border must be
    less than the size) or replicate (the edge repeated). No flops. Source: torch.nn.functional.pad.
    """

    name: ClassVar[str] = "pad"
    category: ClassVar[Category] = "shape"
    positional: ClassVar[tuple[str, ...]] = ("padding",)
    symbols: ClassVar[frozenset[str]] = frozenset({"zero", "reflect", "replicate"})
    keeps_channels: ClassVar[bool] = True

    padding: Sides = field(alias="pad")
    mode: PadWith = "zero"
    value: Real = 0.0

    def check(self) -> None:
        if self.value != 0 and self.mode != "zero":
            raise ValueError(f"`value` fills the border of mode zero; {self.mode} fills it from the map")

    def borders(self, inputs: Inputs) -> tuple[tuple[int, int], ...]:
        """(begin, end) on each axis."""
        return sides(self.padding, need_rank(inputs, "pad"))

    def output(self, inputs: Inputs) -> Shape:
        borders = self.borders(inputs)
        sizes = []
        for axis, n, (begin, end) in zip(AXES[len(borders)], inputs[0][1:], borders, strict=True):
            if self.mode == "reflect" and max(begin, end) >= n:
                raise OpError(
                    f"a border of {max(begin, end)} cannot be mirrored from {n}: the edge itself is not repeated",
                    code=Code.PADDING_TOO_LARGE,
                    field="padding",
                    notes=(f"{axis}: at most {n} − 1 = {minus(n - 1)}",),
                    repairs=(Repair("padding", str(min(inputs[0][1:]) - 1)), Repair("mode", "replicate")),
                )
            sizes.append(n + begin + end)
        return (inputs[0][0], *sizes)

    def reading(self, inputs: Inputs) -> Reading:
        border: Border = "none" if self.mode == "zero" else self.mode
        return (None, *(_bordered(-begin, end, border) for begin, end in self.borders(inputs)))

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        borders = self.borders(inputs)
        return [
            (axis, f"{n} + {begin} + {end} = {m}")
            for axis, n, (begin, end), m in zip(AXES[len(borders)], inputs[0][1:], borders, output[1:], strict=True)
        ]


def _bordered(offset: int, end: int, border: Border) -> Reads | None:
    if border == "none" or offset:
        return shifted(offset, border)
    place = floor(1, 0)
    return Reads(place, place, 1, border) if end else None


class PadChannels(Op):
    """The map with channels of zeros before and after its own: (C, n…) → (C + before + after, n…).

    One number is both, `(before, after)` is each. It is the parameter-free shortcut, option A, of He et al. 2015
    (ResNet), section 3.3, after `maxpool 1x1/2` has taken every second pixel. No flops.
    Source: He et al. 2015 (ResNet), section 3.3, option A.
    """

    name: ClassVar[str] = "pad_channels"
    category: ClassVar[Category] = "shape"
    positional: ClassVar[tuple[str, ...]] = ("padding",)

    padding: Sides = field(alias="pad")

    def check(self) -> None:
        if isinstance(self.padding, tuple) and len(self.padding) != 2:
            raise ValueError(f"takes one number or (before, after), not {len(self.padding)} numbers")

    @property
    def sides(self) -> tuple[int, int]:
        """(before, after)"""
        before, after = self.padding if isinstance(self.padding, tuple) else (self.padding, self.padding)
        return before, after

    def output(self, inputs: Inputs) -> Shape:
        return (inputs[0][0] + sum(self.sides), *inputs[0][1:])

    def reading(self, inputs: Inputs) -> Reading:
        return channels_mixed(inputs)

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        before, after = self.sides
        return [("channels", f"{inputs[0][0]:,} + {before} + {after} = {output[0]:,}")]
