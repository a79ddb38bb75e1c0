"""What the positions of a map see of the net's input, on one axis.

A track is one of three. Moving: the first and the last input position as quasi-affine functions of the position, on an
unbounded input. Tabled: for each position of the drawn map, what it sees of the drawn input. Fixed: every position sees
the same. Moving becomes Tabled where it has no period of use: a join of branches that grow at different rates, maps one
after another, a period too long. Tables are counted, and beyond MOST of them a position is taken to see all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from fractions import Fraction
from math import gcd, lcm

from archc.ops.reads import Border, Reads
from archc.quasi_affine import QuasiAffine, Unlike, greatest, least
from archc.records import dataclass

MOST = 4_000_000
"""Entries of tables in one net."""
LONGEST = 65_536
"""Entries of one table."""
PHASES = 4_096
"""The longest period of a function that is kept as one."""

Span = tuple[int, int] | None
"""The first and the last input position that is seen; None where nothing is."""


@dataclass(slots=True)
class Work:
    """The entries that may yet be made."""

    left: int = MOST

    def take(self, entries: int) -> bool:
        """Whether so many may be made; then they are counted."""
        if entries > self.left:
            return False
        self.left -= entries
        return True


@dataclass(frozen=True, slots=True)
class Fixed:
    """Every position sees lowest to highest; nothing where that is empty. at_most: it may be less."""

    lowest: int
    highest: int
    at_most: bool = False

    @property
    def extent(self) -> int:
        return self.highest - self.lowest + 1


@dataclass(frozen=True, slots=True)
class Tabled:
    """Position p sees spans[p]."""

    spans: tuple[Span, ...]

    @property
    def extent(self) -> int:
        return max((span[1] - span[0] + 1 for span in self.spans if span is not None), default=0)


@dataclass(frozen=True, slots=True)
class Moving:
    """Position p sees first(p) to last(p), and nothing in the phases `gaps` of `turn`. rising: neither ever falls.
    border: how the maps before it were padded, where a window reads outside them.
    """

    first: QuasiAffine
    last: QuasiAffine
    rising: bool = True
    gaps: frozenset[int] = frozenset()
    turn: int = 1
    border: Border = "none"

    @property
    def period(self) -> int:
        return lcm(self.first.period, self.last.period, self.turn)

    @property
    def jump(self) -> Fraction:
        """How far apart neighbours see, in the mean."""
        return Fraction(self.first.step, self.first.period)

    @property
    def extent(self) -> int:
        """The greatest over all phases."""
        if self.period == 1:
            return self.last.values[0] - self.first.values[0] + 1
        spans = map(self.span, range(self.period))
        return max((span[1] - span[0] + 1 for span in spans if span is not None), default=0)

    def span(self, p: int) -> Span:
        return None if self.gaps and p % self.turn in self.gaps else (self.first(p), self.last(p))


Track = Moving | Tabled | Fixed
ITSELF = Moving(QuasiAffine(1, 1, (0,)), QuasiAffine(1, 1, (0,)))


@dataclass(frozen=True, slots=True)
class Axis:
    """A track, the positions that the map has on it, and those that the drawn input has."""

    track: Track
    size: int
    drawn: int
    work: Work = field(compare=False, repr=False)

    def read(self, reads: Reads | None, size: int) -> "Axis":
        """What the positions see that read this one so."""
        track = self.track
        if isinstance(track, Fixed) or (reads is None and (isinstance(track, Moving) or size == self.size)):
            return self if size == self.size else Axis(track, size, self.drawn, self.work)
        if isinstance(track, Moving):
            assert reads is not None
            found = _moved(track, reads, self.work)
            if found is not None:
                return Axis(_with_border(found, track.border, reads.border), size, self.drawn, self.work)
            track = self.table()
        if isinstance(track, Tabled):
            track = _looked_up(track, reads or STAYING, size, self.work) or self.all()
        return Axis(track, size, self.drawn, self.work)

    def table(self) -> Tabled | Fixed:
        """The track position by position, what is outside the drawn input left out."""
        track = self.track
        if not isinstance(track, Moving):
            return track
        if self.size > LONGEST or not self.work.take(self.size):
            return self.all()
        spans = [track.span(p) for p in range(self.size)]
        return self.all() if self._reads_a_border(track, spans) else Tabled(tuple(map(self._clipped, spans)))

    def _reads_a_border(self, track: Moving, spans: Iterable[Span]) -> bool:
        """Whether one of these is of a border alone, or in part of a mirrored one: it sees the map, not known where."""
        if track.border == "none":
            return False
        end = self.drawn - 1
        out = [span for span in spans if span is not None and (span[0] < 0 or span[1] > end)]
        return any(track.border == "reflect" or span[1] < 0 or span[0] > end for span in out)

    def _clipped(self, span: Span) -> Span:
        if span is None or span[1] < 0 or span[0] >= self.drawn:
            return None
        return max(span[0], 0), min(span[1], self.drawn - 1)

    def all(self) -> Fixed:
        """The whole of the input, where less cannot be shown."""
        return Fixed(0, self.drawn - 1, at_most=True)

    def together(self, size: int = 1) -> "Axis":
        """Of so many positions that each see what all of these see."""
        if isinstance(self.track, Tabled):
            track: Track = Tabled((_hull(self.track.spans),) * size) if self.work.take(size) else self.all()
            return Axis(track, size, self.drawn, self.work)
        return Axis(self._ends(self.track), size, self.drawn, self.work)

    def bounded(self, size: int) -> "Axis":
        """Of so many positions that each see no more than all of these."""
        track = self.together().track
        span = track.spans[0] if isinstance(track, Tabled) else _of(self._ends(track))
        return Axis(Fixed(*(span or (0, -1)), at_most=True), size, self.drawn, self.work)

    def _ends(self, track: Moving | Fixed) -> Fixed:
        """The first and the last that is seen."""
        if isinstance(track, Fixed):
            return track
        period = track.period
        if not self.work.take(8 * period):
            return self.all()
        turns = _turns(track, period, self.drawn, -(-self.size // period))
        places = [p for turn in turns for p in range(turn * period, min((turn + 1) * period, self.size))]
        spans = [track.span(p) for p in places]
        return (
            self.all() if self._reads_a_border(track, spans) else Fixed(*(_hull(map(self._clipped, spans)) or (0, -1)))
        )


def _turns(track: Moving, period: int, drawn: int, turns: int) -> Sequence[int]:
    """Of so many periods, the first and the last in which something of the drawn input is seen, and those beside."""
    step = track.first.step * (period // track.first.period)
    if step == 0:
        return range(min(1, turns))
    first = -(max(track.last.tabled(period).values) // step)
    last = (drawn - 1 - min(track.first.tabled(period).values)) // step
    ends = [min(max(end, 0), turns - 1) for end in (first, last)]
    return sorted({turn for end in ends for turn in range(max(0, end - 2), min(turns, end + 3))})


def _with_border(track: Moving, *borders: Border) -> Moving:
    """With the border of these that is the hardest to follow."""
    border = max(borders, key=("none", "replicate", "reflect").index)
    return track if track.border == border else replace(track, border=border)


STAYING = Reads(ITSELF.first, ITSELF.last)


def united(axes: Sequence[Axis]) -> Axis:
    """Each position sees what it sees of any. The axes have one size and one input."""
    result = axes[0]
    for axis in axes[1:]:
        if axis.track is not result.track:
            result = Axis(_both(result, axis), result.size, result.drawn, result.work)
    return result


def in_turn(axes: Sequence[Axis], size: int) -> Axis:
    """The positions of the first, then those of the next, …"""
    one = axes[0]
    tables = [axis.table() for axis in axes]
    if any(isinstance(table, Fixed) and table.at_most for table in tables) or not one.work.take(size):
        return Axis(one.all(), size, one.drawn, one.work)
    spans: list[Span] = []
    for table, axis in zip(tables, axes, strict=True):
        spans += table.spans if isinstance(table, Tabled) else [_of(table)] * axis.size
    return Axis(Tabled(tuple(spans)), size, one.drawn, one.work)


def _both(one: Axis, other: Axis) -> Track:
    left, right = one.track, other.track
    if isinstance(left, Moving) and isinstance(right, Moving):
        found = _least_and_greatest(left, right, one.work)
        if found is not None:
            return _with_border(found, left.border, right.border)
    if isinstance(left, Fixed) and isinstance(right, Fixed):
        return Fixed(*(_hull((_of(left), _of(right))) or (0, -1)), left.at_most or right.at_most)
    for track in (left, right):
        if isinstance(track, Fixed) and track.extent >= one.drawn:
            return track
    tables = one.table(), other.table()
    spans = [table.spans if isinstance(table, Tabled) else (_of(table),) * one.size for table in tables]
    if any(isinstance(table, Fixed) and table.at_most for table in tables) or not one.work.take(one.size):
        return one.all()
    return Tabled(tuple([_hull(pair) for pair in zip(*spans, strict=True)]))


def _least_and_greatest(left: Moving, right: Moving, work: Work) -> Moving | None:
    """None where they grow at different rates or the period is too long."""
    if left.first.period == right.first.period == 1 == left.last.period == right.last.period and not (
        left.gaps or right.gaps
    ):
        if left.first.step != right.first.step:
            return None
        first = left.first if left.first.values <= right.first.values else right.first
        last = left.last if left.last.values >= right.last.values else right.last
        return left if first is left.first and last is left.last else Moving(first, last)
    period = lcm(left.period, right.period)
    if period > PHASES or not work.take(4 * period) or not left.first.alike(right.first):
        return None
    if not (left.gaps or right.gaps):
        try:
            first, last = least(left.first, right.first), greatest(left.last, right.last)
        except Unlike:
            return None
        return Moving(first.reduced(), last.reduced(), left.rising and right.rising)
    spans = [_hull((left.span(p), right.span(p))) for p in range(period)]
    return _of_spans(spans, period, left.first.step * (period // left.first.period))


def _moved(track: Moving, reads: Reads, work: Work) -> Moving | None:
    """None where the period is too long."""
    first, last = reads.first, reads.last
    if track.first.period == track.last.period == track.turn == first.period == last.period == 1:
        return Moving(track.first.after(first), track.last.after(last))
    before = track.period
    turns = before // gcd(first.step * (reads.period // first.period), before)
    period = reads.period * turns
    if period > PHASES or not work.take(2 * period):
        return None
    if track.rising and not track.gaps and reads.rising:
        low, high = track.first.after(first).reduced(), track.last.after(last).reduced()
        return Moving(low, high, True, reads.gaps, reads.period if reads.gaps else 1)
    spans: list[Span] = []
    for p in range(period):
        read = range(first(p), last(p) + 1, reads.every)
        enough = before // gcd(reads.every, before)  # further on all comes again, moved
        ends = (read[:enough], read[-enough:]) if len(read) > 2 * enough else (read,)
        if not work.take(sum(map(len, ends))):
            return None
        spans.append(_hull(track.span(q) for end in ends for q in end))
    return _of_spans(spans, period, track.first.step * (first.step * period // first.period) // track.first.period)


def _of_spans(spans: Sequence[Span], period: int, step: int) -> Moving | None:
    """The functions through these; None where no position sees anything."""
    gaps = frozenset(p for p, span in enumerate(spans) if span is None)
    if len(gaps) == period:
        return None
    known = next(span for span in spans if span is not None)
    first = QuasiAffine(period, step, tuple([(span or known)[0] for span in spans]))
    last = QuasiAffine(period, step, tuple([(span or known)[1] for span in spans]))
    if gaps:
        return Moving(first, last, False, gaps, period)
    first, last = first.reduced(), last.reduced()
    return Moving(first, last, first.rising and last.rising)


def _looked_up(track: Tabled, reads: Reads, size: int, work: Work) -> Tabled | None:
    """None where that is too much."""
    n = len(track.spans)
    if size > LONGEST:
        return None
    spans: list[Span] = []
    for p in range(size):
        low, high = reads.first(p), reads.last(p)
        if reads.border == "none":
            read = range(low if low >= 0 else low % reads.every, min(high, n - 1) + 1, reads.every)
        else:
            read = range(low, high + 1, reads.every)
        if not work.take(len(read) + 1):
            return None
        spans.append(_hull([track.spans[_inside(q, n, reads.border)] for q in read]))
    return Tabled(tuple(spans))


def _inside(q: int, n: int, border: Border) -> int:
    """The position that stands for one outside the map."""
    if border == "reflect":
        q = abs(q)
        return 2 * (n - 1) - q if q >= n else q
    return min(max(q, 0), n - 1)


def _of(track: Fixed) -> Span:
    return (track.lowest, track.highest) if track.extent > 0 else None


def _hull(spans: Iterable[Span]) -> Span:
    some = [span for span in spans if span is not None]
    if not some:
        return None
    return min(span[0] for span in some), max(span[1] for span in some)
