"""The validated IR: a net is a tree of regions whose leaves are nodes, each with its shape and its source."""

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
    """One layer in its place. `name` is unique in its graph and the same in every output."""

    name: str
    op: Op
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    span: Span


class Given(NamedTuple):
    """An argument of a block's call. name: of the block's parameter. value: as computed, `32` for `width//2`.

    The value is empty where it differs from one repetition to the next. positional: written as that value, without its
    name.
    """

    name: str
    value: str
    positional: bool


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A block's call, a labelled path, a repetition or one of its rounds, with what stands in it in execution order.

    name: the prefix of the names inside, without its last dot; "" for the whole net.
    title: the block's name, the label or the keyword. arguments: of a block's call, as written.
    count: how many rounds a repetition has; they are the items `name.0`, `name.1`, ….
    parameters: a block's that are whole numbers or yes and no, and its values that flow, by the node they come from.
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
    given: tuple[Given, ...] = ()

    def own_name(self, item: "Node | Region") -> str:
        """The name of an item within this region: `conv1` for `stage2.0.conv1` in `stage2.0`."""
        return item.name[len(self.name) + 1 :] if self.name else item.name

    def holding(self, items: "tuple[Node | Region, ...]") -> "Region":
        """The same region with other items in it."""
        more = self.title, self.arguments, self.count, self.span, self.parameters, self.given
        return Region(items, self.name, self.kind, *more)

    def walk(self) -> "Iterator[Node | Region]":
        """Everything inside, a region before what it holds."""
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
        """The nodes inside."""
        return (item for item in self.walk() if isinstance(item, Node))

    def without(self, names: Container[str]) -> "Region":
        """The region without these nodes, and without regions that hold no other."""
        items = (item.without(names) if isinstance(item, Region) else item for item in self.items)
        kept = tuple(item for item in items if (item.items if isinstance(item, Region) else item.name not in names))
        return self.holding(kept)


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """A value that leaves the net. `train_only` outputs are absent from inference."""

    name: str
    node: str
    train_only: bool = False


@dataclass(frozen=True, eq=False)
class Graph:
    """Immutable. Nodes stand in execution order; inputs are nodes with the `input` op.

    root: the region of the whole net; of one without structure its items are the nodes. parameters: the net's that are
    whole numbers, with the values that it was made for. namings: what others call its layers.
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
        """The nodes through which values enter."""
        return tuple(node for node in self.nodes if node.op.category == "input")

    @cached_property
    def inference_nodes(self) -> tuple[Node, ...]:
        """The nodes that serve more than outputs of training.

        In a net that was built up to a mistake, they include those that lead to no output; where it lost all outputs
        but those of training, they are all nodes.
        """
        kept = {output.node for output in self.outputs if not output.train_only}
        if not kept:
            return self.nodes
        read = {source for node in self.nodes for source in node.inputs}.union(output.node for output in self.outputs)
        return needed(self.nodes, kept.union(node.name for node in self.nodes if node.name not in read))


Again = Callable[[Mapping[str, int]], Graph | None]
"""The same net under other parameters; None where it is none."""


def needed(nodes: Sequence[Node], names: Iterable[str | None]) -> tuple[Node, ...]:
    """Of nodes in execution order, those that these and what they are made from need."""
    wanted = set(names)
    for node in reversed(nodes):
        if node.name in wanted:
            wanted.update(node.inputs)
    return tuple([node for node in nodes if node.name in wanted])


def without_softmax(graph: Graph) -> Graph:
    """The same net with logits for outputs: a softmax that does nothing but end it is left out.

    Losses take logits (torch.nn.CrossEntropyLoss has its softmax in it), and they order classes alike.
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
