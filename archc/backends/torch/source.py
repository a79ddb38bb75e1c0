"""A graph as a Python file that needs torch alone."""

import ast
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from archc.analysis.cost import totals
from archc.analysis.figures import human
from archc.backends.torch.names import HELPERS
from archc.backends.torch.plan import plan
from archc.backends.torch.write import classes
from archc.graph import Graph
from archc.ops import hwc

Again = Callable[[Mapping[str, int]], Graph | None]
"""The same net under other values of some parameters; None where it does not check."""


def source(graph: Graph, again: Again | None = None, origin: str = "") -> str:
    """The file: a docstring with the figures, the layers that torch.nn lacks, the blocks, the net.

    again: with it, parameters of the net that change numbers alone become arguments of its class. origin: what it
    was made from, for the docstring.
    """
    body = classes(plan(graph, _variants(graph, again) if again is not None else ()))
    helpers = "".join(f"{_helpers()[name]}\n\n\n" for name in helpers_used(body))
    return f'"""{_docstring(graph, origin)}"""\n\n{_imports(helpers + body)}\n\n\n{helpers}{body}\n'


def _variants(graph: Graph, again: Again) -> list[tuple[Graph, dict[str, int]]]:
    """The net, and the net with each parameter one greater: what differs shows where the parameter goes."""
    given = {name: value for name, value in graph.parameters if type(value) is int}
    found = [(graph, given)]
    for name, value in given.items():
        other = again({name: value + 1})
        if other is not None and _layers(other) == _layers(graph):
            found.append((other, {**given, name: value + 1}))
    return found


def _layers(graph: Graph) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(node.name, node.op.name, node.inputs) for node in graph.nodes]


@cache
def _helpers() -> Mapping[str, str]:
    """The text of each class of layers.py, which is read and not imported: it needs torch."""
    text = Path(__file__).with_name("layers.py").read_text(encoding="utf-8")
    lines = text.splitlines()
    found = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    return {node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in found}


def helpers_used(text: str) -> list[str]:
    """The classes of layers.py that the text needs, in their order there."""
    return [name for name in HELPERS if re.search(rf"\b{name}\(", text)]


def _docstring(graph: Graph, origin: str) -> str:
    figures = totals(graph)
    sizes = " + ".join(hwc(node.shape) for node in graph.inputs)
    outputs = ", ".join(hwc(graph[output.node].shape) for output in graph.outputs if not output.train_only)
    made = f"\n\nMade from {origin} by archc.\n" if origin else ""
    return f"{graph.name}: {figures.params:,} parameters, {human(figures.macs)} MACs, {sizes} → {outputs}.{made}"


def _imports(text: str) -> str:
    lines = []
    if "OrderedDict(" in text:
        lines.append("from collections import OrderedDict")
    if re.search(r"\bprod\(", text):
        lines.append("from math import prod")
    if lines:
        lines.append("")
    if "torch." in text.replace("from torch.", ""):
        lines.append("import torch")
    if re.search(r"\bF\.", text):
        lines.append("import torch.nn.functional as F")
    return "\n".join([*lines, "from torch import Tensor, nn"])
