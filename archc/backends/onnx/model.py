"""A graph with weights as an ONNX model with inputs, outputs, shapes and metadata."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from onnx import (
    GraphProto,
    ModelProto,
    OperatorSetIdProto,
    StringStringEntryProto,
    TensorProto,
    TensorShapeProto,
    TypeProto,
    ValueInfoProto,
)

from archc.backends.onnx.emit import Emitted, State, emit
from archc.backends.onnx.lowered import Array
from archc.graph import Graph
from archc.ops import Shape
from archc.version import VERSION

OPSET = 22
"""The first opset whose ceil-mode pools count windows as PyTorch does."""
IR_VERSION = 10
"""The least IR version for opset 22; older runtimes read no newer one."""
BATCH = "batch"
TYPES = {
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.int64): TensorProto.INT64,
}


@dataclass(frozen=True, slots=True)
class Model:
    """proto: the model without weights. weights: name → array, kept apart until the file is written, to save memory."""

    proto: ModelProto
    weights: Mapping[str, Array]

    def whole(self) -> ModelProto:
        """The model with its weights."""
        made = ModelProto()
        made.CopyFrom(self.proto)
        for name, array in self.weights.items():
            fill(made.graph.initializer.add(), name, array)
        return made


def model(
    graph: Graph,
    state: State,
    *,
    metadata: Mapping[str, str] | None = None,
    doc: str = "",
    dynamic_size: bool = False,
    weights: bool = True,
) -> Model:
    """The model of a net: (N, C, n…) → its outputs, for any N.

    state: `node.tensor` → float array. weights: False leaves them out. dynamic_size: heights and widths are open too;
    `depends_on_size` checks whether the nodes allow that.
    """
    emitted = emit(graph)
    made = ModelProto(ir_version=IR_VERSION, producer_name="archc", producer_version=VERSION, doc_string=doc)
    made.opset_import.append(OperatorSetIdProto(domain="", version=OPSET))
    made.metadata_props.extend(StringStringEntryProto(key=key, value=value) for key, value in (metadata or {}).items())
    made.graph.CopyFrom(GraphProto(name=graph.name, doc_string=doc, node=emitted.nodes))
    for name, array in emitted.constants.items():
        fill(made.graph.initializer.add(), name, array)
    _describe(graph, emitted, made.graph, dynamic_size)
    tensors = emitted.tensors if weights else {}
    return Model(made, {name: np.ascontiguousarray(make(state), np.float32) for name, make in tensors.items()})


def fill(tensor: TensorProto, name: str, array: Array) -> None:
    """Fill in name, type, shape and values of a tensor."""
    tensor.name = name
    tensor.data_type = TYPES[array.dtype]
    tensor.dims.extend(array.shape)
    tensor.raw_data = array.tobytes()


def _describe(graph: Graph, emitted: Emitted, onto: GraphProto, dynamic_size: bool) -> None:
    """Add inputs, outputs and the shapes of all values, each once."""
    onto.input.extend(_value(node.name, node.shape, dynamic_size, node.name) for node in graph.inputs)
    onto.output.extend(_value(name, graph[node].shape, dynamic_size) for name, node in emitted.outputs.items())
    known = {*(node.name for node in graph.inputs), *emitted.outputs}
    for node in graph.inference_nodes:
        value = emitted.values[node.name]
        if value not in known:
            known.add(value)
            onto.value_info.append(_value(value, node.shape, dynamic_size))


def _value(name: str, shape: Shape, dynamic_size: bool, axis: str | None = None) -> ValueInfoProto:
    """axis: the prefix of the names of open sizes; None leaves them unnamed."""
    dims = [TensorShapeProto.Dimension(dim_param=BATCH), *_dims(shape, dynamic_size, axis)]
    type_ = TypeProto(tensor_type=TypeProto.Tensor(elem_type=TensorProto.FLOAT, shape=TensorShapeProto(dim=dims)))
    return ValueInfoProto(name=name, type=type_)


def _dims(shape: Shape, dynamic_size: bool, axis: str | None) -> Sequence[TensorShapeProto.Dimension]:
    if not dynamic_size or len(shape) == 1:
        return [TensorShapeProto.Dimension(dim_value=size) for size in shape]
    names = {2: ("length",), 3: ("height", "width"), 4: ("depth", "height", "width")}[len(shape)]
    opened = [
        TensorShapeProto.Dimension(dim_param=f"{axis}_{name}") if axis else TensorShapeProto.Dimension()
        for name in names
    ]
    return [TensorShapeProto.Dimension(dim_value=shape[0]), *opened]
