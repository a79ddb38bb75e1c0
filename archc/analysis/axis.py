"""One axis of a map: which input positions each of its positions depends on."""

from collections.abc import Iterable, Sequence
from dataclasses import field

from archc.analysis.intervals import (
    IDENTITY,
    LONGEST,
    Budget,
    Constant,
    Interval,
    Intervals,
    Sliding,
    Tabulated,
    composed,
    gathered,
    hull,
    sliding_union,
    with_border,
)
from archc.ops.reads import Reads
from archc.records import dataclass


@dataclass(frozen=True, slots=True)
class Axis:
    """The intervals of `size` positions of a map, on an axis of the input that has `drawn` positions."""

    intervals: Intervals
    size: int
    drawn: int
    budget: Budget = field(compare=False, repr=False)

    def read(self, reads: Reads | None, size: int) -> "Axis":
        """The axis of `size` outputs that read this one by `reads` (None: position p reads position p)."""
        intervals = self.intervals
        if isinstance(intervals, Constant) or (reads is None and (isinstance(intervals, Sliding) or size == self.size)):
            return self if size == self.size else Axis(intervals, size, self.drawn, self.budget)
        if isinstance(intervals, Sliding):
            assert reads is not None
            found = composed(intervals, reads, self.budget)
            if found is not None:
                return Axis(with_border(found, intervals.border, reads.border), size, self.drawn, self.budget)
            intervals = self.table()
        if isinstance(intervals, Tabulated):
            intervals = gathered(intervals, reads or IDENTITY_READS, size, self.budget) or self.whole()
        return Axis(intervals, size, self.drawn, self.budget)

    def table(self) -> Tabulated | Constant:
        """One interval per position, clipped to the input."""
        intervals = self.intervals
        if not isinstance(intervals, Sliding):
            return intervals
        if self.size > LONGEST or not self.budget.take(self.size):
            return self.whole()
        spans = [intervals.span(p) for p in range(self.size)]
        return self.whole() if self._reads_a_border(intervals, spans) else Tabulated(tuple(map(self._clipped, spans)))

    def _reads_a_border(self, intervals: Sliding, spans: Iterable[Interval]) -> bool:
        """Whether an interval lies in the border alone, or reaches into a mirrored one.

        Such a position depends on the map, but the interval does not say where.
        """
        if intervals.border == "none":
            return False
        end = self.drawn - 1
        out = [span for span in spans if span is not None and (span[0] < 0 or span[1] > end)]
        return any(intervals.border == "reflect" or span[1] < 0 or span[0] > end for span in out)

    def _clipped(self, span: Interval) -> Interval:
        if span is None or span[1] < 0 or span[0] >= self.drawn:
            return None
        return max(span[0], 0), min(span[1], self.drawn - 1)

    def whole(self) -> Constant:
        """The whole axis, as an upper bound."""
        return Constant(0, self.drawn - 1, at_most=True)

    def merged(self, size: int = 1) -> "Axis":
        """`size` positions, each of which depends on everything that the positions of this axis depend on."""
        if isinstance(self.intervals, Tabulated):
            intervals: Intervals = (
                Tabulated((hull(self.intervals.spans),) * size) if self.budget.take(size) else self.whole()
            )
            return Axis(intervals, size, self.drawn, self.budget)
        return Axis(self._ends(self.intervals), size, self.drawn, self.budget)

    def bounded(self, size: int) -> "Axis":
        """As `merged`, as an upper bound."""
        intervals = self.merged().intervals
        span = intervals.spans[0] if isinstance(intervals, Tabulated) else self._ends(intervals).interval
        return Axis(Constant(*(span or (0, -1)), at_most=True), size, self.drawn, self.budget)

    def _ends(self, intervals: Sliding | Constant) -> Constant:
        """The first and the last input position that any position depends on."""
        if isinstance(intervals, Constant):
            return intervals
        period = intervals.period
        if not self.budget.take(8 * period):
            return self.whole()
        numbers = _periods_at_ends(intervals, period, self.drawn, -(-self.size // period))
        places = [p for n in numbers for p in range(n * period, min((n + 1) * period, self.size))]
        spans = [intervals.span(p) for p in places]
        return (
            self.whole()
            if self._reads_a_border(intervals, spans)
            else Constant(*(hull(map(self._clipped, spans)) or (0, -1)))
        )


def _periods_at_ends(intervals: Sliding, period: int, drawn: int, count: int) -> Sequence[int]:
    """The numbers of the periods, of `count`, that contain the first and the last dependence on the input, with two
    neighbours on each side."""
    step = intervals.first.step * (period // intervals.first.period)
    if step == 0:
        return range(min(1, count))
    first = -(max(intervals.last.with_period(period).values) // step)
    last = (drawn - 1 - min(intervals.first.with_period(period).values)) // step
    ends = [min(max(end, 0), count - 1) for end in (first, last)]
    return sorted({n for end in ends for n in range(max(0, end - 2), min(count, end + 3))})


IDENTITY_READS = Reads(IDENTITY.first, IDENTITY.last)


def union(axes: Sequence[Axis]) -> Axis:
    """Position by position, the union of the intervals. The axes have the same size and the same input."""
    result = axes[0]
    for axis in axes[1:]:
        if axis.intervals is not result.intervals:
            result = Axis(_union_of_two(result, axis), result.size, result.drawn, result.budget)
    return result


def concatenation(axes: Sequence[Axis], size: int) -> Axis:
    """The positions of the first axis, then those of the next, …"""
    one = axes[0]
    tables = [axis.table() for axis in axes]
    if any(isinstance(table, Constant) and table.at_most for table in tables) or not one.budget.take(size):
        return Axis(one.whole(), size, one.drawn, one.budget)
    spans: list[Interval] = []
    for table, axis in zip(tables, axes, strict=True):
        spans += table.spans if isinstance(table, Tabulated) else [table.interval] * axis.size
    return Axis(Tabulated(tuple(spans)), size, one.drawn, one.budget)


def _union_of_two(one: Axis, other: Axis) -> Intervals:
    left, right = one.intervals, other.intervals
    if isinstance(left, Sliding) and isinstance(right, Sliding):
        found = sliding_union(left, right, one.budget)
        if found is not None:
            return with_border(found, left.border, right.border)
    if isinstance(left, Constant) and isinstance(right, Constant):
        return Constant(*(hull((left.interval, right.interval)) or (0, -1)), left.at_most or right.at_most)
    for intervals in (left, right):
        if isinstance(intervals, Constant) and intervals.extent >= one.drawn:
            return intervals
    tables = one.table(), other.table()
    spans = [table.spans if isinstance(table, Tabulated) else (table.interval,) * one.size for table in tables]
    if any(isinstance(table, Constant) and table.at_most for table in tables) or not one.budget.take(one.size):
        return one.whole()
    return Tabulated(tuple([hull(pair) for pair in zip(*spans, strict=True)]))
