"""Mistakes in a picture: the layer that a figure refutes in red, and what could not be built as a box that says why."""

from collections.abc import Iterable, Iterator, Mapping

from archc.backends.diagram.model import Box, Drawing, Edge, Line, Mark
from archc.backends.diagram.text import MINOR_ROOM, clean, wrapped
from archc.diagnostics import Code, Diagnostic, Span
from archc.graph import Graph, Node

MOST_BOXES = 12


def error_marks(graph: Graph, diagnostics: Iterable[Diagnostic]) -> dict[str, Mark]:
    """The layers that what is stated contradicts."""
    return {name: "error" for diagnostic in diagnostics for name in _refuted(graph, diagnostic)}


def _refuted(graph: Graph, diagnostic: Diagnostic) -> list[str]:
    if diagnostic.code != Code.SHAPE_REFUTED:
        return []
    places = [label.span for label in diagnostic.labels]
    found = (node.name for node in graph.nodes if any(_within(node.span, place) for place in places))
    return list(found)[:1]


def _within(one: Span, other: Span) -> bool:
    return one.source is other.source and one.start < max(other.end, other.start + 1) and other.start < max(one.end, 1)


def add_problems(drawing: Drawing, graph: Graph, diagnostics: Iterable[Diagnostic], owner: Mapping[str, Box]) -> None:
    """A box for each mistake, at the layer that it is about or where the net ends."""
    errors = [one for one in diagnostics if one.severity == "error"]
    readers = _readers(graph)
    for number, diagnostic in enumerate(errors[:MOST_BOXES]):
        about = _refuted(graph, diagnostic) or _branches(graph, diagnostic, readers)
        about = about or [name for name, heads in readers.items() if not heads][-1:]
        box = Box(f"e{number}", diagnostic.code, "error", list(_lines(diagnostic)), mark="error")
        drawing.children.append(box)
        tails = dict.fromkeys(owner[name] for name in about if name in owner)
        drawing.edges += [Edge(tail, box, mark="error") for tail in tails]


def _readers(graph: Graph) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {node.name: [] for node in graph.nodes}
    for node in graph.nodes:
        for source in node.inputs:
            found[source].append(node)
    return found


def _branches(graph: Graph, diagnostic: Diagnostic, readers: Mapping[str, list[Node]]) -> list[str]:
    """The ends of the branches that a join cannot join: each from the layer that the diagnostic points at, onwards."""
    if diagnostic.span is None or diagnostic.code != Code.JOIN_MISMATCH:
        return []
    ends = []
    for label in diagnostic.labels:
        pointed = [node for node in graph.nodes if _within(node.span, label.span)]
        if not pointed:
            continue
        last = pointed[-1]  # of a block that is used often, the use at which the net ends
        outside = _before(last.span, diagnostic.span)  # then what stands in the join is another branch
        while len(after := readers[last.name]) == 1 and not (outside and not _before(after[0].span, diagnostic.span)):
            last = after[0]
        ends.append(last.name)
    return ends


def _before(one: Span, other: Span) -> bool:
    return one.source is other.source and one.start < other.start


def _lines(diagnostic: Diagnostic) -> Iterator[Line]:
    span = diagnostic.span
    where = f" (line {span.line})" if span is not None else ""
    yield Line(clean(f"{diagnostic.code}{where}"), "other")
    for text in wrapped(clean(diagnostic.message, 300), MINOR_ROOM, 10, most=5):
        yield Line(text, "other", minor=True)
    for note in diagnostic.notes[:3]:
        for text in wrapped(clean(note, 200), MINOR_ROOM, 10, most=2):
            yield Line(text, "other", minor=True)
