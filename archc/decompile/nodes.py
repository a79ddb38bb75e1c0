"""A model as plain nodes: constants worked out, what does nothing left out, one spelling for what has several."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from archc.backends.onnx.lowered import Array

PASSES = frozenset({"Dropout", "Identity"})
LARGEST_FOLDED = 10_000_000
"""Values that a constant may have when it is worked out."""
GROWING = frozenset({"ConstantOfShape", "Expand", "EyeLike", "OneHot", "Pad", "Range", "Resize", "Tile", "Upsample"})
"""Of a few numbers they may make any number of values."""
MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What comes of looking at a node that is not as ONNX has it: an input too few, an attribute of another type."""


@dataclass(slots=True)
class Plain:
    """One node of one output. inputs: value names, "" for one that is left out."""

    op_type: str
    name: str
    inputs: list[str]
    output: str
    attributes: dict[str, Any]


@dataclass(slots=True)
class Nodes:
    """all: in order. constants: arrays by value. shapes: with the batch, where they are known. flows: inputs of the
    net. outputs: name and value."""

    all: list[Plain] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    flows: list[str] = field(default_factory=list)
    outputs: list[tuple[str, str]] = field(default_factory=list)


class Unreadable(Exception):
    """A node that no layer is. name: its own. kind: its op_type."""

    def __init__(self, name: str, kind: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.kind = kind
        self.message = message


def plain(model: ModelProto) -> Nodes:
    """Raises Unreadable."""
    made = Nodes(constants={tensor.name: _array(tensor) for tensor in model.graph.initializer})
    for value in (*model.graph.input, *model.graph.value_info, *model.graph.output):
        dims = value.type.tensor_type.shape.dim
        if dims and all(dim.HasField("dim_value") for dim in dims):
            made.shapes[value.name] = tuple(dim.dim_value for dim in dims)
    made.flows = [value.name for value in model.graph.input if value.name not in made.constants]
    same: dict[str, str] = {}
    read = {name for proto in model.graph.node for name in proto.input if name}
    read |= {value.name for value in model.graph.output}
    for proto in model.graph.node:
        proto_inputs = [same.get(name, name) for name in proto.input]
        if not _folded(proto, proto_inputs, made) and not _passed(proto, proto_inputs, same, made):
            node = Plain(proto.op_type, proto.name, proto_inputs, proto.output[0], _attributes(proto))
            if any(name in read for name in proto.output[1:]):
                _parts(proto, node, made)
            else:
                made.all.append(node)
    made.outputs = [(value.name, same.get(value.name, value.name)) for value in model.graph.output]
    return made


def _array(tensor: TensorProto) -> Array:
    try:
        return numpy_helper.to_array(tensor)
    except MALFORMED:
        raise Unreadable(tensor.name, "initializer", "its values are not those of its type and shape") from None


def _attributes(proto: NodeProto) -> dict[str, Any]:
    result = {}
    for attribute in proto.attribute:
        value = helper.get_attribute_value(attribute)
        result[attribute.name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return {name: tuple(value) if isinstance(value, list) else value for name, value in result.items()}


def default(op_type: str, attribute: str) -> Any:
    """What ONNX takes an attribute for that a node leaves out; None where it has no such."""
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
    """Whether its value is known before anything flows: of constants alone, or the shape of what flows."""
    if proto.op_type == "Shape" and inputs[0] in made.shapes and inputs[0] not in made.constants:
        attributes = _attributes(proto)
        shape = made.shapes[inputs[0]]
        cut = shape[attributes.get("start", 0) : attributes.get("end", len(shape))]
        made.constants[proto.output[0]] = np.array(cut, np.int64)
        return True
    if not all(name in made.constants for name in inputs if name) or proto.op_type.startswith("Random"):
        return False
    if sum(made.constants[name].size for name in inputs if name) > LARGEST_FOLDED or _may_grow(proto, made):
        return False
    if any(attribute.HasField("g") for attribute in proto.attribute):
        raise Unreadable(
            proto.name, proto.op_type, f"{proto.op_type} holds a graph of its own, and a table has no loops"
        )
    try:
        values = ReferenceEvaluator(proto).run(None, {name: made.constants[name] for name in inputs if name})
    except Exception as error:  # the evaluator raises whatever its operators do
        raise Unreadable(
            proto.name, proto.op_type, f"{proto.op_type} of constants cannot be worked out: {error}"
        ) from None
    made.constants |= {name: np.asarray(value) for name, value in zip(proto.output, values, strict=False) if name}
    return True


def _may_grow(proto: NodeProto, made: Nodes) -> bool:
    """Whether its value may be too large to be worked out: a short file can ask for a terabyte."""
    shapes = [made.shapes.get(name) for name in proto.output if name]
    if None in shapes:
        return proto.op_type in GROWING
    return any(prod(shape) > LARGEST_FOLDED for shape in shapes if shape is not None)


def _passed(proto: NodeProto, inputs: list[str], same: dict[str, str], made: Nodes) -> bool:
    """Whether it does nothing when serving."""
    cast = proto.op_type == "Cast" and _attributes(proto).get("to") == onnx.TensorProto.FLOAT
    if proto.op_type not in PASSES and not cast:
        return False
    same[proto.output[0]] = inputs[0]
    return True


def _parts(proto: NodeProto, node: Plain, made: Nodes) -> None:
    """A split is one slice for each part; other nodes of several outputs are not of inference."""
    if proto.op_type != "Split":
        used = [name for name in proto.output[1:] if name]
        raise Unreadable(proto.name, proto.op_type, f"{proto.op_type} has {1 + len(used)} outputs")
    axis = node.attributes.get("axis", 0)
    sizes = made.constants.get(node.inputs[1]) if len(node.inputs) > 1 else None
    shape = made.shapes.get(node.inputs[0])
    if shape is None:
        raise Unreadable(proto.name, proto.op_type, "Split of a value whose shape is not known")
    count = len(proto.output)
    each = [int(size) for size in sizes] if sizes is not None else [shape[axis] // count] * count
    start = 0
    for output, size in zip(proto.output, each, strict=True):
        names = []
        for part, value in (("start", start), ("stop", start + size), ("axis", axis), ("step", 1)):
            names.append(f"{output}/{part}")
            made.constants[names[-1]] = np.array([value], np.int64)
        made.all.append(Plain("Slice", f"{proto.name}/{output}", [node.inputs[0], *names], output, {}))
        start += size


def readers(nodes: Nodes) -> Mapping[str, list[Plain]]:
    """The nodes that each value flows into."""
    result: dict[str, list[Plain]] = {}
    for node in nodes.all:
        for name in node.inputs:
            result.setdefault(name, []).append(node)
    return result
