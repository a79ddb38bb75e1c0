"""An ONNX model as nodes with one output each: constants folded, nodes without effect left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from archc.backends.onnx.lowered import Array
from archc.decompile.constant_folding import fold_constant, infer_shapes
from archc.decompile.graph_checks import node_label
from archc.decompile.learnt import Learnt

PASSES = frozenset({"Dropout", "Identity"})
MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""The exceptions that a malformed node causes: an input too few, an attribute of another type."""
TRAINS = "{kind} is in training mode: export the net in evaluation mode (model.eval())"
JOINS = frozenset({"Concat", "Max", "Mean", "Min", "Sum"})
"""Nodes that give their input unchanged if there is only one."""


@dataclass(slots=True)
class OnnxNode:
    """One node with one output. inputs: value names; "" for one that is left out."""

    op_type: str
    name: str
    inputs: list[str]
    output: str
    attributes: dict[str, Any]


@dataclass(slots=True)
class Nodes:
    """The nodes of a file and what is known of its values.

    all: the nodes in order. constants: arrays by value. shapes: with the batch, if they are known. kinds: element
    types. inputs: the names of the file's inputs. flows: their values. outputs: name and value. channels_last: the
    names of inputs and outputs with the channels last. producers: value → its node. joined: (axis, values) → their
    concatenation. learnt: which constants are learnt. parameters: the learnt values of the file that its nodes read.
    problems: the nodes that cannot be read.
    """

    all: list[OnnxNode] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    kinds: dict[str, int] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)
    channels_last: set[str] = field(default_factory=set)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    producers: dict[str, OnnxNode] = field(default_factory=dict)
    joined: dict[tuple[object, ...], str] = field(default_factory=dict)
    learnt: Learnt = field(default_factory=lambda: Learnt({}))
    parameters: frozenset[str] = frozenset()
    problems: list["Unreadable"] = field(default_factory=list)

    def copy(self) -> "Nodes":
        """A copy whose nodes, constants and shapes can be changed independently."""
        nodes = [replace(node, inputs=list(node.inputs)) for node in self.all]
        return replace(self, all=nodes, constants=dict(self.constants), shapes=dict(self.shapes))

    def derive(self, value: str, array: Array, *sources: str) -> str:
        """Add a constant made from others in another shape or order; its name."""
        self.constants[value] = array
        self.learnt.derive(value, frozenset(sources))
        return value


