"""The layout of a series-parallel drawing: a spine from input to output, branches around it, skips in lanes beside it.

All coordinates are along the flow and across it, so that both directions of the flow share the code.
"""

from collections.abc import Mapping
from dataclasses import field

from archc.backends.diagram.measure import Size, headroom
from archc.backends.diagram.model import Box, Cluster, Edge
from archc.backends.diagram.series_parallel import Parallel, Series
from archc.backends.diagram.text import width
from archc.records import dataclass

GAP, FORK, BRANCH_GAP = 20.0, 18.0, 18.0
LANE, FIRST_LANE = 13.0, 18.0
SIDE, END, TITLE_LINE = 13.0, 12.0, 15.0
TITLE = 11.0
BADGE_WIDTH = 34.0


@dataclass(slots=True, eq=False)
class Spot:
    """A rectangle: `start` to `end` along the flow, `low` to `high` across it, its spine at `axis`."""

    start: float
    end: float
    low: float
    high: float
    axis: float = 0.0


@dataclass(slots=True, eq=False)
class Region(Spot):
    """A branch: its spine is at `axis`, that around it at `base`; edges enter at `fork` and leave at `join`."""

    boxes: set[str] = field(default_factory=set)
    fork: float = 0.0
    join: float = 0.0
    base: float = 0.0


@dataclass(slots=True, eq=False)
class Lane:
    """The lane of a skip: it leaves the spine at `start` and runs at `across`."""

    edge: Edge
    start: float
    across: float


@dataclass(slots=True, eq=False)
class Bridge:
    """A skip from one column of a U to the other."""

    edge: Edge


@dataclass(slots=True, eq=False)
class Piece:
    """A part of the layout, relative to its own axis and start. up: boxes whose flow is upwards."""

    length: float = 0.0
    boxes: dict[str, Spot] = field(default_factory=dict)
    frames: dict[str, Spot] = field(default_factory=dict)
    regions: list[Region] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)  # what others must keep off
    up: set[str] = field(default_factory=set)
    bridges: list[Bridge] = field(default_factory=list)

    def add(self, other: "Piece", along: float, across: float) -> None:
        """Add another piece, moved by (along, across). It changes the coordinates of `other`."""
        for spot in (*other.boxes.values(), *other.frames.values(), *other.regions, *other.spots):
            spot.start, spot.end = spot.start + along, spot.end + along
            spot.low, spot.high, spot.axis = spot.low + across, spot.high + across, spot.axis + across
        for region in other.regions:
            region.fork, region.join = region.fork + along, region.join + along
            region.base += across
        for lane in other.lanes:
            lane.start, lane.across = lane.start + along, lane.across + across
        self.boxes |= other.boxes
        self.frames |= other.frames
        self.regions += other.regions
        self.lanes += other.lanes
        self.spots += other.spots

    def turn(self) -> None:
        """Reverse the direction of the flow."""
        for spot in (*self.boxes.values(), *self.frames.values(), *self.regions, *self.spots):
            spot.start, spot.end = self.length - spot.end, self.length - spot.start
        for region in self.regions:
            region.fork, region.join = self.length - region.fork, self.length - region.join

    @property
    def low(self) -> float:
        return min((spot.low for spot in self.spots), default=0.0)

    @property
    def high(self) -> float:
        return max((spot.high for spot in self.spots), default=0.0)


