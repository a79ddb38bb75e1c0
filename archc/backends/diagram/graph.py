"""A drawing with its layout as a scene: boxes, clusters, edges."""

from archc.backends.diagram import measure
from archc.backends.diagram.arrange import BADGE_WIDTH, TITLE, TITLE_LINE
from archc.backends.diagram.edge_router import route_edges
from archc.backends.diagram.layout import Layout
from archc.backends.diagram.legend import MARGIN, framed, translate
from archc.backends.diagram.measure import FAN, TAG, TAG_GAP
from archc.backends.diagram.model import Box, Cluster, Drawing, Edge, Line
from archc.backends.diagram.scene import Group, Path, Rect, Scene, Shape, Text, arrow
from archc.backends.diagram.spline_routes import Route, frame, spline_routes
from archc.backends.diagram.text import fitted, width
from archc.backends.diagram.widen import widen_clusters

RADIUS = 6.0
CLUSTER_RADIUS = 9.0


def graph_scene(
    drawing: Drawing, places: Layout, subtitle: str = "", legend: bool = True, *, bare: bool = False
) -> Scene:
    """The picture of a net as a graph. bare: without title and legend."""
    painter = _Painter(drawing, places)
    if places.curves:
        found = list(spline_routes(drawing, places))
        widen_clusters(drawing, places, found)
    else:
        found = list(route_edges(drawing, places))
    inside: list[Shape] = [shape for item in drawing.children for shape in painter.clusters(item, 0)]
    inside += [painter.edge(edge, route) for edge, route in found]
    inside += [shape for item in drawing.children for shape in painter.labels(item, 0)]
    inside += [painter.box(box) for box in drawing.boxes()]
    translate(inside, -places.left, -places.top)
    if bare:
        translate(inside, MARGIN, 0.0)
        return Scene(places.width + 2 * MARGIN, places.height + MARGIN, inside)
    return framed(inside, places.width, places.height, drawing, subtitle, legend)


