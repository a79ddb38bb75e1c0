"""Whether a file's nodes hang together, in words of its own: what onnx and ONNX Runtime say of it is their own."""

from collections.abc import Iterator

import onnx
from onnx import ModelProto, NodeProto

OWN = ("", "ai.onnx")
"""The names of ONNX's own domain."""


def graph_errors(model: ModelProto, version: int) -> Iterator[str]:
    """What is wrong with the names of its values and the kinds of its nodes, as predicates of the file."""
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
    """What a message calls it: its own name, else the value that it gives."""
    return node.name or next(filter(None, node.output), node.op_type)