class Unreadable(Exception):
    """A node that cannot be imported. name: of the node. kind: its op_type."""

    def __init__(self, name: str, kind: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.kind = kind
        self.message = message


def onnx_nodes(model: ModelProto, learnt: Mapping[str, bool]) -> Nodes:
    """The nodes of a model. learnt: what the file says of its constants."""
    arrays = {tensor.name: _array(tensor) for tensor in model.graph.initializer}
    made = Nodes(constants=arrays, learnt=Learnt(learnt))
    for value in (*model.graph.input, *model.graph.value_info, *model.graph.output):
        dims = value.type.tensor_type.shape.dim
        made.kinds[value.name] = value.type.tensor_type.elem_type
        if dims and all(dim.HasField("dim_value") for dim in dims):
            made.shapes[value.name] = tuple(dim.dim_value for dim in dims)
    made.inputs = made.flows = [value.name for value in model.graph.input if value.name not in made.constants]
    same: dict[str, str] = {}
    read = _read(model.graph) | {value.name for value in model.graph.output}
    _take(model.graph.node, made, same, read)
    made.outputs = [(value.name, same.get(value.name, value.name)) for value in model.graph.output]
    return made


def _array(tensor: TensorProto) -> Array:
    try:
        return numpy_helper.to_array(tensor)
    except MALFORMED:
        raise ValueError(f"the values of `{tensor.name}` are not those of its type and shape") from None


def _read(graph: GraphProto) -> set[str]:
    """The value names that nodes read, also in subgraphs."""
    names = {name for proto in graph.node for name in proto.input if name}
    for proto in graph.node:
        for attribute in proto.attribute:
            if attribute.HasField("g"):
                names |= _read(attribute.g) | {value.name for value in attribute.g.output}
    return names


def _take(protos: Iterable[NodeProto], made: Nodes, same: dict[str, str], read: set[str]) -> None:
    """Add nodes in order, with their shapes inferred and constants folded."""
    for proto in protos:
        inputs = [same.get(name, name) for name in proto.input]
        if proto.op_type == "If" and inputs[0] in made.constants:
            _take_branch(proto, bool(made.constants[inputs[0]].reshape(-1)[:1].any()), made, same, read)
            continue
        if any(name and name not in made.shapes and name not in made.constants for name in proto.output):
            infer_shapes(proto, inputs, made.shapes, made.constants, made.kinds)
        try:
            if not _folded(proto, inputs, made) and not _passed(proto, inputs, same, made):
                made.all += _nodes(proto, inputs, made, read)
        except Unreadable as problem:
            made.problems.append(problem)


def _nodes(proto: NodeProto, inputs: list[str], made: Nodes, read: set[str]) -> list[OnnxNode]:
    if _trains(proto, inputs, made):
        raise Unreadable(node_label(proto), proto.op_type, TRAINS.format(kind=proto.op_type))
    if any(attribute.HasField("g") for attribute in proto.attribute):
        message = f"{proto.op_type} contains nodes that run under a condition or in a loop, which no layer does"
        raise Unreadable(node_label(proto), proto.op_type, message)
    node = OnnxNode(proto.op_type, node_label(proto), inputs, proto.output[0], _attributes(proto))
    return _parts(proto, node, made) if any(name in read for name in proto.output[1:]) else [node]


def _trains(proto: NodeProto, inputs: list[str], made: Nodes) -> bool:
    """Whether a dropout or batch norm is in training mode."""
    if proto.op_type == "Dropout" and len(inputs) > 2 and inputs[2]:
        mode = made.constants.get(inputs[2])
        return mode is None or bool(mode.any())
    return proto.op_type == "BatchNormalization" and bool(_attributes(proto).get("training_mode"))


def _take_branch(proto: NodeProto, holds: bool, made: Nodes, same: dict[str, str], read: set[str]) -> None:
    """Add the nodes of the branch of an `If` whose condition is a constant."""
    wanted = "then_branch" if holds else "else_branch"
    graph = next(attribute.g for attribute in proto.attribute if attribute.name == wanted)
    made.constants |= {tensor.name: _array(tensor) for tensor in graph.initializer}
    _take(graph.node, made, same, read)
    for name, value in zip(proto.output, graph.output, strict=True):
        source = same.get(value.name, value.name)
        if source in made.constants:
            made.derive(name, made.constants[source], source)
        same[name] = source


def _attributes(proto: NodeProto) -> dict[str, Any]:
    result = {}
    for attribute in proto.attribute:
        value = helper.get_attribute_value(attribute)
        result[attribute.name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return {name: tuple(value) if isinstance(value, list) else value for name, value in result.items()}


def default(op_type: str, attribute: str) -> Any:
    """The default of an attribute in ONNX's schema; None if it has none."""
    try:
        schema = onnx.defs.get_schema(op_type, 22, "")
    except onnx.defs.SchemaError:
        return None
    known = schema.attributes.get(attribute)
    if known is None or not known.default_value.name:
        return None
    value = helper.get_attribute_value(known.default_value)
    return value.decode() if isinstance(value, bytes) else tuple(value) if isinstance(value, list) else value


def _folded(proto: NodeProto, inputs: list[str], made: Nodes) -> bool:
    """Whether a node was folded: it reads constants alone, or the shape of a value."""
    if proto.op_type == "Shape" and inputs[0] in made.shapes and inputs[0] not in made.constants:
        attributes = _attributes(proto)
        shape = made.shapes[inputs[0]]
        cut = shape[attributes.get("start", 0) : attributes.get("end", len(shape))]
        made.constants[proto.output[0]] = np.array(cut, np.int64)
        return True
    if not all(name in made.constants for name in inputs if name) or proto.op_type.startswith("Random"):
        return False
    if any(attribute.HasField("g") for attribute in proto.attribute):
        return False
    try:
        values = fold_constant(proto, [made.constants.get(name) for name in inputs], made.shapes.get(proto.output[0]))
    except ValueError as error:
        message = f"{proto.op_type} of constants cannot be worked out: {error}"
        raise Unreadable(node_label(proto), proto.op_type, message) from None
    real = [name for name in inputs if name and made.constants[name].dtype.kind == "f"]
    if proto.op_type == "Identity" and (values[0] != values[0].flat[:1]).any():
        made.derive(proto.output[0], values[0], inputs[0])
        return True
    if proto.op_type == "Identity":  # PyTorch's older exporter writes two biases of zeros so, and they are not shared
        made.constants[proto.output[0]] = values[0]
        said = made.learnt(inputs[0])
        if said is not None:
            made.learnt.said[proto.output[0]] = said
        return True
    for name, value in zip(proto.output, values, strict=False):
        if name and real:
            made.derive(name, value, *real)
        elif name:
            made.constants[name] = value
            made.learnt.said[name] = False
    return True


def _passed(proto: NodeProto, inputs: list[str], same: dict[str, str], made: Nodes) -> bool:
    """Whether a node has no effect in inference and is left out."""
    cast = proto.op_type == "Cast" and _attributes(proto).get("to") == onnx.TensorProto.FLOAT
    alone = proto.op_type in JOINS and len(inputs) == 1
    if (proto.op_type not in PASSES and not cast and not alone) or _trains(proto, inputs, made):
        return False
    same[proto.output[0]] = inputs[0]
    return True


def _parts(proto: NodeProto, node: OnnxNode, made: Nodes) -> list[OnnxNode]:
    """A split as one slice for each part. Raises Unreadable for other nodes with several outputs that are read."""
    if proto.op_type != "Split":
        used = [name for name in proto.output[1:] if name]
        raise Unreadable(node_label(proto), proto.op_type, f"{proto.op_type} has {1 + len(used)} outputs")
    axis = node.attributes.get("axis", 0)
    sizes = made.constants.get(node.inputs[1]) if len(node.inputs) > 1 else None
    shape = made.shapes.get(node.inputs[0])
    if shape is None:
        raise Unreadable(node_label(proto), proto.op_type, "Split of a value whose shape is not known")
    count = len(proto.output)
    chunk = -(-shape[axis] // count)  # the last is what is left
    even = [min(chunk, shape[axis] - chunk * number) for number in range(count)]
    each = [int(size) for size in sizes] if sizes is not None else even
    start, parts = 0, list[OnnxNode]()
    for output, size in zip(proto.output, each, strict=True):
        names = []
        for part, value in (("start", start), ("stop", start + size), ("axis", axis), ("step", 1)):
            names.append(f"{output}/{part}")
            made.constants[names[-1]] = np.array([value], np.int64)
        parts.append(OnnxNode("Slice", f"{node.name}/{output}", [node.inputs[0], *names], output, {}))
        start += size
    return parts


def without_dead(nodes: Nodes) -> None:
    """Remove the nodes that no output depends on."""
    needed = {value for _, value in nodes.outputs}
    kept = []
    for node in reversed(nodes.all):
        if node.output in needed:
            needed.update(node.inputs)
            kept.append(node)
    nodes.all = kept[::-1]


def with_parameters(nodes: Nodes) -> None:
    """Set `parameters`: the values that nodes read and the file says are learnt."""
    held = {name for node in nodes.all for name in node.inputs if name in nodes.constants}
    real = {origin for name in held if nodes.constants[name].dtype.kind == "f" for origin in nodes.learnt.of(name)}
    nodes.parameters = frozenset(name for name in real if nodes.learnt.said.get(name))


def readers(nodes: Nodes) -> Mapping[str, list[OnnxNode]]:
    """Value → the nodes that read it."""
    result: dict[str, list[OnnxNode]] = {}
    for node in nodes.all:
        for name in node.inputs:
            result.setdefault(name, []).append(node)
    return result
