"""Two nets beside each other, with what differs marked on both."""

from archc.analysis.diff import Part, every_change
from archc.backends.diagram.legend import LEAST, MARGIN, entries, move, told
from archc.backends.diagram.legend import titled as framed
from archc.backends.diagram.model import Drawing, Mark
from archc.backends.diagram.scene import Group, Path, Scene, Shape, Text
from archc.graph import Graph

GAP = 56.0


def marks(before: Graph, after: Graph) -> tuple[dict[str, Mark], dict[str, Mark]]:
    """What is marked on either side; a layer that is only called otherwise is not."""
    old: dict[str, Mark] = {}
    new: dict[str, Mark] = {}
    for change in every_change(before, after):
        if change.kind == "renamed":
            continue
        for part, into, alone in ((change.before, old, "removed"), (change.after, new, "added")):
            if part is not None:
                mark: Mark = "changed"
                if change.before is None or change.after is None:
                    mark = "removed" if alone == "removed" else "added"
                into.update(dict.fromkeys(_layers(part), mark))
    return old, new


def _layers(part: Part) -> list[str]:
    if not part.children:
        return [part.node.name]
    return [name for child in part.children.values() for name in _layers(child)]


def beside(left: tuple[Drawing, Scene, str], right: tuple[Drawing, Scene, str], title: str) -> Scene:
    """Two bare pictures with their titles and facts above them, under one title and legend."""
    shapes: list[Shape] = []
    x, high = 0.0, 0.0
    for drawing, scene, line in (left, right):
        inside = [*scene.children]
        wide = max(scene.width - 2 * MARGIN, 220.0)
        move(inside, x - MARGIN + (wide - scene.width + 2 * MARGIN) / 2, 38.0)
        heading: list[Shape] = [
            Text(x, 10, drawing.title, 14, "ink", bold=True),
            Text(x, 27, line, 10.5, "muted"),
        ]
        shapes += [Group("side", [*heading, *inside])]
        x += wide + GAP
        high = max(high, scene.height + 38.0 - MARGIN)
    middle = x - GAP
    first = max(left[1].width - 2 * MARGIN, 220.0)
    shapes.append(Path([("M", (first + GAP / 2, 0.0)), ("L", (first + GAP / 2, high))], "cluster-line"))
    listed = dict([*entries(left[0]), *entries(right[0])])
    listed |= {"added": "added", "removed": "removed", "changed": "changed"}
    words = f"{told(left[0])}. {told(right[0])}"
    return framed(shapes, max(middle, LEAST), high, title, "", list(listed.items()), words)
