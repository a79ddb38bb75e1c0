"""From a graph to a drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import field

from archc.backends.diagram.loosen import loosen
from archc.backends.diagram.model import Box, Drawing, Edge, Line, Mark
from archc.backends.diagram.outline import Outline, outline
from archc.backends.diagram.place import LEVELS, Placer, Uses, Wanted
from archc.backends.diagram.problems import add_problems, error_marks
from archc.backends.diagram.skips import find_skips
from archc.backends.diagram.spine import longest
from archc.backends.diagram.text import clean
from archc.diagnostics import Diagnostic
from archc.graph import Graph
from archc.records import dataclass

MOST_BOXES = 2000  # what an engine lays out in about a second, and what a reader can scroll through
EASY, LONG = 140, 60  # boxes in all, and one after another: beyond, a coarser level is chosen where none was asked for


class TooMany(Exception):
    """More boxes than can be laid out. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is drawn of a net. level: stage, block, layer, or nothing for the finest that is easy to read.

    long: how many boxes one after another are that.
    """

    level: str | None = None
    depth: int | None = None
    unfold: bool = False
    title: str | None = None
    wanted: Wanted = field(default_factory=Wanted)
    most: int = MOST_BOXES
    long: int = LONG


def draw(
    graph: Graph,
    choice: Choice | None = None,
    marks: Mapping[str, Mark] | None = None,
    problems: Sequence[Diagnostic] = (),
) -> Drawing:
    """The drawing of a net. problems: what is wrong with one that did not check. Raises TooMany."""
    chosen = choice or Choice()
    noted = {**(marks or {}), **error_marks(graph, problems)}
    tree = outline(graph, noted, folds=not chosen.unfold)
    if chosen.depth is not None:
        return _guarded(_at(tree, chosen, noted, problems, chosen.depth, f"depth {chosen.depth}"), chosen)
    if chosen.level is not None:
        return _guarded(_at(tree, chosen, noted, problems, LEVELS[chosen.level], chosen.level), chosen)
    finest = _at(tree, chosen, noted, problems, LEVELS["layer"], "layer")
    if chosen.unfold or _is_easy(finest, chosen):
        return _guarded(finest, chosen)
    tried = [_at(tree, chosen, noted, problems, LEVELS[level], level) for level in ("block", "stage")]
    easy = next((drawing for drawing in tried if _is_easy(drawing, chosen)), None)
    return easy or _guarded(tried[-1], chosen)


def _is_easy(drawing: Drawing, choice: Choice) -> bool:
    return len(list(drawing.boxes())) <= EASY and longest(drawing) <= choice.long


def _guarded(drawing: Drawing, choice: Choice) -> Drawing:
    count = len(list(drawing.boxes()))
    if count <= choice.most:
        return drawing
    advice = ["draw it without --unfold"] if choice.unfold else []
    if drawing.level != "stage":
        advice.append("draw it coarser with --level block or --level stage")
    advice.append("write repeated layers as `repeat n { … }`, which is drawn once")
    raise TooMany(
        f"{drawing.name} would be {count:,} boxes, and at most {choice.most:,} can be laid out: {', or '.join(advice)}"
    )


def _at(
    tree: Outline,
    choice: Choice,
    marks: Mapping[str, Mark],
    problems: Sequence[Diagnostic],
    depth: int,
    level: str,
) -> Drawing:
    placer = Placer(tree, choice.wanted, marks, Uses(tree.graph), whole=level == "block")
    children = placer.place(depth)
    title = clean(choice.title if choice.title is not None else tree.graph.name, 120)
    drawing = Drawing(tree.graph.name, title, list(children), [], level, len(tree.graph.nodes))
    if len(list(drawing.boxes())) > choice.most:
        return drawing  # it will be refused: what follows would be for nothing
    drawing.edges = _edges(tree, placer)
    loosen(drawing)
    _outputs(tree.graph, tree, placer, drawing)
    find_skips(drawing, {node.name for node in tree.graph.nodes if node.op.pattern == "residual"})
    shown = {name: placer.owner[drawn] for name, drawn in tree.drawn_for.items()}
    add_problems(drawing, tree.graph, problems, shown)
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
    """Where several values leave the net, each has its end."""
    if len(graph.outputs) < 2:
        return
    for number, output in enumerate(graph.outputs):
        only = " (training only)" if output.train_only else ""
        line = Line(clean(f"{output.name}{only}"), "input", output.node)
        box = Box(f"o{number}", output.name, "output", [line], train_only=output.train_only)
        drawing.children.append(box)
        tail = placer.owner[tree.drawn_for[output.node]]
        drawing.edges.append(Edge(tail, box, train_only=output.train_only))
