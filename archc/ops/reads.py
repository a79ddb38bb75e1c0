"""Which positions of its input a layer reads, for each position that it gives."""

from functools import cached_property
from math import gcd, lcm
from typing import Final, Literal

from archc.quasi_affine import QuasiAffine, ceil, floor
from archc.records import dataclass

Border = Literal["none", "reflect", "replicate"]


@dataclass(frozen=True)
class Reads:
    """On one axis, output p reads the input positions first(p), first(p) + every, …, last(p); none where first > last.

    border: what lies outside the map: nothing that is seen, the map mirrored at its edge, or the edge itself.
    """

    first: QuasiAffine
    last: QuasiAffine
    every: int = 1
    border: Border = "none"

    @cached_property
    def period(self) -> int:
        """After so many outputs it reads alike."""
        return lcm(self.first.period, self.last.period)

    @cached_property
    def gaps(self) -> frozenset[int]:
        """The phases of the period in which nothing is read."""
        return frozenset(p for p in range(self.period) if self.first(p) > self.last(p))

    @cached_property
    def rising(self) -> bool:
        """Whether no output begins or ends before the one in front of it."""
        return self.first.rising and self.last.rising


ALL: Final = "all"
Reading = tuple[Reads | Literal["all"] | None, ...]
"""What is read of each dimension of the input, the channels first: the same position (None), all of them, or Reads.
() is a layer that works by element."""


@dataclass(frozen=True, slots=True)
class Reshaped:
    """The same values in the same order, in another shape."""


@dataclass(frozen=True, slots=True)
class Permuted:
    """Output dimension i is input dimension order[i], 0 being the channels."""

    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """The inputs one after another on a dimension that is not the channels."""

    dim: int


Movement = Reshaped | Permuted | Beside


def shifted(offset: int, border: Border = "none") -> Reads | None:
    """Output p reads p + offset."""
    place = QuasiAffine(1, 1, (offset,))
    return Reads(place, place, 1, border) if offset else None


def block(size: int) -> Reads:
    """Blocks of `size` positions side by side."""
    return Reads(QuasiAffine(1, size, (0,)), QuasiAffine(1, size, (size - 1,)))


def spread(size: int) -> Reads:
    """Each position `size` times."""
    return Reads(floor(1, 0, size), floor(1, 0, size))


def transposed(kernel: int, stride: int, padding: int, dilation: int) -> Reads:
    """The inputs i whose kernel covers output p: p = i·stride − padding + dilation·t, 0 ≤ t < kernel."""
    if dilation == 1:
        return Reads(ceil(1, padding - kernel + 1, stride), floor(1, padding, stride))
    turn = stride // gcd(stride, dilation)  # taps of one output are so many apart
    firsts, lasts = [], []
    for p in range(stride):
        near = [t for t in range(min(kernel, turn)) if (p + padding - dilation * t) % stride == 0]
        if near:
            lasts.append((p + padding - dilation * near[0]) // stride)
            far = near[0] + (kernel - 1 - near[0]) // turn * turn
            firsts.append((p + padding - dilation * far) // stride)
        else:
            firsts.append(1)
            lasts.append(0)
    every = dilation // gcd(stride, dilation)
    return Reads(QuasiAffine(stride, 1, tuple(firsts)), QuasiAffine(stride, 1, tuple(lasts)), every)
