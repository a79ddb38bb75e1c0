"""Widen clusters so that the lane of a skip that ends in one runs inside it."""

from archc.backends.diagram.layout import Frame, Layout
from archc.backends.diagram.model import Box, Cluster, Drawing, Edge
from archc.backends.diagram.spline_routes import Route, frame

SPACE = 10.0


def widen_clusters(drawing: Drawing, places: Layout, ways: list[tuple[Edge, Route]]) -> None:
    """Widen the frames where that overlaps nothing, then update the size of the layout."""
    lanes = [(edge, route.lane) for edge, route in ways if route.lane is not None]
    for item in drawing.children:
        _widen(item, places, lanes, [frame(box, places) for box in drawing.boxes()], drawing)
    _measure(places, ways)


def _widen(
    item: Box | Cluster, places: Layout, lanes: list[tuple[Edge, float]], boxes: list[Frame], drawing: Drawing
) -> None:
    if isinstance(item, Box):
        return
    for child in item.children:  # inner frames first, so that outer ones enclose them
        _widen(child, places, lanes, boxes, drawing)
    inside = {box.id for box in item.boxes()}
    old = places.frames[item.id]
    low, high = (old[0], old[2]) if places.down else (old[1], old[3])
    reach = [lane for edge, lane in lanes if edge.head.id in inside]
    inner = [places.frames[child.id] for child in item.children if isinstance(child, Cluster)]
    edges = [(f[0], f[2]) if places.down else (f[1], f[3]) for f in inner]
    low = min([low, *(lane - SPACE for lane in reach), *(first - SPACE for first, _ in edges)])
    high = max([high, *(lane + SPACE for lane in reach), *(last + SPACE for _, last in edges)])
    new = (low, old[1], high, old[3]) if places.down else (old[0], low, old[2], high)
    others = [frame(box, places) for box in drawing.boxes() if box.id not in inside]
    others += [f for name, f in places.frames.items() if _disjoint(f, old)]
    if not any(_overlap(new, other) for other in others):
        places.frames[item.id] = new


def _disjoint(one: Frame, other: Frame) -> bool:
    return not _overlap(one, other)


def _overlap(one: Frame, other: Frame) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]


def _measure(places: Layout, ways: list[tuple[Edge, Route]]) -> None:
    """Extend the layout's size to frames and edges; left and top become negative where these lie outside."""
    points = [
        (values[place], values[place + 1])
        for _, route in ways
        for _, values in route.commands
        for place in range(0, len(values), 2)
    ]
    corners = [(f[0], f[1]) for f in places.frames.values()] + [(f[2], f[3]) for f in places.frames.values()]
    every = points + corners
    places.left = min([0.0, *(x - SPACE / 2 for x, _ in every)])
    places.top = min([0.0, *(y - SPACE / 2 for _, y in every)])
    places.width = max([places.width, *(x + SPACE / 2 for x, _ in every)]) - places.left
    places.height = max([places.height, *(y + SPACE / 2 for _, y in every)]) - places.top
