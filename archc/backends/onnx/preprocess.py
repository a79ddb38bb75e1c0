"""A model that takes pictures as they are: uint8 (N, height, width, C) of any size, fitted and normalised inside."""

from collections.abc import Sequence

import numpy as np
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, TensorShapeProto, ValueInfoProto

from archc.backends.onnx.lowered import Array
from archc.backends.onnx.model import BATCH, Model, fill
from archc.ops import Shape

IMAGE = "image"


def with_preprocessing(model: Model, shape: Shape, mean: Sequence[float], std: Sequence[float]) -> Model:
    """The same net with its one input (C, H, W) in place of `shape`'s values: resized as Pillow does (bilinear,
    antialiased), over 255, less mean, by std."""
    proto = ModelProto()
    proto.CopyFrom(model.proto)
    graph = proto.graph
    name = graph.input[0].name
    made = _Nodes(proto)
    first = made.add("Cast", IMAGE, to=TensorProto.FLOAT)
    planes = made.add("Transpose", first, perm=(0, 3, 1, 2))
    sizes = made.constant(np.array(shape[1:], np.int64))
    resized = made.add(
        "Resize",
        planes,
        "",
        "",
        sizes,
        axes=(2, 3),
        mode="linear",
        antialias=1,
        coordinate_transformation_mode="half_pixel",
    )
    share = 1 / (255 * np.array(std, np.float64))
    factor = made.constant(share.astype(np.float32).reshape(-1, 1, 1))
    offset = made.constant((np.array(mean) / np.array(std)).astype(np.float32).reshape(-1, 1, 1))
    made.add("Sub", made.add("Mul", resized, factor), offset, output=name)
    nodes = [*made.nodes, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    value = ValueInfoProto(name=IMAGE)
    value.type.tensor_type.elem_type = TensorProto.UINT8
    dims = value.type.tensor_type.shape.dim
    dims.extend(TensorShapeProto.Dimension(dim_param=name) for name in (BATCH, "height", "width"))
    dims.add(dim_value=shape[0])
    graph.input[0].CopyFrom(value)
    return Model(proto, model.weights)


class _Nodes:
    """Nodes in front of a net's, under names that no layer has."""

    def __init__(self, proto: ModelProto) -> None:
        self.proto = proto
        self.nodes: list[NodeProto] = []
        self.count = 0

    def add(self, op_type: str, *inputs: str, output: str = "", **attributes: int | str | tuple[int, ...]) -> str:
        name = output or self._free(op_type)
        node = NodeProto(name=f"{IMAGE}/{op_type}", op_type=op_type, input=inputs, output=[name])
        for key, value in attributes.items():
            if isinstance(value, str):
                node.attribute.add(name=key, type=AttributeProto.STRING, s=value.encode())
            elif isinstance(value, tuple):
                node.attribute.add(name=key, type=AttributeProto.INTS, ints=value)
            else:
                node.attribute.add(name=key, type=AttributeProto.INT, i=value)
        self.nodes.append(node)
        return name

    def constant(self, array: Array) -> str:
        name = self._free("constant")
        fill(self.proto.graph.initializer.add(), name, array)
        return name

    def _free(self, kind: str) -> str:
        self.count += 1
        return f"{IMAGE}/{kind}_{self.count}"
