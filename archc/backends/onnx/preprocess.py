"""A model with its preprocessing: it takes uint8 pictures (N, height, width, C) of any size."""

import numpy as np
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, TensorShapeProto, ValueInfoProto

from archc.backends.onnx.lowered import Array
from archc.backends.onnx.model import BATCH, Model, fill
from archc.ops import Shape
from archc.preprocessing import Preprocessing

IMAGE = "image"


def with_preprocessing(model: Model, shape: Shape, how: Preprocessing) -> Model:
    """The same net with pictures for its one input, which are fitted to (C, H, W) and normalised by `how`.

    shape: (C, H, W). The resize is bilinear and antialiased, on bytes, as Pillow's. ONNX Runtime uses float32 weights
    where Pillow uses 22 bits of fixed point, and may take the axes in the other order: values differ by at most two
    levels of 255.
    """
    proto = ModelProto()
    proto.CopyFrom(model.proto)
    graph = proto.graph
    name = graph.input[0].name
    made = _Nodes(proto)
    planes = made.add("Transpose", IMAGE, perm=(0, 3, 1, 2))
    fitted = made.add("Cast", _fitted(made, planes, shape, how), to=TensorProto.FLOAT)
    share = 1 / (255 * np.array(how.std, np.float64))
    factor = made.constant(share.astype(np.float32).reshape(-1, 1, 1))
    offset = made.constant((np.array(how.mean) / np.array(how.std)).astype(np.float32).reshape(-1, 1, 1))
    made.add("Sub", made.add("Mul", fitted, factor), offset, output=name)
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


def _fitted(made: "_Nodes", planes: str, shape: Shape, how: Preprocessing) -> str:
    """The nodes of `Preprocessing.resized` and `middle`: bytes (N, C, height, width) → (N, C, H, W) of `shape`."""
    channels, *sizes = shape
    box = np.array(how.box(sizes), np.int64)
    lead = made.add("Shape", planes, start=0, end=2)
    if how.fit == "squeeze":
        size = made.constant(box)
    else:
        given = made.add("Shape", planes, start=2, end=4)
        turned = made.add("Gather", given, made.constant(np.array([1, 0], np.int64)))
        product = made.add("Mul", given, made.constant(box[::-1].copy()))
        other = made.add(
            "Div", product, turned
        )  # (box width · height / width, box height · width / height), rounded down
        least = made.constant(np.array([1, 1], np.int64))
        inside = made.add("Max", made.add("Min", other, made.constant(box)), least) if how.fit == "pad" else ""
        size = inside or made.add("Max", other, made.constant(box))
    resized = made.add(
        "Resize",
        planes,
        "",
        "",
        made.add("Concat", lead, size, axis=0),
        mode="linear",
        antialias=1,
        exclude_outside=1,
        coordinate_transformation_mode="half_pixel",
    )
    if how.fit == "squeeze" and how.kept == (1.0, 1.0):
        return resized
    wanted = made.constant(np.array(sizes, np.int64))
    beyond = made.add("Cast", made.add("Sub", wanted, size), to=TensorProto.FLOAT)
    half = made.add("Mul", beyond, made.constant(np.array(0.5, np.float32)))
    before = made.add("Cast", made.add("Round", half), to=TensorProto.INT64)  # to even; negative: cut away
    after = made.add("Sub", made.add("Sub", wanted, size), before)
    nothing = made.constant(np.array([0, 0], np.int64))
    pads = made.add("Concat", nothing, before, nothing, after, axis=0)
    middle = made.add("Pad", resized, pads)
    return made.add("Reshape", middle, made.constant(np.array([0, channels, *sizes], np.int64)))


class _Nodes:
    """Nodes before those of the net, under names that no layer has."""

    def __init__(self, proto: ModelProto) -> None:
        self.proto = proto
        self.nodes: list[NodeProto] = []
        self.count = 0

    def add(self, op_type: str, *inputs: str, output: str = "", **attributes: int | str | tuple[int, ...]) -> str:
        name = output or self._free(op_type)
        node = NodeProto(name=f"{IMAGE}/{op_type}_{len(self.nodes)}", op_type=op_type, input=inputs, output=[name])
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
