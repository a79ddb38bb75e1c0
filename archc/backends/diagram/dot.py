"""A drawing as a Graphviz DOT file.

Labels are plain or record labels, never HTML ones. Special characters are escaped.
"""

import graphviz

from archc.backends.diagram.model import Box, Cluster, Drawing
from archc.backends.diagram.theme import Theme

_MARKS = {"error": "error", "added": "added", "removed": "removed", "changed": "changed"}


def _escaped(text: str, special: str = "") -> str:
    shown = text.replace("\\", "\\\\").replace("&", "&amp;")
    for sign in special:
        shown = shown.replace(sign, f"\\{sign}")
    return shown


def dot(drawing: Drawing, theme: Theme, *, down: bool = True) -> str:
    """The text of a .dot file, which any Graphviz draws."""
    graph = graphviz.Digraph(
        "net",
        graph_attr={
            "rankdir": "TB" if down else "LR",
            "label": graphviz.nohtml(_escaped(drawing.title)),
            "labelloc": "t",
            "fontname": "Helvetica",
            "fontsize": "16",
            "fontcolor": theme["ink"],
            "bgcolor": theme["paper"],
            "nodesep": "0.3",
            "ranksep": "0.32",
        },
        node_attr={"shape": "record", "style": "filled", "fontname": "Helvetica", "fontsize": "11"},
        edge_attr={"fontname": "Helvetica", "fontsize": "9", "arrowsize": "0.7"},
    )
    for child in drawing.children:
        _full(graph, child, theme, down)
    for edge in drawing.edges:
        color = theme["skip"] if edge.passes else theme["edge"]
        style = "dashed" if edge.train_only else "solid"
        shape = edge.tail.shape if not edge.skip else ""
        attributes = {"color": color, "style": style, "fontcolor": theme["muted"]}
        if shape:
            attributes["label"] = graphviz.nohtml(f" {_escaped(shape)}")
        if edge.skip:
            attributes |= {"penwidth": "1.6", "weight": "0"}
        graph.edge(edge.tail.id, edge.head.id, **attributes)
    return str(graph.source)


def _full(graph: graphviz.Digraph, item: Box | Cluster, theme: Theme, down: bool) -> None:
    if isinstance(item, Box):
        graph.node(item.id, **_node(item, theme, down))
        return
    with graph.subgraph(name=f"cluster_{item.id}") as inside:
        inside.attr(
            label=graphviz.nohtml(_escaped(item.label)),
            labeljust="l",
            fontsize="11",
            style="rounded,filled",
            color=theme[_MARKS[item.mark]] if item.mark else theme["cluster-line"],
            fillcolor=theme["cluster"],
            fontcolor=theme["ink"],
        )
        for child in item.children:
            _full(inside, child, theme, down)


def _node(box: Box, theme: Theme, down: bool) -> dict[str, str]:
    fields = [line.text + (f" ({line.note})" if line.note else "") for line in box.lines]
    if box.label:
        fields[0] = f"{box.label}: {fields[0]}"
    if box.count > 1:
        fields[0] += f"  ×{box.count}"
    label = "|".join(_escaped(text, "{}|<> ") for text in fields)
    error = box.kind == "error" or box.mark
    return {
        "label": graphviz.nohtml(f"{{{label}}}" if down else label),
        "fillcolor": theme["error-fill"] if box.kind == "error" else theme[f"{box.color}-fill"],
        "color": theme[_MARKS[box.mark or "error"]] if error else theme[f"{box.color}-line"],
        "fontcolor": theme["ink"],
        "style": "filled,dashed" if box.train_only or box.kind == "ghost" else "filled",
    }
