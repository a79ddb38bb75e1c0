"""A node of an ONNX file with the nodes before it, for the search for candidate layers."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from archc.decompile.nodes import Nodes, OnnxNode
from archc.ops import OPS, Op, Shape

SEARCHED = 14
"""The most nodes that `before` visits; an attention is the longest layer."""


class NodeContext:
    """A node, its attributes, constants and shapes, and the nodes that lead to it."""

    def __init__(self, node: OnnxNode, nodes: Nodes, producers: Mapping[str, OnnxNode]) -> None:
        self.node = node
        self.nodes = nodes
        self.producers = producers

    def get(self, name: str, default: Any = None) -> Any:
        return self.node.attributes.get(name, default)

    def constant(self, place: int) -> Any:
        inputs = self.node.inputs
        return self.nodes.constants.get(inputs[place]) if place < len(inputs) else None

    def shape(self, place: int = 0) -> Shape:
        """The shape of an input without the batch; () if it is not known."""
        return self.nodes.shapes.get(self.node.inputs[place], ())[1:]

    @property
    def output(self) -> Shape:
        return self.nodes.shapes.get(self.node.output, ())[1:]

    def before(self, op_type: str) -> Iterator[OnnxNode]:
        """The nodes of a type among those that lead to this node, the nearest first."""
        found = [self.node]
        for node in found:
            if node.op_type == op_type and node is not self.node:
                yield node
            if len(found) < SEARCHED:
                found += [self.producers[name] for name in node.inputs if name in self.producers]


def valid_op(layer: str, **fields: Any) -> Iterator[Op]:
    """The layer with these fields; nothing if they are not valid."""
    try:
        yield OPS[layer].of(fields)
    except ValueError:
        return


def single(numbers: Any) -> Any:
    """The number if all are equal, as in (3, 3) → 3; else a tuple."""
    return numbers[0] if len(set(numbers)) == 1 else tuple(numbers)


def padding(pads: Any) -> Any:
    half = len(pads) // 2
    begins, ends = tuple(pads[:half]), tuple(pads[half:])
    if begins == ends:
        return single(begins)
    return tuple(side for pair in zip(begins, ends, strict=True) for side in pair)


def shortest(value: float) -> float:
    """The shortest decimal number that is equal in float32: 0.3 for 0.30000001192."""
    return float(str(np.float32(value)))
