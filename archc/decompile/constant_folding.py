"""Constant folding and shape inference of single nodes."""

import warnings
from typing import Any

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, TypeProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from archc.backends.onnx.lowered import Array
from archc.backends.onnx.model import IR_VERSION, OPSET

LARGEST_FOLDED = 10_000_000
"""The most numbers of a folded node's inputs and of its output."""
LARGEST_TOLD = 1024
"""The most numbers of a constant that is passed to shape inference."""
GROWS = frozenset({"ConstantOfShape", "Expand", "EyeLike", "OneHot", "Pad", "Range", "Resize", "Tile", "Upsample"})
"""Nodes whose output can be much larger than their inputs."""
SAME_SHAPE = frozenset({"GroupNormalization"})
"""Nodes without a rule in ONNX's shape inference, whose output has the shape of the first input."""
Shapes = dict[str, tuple[int, ...]]


def fold_constant(proto: NodeProto, given: list[Array | None], shape: tuple[int, ...] | None) -> list[Array]:
    """The outputs of a node of constants. given: its inputs; None for one that is left out. shape: of its first output,
    if it is known. Raises ValueError, with the reason, if they cannot be computed."""
    if sum(array.size for array in given if array is not None) > LARGEST_FOLDED:
        raise ValueError("they are too many")
    if proto.op_type in GROWS and (shape is None or np.prod(shape, dtype=np.float64) > LARGEST_FOLDED):
        raise ValueError("it makes too many values of them")
    known = {name: array for name, array in zip(proto.input, given, strict=True) if array is not None}
    try:
        with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
            return [np.asarray(value) for value in ReferenceEvaluator(proto).run(None, known)]
    except Exception as error:  # the evaluator raises whatever its operators do
        raise ValueError(" ".join(str(error).split())[:160]) from None


def infer_shapes(
    proto: NodeProto, given: list[str], shapes: Shapes, constants: dict[str, Array], kinds: dict[str, int]
) -> None:
    """Add the shapes and types of a node's outputs, if they follow from its inputs. given: the names of the inputs."""
    types, told = {}, {}
    for name, value in zip(proto.input, given, strict=True):
        if not name or (value not in shapes and value not in constants):
            continue
        array = constants.get(value)
        shape = shapes[value] if array is None else array.shape
        kind = kinds.get(value, TensorProto.FLOAT) if array is None else helper.np_dtype_to_tensor_dtype(array.dtype)
        types[name] = helper.make_tensor_type_proto(kind, shape)
        if array is not None and array.size <= LARGEST_TOLD:
            told[name] = numpy_helper.from_array(array)
    for name, type_ in _inferred(proto, types, told).items():
        dims = type_.tensor_type.shape.dim
        if type_.tensor_type.HasField("shape") and all(dim.HasField("dim_value") for dim in dims):
            shapes.setdefault(name, tuple(dim.dim_value for dim in dims))
            kinds[name] = type_.tensor_type.elem_type
    if proto.op_type in SAME_SHAPE and given[0] in shapes:
        shapes.setdefault(proto.output[0], shapes[given[0]])


def _inferred(proto: NodeProto, types: dict[str, TypeProto], told: dict[str, TensorProto]) -> dict[str, Any]:
    if any(name and name not in types for name in proto.input):
        return {}
    opset = helper.make_opsetid("", OPSET)
    try:
        schema = onnx.defs.get_schema(proto.op_type, OPSET, "")
        return dict(
            onnx.shape_inference.infer_node_outputs(
                schema, proto, types, told, opset_imports=[opset], ir_version=IR_VERSION
            )
        )
    except (onnx.defs.SchemaError, onnx.shape_inference.InferenceError, onnx.checker.ValidationError, ValueError):
        return {}
