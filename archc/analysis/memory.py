"""Memory of activations, in bytes.

The convention: float32; the output of each node counts once, the input of the net included; no layer works in place;
views (flatten, tokens, reshape, identity) own no memory. Workspaces of kernels, gradients, weights and the state of the
optimiser are left out.
"""

from math import prod

from archc.analysis.cost import BYTES
from archc.graph import Graph, Node


def output_bytes(node: Node) -> int:
    """The bytes of a node's output for one sample."""
    return BYTES * prod(node.shape)


def training_bytes(graph: Graph, batch: int = 1) -> int:
    """The bytes that the forward pass keeps for the backward pass: the outputs of all nodes."""
    return batch * sum(output_bytes(node) for node in graph.nodes if not node.op.view)


def inference_peak(graph: Graph, batch: int = 1) -> int:
    """The peak number of bytes when the nodes run in order and each value is freed after its last use.

    While a node runs, its inputs and its output are alive. Outputs of the net stay alive to the end.
    """
    nodes = graph.inference_nodes
    held: dict[str, str] = {}
    last: dict[str, int] = {}
    for step, node in enumerate(nodes):
        held[node.name] = held[node.inputs[0]] if node.op.view else node.name
        for name in (node.name, *node.inputs):
            last[held[name]] = step
    for output in graph.outputs:
        if not output.train_only:
            last[held[output.node]] = len(nodes)
    freed: dict[int, list[str]] = {}
    for name, step in last.items():
        freed.setdefault(step, []).append(name)
    alive = peak = 0
    for step, node in enumerate(nodes):
        if held[node.name] == node.name:
            alive += output_bytes(node)
        peak = max(peak, alive)
        alive -= sum(output_bytes(graph[name]) for name in freed.get(step, ()))
    return batch * peak
