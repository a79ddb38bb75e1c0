"""Routes of edges in Graphviz's layout: its splines, and for skips a lane beside the boxes."""

from collections.abc import Iterator
from itertools import pairwise

from archc.backends.diagram.layout import Layout, Point
from archc.backends.diagram.measure import BADGE, FAN, headroom
from archc.backends.diagram.model import Box, Drawing, Edge
from archc.backends.diagram.scene import Command, polyline
from archc.records import dataclass

Frame = tuple[float, float, float, float]
CORNER = 12.0
CLEAR = 3.0  # the least distance of a lane from a box


@dataclass(frozen=True, slots=True)
class Route:
    """tip, towards: position and direction of the arrow head. lane: the coordinate of its lane, if it has one."""

    commands: list[Command]
    tip: Point
    towards: Point
    lane: float | None = None


def spline_routes(drawing: Drawing, places: Layout) -> Iterator[tuple[Edge, Route]]:
    """Every edge with its route, skips last so that they are drawn on top."""
    frames = {box.id: frame(box, places) for box in drawing.boxes()}
    for edge in sorted(drawing.edges, key=lambda edge: edge.skip):
        lane = _lane(edge, places, frames) if edge.skip else None
        yield edge, lane or _curve(edge, places, frames)


def frame(box: Box, places: Layout) -> Frame:
    """left, top, right, bottom of a box without its shape tag and the sheets of a fold."""
    size = places.sizes[box.id]
    x, y = places.centres[box.id]
    if places.down:
        top = y - size.room_height / 2 + headroom(box)
        top = y + size.room_height / 2 - size.height if box.id in places.up else top
        return x - size.width / 2, top, x + size.width / 2, top + size.height
    left = x - size.room_width / 2 + (max(2 * FAN, BADGE) if box.count > 1 else 0.0)
    return left, y - size.height / 2, left + size.width, y + size.height / 2


def _curve(edge: Edge, places: Layout, frames: dict[str, Frame]) -> Route:
    """The engine's spline, extended to the boxes."""
    curve = places.curves[edge.head.id, edge.tail.id][::-1] if edge.back else places.curves[edge.tail.id, edge.head.id]
    tail, head = frames[edge.tail.id], frames[edge.head.id]
    fan = 2 * FAN if edge.head.count > 1 else 0.0
    if places.down:
        start = (curve[0][0], tail[1] if edge.back else tail[3])
        tip = (curve[-1][0], head[3] if edge.back else head[1] - fan)
        towards = (0.0, -1.0 if edge.back else 1.0)
    else:
        start = (tail[2], curve[0][1])
        tip = (head[0], curve[-1][1])
        towards = (1.0, 0.0)
    end = (tip[0] - towards[0] * 6, tip[1] - towards[1] * 6)
    commands: list[Command] = [("M", start), ("L", curve[0])]
    inner = curve[1:]
    for place in range(0, len(inner) - 2, 3):
        (ax, ay), (bx, by), (cx, cy) = inner[place : place + 3]
        commands.append(("C", (ax, ay, bx, by, cx, cy)))
    return Route([*commands, ("L", end)], tip, towards)


def _lane(edge: Edge, places: Layout, frames: dict[str, Frame]) -> Route | None:
    """From the side of the tail along a lane to the side of the head; None where a box is in the way."""
    curve = places.curves[edge.tail.id, edge.head.id]
    tail, head = frames[edge.tail.id], frames[edge.head.id]
    if not places.down:  # the same with the axes exchanged
        curve = [(y, x) for x, y in curve]
        tail, head = _transposed(tail), _transposed(head)
    others = [
        f if places.down else _transposed(f) for name, f in frames.items() if name not in (edge.tail.id, edge.head.id)
    ]
    passed = [f for f in others if f[1] < head[3] and f[3] > tail[1]]
    middle = (tail[0] + tail[2]) / 2
    inner = curve[1:-1] or curve
    right = sum(x for x, _ in inner) / len(inner) >= middle
    out, into = tail[3] - min(10.0, (tail[3] - tail[1]) / 3), head[1] + min(10.0, (head[3] - head[1]) / 3)
    for side in (right, not right):
        lane = max(x for x, _ in curve) if side else min(x for x, _ in curve)
        reach = max(tail[2], head[2]) + CORNER if side else min(tail[0], head[0]) - CORNER
        lane = max(lane, reach) if side else min(lane, reach)
        start = (tail[2] if side else tail[0], out)
        tip = (head[2] if side else head[0], into)
        points = [start, (lane, out), (lane, into), tip]
        if not any(_collides(one, two, f) for one, two in pairwise(points) for f in passed):
            return _along(points, side, places.down)
    return None


def _along(points: list[Point], side: bool, down: bool) -> Route:
    lane = points[1][0]
    tip, towards = points[-1], (-1.0 if side else 1.0, 0.0)
    points = [*points[:-1], (tip[0] - towards[0] * 7, tip[1])]
    if not down:
        points = [(y, x) for x, y in points]
        tip, towards = (tip[1], tip[0]), (0.0, towards[0])
    return Route(polyline(points, CORNER), tip, towards, lane)


def _transposed(f: Frame) -> Frame:
    return f[1], f[0], f[3], f[2]


def _collides(one: Point, two: Point, f: Frame) -> bool:
    """Whether a vertical or horizontal line comes too near a box."""
    left, right = sorted((one[0], two[0]))
    top, bottom = sorted((one[1], two[1]))
    return left < f[2] + CLEAR and right > f[0] - CLEAR and top < f[3] + CLEAR and bottom > f[1] - CLEAR
