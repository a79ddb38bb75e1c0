"""Routes of edges in archc's own layout: straight along the spine, orthogonal with round corners elsewhere."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from archc.backends.diagram.arrange import GAP, Lane, Region
from archc.backends.diagram.layout import Layout, Point
from archc.backends.diagram.measure import FAN
from archc.backends.diagram.model import Drawing, Edge
from archc.backends.diagram.scene import polyline
from archc.backends.diagram.spline_routes import Route, frame

CORNER, HEAD = 9.0, 6.0
CLEAR = 1.0  # the least distance of a line from a box


def route_edges(drawing: Drawing, places: Layout) -> Iterator[tuple[Edge, Route]]:
    """Every edge with its route, skips last so that they are drawn on top."""
    finder = _EdgeRouter(drawing, places)
    for edge in sorted(drawing.edges, key=lambda edge: edge.passes):
        yield edge, finder.way(edge)


class _EdgeRouter:
    def __init__(self, drawing: Drawing, places: Layout) -> None:
        self.down = places.down
        frames = {box.id: frame(box, places) for box in drawing.boxes()}
        self.frames = {name: f if self.down else (f[1], f[0], f[3], f[2]) for name, f in frames.items()}
        self.axis = {name: c[0] if self.down else c[1] for name, c in places.centres.items()}
        self.lanes: dict[tuple[str, str], list[Lane]] = {}
        for lane in places.lanes:
            self.lanes.setdefault((lane.edge.tail.id, lane.edge.head.id), []).append(lane)
        self.regions = places.regions
        self.up = places.up
        self.leaving = Counter(edge.tail.id for edge in drawing.edges)
        self.bridges = {(one.edge.tail.id, one.edge.head.id) for one in places.bridges}

    def way(self, edge: Edge) -> Route:
        lanes = self.lanes.get((edge.tail.id, edge.head.id))
        if (edge.tail.id, edge.head.id) in self.bridges:
            return self._route(self._bridge(edge), edge)
        points = self._aside(edge, lanes) if lanes else self._along(edge)
        if (
            edge.passes and not lanes and len(points) > 2 and self.leaving[edge.tail.id] > 1
        ):  # the tail's main edge is another one
            (x, start), (_, turn) = points[:2]
            points[0] = (x, max(start, turn - CORNER) if turn > start else min(start, turn + CORNER))
        return self._route(points, edge)

    def _along(self, edge: Edge) -> list[Point]:
        """From the end of the tail to the start of the head, through the branches between them."""
        tail, head = edge.tail.id, edge.head.id
        rising = head in self.up
        points = [(self.axis[tail], self.frames[tail][1 if tail in self.up else 3])]
        if tail in self.up and edge.tail.count > 1:
            points = [(self.axis[tail], self.frames[tail][1] - 2 * FAN)]
        if rising and tail not in self.up:  # under both columns, from the one to the other
            turn = max(self.frames[tail][3], self.frames[head][3]) + GAP * 1.8
            line = next((r.base for r in self.regions if head in r.boxes), self.axis[head])
            points += [(self.axis[tail], turn), (line, turn)]
        left = [r for r in self.regions if tail in r.boxes and head not in r.boxes]
        for region in sorted(left, key=lambda r: len(r.boxes)):
            points += [(region.axis, region.join), (region.base, region.join)]
        for region in self._entered(edge):
            points += [(region.base, region.fork), (region.axis, region.fork)]
        fan = 2 * FAN if edge.head.count > 1 else 0.0
        end = self.frames[head][3] if rising else self.frames[head][1] - fan
        return _simplified([*points, (self.axis[head], end)])

    def _entered(self, edge: Edge) -> list[Region]:
        """The branches that an edge enters, outer ones first."""
        found = [r for r in self.regions if edge.head.id in r.boxes and edge.tail.id not in r.boxes]
        return sorted(found, key=lambda r: -len(r.boxes))

    def _bridge(self, edge: Edge) -> list[Point]:
        """From one column of a U to the other: horizontal, with a step between the columns if needed."""
        tail, head = self.frames[edge.tail.id], self.frames[edge.head.id]
        start, end = (tail[2], (tail[1] + tail[3]) / 2), (head[0], (head[1] + head[3]) / 2)
        if abs(start[1] - end[1]) < 0.5:
            return [start, end]
        reach = max(self.frames[name][2] for name in self.frames if name not in self.up)
        middle = reach + 30.0
        return [start, (middle, start[1]), (middle, end[1]), end]

    def _aside(self, edge: Edge, lanes: list[Lane]) -> list[Point]:
        """From the spine along a lane to the side of the head, or from above where the lane ends above it."""
        head = self.frames[edge.head.id]
        lane = max(lanes, key=lambda one: one.across)
        begin = max(lane.start, self.frames[edge.tail.id][3])
        trunk = [(self.axis[edge.tail.id], self.frames[edge.tail.id][3])]
        for region in self._entered(edge):
            if region.fork < begin:  # the lane begins in it
                trunk += [(region.base, region.fork), (region.axis, region.fork)]
        axis = trunk[-1][0]
        if self.leaving[edge.tail.id] > 1:  # up to here it shares the main edge of the tail
            trunk = [(axis, begin - CORNER)]
        start = _simplified([*trunk, (axis, begin), (lane.across, begin)])
        middle = self.axis[edge.head.id]
        above = head[1] - CORNER - HEAD
        over = [(lane.across, above), (middle, above), (middle, head[1])]
        if lane.across <= head[2] + HEAD + 4:
            return [*start, *over]
        into = head[1] + min(9.0, (head[3] - head[1]) / 2)
        forks = [r.fork + HEAD for r in self._entered(edge) if begin < r.fork < above]
        ends = [
            [(lane.across, into), (head[2], into)],
            over,
            *([(lane.across, fork), (middle, fork), (middle, head[1])] for fork in reversed(forks)),
        ]
        return [*start, *next((end for end in ends if self._free([start[-1], *end], edge)), ends[0])]

    def _free(self, points: list[Point], edge: Edge) -> bool:
        """Whether a line crosses no box but its ends."""
        others = [f for name, f in self.frames.items() if name not in (edge.tail.id, edge.head.id)]
        return not any(
            min(a, c) < f[2] + CLEAR
            and max(a, c) > f[0] - CLEAR
            and min(b, d) < f[3] + CLEAR
            and max(b, d) > f[1] - CLEAR
            for (a, b), (c, d) in pairwise(points)
            for f in others
        )

    def _route(self, points: list[Point], edge: Edge) -> Route:
        (ax, ay), (bx, by) = points[-2], points[-1]
        length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5 or 1.0
        towards = ((bx - ax) / length, (by - ay) / length)
        kept = [*points[:-1], (bx - towards[0] * HEAD, by - towards[1] * HEAD)]
        tip = (bx, by)
        if not self.down:
            kept = [(y, x) for x, y in kept]
            tip, towards = (by, bx), (towards[1], towards[0])
        return Route(polyline(kept, CORNER), tip, towards)


def _simplified(points: list[Point]) -> list[Point]:
    """The points without duplicates and without those on a straight line between their neighbours."""
    kept = points[:1]
    for place, point in enumerate(points[1:], 1):
        after = points[place + 1] if place + 1 < len(points) else None
        if abs(point[0] - kept[-1][0]) < 0.5 and abs(point[1] - kept[-1][1]) < 0.5:
            continue
        if after is not None and abs(point[0] - kept[-1][0]) < 0.5 and abs(after[0] - point[0]) < 0.5:
            continue
        kept.append(point)
    return kept
