"""A layer's nodes as text: `Conv(x, weight[6,4,3,3], bias[6]; group=1, …)`, an expression of its inputs."""

import re
from collections.abc import Mapping
from typing import Any

import onnx
from onnx import NodeProto, numpy_helper

from archc.backends.onnx.model import Model
from archc.ops import OPS, Shape
from tests.onnx.running import model_of, state_of

SHOWN = 16  # values of a constant; of larger ones the shape and the sum


def made(layer: str, fields: Mapping[str, Any], *shapes: Shape) -> Model:
    """The model of this layer alone, with random weights."""
    op = OPS[layer].of(fields)
    return model_of(op, shapes, state_of(op, shapes))


def written(layer: str, fields: Mapping[str, Any], *shapes: Shape) -> str:
    """What the file computes for the layer. A value that is used twice stands there twice."""
    one = made(layer, fields, *shapes)
    texts: dict[str, str] = {value.name: value.name for value in one.proto.graph.input}
    texts |= {tensor.name: _constant(numpy_helper.to_array(tensor)) for tensor in one.proto.graph.initializer}
    texts |= {name: f"{name.removeprefix('layer.')}{list(array.shape)}" for name, array in one.weights.items()}
    for node in one.proto.graph.node:
        texts[node.output[0]] = _node(node, [texts[name] if name else "-" for name in node.input])
    return texts["y"]


def _constant(array: Any) -> str:
    if array.size > SHOWN:
        return f"{array.dtype}{list(array.shape)}, {array.sum():g} in all"
    text = str(array.tolist())
    return re.sub(r"-?[\d.]+(e-?\d+)?", lambda found: f"{float(found[0]):.6g}", text)


def _node(node: NodeProto, inputs: list[str]) -> str:
    values = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    told = [f"{name}={_attribute(value)}" for name, value in values.items()]
    return f"{node.op_type}({', '.join(inputs)}{'; ' if told else ''}{', '.join(told)})"


def _attribute(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    return f"{value:.6g}" if isinstance(value, float) else str(list(value) if not isinstance(value, int) else value)
