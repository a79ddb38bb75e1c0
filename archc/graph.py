"""The validated IR: a net is a list of nodes in execution order, each with its shape and its source."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple

from archc.diagnostics import Span
from archc.ops import Op, Shape
from archc.records import dataclass
from archc.renaming import Naming

ScopeKind = Literal["block", "label", "repeat", "for", "group", "stage"]


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
class Scope:
    """A dotted prefix of node names: a block, a labelled path, a repetition.

    title: the block's name or the keyword. arguments: a block's, as a user would write them.
    count: for a repetition, how many times; its instances are the scopes `name.0`, `name.1`, ….
    parameters: a block's that are whole numbers or yes and no, and its values that flow, by the node they come from.
    given: the arguments of a block's call with their values.
    """

    name: str
    kind: ScopeKind
    title: str
    arguments: str = ""
    count: int | None = None
    span: Span | None = None
    parameters: tuple[tuple[str, int | str], ...] = ()
    given: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Output:
    """A value that leaves the net. `train_only` outputs are absent from inference."""

    name: str
    node: str
    train_only: bool = False


@dataclass(frozen=True, eq=False)
class Graph:
    """Immutable. Nodes stand in execution order; inputs are nodes with the `input` op.

    parameters: the net's that are whole numbers, with the values that it was made for. namings: what others call its
    layers.
    """

    name: str
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]
    scopes: Mapping[str, Scope] = field(default_factory=lambda: MappingProxyType({}))
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    parameters: tuple[tuple[str, int | str], ...] = ()
    namings: tuple[Naming, ...] = ()

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
        """The nodes that some output outside training needs."""
        return needed(self.nodes, {output.node for output in self.outputs if not output.train_only})


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
        nodes=tuple(node for node in graph.nodes if node.name not in dropped),
        outputs=tuple(replace(output, node=dropped.get(output.node, output.node)) for output in graph.outputs),
        labels=MappingProxyType({label: dropped.get(node, node) for label, node in graph.labels.items()}),
    )
