"""Whether a file can take inputs of any size: its nodes must be the same for all sizes."""

from archc.backends.onnx.emit import Emitted, emit
from archc.graph import Graph


def depends_on_size(graph: Graph, other: Graph) -> str | None:
    """The first layer of `graph` whose nodes differ in `other`, the same net at another input size; None without one.

    Attributes, constants and shapes of weights are compared.
    """
    here, there = emit(graph), emit(other)
    mine, theirs = _written(graph, here), _written(other, there)
    for name, text in mine.items():
        if theirs.get(name) != text:
            return name
    return None


def _written(graph: Graph, emitted: Emitted) -> dict[str, tuple[object, ...]]:
    """Layer → its nodes, constants and shapes of weights, as comparable values."""
    result: dict[str, tuple[object, ...]] = {}
    for node in graph.inference_nodes:
        tensors = [(tensor.name, tensor.shape) for tensor in node.op.parameters(node.input_shapes)]
        result[node.name] = (tensors,)

    for proto in emitted.nodes:
        name = proto.name.partition("/")[0]
        if name in result:
            constants = [
                (value, emitted.constants[value].dtype.str, emitted.constants[value].tobytes())
                for value in proto.input
                if value in emitted.constants
            ]
            result[name] += (proto.SerializeToString(deterministic=True), *constants)
    return result
