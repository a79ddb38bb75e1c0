"""Subgraphs with one input and one output, and running them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from archc.backends.onnx.lowered import Array
from archc.backends.onnx.model import IR_VERSION, OPSET
from archc.decompile.nodes import Nodes, OnnxNode

Subgraph = list[OnnxNode]
"""Nodes in reverse execution order."""


def subgraphs_to(
    node: OnnxNode,
    nodes: Nodes,
    producers: Mapping[str, OnnxNode],
    readers: Mapping[str, list[OnnxNode]],
    kept: set[str],
    among: frozenset[str],
    most: int,
) -> Iterator[tuple[str, Subgraph]]:
    """(input value, nodes) of each subgraph that ends in a node and has one input, the smallest first.

    No value inside is read outside. among: the op_types allowed. most: the number of nodes.
    """
    taken = [node]
    while len(taken) <= most and taken[-1].op_type in among:
        within = {one.output for one in taken}
        open_ = {name for one in taken for name in one.inputs if name and name not in nodes.constants} - within
        if len(open_) == 1:
            yield min(open_), list(taken)
        before = [producers[name] for name in sorted(open_) if name in producers]
        ready = [
            one for one in before if one.output not in kept and all(r in taken for r in readers.get(one.output, ()))
        ]
        if not ready:
            return
        taken.append(ready[0])


def _proto(node: OnnxNode) -> NodeProto:
    attributes: dict[str, Any] = node.attributes
    return helper.make_node(node.op_type, node.inputs, [node.output], name=node.name, **attributes)


def run_subgraph(taken: Subgraph, source: str, value: Array, nodes: Nodes) -> Array:
    """The output of a subgraph for a value of its input. Raises ValueError if it does not run."""
    held = {name for node in taken for name in node.inputs if name in nodes.constants}
    graph = helper.make_graph(
        [_proto(node) for node in reversed(taken)],
        "part",
        [helper.make_tensor_value_info(source, TensorProto.FLOAT, value.shape)],
        [helper.make_tensor_value_info(taken[0].output, TensorProto.FLOAT, None)],
        [numpy_helper.from_array(nodes.constants[name], name) for name in sorted(held)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    try:
        found = [np.asarray(one) for one in ReferenceEvaluator(model).run(None, {source: value})]
    except Exception as error:  # the evaluator raises whatever its operators do
        raise ValueError(str(error)) from None
    return found[0]
