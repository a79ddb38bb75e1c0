"""Norms that a batch of one sample leaves nothing to normalise."""

from math import prod

from archc.graph import Graph


def single_valued(graph: Graph) -> tuple[str, ...]:
    """The batch norms on vectors, or on maps of one position: of each sample they see one value a channel."""
    return tuple(node.name for node in graph.nodes if node.op.batch_statistics and prod(node.input_shapes[0][1:]) == 1)
