"""Access patterns: the input positions that a layer reads for each output position."""

from functools import cached_property
from math import gcd, lcm
from typing import Final, Literal

from archc.quasi_affine import QuasiAffine, ceil, floor
from archc.records import dataclass

Border = Literal["none", "reflect", "replicate"]


@dataclass(frozen=True)
class Reads:
    """On one axis, output p reads the input positions first(p), first(p) + every, …, last(p); none if first > last.

    border: the values outside the map: none, mirrored at the edge (reflect), or those of the edge (replicate).
    """

    first: QuasiAffine
    last: QuasiAffine
    every: int = 1
    border: Border = "none"

    @cached_property
    def period(self) -> int:
        """The period of the pattern, in outputs."""
        return lcm(self.first.period, self.last.period)

    @cached_property
    def gaps(self) -> frozenset[int]:
        """The residues modulo the period at which nothing is read."""
        return frozenset(p for p in range(self.period) if self.first(p) > self.last(p))

    @cached_property
    def rising(self) -> bool:
        """Whether first and last are monotonic."""
        return self.first.rising and self.last.rising


ALL: Final = "all"
Reading = tuple[Reads | Literal["all"] | None, ...]
"""For each dimension of the input, the channels first: the same position (None), all positions, or Reads. () stands for
an elementwise layer."""


@dataclass(frozen=True, slots=True)
class Reshaped:
    """The same values in the same order, in another shape."""


@dataclass(frozen=True, slots=True)
class Permuted:
    """Output dimension i is input dimension order[i], 0 being the channels."""

    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Concatenated:
    """The inputs concatenated along a dimension that is not the channels."""

    dim: int


Movement = Reshaped | Permuted | Concatenated


def shifted(offset: int, border: Border = "none") -> Reads | None:
    """Output p reads position p + offset. None for offset 0."""
    place = QuasiAffine(1, 1, (offset,))
    return Reads(place, place, 1, border) if offset else None


def block(size: int) -> Reads:
    """Output p reads the block p·size … (p + 1)·size − 1."""
    return Reads(QuasiAffine(1, size, (0,)), QuasiAffine(1, size, (size - 1,)))


def spread(size: int) -> Reads:
    """Output p reads position ⌊p/size⌋."""
    return Reads(floor(1, 0, size), floor(1, 0, size))


def transposed(kernel: int, stride: int, padding: int, dilation: int) -> Reads:
    """Transposed convolution: output p reads the inputs i with p = i·stride − padding + dilation·t, 0 ≤ t < kernel."""
    if dilation == 1:
        return Reads(ceil(1, padding - kernel + 1, stride), floor(1, padding, stride))
    turn = stride // gcd(stride, dilation)  # the distance between taps of one output
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