class _Painter:
    def __init__(self, drawing: Drawing, places: Layout) -> None:
        self.drawing = drawing
        self.places = places

    # ---- clusters

    def clusters(self, item: Box | Cluster, depth: int) -> list[Shape]:
        """The frames of a cluster and of those in it, outermost first."""
        if isinstance(item, Box):
            return []
        left, top, right, bottom = self.places.frames[item.id]
        line = item.mark or "cluster-line"
        fill = "cluster" if depth % 2 == 0 else "nested"
        wide, high = right - left, bottom - top
        sheets = [
            Rect(left + shift, top - shift, wide, high, "shadow", line, CLUSTER_RADIUS)
            for shift in ((2 * FAN, FAN) if item.count > 1 else ())
        ]
        thick = 2.0 if item.mark else 1.0
        shapes: list[Shape] = [*sheets, Rect(left, top, wide, high, fill, line, CLUSTER_RADIUS, thick)]
        data = {"cluster": item.id, "name": item.name, "title": item.title}
        group = Group("cluster", shapes, data, f"{item.name} {item.call}".strip())
        return [group, *(shape for child in item.children for shape in self.clusters(child, depth + 1))]

    def labels(self, item: Box | Cluster, depth: int) -> list[Shape]:
        """The titles of a cluster and of those in it, with a background that hides edges."""
        if isinstance(item, Box):
            return []
        left, top, right, _ = self.places.frames[item.id]
        shapes: list[Shape] = []
        for text, x, baseline, bold in self._title(item, right - left):
            ground = "cluster" if depth % 2 == 0 else "nested"
            shapes.append(Rect(left + x - 2, top + baseline - 11, width(text, TITLE, bold) + 4, 15, ground))
            shapes.append(Text(left + x, top + baseline, text, TITLE, "ink" if bold else "muted", bold))
        if item.count > 1:
            name = shapes[1]
            assert isinstance(name, Text)
            shapes += badge(name.x + width(name.text, TITLE, True) + (20 if name.text else 12), top + 13, item.count)
        group = Group("label", shapes, {"cluster": item.id})
        return [group, *(shape for child in item.children for shape in self.labels(child, depth + 1))]

    def _title(self, item: Cluster, wide: float) -> list[tuple[str, float, float, bool]]:
        """(text, x, baseline, bold) of the name and the call, side by side or one below the other."""
        counted = BADGE_WIDTH if item.count > 1 else 0.0
        title = fitted(item.title, wide - 20 - counted, TITLE, bold=True)
        parts = [(title, 10.0, 17.0, True)]
        if not item.call:
            return parts
        used = width(title, TITLE, bold=True) + counted + 18
        room = wide
        if self.places.down and item.id in self.places.axes:  # do not cross the incoming edge
            room = self.places.axes[item.id] - self.places.frames[item.id][0]
        if used + width(item.call, TITLE) <= room:
            parts.append((fitted(item.call, wide - used - 8, TITLE), used, 17.0, False))
        else:
            parts.append((fitted(item.call, wide - 20, TITLE), 10.0, 17.0 + TITLE_LINE, False))
        return parts

    # ---- boxes

    def box(self, box: Box) -> Group:
        x, y, size = corner(box, self.places)
        color = "error" if box.kind == "error" else box.color
        first = shown(box, self.places)[0]
        fill = "error-fill" if box.kind == "error" or first.mark == "error" else f"{first.color}-fill"
        line = box.mark or ("error" if box.kind == "error" else f"{color}-line")
        dashed = box.train_only or box.kind == "ghost"
        thick = 2.4 if box.mark or box.kind == "error" else 1.2
        radius = size.height / 2 if box.kind in ("input", "output") else RADIUS
        shapes: list[Shape] = [
            Rect(x + shift, y - shift, size.width, size.height, fill, line, radius)
            for shift in ((2 * FAN, FAN) if box.count > 1 else ())
        ]
        shapes.append(Rect(x, y, size.width, size.height, fill, "", radius))
        shapes += self._bands(box, x, y, size.width)
        shapes.append(Rect(x, y, size.width, size.height, "", line, radius, thick, dashed))
        if box.count > 1:
            shapes += badge(x + size.width + FAN - 4, y - FAN + 1, box.count)
        if box.shape:
            shapes.append(self._tag(box, x, y))
        if box.label:
            shapes.append(self._label(box, x, y))
        tooltip = "\n".join([box.name, *(f"{one.text} {one.note}".strip() for one in box.lines), box.shape]).strip()
        data = {"box": box.id, "name": box.name, "layers": " ".join(one.node for one in box.lines if one.node)}
        return Group(f"box {box.kind}", shapes, data, tooltip)

    def _bands(self, box: Box, x: float, y: float, wide: float) -> list[Shape]:
        """The lines of a box on their colours, and the strip of a closed block."""
        shapes: list[Shape] = []
        top = y
        lines = shown(box, self.places)
        last = len(lines) - 1
        for place, line in enumerate(lines):
            high = measure.line_height(line)
            fill = "error-fill" if line.mark == "error" else f"{line.color}-fill"
            if place and box.kind == "layers" and (line.color != lines[0].color or line.mark != lines[0].mark):
                shapes.append(_band(x, top, wide, high, fill, place == last))
            if place and box.kind == "layers":
                shapes.append(Path([("M", (x, top)), ("L", (x + wide, top))], f"{box.color}-line", thick=0.5))
            shapes += _words(line, x + wide / 2, top, box.kind)
            top += high
        if box.strip:
            shapes += _strip(box, x + 10, top - 1, wide - 20)
        return shapes

    def _tag(self, box: Box, x: float, y: float) -> Text:
        """The output shape, beside the outgoing edge."""
        size = self.places.sizes[box.id]
        if box.id in self.places.up:
            above = y - (2 * FAN if box.count > 1 else 0.0) - 7
            return Text(x + size.width / 2 + TAG_GAP, above, box.shape, TAG, "muted")
        if self.places.down:
            return Text(x + size.width / 2 + TAG_GAP, y + size.height + 12, box.shape, TAG, "muted")
        start = x + size.width + TAG_GAP + (2 * FAN if box.count > 1 else 0)
        return Text(start, y + size.height / 2 - 5, box.shape, TAG, "muted")

    def _label(self, box: Box, x: float, y: float) -> Text:
        """The label in the source, above the box at its left."""
        size = self.places.sizes[box.id]
        above = y - (2 * FAN if box.count > 1 else 0.0) - 4
        if self.places.down and not measure.label_fits(box, size.width):
            return Text(x + size.width / 2 - TAG_GAP, above, box.label, TAG, "muted", anchor="end")
        return Text(x + 2, above, box.label, TAG, "muted")

    # ---- edges

    @staticmethod
    def edge(edge: Edge, route: Route) -> Group:
        color = edge.mark or ("skip" if edge.passes else "edge")
        thick = 2.0 if edge.passes or edge.mark else 1.3
        shapes: list[Shape] = [
            Path(route.commands, color, thick=thick, dashed=edge.train_only),
            arrow(route.tip, route.towards, color, 8.0 if edge.passes else 7.0),
        ]
        return Group("edge skip" if edge.passes else "edge", shapes, {"tail": edge.tail.id, "head": edge.head.id})


