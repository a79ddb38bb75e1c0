"""Upsampling by interpolation."""

from fractions import Fraction
from math import lcm, prod
from typing import Annotated, ClassVar, Literal

from archc.diagnostics import Code
from archc.ops.base import Category, Inputs, Op, OpError, Repair, Shape, need_rank, spatial
from archc.ops.declared import field
from archc.ops.fields import MAX_SIZE, Extent, Flag, one_of, written
from archc.ops.reads import Reading, Reads
from archc.ops.window import AXES
from archc.quasi_affine import ceil, floor
from archc.shapes import hwc

Mode = Literal["nearest", "linear", "bilinear", "bicubic", "trilinear"]
RANKS: dict[Mode, tuple[int, ...]] = {
    "nearest": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
}


def _factor(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"takes a number, not {written(value)}")
    if not 0 < value <= MAX_SIZE:
        raise ValueError(f"must be greater than 0 and finite, not {written(value)}")
    return int(value) if value == int(value) else value


def _factors(value: object) -> object:
    if not isinstance(value, list | tuple):
        return _factor(value)
    if not value:
        raise ValueError("takes at least one number")
    return _factor(value[0]) if len(value) == 1 else tuple(_factor(item) for item in value)


Factors = Annotated[int | float | tuple[int | float, ...], _factors]


class Upsample(Op):
    """The map at another size, by interpolation.

    (C, n…) → (C, ⌊n·scale⌋ …), or (C, to…)

    Modes: nearest on any map; linear in 1-D, bilinear and bicubic in 2-D, trilinear in 3-D. With
    `align_corners` the outermost values keep their places, else pixel centres do (half-pixel); nearest
    takes input ⌊i·n/m⌋ and knows no corners. A scale below 1 makes the map smaller.
    flops: 2 for each input value that a mode weighs: 2 to each axis for linear, 16 for bicubic.
    Source: torch.nn.functional.interpolate.
    """

    name: ClassVar[str] = "upsample"
    category: ClassVar[Category] = "shape"
    positional: ClassVar[tuple[str, ...]] = ("scale",)
    symbols: ClassVar[frozenset[str]] = frozenset(RANKS)
    keeps_channels: ClassVar[bool] = True

    scale: Factors | None = None
    output_size: Extent | None = field(None, alias="to")
    mode: Annotated[Mode, one_of(*RANKS)] = "nearest"
    align_corners: Flag = False

    def check(self) -> None:
        if (self.scale is None) == (self.output_size is None):
            raise ValueError("upsample takes a scale (`upsample 2`) or the output size (`upsample to 56x56`), and one")
        if self.align_corners and self.mode == "nearest":
            raise ValueError("`align_corners` has no meaning for nearest; it goes with bilinear and its like")

    def scales(self, rank: int) -> tuple[int | float, ...]:
        """The stated scale on each axis; () where the size is stated instead."""
        if self.scale is None:
            return ()
        if not isinstance(self.scale, tuple):
            return (self.scale,) * rank
        if len(self.scale) != rank:
            raise OpError(
                f"`scale` has {len(self.scale)} numbers, but its input has {rank} sizes",
                code=Code.WRONG_RANK,
                field="scale",
            )
        return self.scale

    def output(self, inputs: Inputs) -> Shape:
        rank = need_rank(inputs, "upsample")
        if rank not in RANKS[self.mode]:
            fitting = [mode for mode, ranks in RANKS.items() if rank in ranks]
            raise OpError(
                f"{self.mode} is for an input with {RANKS[self.mode][0]} sizes, but {hwc(inputs[0])} has {rank}",
                code=Code.WRONG_RANK,
                field="mode",
                help=f"modes that fit: {', '.join(fitting)}",
                repairs=tuple(Repair("mode", mode) for mode in reversed(fitting)),
            )
        if self.output_size is not None:
            return (inputs[0][0], *spatial(self.output_size, rank, "output_size", "the output size"))
        sizes = []
        for axis, n, s in zip(AXES[rank], inputs[0][1:], self.scales(rank), strict=True):
            size = n * s if isinstance(s, int) else int(n * s)
            if size < 1:
                raise OpError(
                    f"scaled by {written(s)}, nothing is left of the {axis}",
                    field="scale",
                    notes=(f"{axis}: ⌊{n}·{written(s)}⌋ = 0",),
                )
            sizes.append(size)
        return (inputs[0][0], *sizes)

    def _taps(self) -> int:
        """The number of input values per axis that an output depends on."""
        if self.mode == "nearest":
            return 1
        return 4 if self.mode == "bicubic" else 2

    def flops(self, inputs: Inputs, output: Shape) -> int:
        if self.mode == "nearest":
            return 0
        weighed = prod((self._taps(),) * (len(output) - 1))
        return 2 * weighed * prod(output)

    def reading(self, inputs: Inputs) -> Reading:
        sizes, scaled = inputs[0][1:], self.output(inputs)[1:]
        scales = self.scales(len(sizes)) or (None,) * len(sizes)
        each, shortens = zip(sizes, scaled, scales, strict=True), self.shortens(len(sizes))
        return (None, *(self._axis(n, m, scale, shortens) for n, m, scale in each))

    def shortens(self, rank: int) -> bool:
        """Whether PyTorch ignores a scale that keeps the size. Bicubic does not, nor nearest on 1-D and 3-D maps.

        Nearest on images also repeats each pixel whenever a size doubles.
        """
        return self.mode != "bicubic" and (self.mode != "nearest" or rank == 2)

    def _axis(self, n: int, m: int, scale: float | None, shortens: bool) -> Reads | None:
        """The reading of one axis: the pixels on both sides of a sampled place, for bicubic two on each side."""
        if n == m and (shortens or scale in (None, 1)):
            return None
        step = Fraction(n, m) if scale is None else 1 / Fraction(str(scale))
        if self.mode == "nearest":
            place = floor(1, 0, 2) if m == 2 * n and shortens else floor(step.numerator, 0, step.denominator)
            return Reads(place, place, 1, "replicate")
        if self.align_corners:
            step = Fraction(n - 1, m - 1) if m > 1 else Fraction(0)
        start = Fraction(0) if self.align_corners else step / 2 - Fraction(1, 2)
        parts = lcm(step.denominator, start.denominator)
        a, b = int(step * parts), int(start * parts)
        first, last = floor(a, b, parts), ceil(a, b, parts)
        if self.mode == "bicubic":
            between = last + -first
            first, last = first + -between, last + between
        return Reads(first, last, 1, "replicate")

    def explain(self, inputs: Inputs, output: Shape) -> list[tuple[str, str]]:
        rank = len(output) - 1
        return [
            (axis, f"⌊{n}·{written(s)}⌋ = {m}")
            for axis, n, s, m in zip(AXES[rank], inputs[0][1:], self.scales(rank), output[1:], strict=False)
        ]
