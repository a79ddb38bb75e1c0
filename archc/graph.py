"""The validated IR: a net is a tree of regions, whose leaves are nodes with shapes and places in the source."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple

from archc.diagnostics import Span
from archc.ops import Op, Shape
from archc.records import dataclass
from archc.renaming import Naming

RegionKind = Literal["net", "block", "label", "repeat", "for", "group", "stage"]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A layer of a graph. name: unique in the graph, and the same in every output. inputs: names of nodes."""

    name: str
    op: Op
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    span: Span


class CallArgument(NamedTuple):
    """An argument of a block's call. name: of the block's parameter. value: as computed, `32` for `width//2`.

    The value is empty where it differs from one repetition to the next. positional: written as that value, without its
    name.
    """

    name: str
    value: str
    positional: bool


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A block's call, a labelled path, a repetition or one of its rounds, with its items in execution order.

    name: the prefix of the names inside, without its last dot; "" for the whole net.
    title: the block's name, the label or the keyword. arguments: of a block's call, as written.
    count: the number of rounds of a repetition, which are the items `name.0`, `name.1`, ….
    parameters: those of a block that are whole numbers or yes-or-no, and its value parameters with the node passed.
    given: the arguments of a block's call with their values.
    """

    items: "tuple[Node | Region, ...]" = ()
    name: str = ""
    kind: RegionKind = "net"
    title: str = ""
    arguments: str = ""
    count: int | None = None
    span: Span | None = None
    parameters: tuple[tuple[str, int | str], ...] = ()
    given: tuple[CallArgument, ...] = ()

    def own_name(self, item: "Node | Region") -> str:
        """The name of an item within this region: `conv1` for `stage2.0.conv1` in `stage2.0`."""
        return item.name[len(self.name) + 1 :] if self.name else item.name

    def holding(self, items: "tuple[Node | Region, ...]") -> "Region":
        """The same region with other items in it."""
        more = self.title, self.arguments, self.count, self.span, self.parameters, self.given
        return Region(items, self.name, self.kind, *more)

    def walk(self) -> "Iterator[Node | Region]":
        """All items at any depth, a region before its contents."""
        stack = [iter(self.items)]
        while stack:
            for item in stack[-1]:
                yield item
                if isinstance(item, Region):
                    stack.append(iter(item.items))
                    break
            else:
                stack.pop()

    def nodes(self) -> Iterator[Node]:
        """The nodes at any depth."""
        return (item for item in self.walk() if isinstance(item, Node))

    def without(self, names: Container[str]) -> "Region":
        """The region without these nodes and without regions that become empty."""
        items = (item.without(names) if isinstance(item, Region) else item for item in self.items)
        kept = tuple(item for item in items if (item.items if isinstance(item, Region) else item.name not in names))
        return self.holding(kept)


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """An output of the net. node: the node whose value it is. train_only: it is absent from inference."""

    name: str
    node: str
    train_only: bool = False


@dataclass(frozen=True, eq=False)
class Graph:
    """A net; immutable. Nodes are in execution order; inputs are nodes with the `input` op.

    root: the region of the whole net; without structure its items are the nodes. labels: label → node. parameters: the
    net's parameters that are whole numbers, with their values. namings: names of its layers in other libraries.
    """

    name: str
    root: Region
    outputs: tuple[Output, ...]
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    parameters: tuple[tuple[str, int | str], ...] = ()
    namings: tuple[Naming, ...] = ()

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes in execution order: the leaves of the tree."""
        return tuple(self.root.nodes())

    @cached_property
    def _by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __getitem__(self, name: str) -> Node:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    @cached_property
    def inputs(self) -> tuple[Node, ...]:
        """The input nodes."""
        return tuple(node for node in self.nodes if node.op.category == "input")

    @cached_property
    def inference_nodes(self) -> tuple[Node, ...]:
        """The nodes of the net at inference: all but those that only outputs of training need.

        A net with mistakes may have nodes that lead to no output; they are included. If it has no output but those of
        training, all nodes are.
        """
        kept = {output.node for output in self.outputs if not output.train_only}
        if not kept:
            return self.nodes
        read = {source for node in self.nodes for source in node.inputs}.union(output.node for output in self.outputs)
        return needed(self.nodes, kept.union(node.name for node in self.nodes if node.name not in read))


Rebuild = Callable[[Mapping[str, int]], Graph | None]
"""Parameters → the same net compiled with them; None where it does not check."""


def needed(nodes: Sequence[Node], names: Iterable[str | None]) -> tuple[Node, ...]:
    """The nodes of `names` and all that they depend on. nodes: in execution order."""
    wanted = set(names)
    for node in reversed(nodes):
        if node.name in wanted:
            wanted.update(node.inputs)
    return tuple([node for node in nodes if node.name in wanted])


def without_softmax(graph: Graph) -> Graph:
    """The same net with logits for outputs: without a softmax whose only use is as an output.

    Losses take logits, as torch.nn.CrossEntropyLoss. The order of the classes is the same.
    """
    readers = {source for node in graph.nodes for source in node.inputs}
    dropped = {
        output.node: graph[output.node].inputs[0]
        for output in graph.outputs
        if graph[output.node].op.probabilities in ("of one class", "as logarithms") and output.node not in readers
    }
    if not dropped:
        return graph
    return replace(
        graph,
        root=graph.root.without(dropped),
        outputs=tuple(replace(output, node=dropped.get(output.node, output.node)) for output in graph.outputs),
        labels=MappingProxyType({label: dropped.get(node, node) for label, node in graph.labels.items()}),
    )
