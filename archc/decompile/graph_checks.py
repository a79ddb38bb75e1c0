"""Errors in the graph of an ONNX file, in archc's words instead of those of onnx and ONNX Runtime."""

from collections.abc import Iterator

import onnx
from onnx import ModelProto, NodeProto

OWN = ("", "ai.onnx")
"""The names of ONNX's default domain."""


def graph_errors(model: ModelProto, version: int) -> Iterator[str]:
    """The errors in value names and op_types, each as a predicate whose subject is the file."""
    graph = model.graph
    known = {value.name for value in (*graph.input, *graph.initializer)}
    for node in graph.node:
        yield from (
            f"reads `{name}` in `{node_label(node)}`, which nothing gives before it"
            for name in node.input
            if name and name not in known
        )
        if node.domain in OWN and not onnx.defs.has(node.op_type, version, ""):
            yield f"has `{node_label(node)}`, a {node.op_type}, which opset {version} of ONNX does not have"
        for name in filter(None, node.output):
            if name in known:
                yield f"gives `{name}` twice: `{node_label(node)}` is not the first"
            known.add(name)
    outputs = [value.name for value in graph.output]
    for place, name in enumerate(outputs):
        if name in outputs[:place]:
            yield f"has the output `{name}` twice"
        elif name not in known:
            yield f"has an output `{name}` that no node gives"


def node_label(node: NodeProto) -> str:
    """The name of a node in a message: its own, else its first output."""
    return node.name or next(filter(None, node.output), node.op_type)