class Arranger:
    """down: the flow is downwards, and titles are before the contents; else they are beside them. ahead: extra space
    before an item."""

    def __init__(self, sizes: dict[str, Size], down: bool, ahead: Mapping[str, float] | None = None) -> None:
        self.sizes = sizes
        self.down = down
        self.ahead = ahead or {}
        self.rising = False

    def upwards(self, series: Series) -> Piece:
        """A series that flows upwards: titles are at its end, and branches from the left stay at the left."""
        self.rising = True
        piece = self.series(series)
        self.rising = False
        piece.turn()
        return piece

    def middle(self, piece: Piece, box: Box, up: bool) -> float:
        """The coordinate along the flow of the middle of a box, without its tag."""
        spot, size = piece.boxes[box.id], self.sizes[box.id]
        if up:
            return spot.end - size.height / 2
        return spot.start + headroom(box) + size.height / 2

    def series(self, series: Series) -> Piece:
        """The elements in sequence on one axis."""
        piece = Piece()
        for place, element in enumerate(series.elements):
            if place:
                piece.length += GAP
            if not isinstance(element, Parallel):
                piece.length += self.ahead.get(element.id, 0.0)
            part = self._element(element, series)
            length = part.length
            piece.add(part, piece.length, 0.0)
            piece.length += length
        return piece

    def _element(self, element: Box | Cluster | Parallel, series: Series) -> Piece:
        if isinstance(element, Parallel):
            return self._parallel(element, series)
        if isinstance(element, Cluster):
            return self._cluster(element, series.bodies[element.id])
        size = self.sizes[element.id]
        across = (size.room_width if self.down else size.room_height) / 2
        piece = Piece(size.room_height if self.down else size.room_width)
        piece.boxes[element.id] = Spot(0.0, piece.length, -across, across)
        piece.spots.append(Spot(0.0, piece.length, -across, across))
        return piece

    def _cluster(self, cluster: Cluster, body: Series) -> Piece:
        inner = self.series(body)
        before, low, high = self._title(cluster, inner)
        after = END
        if self.rising:
            before, after = after, before
        low, high = min(low, inner.low - SIDE), max(high, inner.high + SIDE)
        piece = Piece(before + inner.length + after)
        piece.add(inner, before, 0.0)
        piece.spots = [Spot(0.0, piece.length, low - 4, high + (10 if cluster.count > 1 else 4))]
        piece.frames[cluster.id] = Spot(0.0, piece.length, low, high)
        return piece

    def _title(self, cluster: Cluster, inner: Piece) -> tuple[float, float, float]:
        """(space before the contents, low, high): room for the title left of the spine, or above the contents."""
        badge = BADGE_WIDTH if cluster.count > 1 else 0.0
        name, call = width(cluster.title, TITLE, bold=True), width(cluster.call, TITLE)
        if not self.down:
            whole = name + (call + 8 if call else 0) + badge + 20
            return max(END, (whole - inner.length) / 2), inner.low - SIDE - TITLE_LINE, inner.high + SIDE
        low = inner.low - SIDE
        one = name + badge + (call + 8 if call else 0) + 18
        if one <= -low:
            return 30.0, low, inner.high + SIDE
        return 26.0 + (TITLE_LINE if call else 0), min(low, -max(name + badge, call) - 18), inner.high + SIDE

    def _parallel(self, parallel: Parallel, series: Series) -> Piece:
        branches = [self._branch(_with_clusters(branch, series)) for branch in parallel.branches]
        longest = max(branch.length for branch in branches)
        piece = Piece(longest + 2 * FORK)
        deepest = sorted((_depth(branch, series) for branch in parallel.branches), reverse=True)
        ends = [branch.ends for branch in parallel.branches]
        alone = len(branches) > 1 and (deepest[0] > deepest[1] and (len(branches) == 2 or any(ends)))
        if alone or len(branches) == 1:
            main = next(i for i, branch in enumerate(parallel.branches) if _depth(branch, series) == deepest[0])
            self._beside(piece, branches, ends, main, longest)
        else:
            self._abreast(piece, branches[::-1] if self.rising else branches, longest)
        for branch in branches:
            region = branch.regions[-1]
            region.fork, region.join, region.base = 0.0, piece.length, 0.0
        outer = piece.high
        for number, edge in enumerate(parallel.lanes):
            across = outer + FIRST_LANE + number * LANE
            piece.lanes.append(Lane(edge, 0.0, across))
            piece.spots.append(Spot(0.0, piece.length, across - 4, across + 6))
        return piece

    def _branch(self, series: Series) -> Piece:
        piece = self.series(series)
        piece.regions.append(Region(0.0, piece.length, 0.0, 0.0, 0.0, set(piece.boxes)))
        return piece

    @staticmethod
    def _beside(piece: Piece, branches: list[Piece], ends: list[bool], main: int, longest: float) -> None:
        """The main branch on the spine and the others to its right: centred, or at the start where they end."""
        piece.add(branches[main], FORK, 0.0)
        for number, branch in enumerate(branches):
            if number == main:
                continue
            along = FORK + (0.0 if ends[number] else (longest - branch.length) / 2)
            start, end = along - FORK, along + branch.length + FORK
            reach = max((spot.high for spot in piece.spots if spot.start < end and spot.end > start), default=0.0)
            until = end if ends[number] else longest + 2 * FORK  # the end of its line
            beside = max((spot.high for spot in piece.spots if spot.start < until), default=0.0) + LANE
            across = max(reach + BRANCH_GAP - branch.low, beside)
            piece.add(branch, along, across)
            piece.spots.append(Spot(0.0, until, across - 4, across + 4))

    @staticmethod
    def _abreast(piece: Piece, branches: list[Piece], longest: float) -> None:
        """Equal branches side by side, centred on the spine and aligned at their ends."""
        whole = sum(branch.high - branch.low for branch in branches) + BRANCH_GAP * (len(branches) - 1)
        left = -whole / 2
        for branch in branches:
            low, high = branch.low, branch.high
            piece.add(branch, FORK + longest - branch.length, left - low)
            left += high - low + BRANCH_GAP


def _with_clusters(branch: Series, series: Series) -> Series:
    """The branch with the clusters of its scope."""
    branch.bodies = series.bodies
    return branch


def _depth(series: Series, scope: Series) -> int:
    """The number of boxes on the longest path."""
    total = 0
    for element in series.elements:
        if isinstance(element, Parallel):
            total += max(_depth(branch, scope) for branch in element.branches)
        elif isinstance(element, Cluster):
            body = scope.bodies[element.id]
            total += _depth(body, body)
        else:
            total += 1
    return total
