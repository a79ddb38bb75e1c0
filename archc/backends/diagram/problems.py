"""Mistakes in a picture: the layer that a figure refutes in red, and what could not be built as a box that says why."""

from collections.abc import Iterable, Iterator, Mapping

from archc.backends.diagram.model import Box, Drawing, Edge, Line, Mark
from archc.backends.diagram.text import MINOR_ROOM, clean, wrapped
from archc.diagnostics import Diagnostic, Span
from archc.graph import Graph

MOST_BOXES = 12
REFUTED = ("shape-refuted",)
"""Codes of mistakes that are in the graph; past others it ends."""


def error_marks(graph: Graph, diagnostics: Iterable[Diagnostic]) -> dict[str, Mark]:
    """The layers that what is stated contradicts."""
    return {name: "error" for diagnostic in diagnostics for name in _refuted(graph, diagnostic)}


def _refuted(graph: Graph, diagnostic: Diagnostic) -> list[str]:
    if diagnostic.code not in REFUTED:
        return []
    places = [label.span for label in diagnostic.labels]
    found = (node.name for node in graph.nodes if any(_within(node.span, place) for place in places))
    return list(found)[:1]


def _within(one: Span, other: Span) -> bool:
    return one.source is other.source and one.start < max(other.end, other.start + 1) and other.start < max(one.end, 1)


def add_problems(drawing: Drawing, graph: Graph, diagnostics: Iterable[Diagnostic], owner: Mapping[str, Box]) -> None:
    """A box for each mistake, at the layer that it is about or where the net ends."""
    errors = [one for one in diagnostics if one.severity == "error"]
    read = {source for node in graph.nodes for source in node.inputs}
    loose = [node.name for node in graph.nodes if node.name not in read]
    for number, diagnostic in enumerate(errors[:MOST_BOXES]):
        about = _refuted(graph, diagnostic) or loose[-1:]
        box = Box(f"e{number}", diagnostic.code, "error", list(_lines(diagnostic)), mark="error")
        drawing.children.append(box)
        if about and about[0] in owner:
            drawing.edges.append(Edge(owner[about[0]], box, mark="error"))


def _lines(diagnostic: Diagnostic) -> Iterator[Line]:
    span = diagnostic.span
    where = f" (line {span.line})" if span is not None else ""
    yield Line(clean(f"{diagnostic.code}{where}"), "other")
    for text in wrapped(clean(diagnostic.message, 300), MINOR_ROOM, 10, most=5):
        yield Line(text, "other", minor=True)
    for note in diagnostic.notes[:3]:
        for text in wrapped(clean(note, 200), MINOR_ROOM, 10, most=2):
            yield Line(text, "other", minor=True)
