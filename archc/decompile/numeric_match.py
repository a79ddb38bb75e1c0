"""Subgraphs that only move values or average them, recognised by running them."""

from collections.abc import Mapping
from math import prod

import numpy as np

from archc.decompile.layer import Layer
from archc.decompile.node_context import valid_op
from archc.decompile.nodes import MALFORMED, Nodes, OnnxNode
from archc.decompile.subgraphs import run_subgraph, subgraphs_to
from archc.ops import Op

MOVES = frozenset({"Expand", "Gather", "GatherND", "Reshape", "Squeeze", "Transpose", "Unsqueeze"})
LINEAR = MOVES | {"Add", "Div", "Mul", "ReduceMean", "ReduceSum", "Where"}
"""Nodes that are linear in one value: two subgraphs of them that agree on random numbers compute the same."""
TELLING = frozenset({"Gather", "GatherND", "Reshape", "Transpose"})
"""A subgraph is run only if it has one of these, which exporters write for the layers here."""
MOST = 200
"""The most nodes of a subgraph."""
LARGEST = 2**22
"""The most numbers of an input."""
CLOSE = 1e-5


def match_by_values(
    node: OnnxNode,
    nodes: Nodes,
    producers: Mapping[str, OnnxNode],
    readers: Mapping[str, list[OnnxNode]],
    kept: set[str],
) -> Layer | None:
    """The adaptive average pool, reshape or identity that ends in a node; None if there is none."""
    try:
        return _found(node, nodes, producers, readers, kept)
    except MALFORMED:
        return None


def _found(
    node: OnnxNode,
    nodes: Nodes,
    producers: Mapping[str, OnnxNode],
    readers: Mapping[str, list[OnnxNode]],
    kept: set[str],
) -> Layer | None:
    for source, taken in subgraphs_to(node, nodes, producers, readers, kept, LINEAR, MOST):
        found = _layer(node, source, taken, nodes)
        if found is not None:
            return found
    return None


def _layer(node: OnnxNode, source: str, taken: list[OnnxNode], nodes: Nodes) -> Layer | None:
    before, after = nodes.shapes.get(source, ()), nodes.shapes.get(node.output, ())
    if (
        len(before) < 2
        or len(after) < 2
        or before[0] != after[0]
        or prod(before) > LARGEST
        or not any(one.op_type in TELLING for one in taken)
    ):
        return None
    if prod(before) == prod(after) and all(one.op_type in MOVES for one in taken):
        places = np.arange(prod(before), dtype=np.float32).reshape(before)
        if not np.array_equal(run_subgraph(taken, source, places, nodes).reshape(-1), places.reshape(-1)):
            return None
        op = next(valid_op("identity") if before == after else valid_op("reshape", dims=(*after[2:], after[1])), None)
    elif len(before) == len(after) > 2 and before[:2] == after[:2] and before[0] == 1:
        op = _adaptive(source, taken, before, after, nodes)
    else:
        return None
    return None if op is None else Layer(op, (source,), node.output, after[1:], {}, node.name, given=(before[1:],))


def _adaptive(
    source: str, taken: list[OnnxNode], before: tuple[int, ...], after: tuple[int, ...], nodes: Nodes
) -> Op | None:
    """The adaptive average pool, if the subgraph gives its values for random input."""
    op = next(valid_op("avgpool", output_size=after[2:]), None)
    value = np.random.default_rng(0).standard_normal(before, np.float32)
    found, mean = run_subgraph(taken, source, value, nodes), value.astype(np.float64)
    for axis, size in enumerate(after[2:], 2):
        n = mean.shape[axis]
        bins = [np.arange(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]
        mean = np.stack([mean.take(places, axis).mean(axis) for places in bins], axis)
    return op if found.shape == mean.shape and bool(np.allclose(found, mean, rtol=CLOSE, atol=CLOSE)) else None
