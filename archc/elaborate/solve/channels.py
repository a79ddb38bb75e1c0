"""Finds the channel counts of a range that are worth a trial, without trying them all.

As long as a walk takes one path, all that it computes is a polynomial of the count. Four counts side by side
that take one path tell how far it goes (each comparison is linear in the count, and has one root), and what
is claimed at its end picks one count of those. Where a count decides in another way, each is tried.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise

from archc.records import dataclass

PROBES = 4  # polynomials of degree three that agree with a line here are that line
PATIENCE = 24  # counts that go ways of their own before all are tried

Compared = tuple[int | float, int | float]


@dataclass(frozen=True, slots=True)
class Trace:
    """The values on which one walk depended, and how it ended.

    path: all but channels. compared: pairs of numbers. gap: two that had to be equal and are not.
    fits: whether nothing was refuted. hopeless: refuted whatever the count is, as long as the path is the same; end
    tells by what, None where it is not hopeless.
    """

    path: tuple[object, ...]
    compared: tuple[Compared, ...]
    fits: bool
    end: object
    gap: tuple[int, int] | None

    @property
    def hopeless(self) -> bool:
        return self.end is not None

    @property
    def outcomes(self) -> tuple[object, ...]:
        return self.path, len(self.compared), self.fits, self.hopeless, self.gap is None


def worth_trying(domain: range, trace: Callable[[int], Trace]) -> Iterator[int]:
    """The counts of a domain that may fit, in order: all that do are among them."""
    known: dict[int, Trace] = {}
    value, strays = domain.start, 0
    while value < domain.stop:
        if strays > PATIENCE or value + PROBES > domain.stop:
            yield from range(value, domain.stop)
            return
        for near in range(value, value + PROBES):
            if near not in known:
                known[near] = trace(near)
        probes = [known.pop(value), *(known[near] for near in range(value + 1, value + PROBES))]
        end = _same_until(probes, value, domain.stop)
        if end is None:
            yield value
            value, strays = value + 1, strays + 1
            continue
        if probes[0].fits:
            yield from range(value, end)
        elif not probes[0].hopeless:
            root = _root([_difference(probe.gap) for probe in probes], value)
            if root is not None and root.denominator == 1 and value <= root < end:
                yield int(root)
        value = end


def _same_until(probes: list[Trace], start: int, stop: int) -> int | None:
    """The first count after `start` that may take another path; None where these four already do."""
    first = probes[0]
    decides = first.fits or first.hopeless or first.gap is not None
    if not decides or any(probe.outcomes != first.outcomes for probe in probes[1:]):
        return None
    end = stop
    for pairs in zip(*(probe.compared for probe in probes), strict=True):
        differences = [_difference(pair) for pair in pairs]
        if not _is_line(differences):
            return None
        root = _root(differences, start)
        if root is not None and root > start:
            end = min(end, -(-root.numerator // root.denominator))
    if first.gap is not None and not _is_line([_difference(probe.gap) for probe in probes]):
        return None
    return end if end >= start + PROBES else None


def _difference(pair: Compared | None) -> Fraction:
    assert pair is not None
    return Fraction(pair[0]) - Fraction(pair[1])


def _is_line(values: list[Fraction]) -> bool:
    slope = values[1] - values[0]
    return all(after - before == slope for before, after in pairwise(values))


def _root(values: list[Fraction], start: int) -> Fraction | None:
    """Where the line through values at start, start + 1, … is zero."""
    slope = values[1] - values[0]
    return start - values[0] / slope if slope else None
