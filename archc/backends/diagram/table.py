"""The table of a paper: for one net a row per stage with its costs, for several a column per net by output size."""

from collections.abc import Sequence

from archc.analysis.cost import totals, training_totals
from archc.analysis.figures import human
from archc.backends.diagram.footnotes import by_net, kind_counts, kinds
from archc.backends.diagram.notation import shape_text
from archc.backends.diagram.stages import Stack, Stage, stages
from archc.backends.diagram.text import clean
from archc.graph import Graph
from archc.records import dataclass

Cell = tuple[Stack, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """footer: rows of totals. aligns: l, c or r for each column. notes: about layers that it leaves out."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    footer: tuple[tuple[str, ...], ...]
    aligns: str
    notes: tuple[str, ...] = ()


def _text(words: str) -> Cell:
    return (Stack((clean(words),)),) if words else ()


def table(nets: Sequence[tuple[str, Graph]], title: str | None = None) -> Table:
    """The table of one net or of several. nets: (name, graph) of each."""
    if len(nets) == 1:
        return _of_one(*nets[0], title)
    return _of_several(nets, title)


def _of_one(name: str, graph: Graph, title: str | None) -> Table:
    rows = []
    listed = stages(graph, full=True)
    for stage in listed:
        called = f"{stage.name} (training only)" if stage.train_only else stage.name
        params = human(stage.cost.params) if stage.cost.params else ""
        macs = human(stage.cost.macs) if stage.cost.macs else ""
        rows.append((_text(called), stage.what, _text(stage.shapes), _text(params), _text(macs)))
    figures, training = totals(graph), training_totals(graph)
    footer = [("total", "", "", human(figures.params), human(figures.macs))]
    if any(stage.train_only for stage in listed):
        footer[0] = ("total at inference", *footer[0][1:])
        footer.append(("total in training", "", "", human(training.params), human(training.macs)))
    header = ("name", "layer", "output", "params", "MACs")
    rows.insert(0, (_text("input"), (), _text(shape_text(graph.inputs[0].shape)), (), ()))
    shown = clean(title if title is not None else name, 120)
    return Table(shown, header, tuple(rows), tuple(footer), "lclrr", tuple(_notes([(name, listed)])))


def _notes(nets: Sequence[tuple[str, list[Stage]]]) -> list[str]:
    """Notes on what the cells leave out: kinds of layers on the longest path, and for each net those off it."""
    unlisted = kinds(node for _, listed in nets for stage in listed for node in stage.unlisted)
    lines = [f"Not listed: {unlisted}."] if unlisted else []
    texts = []
    for name, listed in nets:
        off = kind_counts(node for stage in listed for node in stage.off_path)
        texts.append(
            (name, f"Beside the longest path of their rows, counted there but not listed: {off}." if off else "")
        )
    return [*lines, *by_net(texts)]


@dataclass(slots=True)
class _Segment:
    """Stages of one output size, one after another."""

    size: str
    names: list[str]
    cells: list[Stack]


def _of_several(nets: Sequence[tuple[str, Graph]], title: str | None) -> Table:
    inference = [[stage for stage in stages(graph, full=False) if not stage.train_only] for _, graph in nets]
    columns = [_segments(listed) for listed in inference]
    sizes: list[str] = []
    for column in columns:  # the sizes in order of first appearance
        place = 0
        for segment in column:
            if segment.size in sizes[place:]:
                place = sizes.index(segment.size, place) + 1
            else:
                sizes.insert(place, segment.size)
                place += 1
    rows = []
    waiting = [list(column) for column in columns]
    for size in sizes:
        taken = [column.pop(0) if column and column[0].size == size else None for column in waiting]
        names = list(dict.fromkeys(name for segment in taken if segment for name in segment.names))
        cells = [tuple(segment.cells) if segment else () for segment in taken]
        label = names[0] if len(names) == 1 else ""
        rows.append((_text(label), _text(size), *cells))
    figures = [totals(graph) for _, graph in nets]
    footer: tuple[tuple[str, ...], ...] = (
        ("params", "", *(human(one.params) for one in figures)),
        ("MACs", "", *(human(one.macs) for one in figures)),
        ("depth", "", *(str(one.depth) for one in figures)),
    )
    header: tuple[str, ...] = ("", "output", *(clean(name) for name, _ in nets))
    notes = _notes([(clean(name), listed) for (name, _), listed in zip(nets, inference, strict=True)])
    training = [clean(name) for name, graph in nets if len(graph.inference_nodes) < len(graph.nodes)]
    if training:
        notes.append(f"Neither listed nor counted: the heads for training only of {', '.join(training)}.")
    if not any(row[0] for row in rows):
        rows = [row[1:] for row in rows]
        header = header[1:]
        footer = tuple((line[0], *line[2:]) for line in footer)
        return Table(clean(title or "", 120), header, tuple(rows), footer, "l" + "c" * len(nets), tuple(notes))
    return Table(clean(title or "", 120), header, tuple(rows), footer, "ll" + "c" * len(nets), tuple(notes))


def _segments(listed: list[Stage]) -> list[_Segment]:
    found: list[_Segment] = []
    for stage in listed:
        if not found or found[-1].size != stage.size:
            found.append(_Segment(stage.size, [], []))
        segment = found[-1]
        if stage.called and not stage.called.rstrip("0123456789_").isdigit():
            segment.names.append(stage.called)
        for stack in stage.what:
            if segment.cells and segment.cells[-1].lines == stack.lines:
                before = segment.cells.pop()
                stack = Stack(stack.lines, max(before.times, 1) + max(stack.times, 1))  # noqa: PLW2901
            segment.cells.append(stack)
    return found
