"""The line under the title of a picture: costs, input and output of the net."""

from archc.analysis.cost import totals
from archc.analysis.figures import human
from archc.backends.diagram.notation import shape_text
from archc.graph import Graph


def subtitle(graph: Graph) -> str:
    """`21.8 M params · 3.66 G MACs · 224×224×3 → 1000`"""
    figures = totals(graph)
    parts = [f"{human(figures.params)} params"]
    if figures.macs:
        parts.append(f"{human(figures.macs)} MACs")
    inputs = " + ".join(shape_text(node.shape) for node in graph.inputs)
    outputs = ", ".join(shape_text(graph[o.node].shape) for o in graph.outputs if not o.train_only)
    return " · ".join([*parts, f"{inputs} → {outputs}" if outputs else inputs])
