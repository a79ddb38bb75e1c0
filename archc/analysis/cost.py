"""Parameters, multiply-accumulates and operations: of a node, of some nodes, of a net.

params: the tensors a layer owns that are no buffers, those that do not train included. macs: of convolutions,
transposed convolutions and matrix products, what papers call FLOPs. flops: every arithmetic operation, a
multiply-accumulate is two.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from weakref import WeakKeyDictionary

from archc.graph import Graph, Node
from archc.ops import Shape

BYTES = 4  # of a float32


@dataclass(frozen=True, slots=True, eq=False)
class Cost:
    """Of one node, for one sample. buffers are state that is not learnt: running statistics, fixed codes."""

    params: int
    params_trainable: int
    buffers: int
    macs: int
    flops: int


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Of several nodes, for one sample. depth counts the conv, tconv and fc layers on the longest path: the 34
    of ResNet-34, whose projections lie beside it."""

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
    params = trainable = buffers = 0
    for tensor in node.op.parameters(node.input_shapes):
        if tensor.buffer:
            buffers += tensor.size
        else:
            params += tensor.size
            trainable += tensor.size if tensor.trainable else 0
    return Cost(
        params,
        trainable,
        buffers,
        node.op.macs(node.input_shapes, node.shape),
        node.op.flops(node.input_shapes, node.shape),
    )


def node_totals(nodes: Iterable[Node]) -> Totals:
    """The sum over some nodes, in execution order."""
    params = trainable = buffers = macs = flops = 0
    depths: dict[str, int] = {}
    read: set[str] = set()
    known: dict[tuple[int, tuple[Shape, ...]], Cost] = {}  # equal layers are one object, and many
    for node in nodes:
        key = (id(node.op), node.input_shapes)
        one = known.get(key) or known.setdefault(key, cost(node))
        params += one.params
        trainable += one.params_trainable
        buffers += one.buffers
        macs += one.macs
        flops += one.flops
        before = max((depths.get(name, 0) for name in _deepening(node)), default=0)
        depths[node.name] = before + (node.op.category in ("conv", "fc"))
        read.update(node.inputs)
    return Totals(params, trainable, buffers, macs, flops, max((depths[name] for name in {*depths} - read), default=0))


def _deepening(node: Node) -> Iterable[str]:
    """The inputs whose layers count for the depth: a gate, one value a channel beside a map, is no layer of the path.

    ResNet-50 with squeeze and excitation is called SE-ResNet-50.
    """
    if node.op.category != "join" or len({prod(shape[1:]) for shape in node.input_shapes}) == 1:
        return node.inputs
    sizes = prod(node.shape[1:])
    return [name for name, shape in zip(node.inputs, node.input_shapes, strict=True) if prod(shape[1:]) == sizes]


_TOTALS: WeakKeyDictionary[Graph, Totals] = WeakKeyDictionary()  # a graph never changes, and is asked often


def totals(graph: Graph) -> Totals:
    """What the net costs at inference: heads that are only for training are left out."""
    if graph not in _TOTALS:
        _TOTALS[graph] = node_totals(graph.inference_nodes)
    return _TOTALS[graph]


def training_totals(graph: Graph) -> Totals:
    """What the net costs with the heads that are only for training."""
    if len(graph.inference_nodes) == len(graph.nodes):
        return totals(graph)
    return node_totals(graph.nodes)
