"""A graph as ONNX nodes: the lowered expression of each layer, under the names of the graph."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from onnx import AttributeProto, NodeProto

from archc.backends.onnx.lowered import Apply, Array, Attribute, Const, DerivedParameter, InputValue, Operand, Parameter
from archc.backends.onnx.table import LOWERINGS
from archc.graph import Graph, Node

State = Mapping[str, Array]
"""A state_dict: `node.tensor` → array."""


@dataclass(slots=True)
class Emitted:
    """nodes: in execution order. constants: name → array. tensors: name → function of the state that returns it.
    values: graph node → name of its output; a layer without nodes shares that of its input. outputs: name of an output
    of the net → graph node.
    """

    nodes: list[NodeProto] = field(default_factory=list)
    constants: dict[str, Array] = field(default_factory=dict)
    tensors: dict[str, Callable[[State], Array]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


def emit(graph: Graph) -> Emitted:
    """The nodes of a graph, without layers for training only."""
    emitted = Emitted()
    for node in graph.inputs:
        emitted.values[node.name] = node.name
    for node in graph.inference_nodes:
        if node.op.category != "input":
            _LayerWriter(node, emitted).write()
    _name_outputs(graph, emitted)
    return emitted


class _LayerWriter:
    """Writes one layer. Its last node has the layer's name; the others have `layer/op_type_number`."""

    def __init__(self, node: Node, emitted: Emitted) -> None:
        self.node = node
        self.emitted = emitted
        self.written: dict[int, str] = {}
        self.kept: list[Operand] = []  # keeps written operands alive, so that ids stay unique
        self.count = 0

    def write(self) -> None:
        expression = LOWERINGS[self.node.op.name](self.node.op, self.node.input_shapes, self.node.shape)
        name = self.node.name
        self.emitted.values[name] = self._value(expression, name)

    def _value(self, operand: Operand, name: str | None = None) -> str:
        if isinstance(operand, InputValue):
            return self.emitted.values[self.node.inputs[operand.number]]
        if isinstance(operand, Parameter):
            return self._tensor(operand.name, partial(_own, name=f"{self.node.name}.{operand.name}"))
        if id(operand) not in self.written:
            self.written[id(operand)] = self._new(operand, name)
            self.kept.append(operand)
        return self.written[id(operand)]

    def _new(self, operand: DerivedParameter | Const | Apply, name: str | None) -> str:
        if isinstance(operand, DerivedParameter):
            return self._tensor(operand.name, partial(_made, make=operand.make, node=self.node))
        if isinstance(operand, Const):
            return "" if operand.array is None else self._constant(operand.array)
        inputs = [self._value(one) for one in operand.operands]
        while inputs and not inputs[-1]:
            inputs.pop()
        written = name or self._free(operand.op_type)
        node = NodeProto(name=written, op_type=operand.op_type, input=inputs, output=[written])
        node.attribute.extend(_attribute(key, value) for key, value in operand.attributes.items())
        self.emitted.nodes.append(node)
        return written

    def _tensor(self, name: str, make: Callable[[State], Array]) -> str:
        self.emitted.tensors[f"{self.node.name}.{name}"] = make
        return f"{self.node.name}.{name}"

    def _constant(self, array: Array) -> str:
        name = self._free("constant")
        self.emitted.constants[name] = array
        return name

    def _free(self, kind: str) -> str:
        self.count += 1
        return f"{self.node.name}/{kind}_{self.count}"


def _own(state: State, name: str) -> Array:
    return state[name]


def _made(state: State, make: Callable[[Mapping[str, Array]], Array], node: Node) -> Array:
    return make({t.name: state[f"{node.name}.{t.name}"] for t in node.op.parameters(node.input_shapes)})


def _attribute(name: str, value: Attribute) -> AttributeProto:
    if isinstance(value, str):
        return AttributeProto(name=name, type=AttributeProto.STRING, s=value.encode())
    if isinstance(value, tuple):
        return AttributeProto(name=name, type=AttributeProto.INTS, ints=value)
    if isinstance(value, float):
        return AttributeProto(name=name, type=AttributeProto.FLOAT, f=value)
    return AttributeProto(name=name, type=AttributeProto.INT, i=value)


def _name_outputs(graph: Graph, emitted: Emitted) -> None:
    """Give the net's outputs their names: the value is renamed, or copied where it is an input or another output."""
    inputs = {node.name for node in graph.inputs}
    renamed: dict[str, str] = {}
    copies: list[NodeProto] = []
    for output in graph.outputs:
        if output.train_only:
            continue
        value = emitted.values[output.node]
        name = output.name if output.name not in inputs else f"{output.name}/output"
        emitted.outputs[name] = output.node
        if value in inputs or value in renamed:
            copies.append(NodeProto(name=name, op_type="Identity", input=[value], output=[name]))
        else:
            renamed[value] = name
    for node in emitted.nodes:
        if node.output[0] in emitted.outputs and node.output[0] not in renamed:
            renamed[node.output[0]] = f"{node.output[0]}/value"
    for node in (*emitted.nodes, *copies):
        for number, name in enumerate(node.input):
            node.input[number] = renamed.get(name, name)
    for node in emitted.nodes:
        node.output[0] = renamed.get(node.output[0], node.output[0])
    emitted.nodes += copies
    emitted.values = {node: renamed.get(value, value) for node, value in emitted.values.items()}
