"""The table for other programs: Markdown and CSV."""

import csv
from collections.abc import Iterable
from io import StringIO

from archc.analysis.cost import cost
from archc.analysis.field import fields, written
from archc.analysis.figures import human
from archc.analysis.summary import Checked, layer, opened, verdict
from archc.ops import hwc

HEADER = ("net", "name", "op", "layer", "output", "params", "macs", "flops", "receptive_field", "file", "line")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def markdown(net: Checked, depth: int | None = None) -> str:
    """The rows of the text table, under their full names."""
    if net.graph is None:
        raise ValueError(f"{net.name} did not check")
    shown, _ = opened(net.graph, depth)
    lines = ["| name | layer | output | params | MACs | receptive field |", "|---|---|---|--:|--:|--:|"]
    for line in shown:
        row = line.row
        count = f" ×{row.count}" if row.count > 1 else ""
        cells = [
            f"`{row.full}`{count}",
            _escaped(layer(row)),
            hwc(row.last.shape),
            f"{row.cost.params:,}" if row.cost.params else "",
            human(row.cost.macs) if row.cost.macs else "",
            written(row.last_field),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([f"### {net.name}", "", *lines, "", f"**{_escaped(verdict(net))}**"])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def csv_text(nets: Iterable[Checked]) -> str:
    """A line a layer. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for net in nets:
        if net.graph is None:
            continue
        seen = fields(net.graph)
        for node in net.graph.nodes:
            one = cost(node)
            row = (
                net.name,
                node.name,
                node.op.name,
                node.op.words(),
                hwc(node.shape),
                one.params,
                one.macs,
                one.flops,
                written(seen[node.name]),
                node.span.source.name,
                node.span.line,
            )
            writer.writerow([harmless(cell) for cell in row])
    return out.getvalue()


def harmless(cell: object) -> object:
    """A text that no spreadsheet runs."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
