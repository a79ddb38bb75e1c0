"""The fingerprint of a net, which files of weights carry, so that those of another net are recognised."""

import hashlib

from archc.graph import Graph


def fingerprint(graph: Graph) -> str:
    """SHA-256 of the layers with their fields, wiring and shapes. Comments and layout are not in it."""
    digest = hashlib.sha256()
    for node in graph.nodes:
        fields = [(name, _listed(value)) for name, value in sorted(node.op.values().items())]
        digest.update(repr((node.name, node.op.name, fields, node.inputs, node.shape)).encode())
    digest.update(repr([(output.name, output.node, output.train_only) for output in graph.outputs]).encode())
    return digest.hexdigest()


def _listed(value: object) -> object:
    """Tuples as lists, so that digests of earlier versions stay valid."""
    return [_listed(item) for item in value] if isinstance(value, tuple) else value
