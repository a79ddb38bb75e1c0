"""A diff of two nets as a table, as Markdown and as JSON."""

from typing import Any

from archc.analysis.components import Component
from archc.analysis.cost import totals
from archc.analysis.diff import Diff, Kind
from archc.analysis.table import Column, lines
from archc.graph import Graph
from archc.ops import hwc

SIGNS: dict[Kind, str] = {"added": "+", "removed": "-", "changed": "~", "resized": "~", "renamed": "~"}


def record(result: Diff) -> dict[str, Any]:
    """The JSON form."""
    return {
        "schema": 1,
        "before": _facts_of(result.before),
        "after": _facts_of(result.after),
        "changes": [
            {
                "kind": change.kind,
                "name": change.path,
                "layers": change.layers,
                "count": change.count,
                "before": _part(change.before),
                "after": _part(change.after),
            }
            for change in result.changes
        ],
    }


def _facts_of(graph: Graph) -> dict[str, Any]:
    figures = totals(graph)
    return {"name": graph.name, "params": figures.params, "macs": figures.macs, "depth": figures.depth}


def _part(part: Component | None) -> dict[str, Any] | None:
    if part is None:
        return None
    return {
        "name": part.name,
        "layer": part.words,
        "output": list(part.node.shape),
        "params": part.params,
        "macs": part.macs,
        "receptive_field": list(part.seen),
        "line": part.node.span.line,
    }


def rows(result: Diff) -> list[tuple[str, str, str, str, str, str, str]]:
    """sign, name, layer, output, params, MACs, receptive field: as text, with → where two differ."""
    lines = []
    for change in result.changes:
        old, new = change.before, change.after
        part = new if new is not None else old
        assert part is not None
        shown = [_two(old, new, what) for what in (_words, _shape, _params, _macs, _field)]
        layers = f" ({change.layers} layers)" if change.layers > 1 else ""
        name = change.path
        if old is not None and new is not None and old.name != new.name:
            name = f"{old.name} → {change.path}"
        if change.count > 1:
            name = f"{change.path} … {change.until} ×{change.count}"
        lines.append((SIGNS[change.kind], name, f"{shown[0]}{layers}".strip(), *shown[1:]))
    return lines  # type: ignore[return-value]


def _two(old: Component | None, new: Component | None, show: Any) -> str:
    left = show(old) if old is not None else None
    right = show(new) if new is not None else None
    if left is None or right is None or left == right:
        return str(right if right is not None else left)
    return f"{left} → {right}"


def _words(part: Component) -> str:
    return part.words


def _shape(part: Component) -> str:
    return hwc(part.node.shape)


def _params(part: Component) -> str:
    return f"{part.params:,}" if part.params else ""


def _macs(part: Component) -> str:
    return f"{part.macs:,}" if part.macs else ""


def _field(part: Component) -> str:
    return "x".join(map(str, dict.fromkeys(part.seen)))


def headline(result: Diff) -> str:
    """`params 11,689,512 → 21,797,672 (+86.5 %), MACs …`"""
    old, new = totals(result.before), totals(result.after)
    parts = []
    for name, left, right in (("params", old.params, new.params), ("MACs", old.macs, new.macs)):
        if left == right:
            parts.append(f"{name} {right:,} in both")
        else:
            share = f" ({(right - left) / left:+.1%})" if left else ""
            parts.append(f"{name} {left:,} → {right:,}{share}")
    return ", ".join(parts)


def text(result: Diff, width: int, markdown: bool = False) -> str:
    """The changes as a table and the totals as its last line."""
    name = result.after.name if result.after.nodes else result.before.name
    other = f"{result.before.name} → " if result.before.nodes and result.before.name != name else ""
    last = f"{other}{name}: {headline(result)}"
    if result.same:
        return f"{other}{name}: the same, layer by layer\n"
    listed = rows(result)
    titles = ("", "name", "layer", "output", "params", "MACs", "field")
    drops = (0, 0, 0, 1, 2, 3, 4)
    shown = [
        Column(title, [row[place] for row in listed], drop=drop, shrinks_to=20 if place in (1, 2) else None)
        for place, (title, drop) in enumerate(zip(titles, drops, strict=True))
    ]
    table = _markdown(shown) if markdown else lines(shown, width)
    return "\n".join([*table, "", last]) + "\n"


def _markdown(columns: list[Column]) -> list[str]:
    titles = " | ".join(column.title for column in columns)
    listed = zip(*(column.cells for column in columns), strict=True)
    body = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in listed]
    return [f"| {titles} |", "|" + "---|" * len(columns), *(f"| {row} |" for row in body)]