def corner(box: Box, places: Layout) -> tuple[float, float, measure.Size]:
    """The left and top of a box, and its size."""
    left, top, _, _ = frame(box, places)
    return left, top, places.sizes[box.id]


def shown(box: Box, places: Layout) -> list[Line]:
    """The lines of a box from its top, in the direction of the flow."""
    return box.lines[::-1] if box.kind == "layers" and box.id in places.up else box.lines


def badge(x: float, y: float, count: int) -> list[Shape]:
    """×N, white on dark."""
    text = f"×{count}"
    wide = width(text, 10.5, bold=True) + 11
    return [
        Rect(x - wide / 2, y - 8, wide, 16, "badge", "paper", 8, 1.0),
        Text(x, y + 3.8, text, 10.5, "badge-ink", bold=True, anchor="middle"),
    ]


def _band(x: float, y: float, wide: float, high: float, fill: str, last: bool) -> Shape:
    """The background of a line. last: with the lower corners of the box."""
    if not last:
        return Rect(x, y, wide, high, fill)
    r, right, bottom = RADIUS, x + wide, y + high
    return Path(
        [
            ("M", (x, y)),
            ("L", (right, y)),
            ("L", (right, bottom - r)),
            ("Q", (right, bottom, right - r, bottom)),
            ("L", (x + r, bottom)),
            ("Q", (x, bottom, x, bottom - r)),
            ("Z", ()),
        ],
        fill=fill,
    )


def _words(line: Line, middle: float, top: float, kind: str) -> list[Shape]:
    size = measure.MINOR if line.minor else measure.MAJOR
    high = measure.MINOR_HEIGHT if line.minor else measure.MAJOR_HEIGHT
    bold = line.color == "block" and not line.minor
    color = "muted" if line.minor and kind == "block" else "ink"
    color = "error" if line.mark == "error" or (kind == "error" and not line.minor) else color
    shapes: list[Shape] = [Text(middle, top + high / 2 + size * 0.36, line.text, size, color, bold, anchor="middle")]
    if line.note:
        shapes.append(Text(middle, top + high + 5.5, line.note, TAG, "muted", anchor="middle"))
    return shapes


def _strip(box: Box, x: float, y: float, wide: float) -> list[Shape]:
    """A tick for each layer of a closed block, in the colour of its category."""
    step = wide / len(box.strip)
    shapes: list[Shape] = []
    start = 0
    for place, color in enumerate(box.strip):
        if place + 1 == len(box.strip) or box.strip[place + 1] != color:
            gap = 0.8 if step > 2.5 else 0.0
            left, right = x + start * step, x + (place + 1) * step - gap
            shapes.append(Rect(left, y, max(right - left, 0.6), 4, f"{color}-line"))
            start = place + 1
    return shapes
