"""ONNX files whose nodes, attributes, shapes and weights are changed: each byte is a choice of what and how."""

from collections.abc import Iterator

import numpy as np
from onnx import AttributeProto, ModelProto, helper, numpy_helper

from tests.fuzz.coverage import onnx_bytes

MODELS = list(onnx_bytes.seeds())
KINDS = (
    *("Conv", "Relu", "MaxPool", "AveragePool", "Add", "Mul", "Sub", "Div", "Pow", "Sqrt", "Erf", "Tanh", "Sigmoid"),
    *("Reshape", "Transpose", "Concat", "Slice", "Split", "Gather", "Pad", "Resize", "MatMul", "Gemm", "Flatten"),
    *("ReduceMean", "ReduceSum", "ReduceMax", "Softmax", "LogSoftmax", "Identity", "Dropout", "Cast", "Shape"),
    *("Unsqueeze", "Squeeze", "Expand", "Tile", "ConstantOfShape", "Range", "Where", "Clip", "LRN", "PRelu"),
    *("BatchNormalization", "InstanceNormalization", "LayerNormalization", "GroupNormalization", "ConvTranspose"),
    *("GlobalAveragePool", "GlobalMaxPool", "DepthToSpace", "SpaceToDepth", "Einsum", "Loop", "If", "Constant"),
)
NUMBERS = (0, 1, -1, 2, 3, 7, 64, -(2**31), 2**31 - 1, 2**40, 2**63 - 1)
NAMES = ("axis", "pads", "kernel_shape", "strides", "group", "dilations", "perm", "to", "mode", "alpha", "epsilon")


class Choices:
    """A byte for each choice; 0 once they are used up."""

    def __init__(self, data: bytes) -> None:
        self.left = iter(data)

    def below(self, count: int) -> int:
        return next(self.left, 0) % count if count else 0

    def __bool__(self) -> bool:
        self.peeked = next(self.left, None)
        return self.peeked is not None


def seeds() -> Iterator[bytes]:
    for number in range(len(MODELS)):
        for kind in range(10):
            yield bytes((number, kind, 1, 2, 3, kind + 1, 2, 1, 0, kind + 2, 5, 9, 1))


def one(data: bytes) -> None:
    choices = Choices(data)
    model = ModelProto.FromString(MODELS[choices.below(len(MODELS))])
    for _ in range(1 + choices.below(4)):
        _change(model, choices)
    try:
        content = model.SerializeToString()
    except ValueError:  # a message that protobuf itself does not hold
        return
    onnx_bytes.one(content)


def _change(model: ModelProto, choices: Choices) -> None:
    graph = model.graph
    kind = choices.below(10)
    node = graph.node[choices.below(len(graph.node))] if graph.node else None
    values = [
        *(v.name for v in graph.input),
        *(n.output[0] for n in graph.node if n.output),
        *(t.name for t in graph.initializer),
        "",
    ]
    if kind == 0 and node is not None:
        node.op_type = KINDS[choices.below(len(KINDS))]
    elif kind == 1 and node is not None and node.input:
        node.input[choices.below(len(node.input))] = values[choices.below(len(values))]
    elif kind == 2 and node is not None:
        node.input.append(values[choices.below(len(values))])
    elif kind == 3 and node is not None and node.input:
        del node.input[choices.below(len(node.input))]
    elif kind == 4 and node is not None:
        name = NAMES[choices.below(len(NAMES))]
        kept = [one for one in node.attribute if one.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, _attribute(name, choices)])
    elif kind == 5 and node is not None and node.attribute:
        attribute = node.attribute[choices.below(len(node.attribute))]
        if attribute.ints:
            attribute.ints[choices.below(len(attribute.ints))] = NUMBERS[choices.below(len(NUMBERS))]
        else:
            attribute.i = NUMBERS[choices.below(len(NUMBERS))]
    elif kind == 6 and graph.initializer:
        tensor = graph.initializer[choices.below(len(graph.initializer))]
        shape = [choices.below(5) for _ in range(choices.below(5))]
        dtype = (np.float32, np.int64, np.float64, np.bool_, np.uint8)[choices.below(5)]
        numbers = np.full(shape, NUMBERS[choices.below(7)]).astype(dtype)
        tensor.CopyFrom(numpy_helper.from_array(numbers, tensor.name))
    elif kind == 7 and graph.initializer:
        tensor = graph.initializer[choices.below(len(graph.initializer))]
        if tensor.dims:
            tensor.dims[choices.below(len(tensor.dims))] = NUMBERS[choices.below(len(NUMBERS))]
    elif kind == 8:
        value = [*graph.input, *graph.output][choices.below(len(graph.input) + len(graph.output))]
        dims = value.type.tensor_type.shape.dim
        if dims:
            dims[choices.below(len(dims))].dim_value = NUMBERS[choices.below(len(NUMBERS))]
    elif kind == 9 and graph.node:
        place = choices.below(len(graph.node))
        fed = [values[choices.below(len(values))] for _ in range(choices.below(4))]
        made = helper.make_node(KINDS[choices.below(len(KINDS))], fed, [f"new{len(graph.node)}"])
        graph.node.insert(place, made)
        later = graph.node[place + 1]
        if later.input:
            later.input[0] = made.output[0]


def _attribute(name: str, choices: Choices) -> AttributeProto:
    kind = choices.below(4)
    number = NUMBERS[choices.below(len(NUMBERS))]
    if kind == 0:
        return helper.make_attribute(name, number)
    if kind == 1:
        return helper.make_attribute(name, [number] * (1 + choices.below(6)))
    if kind == 2:
        return helper.make_attribute(name, float(number) / 3)
    return helper.make_attribute(name, "reflect")
