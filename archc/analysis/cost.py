"""Parameters, multiply-accumulates and operations: of a node, of some nodes, of a net.

params: the values of all tensors but buffers, frozen ones included. macs: the multiply-accumulates of convolutions,
transposed convolutions and matrix products; papers often call them FLOPs. flops: all arithmetic operations; a
multiply-accumulate counts as two.
"""

from collections.abc import Iterable
from functools import lru_cache
from math import prod
from weakref import WeakKeyDictionary

from archc.graph import Graph, Node
from archc.ops import Op, Shape
from archc.records import dataclass

BYTES = 4  # of a float32


@dataclass(frozen=True, slots=True, eq=False)
class Cost:
    """The cost of one node for one sample. buffers: the values of state that is not learnt, as running statistics."""

    params: int
    params_trainable: int
    buffers: int
    macs: int
    flops: int


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """The cost of several nodes for one sample.

    depth: the number of conv, tconv and fc layers on the longest path: 34 for ResNet-34, whose projections are not on
    it.
    """

    params: int
    params_trainable: int
    buffers: int
    macs: int
    flops: int
    depth: int

    @property
    def weight_bytes(self) -> int:
        """Parameters and buffers as float32."""
        return BYTES * (self.params + self.buffers)


def cost(node: Node) -> Cost:
    """The cost of one node."""
    return _cost(node.op, node.input_shapes, node.shape)


@lru_cache(maxsize=16384)
def _cost(op: Op, inputs: tuple[Shape, ...], output: Shape) -> Cost:
    params = trainable = buffers = 0
    for tensor in op.parameters(inputs):
        if tensor.buffer:
            buffers += tensor.size
        else:
            params += tensor.size
            trainable += tensor.size if tensor.trainable else 0
    return Cost(params, trainable, buffers, op.macs(inputs, output), op.flops(inputs, output))


def node_totals(nodes: Iterable[Node]) -> Totals:
    """The sum over some nodes, in execution order."""
    depths: dict[str, int] = {}
    read: set[str] = set()
    times: dict[tuple[int, tuple[Shape, ...]], int] = {}  # equal layers are one object, and many
    firsts: list[Node] = []
    for node in nodes:
        op, inputs = node.op, node.inputs
        key = (id(op), node.input_shapes)
        count = times.get(key, 0)
        times[key] = count + 1
        if not count:
            firsts.append(node)
        if len(inputs) == 1:
            before = depths.get(inputs[0], 0)
            read.add(inputs[0])
        else:
            before = max([depths.get(name, 0) for name in deepening(node)], default=0)
            read.update(inputs)
        depths[node.name] = before + (op.category in ("conv", "fc"))
    params = trainable = buffers = macs = flops = 0
    for node, count in zip(firsts, times.values(), strict=True):
        one = cost(node)
        params += count * one.params
        trainable += count * one.params_trainable
        buffers += count * one.buffers
        macs += count * one.macs
        flops += count * one.flops
    return Totals(params, trainable, buffers, macs, flops, max((depths[name] for name in {*depths} - read), default=0))


def deepening(node: Node) -> Iterable[str]:
    """The inputs whose layers count for the depth.

    A gate, which has one value per channel, is left out: ResNet-50 with squeeze and excitation is SE-ResNet-50.
    """
    if node.op.category != "join" or len({prod(shape[1:]) for shape in node.input_shapes}) == 1:
        return node.inputs
    sizes = prod(node.shape[1:])
    return [name for name, shape in zip(node.inputs, node.input_shapes, strict=True) if prod(shape[1:]) == sizes]


def longest_path(nodes: Iterable[Node], end: str) -> list[Node]:
    """The nodes of the longest path to the node `end`, counted as `depth` does, so that gates are not on it."""
    depths: dict[str, int] = {}
    before: dict[str, Node | None] = {}
    by_name: dict[str, Node] = {}
    for node in nodes:
        source = max([name for name in deepening(node) if name in depths], key=lambda name: depths[name], default=None)
        before[node.name] = by_name[source] if source is not None else None
        depths[node.name] = (depths[source] if source is not None else 0) + (node.op.category in ("conv", "fc"))
        by_name[node.name] = node
    step: Node | None = by_name[end]
    path = []
    while step is not None:
        path.append(step)
        step = before[step.name]
    return path[::-1]


_TOTALS: WeakKeyDictionary[Graph, Totals] = WeakKeyDictionary()  # graphs are immutable


def totals(graph: Graph) -> Totals:
    """The cost of the net at inference, without heads that are only for training."""
    if graph not in _TOTALS:
        _TOTALS[graph] = node_totals(graph.inference_nodes)
    return _TOTALS[graph]


def training_totals(graph: Graph) -> Totals:
    """The cost of the net in training, with the heads that are only for training."""
    if len(graph.inference_nodes) == len(graph.nodes):
        return totals(graph)
    return node_totals(graph.nodes)
