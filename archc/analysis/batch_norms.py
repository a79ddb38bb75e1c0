"""Batch norms that cannot train on a batch of one sample."""

from math import prod

from archc.graph import Graph


def single_valued(graph: Graph) -> tuple[str, ...]:
    """The names of batch norms whose input has one value per channel and sample: a vector, or a map of one position."""
    return tuple(node.name for node in graph.nodes if node.op.batch_statistics and prod(node.input_shapes[0][1:]) == 1)
