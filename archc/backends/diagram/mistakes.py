"""Mistakes in a picture: refuted layers are red, and each diagnostic is a box at its place in the net."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import takewhile

from archc.backends.diagram.model import Box, Drawing, Edge, Line, Mark, boxes_in
from archc.backends.diagram.text import MINOR_ROOM, clean, wrapped
from archc.diagnostics import Code, Diagnostic, Span
from archc.graph import Graph, Node, Region

MOST_BOXES = 12


def error_marks(graph: Graph, diagnostics: Iterable[Diagnostic]) -> dict[str, Mark]:
    """The layers whose computed shape contradicts a stated one."""
    return {name: "error" for diagnostic in diagnostics for name in _refuted(graph, diagnostic)}


def _refuted(graph: Graph, diagnostic: Diagnostic) -> list[str]:
    if diagnostic.code != Code.SHAPE_REFUTED:
        return []
    places = [label.span for label in diagnostic.labels]
    found = (node.name for node in graph.nodes if any(_within(node.span, place) for place in places))
    return list(found)[:1]


def _within(one: Span, other: Span) -> bool:
    return one.source is other.source and one.start < max(other.end, other.start + 1) and other.start < max(one.end, 1)


def add_mistakes(drawing: Drawing, graph: Graph, diagnostics: Iterable[Diagnostic], owner: Mapping[str, Box]) -> None:
    """Add a box for each mistake: behind the layer that it is about, or behind the last layer before its place.

    A layer that lost an input to a mistake follows the box of that mistake.
    """
    errors = [one for one in diagnostics if one.severity == "error"][:MOST_BOXES]
    readers = _readers(graph)
    starts = _starts(graph)
    broken: list[tuple[Span, Box]] = []
    for number, diagnostic in enumerate(errors):
        place = _place(diagnostic)
        about = _refuted(graph, diagnostic)
        box = Box(f"e{number}", diagnostic.code, "error", list(_lines(diagnostic)), mark="error")
        if not about and place is not None:
            broken.append((place, box))
        about = about or _branches(graph, diagnostic, readers)
        if not about and place is not None:
            about = _recovered(graph, diagnostic) or _preceding(graph, starts, place, readers)
        about = about or [name for name, heads in readers.items() if not heads][-1:]
        tails = dict.fromkeys(owner[name] for name in about if name in owner)
        _insert(drawing, box, tails)
        drawing.edges += [Edge(tail, box, mark="error") for tail in tails]
    order = {box.id: number for number, box in enumerate(drawing.boxes())}
    for node in graph.nodes:
        if len(node.inputs) < len(node.input_shapes) and node.name in owner:
            before = [one for one in broken if any(_before(one[0], span) for span in starts[node.name])]
            _, box = max(before, key=lambda one: one[0].start, default=(None, owner[node.name]))
            if order[box.id] < order[owner[node.name].id]:  # not back into a repetition that is drawn once
                drawing.edges.append(Edge(box, owner[node.name], mark="error"))


def _insert(drawing: Drawing, box: Box, tails: Collection[Box]) -> None:
    """Put a box behind the last item of the drawing that holds one of `tails`."""
    holding = [
        number for number, item in enumerate(drawing.children) if any(inner in tails for inner in boxes_in([item]))
    ]
    place = holding[-1] + 1 if holding else len(drawing.children)
    before = takewhile(lambda item: isinstance(item, Box) and item.kind == "error", drawing.children[place:])
    drawing.children.insert(place + len([*before]), box)  # behind mistakes that are there already


def _place(diagnostic: Diagnostic) -> Span | None:
    """The last place that the diagnostic names in its file; the call, if a block is defined before it is used."""
    span = diagnostic.span
    if span is None:
        return None
    spans = [span, *(label.span for label in diagnostic.labels if label.span.source is span.source)]
    return max(spans, key=lambda one: one.start)


def _recovered(graph: Graph, diagnostic: Diagnostic) -> list[str]:
    """The layer with the mistake, if the graph has it in spite of the mistake; of several uses the last one."""
    span = diagnostic.span
    return [node.name for node in graph.nodes if span is not None and _within(span, node.span)][-1:]


def _starts(graph: Graph) -> dict[str, list[Span]]:
    """Of each node in execution order its own span, and those of the regions around it."""
    found: dict[str, list[Span]] = {}

    def visit(region: Region, around: list[Span]) -> None:
        for item in region.items:
            spans = [*around, item.span] if item.span is not None else around
            if isinstance(item, Region):
                visit(item, spans)
            else:
                found[item.name] = spans

    visit(graph.root, [])
    return found


def _preceding(
    graph: Graph, starts: Mapping[str, list[Span]], place: Span, readers: Mapping[str, list[Node]]
) -> list[str]:
    """The node whose value flows at a place: of what begins nearest before it, the last that is computed."""
    served = {node.name for node in graph.inference_nodes}
    best, nearest = "", -1
    for name, spans in starts.items():
        for span in spans if name in served or any(_within(place, span) for span in spans) else ():
            if span.source is place.source and nearest <= span.start <= place.start:
                best, nearest = name, span.start
    while best and (onward := [node for node in readers[best] if _before(node.span, place)]):
        best = onward[0].name
    return [best] if best else []


def _readers(graph: Graph) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {node.name: [] for node in graph.nodes}
    for node in graph.nodes:
        for source in node.inputs:
            found[source].append(node)
    return found


def _branches(graph: Graph, diagnostic: Diagnostic, readers: Mapping[str, list[Node]]) -> list[str]:
    """The last layers of the branches that do not fit a join, found from the layers that the diagnostic points at."""
    if diagnostic.span is None or diagnostic.code != Code.JOIN_MISMATCH:
        return []
    number = {node.name: index for index, node in enumerate(graph.nodes)}
    pointed = [[node for node in graph.nodes if _within(node.span, label.span)] for label in diagnostic.labels]
    firsts = [nodes[-1] for nodes in pointed if nodes]  # of a block with several uses, the last one that was built
    ends = []
    for first in firsts:
        last = first
        outside = _before(last.span, diagnostic.span)  # then layers inside the join belong to another branch
        # a layer that is built after the start of a later branch is behind the join, which passed this branch on
        bound = min((number[one.name] for one in firsts if number[one.name] > number[first.name]), default=len(number))
        while len(after := readers[last.name]) == 1:
            if number[after[0].name] > bound or (outside and not _before(after[0].span, diagnostic.span)):
                break
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
