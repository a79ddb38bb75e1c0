"""From a graph to a drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from archc.backends.diagram.mistakes import add_mistakes, error_marks
from archc.backends.diagram.model import Box, Drawing, Edge, Line, Mark
from archc.backends.diagram.outline import Outline, outline
from archc.backends.diagram.place import LEVELS, BoxOptions, Placer, Uses
from archc.backends.diagram.skips import mark_skips
from archc.backends.diagram.spine import longest
from archc.backends.diagram.text import clean
from archc.backends.diagram.unframe import remove_frames
from archc.diagnostics import Diagnostic
from archc.graph import Graph
from archc.records import dataclass

MOST_BOXES = 2000  # an engine lays them out in about a second, and a reader can scroll through them
EASY, LONG = 140, 60  # boxes in all, and on the longest path: beyond it the default level is a coarser one


class TooManyBoxes(Exception):
    """There are more boxes than can be laid out. The message says what to do."""


@dataclass(frozen=True, slots=True)
class DrawOptions:
    """level: stage, block or layer; None for the finest that is easy to read. depth: levels of open regions instead.

    boxes: the content of the boxes. most: the greatest number of boxes. long: the greatest number of boxes on the
    longest path of a drawing that is easy to read.
    """

    level: str | None = None
    depth: int | None = None
    unfold: bool = False
    title: str | None = None
    boxes: BoxOptions = field(default_factory=BoxOptions)
    most: int = MOST_BOXES
    long: int = LONG


def draw(
    graph: Graph,
    options: DrawOptions | None = None,
    marks: Mapping[str, Mark] | None = None,
    problems: Sequence[Diagnostic] = (),
) -> Drawing:
    """The drawing of a net. problems: the diagnostics of a net that did not check. Raises TooManyBoxes."""
    chosen = options or DrawOptions()
    noted = {**(marks or {}), **error_marks(graph, problems)}
    tree = outline(graph, noted, folds=not chosen.unfold)
    if chosen.depth is not None:
        return _checked_size(_drawing(tree, chosen, noted, problems, chosen.depth, f"depth {chosen.depth}"), chosen)
    if chosen.level is not None:
        return _checked_size(_drawing(tree, chosen, noted, problems, LEVELS[chosen.level], chosen.level), chosen)
    finest = _drawing(tree, chosen, noted, problems, LEVELS["layer"], "layer")
    if chosen.unfold or _is_easy(finest, chosen):
        return _checked_size(finest, chosen)
    tried = [_drawing(tree, chosen, noted, problems, LEVELS[level], level) for level in ("block", "stage")]
    easy = next((drawing for drawing in tried if _is_easy(drawing, chosen)), None)
    return easy or _checked_size(tried[-1], chosen)


def _is_easy(drawing: Drawing, options: DrawOptions) -> bool:
    return len(list(drawing.boxes())) <= EASY and longest(drawing) <= options.long


def _checked_size(drawing: Drawing, options: DrawOptions) -> Drawing:
    count = len(list(drawing.boxes()))
    if count <= options.most:
        return drawing
    advice = ["draw it without --unfold"] if options.unfold else []
    if drawing.level != "stage":
        advice.append("draw it coarser with --level block or --level stage")
    advice.append("write repeated layers as `repeat n { … }`, which is drawn once")
    raise TooManyBoxes(
        f"{drawing.name} would be {count:,} boxes, and at most {options.most:,} can be laid out: {', or '.join(advice)}"
    )


def _drawing(
    tree: Outline,
    options: DrawOptions,
    marks: Mapping[str, Mark],
    problems: Sequence[Diagnostic],
    depth: int,
    level: str,
) -> Drawing:
    placer = Placer(tree, options.boxes, marks, Uses(tree.graph), whole=level == "block")
    children = placer.place(depth)
    title = clean(options.title if options.title is not None else tree.graph.name, 120)
    drawing = Drawing(tree.graph.name, title, list(children), [], level, len(tree.graph.nodes))
    if len(list(drawing.boxes())) > options.most:
        return drawing  # the caller refuses it
    drawing.edges = _edges(tree, placer)
    remove_frames(drawing)
    _outputs(tree.graph, tree, placer, drawing)
    mark_skips(drawing, {node.name for node in tree.graph.nodes if node.op.pattern == "residual"})
    shown = {name: placer.owner[drawn] for name, drawn in tree.drawn_for.items()}
    add_mistakes(drawing, tree.graph, problems, shown)
    return drawing


def _edges(tree: Outline, placer: Placer) -> list[Edge]:
    found: dict[tuple[str, str], Edge] = {}
    for node in tree.graph.nodes:
        head = placer.owner[tree.drawn_for[node.name]]
        for source in node.inputs:
            tail = placer.owner[tree.drawn_for[source]]
            if tail is not head and tree.same_turn(source, node.name):
                key = (tail.id, head.id)
                found.setdefault(key, Edge(tail, head, train_only=tail.train_only or head.train_only))
    return list(found.values())


def _outputs(graph: Graph, tree: Outline, placer: Placer, drawing: Drawing) -> None:
    """Add a box for each output, if there are several."""
    if len(graph.outputs) < 2:
        return
    for number, output in enumerate(graph.outputs):
        only = " (training only)" if output.train_only else ""
        line = Line(clean(f"{output.name}{only}"), "input", output.node)
        box = Box(f"o{number}", output.name, "output", [line], train_only=output.train_only)
        drawing.children.append(box)
        tail = placer.owner[tree.drawn_for[output.node]]
        drawing.edges.append(Edge(tail, box, train_only=output.train_only))
