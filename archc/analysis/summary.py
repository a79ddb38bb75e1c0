"""The summary of a net: its table, its totals, and its verdict as the last line."""

import re
from typing import Protocol

from archc.analysis import table
from archc.analysis.cost import Totals, totals, training_totals
from archc.analysis.figures import human, human_bytes, plural
from archc.analysis.memory import inference_peak, output_bytes, training_bytes
from archc.analysis.receptive_field import receptive_fields, sizes_text
from archc.analysis.receptive_field_text import jump_text
from archc.analysis.tree import Row, Tree, height, rows_shown
from archc.diagnostics import Span
from archc.graph import Graph
from archc.ops import hwc
from archc.records import dataclass

WORD_END = re.compile(r"[\s,|(\[?]")
ROWS_WANTED = 48  # blocks are closed until the table is no longer than this
MOST_ROWS = 400


class CheckedNet(Protocol):
    """A compiled net, as the summary needs it."""

    @property
    def name(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def graph(self) -> Graph | None: ...
    @property
    def as_written(self) -> bool: ...
    @property
    def checked(self) -> int: ...
    @property
    def refuted(self) -> int: ...
    @property
    def whole(self) -> Graph | None: ...
    @property
    def filled(self) -> tuple[tuple[Span, int], ...]: ...


@dataclass(frozen=True, slots=True)
class Line:
    """A row at its depth in the tree. part: it lies inside a fold."""

    row: Row
    level: int
    part: bool


def summary(net: CheckedNet, *, depth: int | None = None, width: int = 100, color: bool = False, batch: int = 1) -> str:
    """The table, the totals and the verdict of a net. Raises ValueError for one that did not check."""
    graph = _graph(net)
    shown, deepest = opened(graph, depth)
    text = [*_table(shown, width, color, cut=depth is None), ""]
    pairs = [*_holes(net), *_figures(graph, batch), *_legend(shown, deepest)]
    text += [piece for what, said in pairs for piece in _wrapped(what, said, width)]
    last = verdict(net, width)
    return "\n".join([*text, f"{table.BOLD}{last}{table.RESET}" if color else last])


def _holes(net: CheckedNet) -> list[tuple[str, str]]:
    """The value found for each `?`, within its word: `pad=2`."""
    lines: dict[tuple[str, int], list[str]] = {}
    for span, value in sorted(net.filled, key=lambda found: (found[0].source.name, found[0].start)):
        text = span.source.text[span.source.line_starts[span.line - 1] : span.start]
        before = WORD_END.split(text)[-1]
        words = lines.setdefault((span.source.name, span.line), [])
        if words and text.removesuffix(before).endswith("?"):  # the second hole of `?x?`
            before = words.pop() + before
        words.append(f"{before}{value}")
    several = len({file for file, _ in lines}) > 1
    said = [
        f"{', '.join(words)} ({f'{file}:' if several else 'line '}{number})" for (file, number), words in lines.items()
    ]
    return [("holes", "; ".join(said))] if said else []


def _graph(net: CheckedNet) -> Graph:
    if net.graph is None:
        raise ValueError(f"{net.name} did not check")
    return net.graph


def opened(graph: Graph, depth: int | None) -> tuple[list[Line], bool]:
    """The lines of the tree down to a depth, and whether all blocks are open."""
    rows = Tree(graph, receptive_fields(graph)).rows()
    most = height(rows)
    if depth is None:
        depth = next((d for d in range(most, 1, -1) if rows_shown(rows, d) <= ROWS_WANTED), 1)
    shown: list[Line] = []
    _open(rows, depth, 0, False, shown)
    return shown, depth >= most


def _open(rows: list[Row], depth: int, level: int, part: bool, shown: list[Line]) -> None:
    for row in rows:
        shown.append(Line(row, level, part))
        if depth > row.levels:
            _open(row.children, depth - row.levels, level + 1, part or row.count > 1, shown)


def _table(shown: list[Line], width: int, color: bool, cut: bool) -> list[str]:
    left_out = len(shown) - MOST_ROWS if cut else 0
    lines = shown if left_out <= 0 else [*shown[: MOST_ROWS - 20], *shown[-20:]]
    bold = frozenset(i for i, line in enumerate(lines) if line.row.children and not line.level)
    text = table.lines(columns(lines, wide=width >= 120), width, color=color, bold=bold)
    if left_out > 0:
        text.insert(MOST_ROWS - 18, f"… {left_out:,} more rows; --depth or --csv shows them all")
    return text


def columns(shown: list[Line], wide: bool) -> list[table.Column]:
    """The columns of the table. wide: with those for wide terminals."""
    rows = [line.row for line in shown]
    number = "{:,}".format if wide else human
    return [
        table.Column("name", [_name(line) for line in shown], shrinks_to=16),
        table.Column("layer", [layer(row) for row in rows], shrinks_to=12, drop=3),
        table.Column("output", [hwc(row.last.shape) for row in rows], drop=2),
        table.Column("params", [_count(row.cost.params) for row in rows], right=True),
        table.Column("MACs", [number(row.cost.macs) if row.cost.macs else "" for row in rows], True, drop=1),
        table.Column("field", [_field(row) for row in rows], True, drop=4),
        table.Column("jump", [jump_text(row.last_field) for row in rows] if wide else [], True, drop=5),
        table.Column("FLOPs", [_count(row.cost.flops) for row in rows] if wide else [], True, drop=6),
        table.Column("memory", [_memory(row) for row in rows] if wide else [], True, drop=7),
        table.Column("line", [str(row.line) for row in rows] if wide else [], True, drop=8),
    ]


def layer(row: Row) -> str:
    """The layer or the call of a row; "" for an input, whose sizes are in the next column."""
    if row.last.op.category == "input":
        return ""
    return f"training only: {row.words}" if row.train_only else row.words


def _name(line: Line) -> str:
    folded = f" ×{line.row.count}" if line.row.count > 1 else ""
    return "  " * line.level + line.row.name + folded


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _field(row: Row) -> str:
    first, last = sizes_text(row.first_field), sizes_text(row.last_field)
    return f"{first}–{last}" if row.count > 1 and first != last else last


def _memory(row: Row) -> str:
    """The bytes of a layer's output; "" for a block."""
    return "" if row.children or row.count > 1 else human_bytes(output_bytes(row.last))


def _figures(graph: Graph, batch: int) -> list[tuple[str, str]]:
    """(label, text) of the totals."""
    figures, training = totals(graph), training_totals(graph)
    pairs = [
        ("params", f"{figures.params:,} ({_kinds(figures)})"),
        ("MACs", f"{figures.macs:,} a sample ({figures.flops:,} FLOPs: a MAC is 2)"),
        (
            "memory",
            f"activations of {plural(batch, 'sample')} as float32: {human_bytes(training_bytes(graph, batch))} "
            f"in training, {human_bytes(inference_peak(graph, batch))} at most in inference",
        ),
    ]
    if (training.params, training.macs) != (figures.params, figures.macs):
        pairs.append(("training", f"{training.params:,} params and {training.macs:,} MACs with the heads for it"))
    return pairs


def _legend(shown: list[Line], all_open: bool) -> list[tuple[str, str]]:
    """(label, text) of the notes on how to read the rows."""
    notes = []
    if any(line.row.count > 1 for line in shown):
        notes.append(
            "a row with ×N counts all N" + "; those under it are of the first" * any(line.part for line in shown)
        )
    if not all_open:
        notes.append("--depth N opens blocks")
    return [("rows", "; ".join(notes))] if notes else []


def _kinds(figures: Totals) -> str:
    fixed = figures.params - figures.params_trainable
    kinds = "all trainable" if not fixed else f"{figures.params_trainable:,} trainable, {fixed:,} fixed"
    buffers = f" with {plural(figures.buffers, 'value')} of buffers" if figures.buffers else ""
    return f"{kinds}; {human_bytes(figures.weight_bytes)}{buffers}"


def _wrapped(what: str, text: str, width: int) -> list[str]:
    """`what  text`, broken between words under itself."""
    result, line = [], ""
    room = max(width - 10, 20)
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > room:
            result.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    result.append(line)
    return [f"{what if not number else '':10}{part}" for number, part in enumerate(result)]


def verdict(net: CheckedNet, width: int = 200) -> str:
    """`resnet34: 21,797,672 params · 3.66 G MACs · 224x224x3 → 1000 · 10 stated figures hold`"""
    graph = _graph(net)
    figures = totals(graph)
    sizes = " + ".join(hwc(node.shape) for node in graph.inputs)
    outs = ", ".join(hwc(graph[output.node].shape) for output in graph.outputs if not output.train_only)
    head, macs = f"{net.name}: {figures.params:,} params", f"{human(figures.macs)} MACs"
    through, hold = f"{sizes} → {outs}", statements_text(net.checked, net.as_written)
    for parts in (
        (head, macs, through, hold),
        (head, macs, through, hold.replace(" stated", "")),
        (head, macs, hold.replace(" stated", "")),
    ):
        line = " · ".join(parts)
        if len(line) <= width:
            return line
    return table.clip(f"{net.name}: {human(figures.params)} params · {macs}", width)


def statements_text(count: int, as_written: bool) -> str:
    """How many of the stated figures hold, as text."""
    if not count:
        return "no figures stated" if as_written else "stated figures not held"
    all_hold = f"{plural(count, 'stated figure')} hold{'s' if count == 1 else ''}"
    return all_hold if as_written else f"{all_hold}, others not held"
