"""A graph as a Python file that needs torch alone."""

from archc.analysis.cost import totals
from archc.analysis.figures import human
from archc.backends.torch.helpers import refuse_undefined, with_helpers
from archc.backends.torch.plan import plan
from archc.backends.torch.write import classes
from archc.graph import Graph, Rebuild
from archc.ops import hwc


def source(graph: Graph, again: Rebuild | None = None, origin: str = "") -> str:
    """The text of the file: a docstring with the figures, the layers that torch.nn lacks, the blocks, the net.

    again: compiles the net under other parameters; with it, parameters that only change numbers become arguments of the
    net's class. origin: the source, for the docstring.
    """
    body = classes(plan(graph, _variants(graph, again) if again is not None else ()))
    text = f'"""{_docstring(graph, origin)}"""\n\n{with_helpers(body)}\n'
    refuse_undefined(text, graph.name)
    return text


def _variants(graph: Graph, again: Rebuild) -> list[tuple[Graph, dict[str, int]]]:
    """The net, and for each parameter the net with that parameter increased by one; with their parameters."""
    given = {name: value for name, value in graph.parameters if type(value) is int}
    found = [(graph, given)]
    for name, value in given.items():
        other = again({name: value + 1})
        if other is not None and _layers(other) == _layers(graph):
            found.append((other, {**given, name: value + 1}))
    return found


def _layers(graph: Graph) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(node.name, node.op.name, node.inputs) for node in graph.nodes]


def _docstring(graph: Graph, origin: str) -> str:
    figures = totals(graph)
    sizes = " + ".join(hwc(node.shape) for node in graph.inputs)
    outputs = ", ".join(hwc(graph[output.node].shape) for output in graph.outputs if not output.train_only)
    made = f"\n\nMade from {origin} by archc.\n" if origin else ""
    return f"{graph.name}: {figures.params:,} parameters, {human(figures.macs)} MACs, {sizes} → {outputs}.{made}"
