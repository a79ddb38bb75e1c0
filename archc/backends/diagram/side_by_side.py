"""Two nets side by side, with their differences marked and equal items at the same height."""

from dataclasses import replace
from difflib import SequenceMatcher

from archc.analysis.components import Component
from archc.analysis.diff import every_change
from archc.backends.diagram.draw import DrawOptions, draw
from archc.backends.diagram.engine import EngineError
from archc.backends.diagram.graph import graph_scene
from archc.backends.diagram.layout import Layout, layout
from archc.backends.diagram.legend import LEAST, MARGIN, description, entries, translate
from archc.backends.diagram.legend import titled as framed
from archc.backends.diagram.model import Box, Cluster, Drawing, Mark
from archc.backends.diagram.place import LEVELS
from archc.backends.diagram.scene import Group, Path, Scene, Shape, Text
from archc.backends.diagram.series_parallel import NotSeriesParallel, decompose
from archc.backends.diagram.subtitle import subtitle
from archc.backends.diagram.text import width
from archc.graph import Graph

GAP = 56.0
HEADING = 38.0


def change_marks(before: Graph, after: Graph) -> tuple[dict[str, Mark], dict[str, Mark]]:
    """The marks of both nets by layer. A layer that was only renamed is not marked."""
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


def _layers(part: Component) -> list[str]:
    if not part.children:
        return [part.node.name]
    return [name for child in part.children.values() for name in _layers(child)]


def side_by_side(
    before: Graph, after: Graph, options: DrawOptions, title: str, *, down: bool = True, engine: str = "auto"
) -> Scene:
    """Both nets at the same level under one title and legend. Raises TooManyBoxes and EngineError."""
    old, new = change_marks(before, after)
    left, right = draw(before, options, old), draw(after, options, new)
    if options.level is None and options.depth is None and left.level != right.level:
        coarser = min(left.level, right.level, key=LEVELS.__getitem__)
        left, right = (
            draw(graph, replace(options, level=coarser), noted) for graph, noted in ((before, old), (after, new))
        )
    rooms = _alignment_gaps(left, right, down) if engine in ("auto", "own") else ({}, {})
    sides = [
        (
            drawing,
            graph_scene(drawing, layout(drawing, down=down, engine=engine, ahead=room), bare=True),
            subtitle(graph),
        )
        for drawing, graph, room in zip((left, right), (before, after), rooms, strict=True)
    ]
    return _composed(sides, title, down)


def _alignment_gaps(left: Drawing, right: Drawing, down: bool) -> tuple[dict[str, float], dict[str, float]]:
    """The space before each item of both spines, so that items with the same name begin at the same height."""
    try:
        starts = [_item_starts(drawing, layout(drawing, down=down, engine="own")) for drawing in (left, right)]
    except (EngineError, NotSeriesParallel):
        return {}, {}
    rooms: tuple[dict[str, float], dict[str, float]] = ({}, {})
    moved = [0.0, 0.0]
    names = [[name for name, _, _ in one] for one in starts]
    for one, other, size in SequenceMatcher(None, names[0], names[1], autojunk=False).get_matching_blocks():
        for place in range(size):
            pair = (starts[0][one + place], starts[1][other + place])
            heights = [start + shift for (_, _, start), shift in zip(pair, moved, strict=True)]
            for side in (0, 1):
                less = max(heights) - heights[side]
                rooms[side][pair[side][1]] = less
                moved[side] += less
    return rooms


def _item_starts(drawing: Drawing, places: Layout) -> list[tuple[str, str, float]]:
    """(name, id, start) of the items on the spine; [] for a U, which has two columns."""
    found = []
    for item in [] if places.bridges else decompose(drawing).elements:
        if isinstance(item, Box):
            size, (x, y) = places.sizes[item.id], places.centres[item.id]
            found.append((item.name, item.id, y - size.room_height / 2 if places.down else x - size.room_width / 2))
        elif isinstance(item, Cluster):
            found.append((item.name, item.id, places.frames[item.id][1 if places.down else 0]))
    return found


def _composed(sides: list[tuple[Drawing, Scene, str]], title: str, down: bool) -> Scene:
    """Two pictures with their titles and subtitles: side by side if down, else one below the other."""
    shapes: list[Shape] = []
    x, y, high, wide = 0.0, 0.0, 0.0, 0.0
    between = 0.0
    for drawing, scene, line in sides:
        between = (x if down else y) - GAP / 2
        broad = max(scene.width - 2 * MARGIN, width(line, 10.5), width(drawing.title, 14, bold=True))
        tall = scene.height + HEADING - MARGIN
        inside = [*scene.children]
        translate(inside, x - MARGIN + (max(broad - scene.width + 2 * MARGIN, 0.0) / 2 if down else 0.0), y + HEADING)
        heading: list[Shape] = [
            Text(x, y + 10, drawing.title, 14, "ink", bold=True),
            Text(x, y + 27, line, 10.5, "muted"),
        ]
        shapes += [Group("side", [*heading, *inside])]
        wide, high = max(wide, x + broad), max(high, y + tall)
        x, y = (x + broad + GAP, 0.0) if down else (0.0, y + tall + GAP)
    ends = ((between, 0.0), (between, high)) if down else ((0.0, between), (wide, between))
    shapes.append(Path([("M", ends[0]), ("L", ends[1])], "cluster-line"))
    return framed(
        shapes, max(wide, LEAST), high, title, "", _entries(sides), ". ".join(description(side[0]) for side in sides)
    )


def _entries(sides: list[tuple[Drawing, Scene, str]]) -> list[tuple[str, str]]:
    listed = dict([*entries(sides[0][0]), *entries(sides[1][0])])
    return list((listed | {"added": "added", "removed": "removed", "changed": "changed"}).items())
