"""A model in half precision: weights and values are float16, inputs and outputs stay float32."""

import numpy as np
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, numpy_helper

from archc.backends.onnx.model import Model

STAY_FLOAT = {"Resize": (1, 2)}
"""Op type → indices of inputs that must be float32: roi and scales of Resize."""


def to_half_precision(model: Model) -> Model:
    """The same net at float16. A weight beyond 65,504 becomes infinite; verification reports that."""
    proto = ModelProto()
    proto.CopyFrom(model.proto)
    graph = proto.graph
    stay = {
        node.input[place]
        for node in graph.node
        for place in STAY_FLOAT.get(node.op_type, ())
        if place < len(node.input)
    }
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and tensor.name not in stay:
            array = numpy_helper.to_array(tensor).astype(np.float16)
            tensor.data_type, tensor.raw_data = TensorProto.FLOAT16, array.tobytes()
    inputs = {value.name: f"{value.name}/half" for value in graph.input}
    outputs = {value.name: f"{value.name}/half" for value in graph.output}
    for node in graph.node:
        for number, name in enumerate(node.input):
            node.input[number] = inputs.get(name) or outputs.get(name) or name
        node.output[0] = outputs.get(node.output[0], node.output[0])
    for value in graph.value_info:
        value.type.tensor_type.elem_type = TensorProto.FLOAT16
    nodes = [_cast(name, half, TensorProto.FLOAT16) for name, half in inputs.items()]
    nodes += [*graph.node, *(_cast(half, name, TensorProto.FLOAT) for name, half in outputs.items())]
    del graph.node[:]
    graph.node.extend(nodes)
    weights = {name: array.astype(np.float16) for name, array in model.weights.items()}
    return Model(proto, weights)


def _cast(source: str, target: str, to: int) -> NodeProto:
    attribute = AttributeProto(name="to", type=AttributeProto.INT, i=to)
    return NodeProto(name=f"{target}/cast", op_type="Cast", input=[source], output=[target], attribute=[attribute])
