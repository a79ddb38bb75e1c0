"""The table of a net as Markdown, and its layers as CSV."""

import csv
from collections.abc import Iterable
from io import StringIO

from archc.analysis.cost import cost
from archc.analysis.figures import human
from archc.analysis.receptive_field import receptive_fields, sizes_text
from archc.analysis.summary import CheckedNet, layer, opened, verdict
from archc.ops import hwc

HEADER = ("net", "name", "op", "layer", "output", "params", "macs", "flops", "receptive_field", "file", "line")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def markdown(net: CheckedNet, depth: int | None = None) -> str:
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
            sizes_text(row.last_field),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([f"### {net.name}", "", *lines, "", f"**{_escaped(verdict(net))}**"])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def csv_text(nets: Iterable[CheckedNet]) -> str:
    """A line a layer. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for net in nets:
        if net.graph is None:
            continue
        seen = receptive_fields(net.graph)
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
                sizes_text(seen[node.name]),
                node.span.source.name,
                node.span.line,
            )
            writer.writerow([harmless(cell) for cell in row])
    return out.getvalue()


def harmless(cell: object) -> object:
    """The cell, with an apostrophe in front where a spreadsheet would evaluate it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
