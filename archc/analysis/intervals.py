"""The input positions that each position of a map depends on, along one axis.

They are given as an interval per position, in one of three forms:

- Sliding: the first and the last input position are quasi-affine functions of the position. The input is unbounded.
- Tabulated: one interval for each position of the map, clipped to the actual input.
- Constant: the same interval for every position.

Sliding intervals become tabulated where no short period describes them: after a join of branches with different
strides, after a concatenation along the axis, and where the period exceeds PHASES. The entries of all tables are
limited by a Budget. Once it is spent, a position is assumed to depend on the whole axis.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import gcd, lcm

from archc.ops.reads import Border, Reads
from archc.quasi_affine import DifferentRates, QuasiAffine, maximum, minimum
from archc.records import dataclass

MOST = 4_000_000
"""The most table entries for one net."""
LONGEST = 65_536
"""The most entries of one table."""
PHASES = 4_096
"""The longest period of a sliding interval."""

Interval = tuple[int, int] | None
"""The first and the last input position; None where the position depends on no input."""


@dataclass(slots=True)
class Budget:
    """The number of table entries that may still be computed."""

    left: int = MOST

    def take(self, entries: int) -> bool:
        """Subtract `entries`; False, and nothing is subtracted, where fewer are left."""
        if entries > self.left:
            return False
        self.left -= entries
        return True


@dataclass(frozen=True, slots=True)
class Constant:
    """Every position depends on lowest … highest (empty if lowest > highest).

    at_most: the interval is an upper bound.
    """

    lowest: int
    highest: int
    at_most: bool = False

    @property
    def extent(self) -> int:
        return self.highest - self.lowest + 1

    @property
    def interval(self) -> Interval:
        return (self.lowest, self.highest) if self.extent > 0 else None


@dataclass(frozen=True, slots=True)
class Tabulated:
    """Position p depends on spans[p]."""

    spans: tuple[Interval, ...]

    @property
    def extent(self) -> int:
        return max((span[1] - span[0] + 1 for span in self.spans if span is not None), default=0)


@dataclass(frozen=True, slots=True)
class Sliding:
    """Position p depends on first(p) … last(p).

    rising: both functions are monotonic. gaps: the residues of p modulo gap_period at which nothing is read.
    border: the padding mode of the windows so far; it decides what lies outside the input.
    """

    first: QuasiAffine
    last: QuasiAffine
    rising: bool = True
    gaps: frozenset[int] = frozenset()
    gap_period: int = 1
    border: Border = "none"

    @property
    def period(self) -> int:
        return lcm(self.first.period, self.last.period, self.gap_period)

    @property
    def jump(self) -> Fraction:
        """The mean distance, in input positions, between the intervals of neighbouring positions."""
        return Fraction(self.first.step, self.first.period)

    @property
    def extent(self) -> int:
        """The length of the longest interval."""
        if self.period == 1:
            return self.last.values[0] - self.first.values[0] + 1
        spans = map(self.span, range(self.period))
        return max((span[1] - span[0] + 1 for span in spans if span is not None), default=0)

    def span(self, p: int) -> Interval:
        return None if self.gaps and p % self.gap_period in self.gaps else (self.first(p), self.last(p))


Intervals = Sliding | Tabulated | Constant
IDENTITY = Sliding(QuasiAffine(1, 1, (0,)), QuasiAffine(1, 1, (0,)))


def with_border(intervals: Sliding, *borders: Border) -> Sliding:
    """The same intervals with the strictest of these borders: reflect, then replicate, then none."""
    border = max(borders, key=("none", "replicate", "reflect").index)
    return intervals if intervals.border == border else replace(intervals, border=border)


def sliding_union(left: Sliding, right: Sliding, budget: Budget) -> Sliding | None:
    """The union of two sliding intervals; None where their strides differ or the period is too long."""
    if left.first.period == right.first.period == 1 == left.last.period == right.last.period and not (
        left.gaps or right.gaps
    ):
        if left.first.step != right.first.step:
            return None
        first = left.first if left.first.values <= right.first.values else right.first
        last = left.last if left.last.values >= right.last.values else right.last
        return left if first is left.first and last is left.last else Sliding(first, last)
    period = lcm(left.period, right.period)
    if period > PHASES or not budget.take(4 * period) or not left.first.same_rate(right.first):
        return None
    if not (left.gaps or right.gaps):
        try:
            first, last = minimum(left.first, right.first), maximum(left.last, right.last)
        except DifferentRates:
            return None
        return Sliding(first.reduced(), last.reduced(), left.rising and right.rising)
    spans = [hull((left.span(p), right.span(p))) for p in range(period)]
    return _sliding_through(spans, period, left.first.step * (period // left.first.period))


def composed(intervals: Sliding, reads: Reads, budget: Budget) -> Sliding | None:
    """The intervals of the outputs that read this map by `reads`; None where the period is too long."""
    first, last = reads.first, reads.last
    if intervals.first.period == intervals.last.period == intervals.gap_period == first.period == last.period == 1:
        return Sliding(intervals.first.after(first), intervals.last.after(last))
    before = intervals.period
    turns = before // gcd(first.step * (reads.period // first.period), before)
    period = reads.period * turns
    if period > PHASES or not budget.take(2 * period):
        return None
    if intervals.rising and not intervals.gaps and reads.rising:
        low, high = intervals.first.after(first).reduced(), intervals.last.after(last).reduced()
        return Sliding(low, high, True, reads.gaps, reads.period if reads.gaps else 1)
    spans: list[Interval] = []
    for p in range(period):
        read = range(first(p), last(p) + 1, reads.every)
        enough = before // gcd(reads.every, before)  # the following taps repeat these, shifted
        ends = (read[:enough], read[-enough:]) if len(read) > 2 * enough else (read,)
        if not budget.take(sum(map(len, ends))):
            return None
        spans.append(hull(intervals.span(q) for end in ends for q in end))
    return _sliding_through(
        spans, period, intervals.first.step * (first.step * period // first.period) // intervals.first.period
    )


def _sliding_through(spans: Sequence[Interval], period: int, step: int) -> Sliding | None:
    """The functions with these values over one period; None where every interval is empty."""
    gaps = frozenset(p for p, span in enumerate(spans) if span is None)
    if len(gaps) == period:
        return None
    known = next(span for span in spans if span is not None)
    first = QuasiAffine(period, step, tuple([(span or known)[0] for span in spans]))
    last = QuasiAffine(period, step, tuple([(span or known)[1] for span in spans]))
    if gaps:
        return Sliding(first, last, False, gaps, period)
    first, last = first.reduced(), last.reduced()
    return Sliding(first, last, first.rising and last.rising)


def gathered(intervals: Tabulated, reads: Reads, size: int, budget: Budget) -> Tabulated | None:
    """The intervals of `size` outputs that read this map by `reads`; None where the table would be too large."""
    n = len(intervals.spans)
    if size > LONGEST:
        return None
    spans: list[Interval] = []
    for p in range(size):
        low, high = reads.first(p), reads.last(p)
        if reads.border == "none":
            read = range(low if low >= 0 else low % reads.every, min(high, n - 1) + 1, reads.every)
        else:
            read = range(low, high + 1, reads.every)
        if not budget.take(len(read) + 1):
            return None
        spans.append(hull([intervals.spans[_border_position(q, n, reads.border)] for q in read]))
    return Tabulated(tuple(spans))


def _border_position(q: int, n: int, border: Border) -> int:
    """The position in 0 … n − 1 whose value the border repeats at q."""
    if border == "reflect":
        q = abs(q)
        return 2 * (n - 1) - q if q >= n else q
    return min(max(q, 0), n - 1)


def hull(spans: Iterable[Interval]) -> Interval:
    """The smallest interval that contains all of these."""
    some = [span for span in spans if span is not None]
    if not some:
        return None
    return min(span[0] for span in some), max(span[1] for span in some)
