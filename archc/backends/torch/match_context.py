"""A net and a file whose weights are matched: which tensors may be paired."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archc.backends.torch.execution_order import ExecutionOrder
from archc.backends.torch.flattened_maps import FlattenedMaps
from archc.backends.torch.weight_layers import COUNTER, Shape, Shapes, equal_without_ones, stored_tensors, torch_name
from archc.graph import Graph
from archc.renaming import Naming, renamed_by

MOST_SHOWN = 6
NOT_IN_FILE = "is not in the file: it is for training alone, and keeps the values that it starts with"


@dataclass(frozen=True, slots=True)
class Pair:
    """A tensor of the net (ours) and its tensor in the file (theirs).

    The file's tensor, viewed as `view` if given and permuted by `axes` if given, has the values of the net's in order.
    shape: that of the net's tensor. reshaped: the two shapes differ.
    """

    ours: str
    theirs: str
    shape: Shape
    reshaped: bool = False
    view: Shape | None = None
    axes: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """how: `name`, `order`, `structure`, `none`, or the library of the naming. pairs: in the net's order. problems: a
    line for each tensor without exactly one partner. notes: remarks on a match that holds. help: how to settle the
    problems."""

    how: str
    pairs: tuple[Pair, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None


class MatchContext:
    """A net and a file. net_weights, file_weights: name → shape, without counters. stored: the tensors of the file."""

    def __init__(self, ours: Shapes, theirs: Shapes, ordered: bool, graph: Graph | None) -> None:
        """The parameters are those of `match_weights`."""
        self.ours, self.ordered, self.graph = ours, ordered, graph
        self.stored = stored_tensors(theirs)
        self.channels_last = any(tensor.axes is not None for tensor in self.stored.values())
        self.flow = ExecutionOrder(graph)
        self.maps = FlattenedMaps(graph, self.flow)
        self.inference = frozenset() if graph is None else frozenset(node.name for node in graph.inference_nodes)
        self.net_weights = _weights(ours)
        self.file_weights = _weights({name: tensor.shape for name, tensor in self.stored.items()})

    def heads(self, missing: Iterable[str]) -> dict[str, list[str]]:
        """The heads for training only of which the file lacks all tensors: name of the head → its tensors."""
        if self.graph is None:
            return {}
        lacking = set(missing)
        heads: dict[str, list[str]] = {}
        for name in self.net_weights:
            node = self.flow.index(name)
            if node >= 0 and self.graph.nodes[node].name not in self.inference:
                heads.setdefault(name.partition(".")[0], []).append(name)
        return {head: names for head, names in heads.items() if lacking.issuperset(names)}

    def pair(self, name: str, there: str) -> Pair | None:
        """The pair of a tensor of the net and one of the file; None where their shapes do not agree."""
        tensor, shape = self.stored[there], self.ours[name]
        if self.channels_last:
            seen = self.maps.view(name, shape, tensor)
            if seen is not None:
                return Pair(name, tensor.name, shape, True, *seen)
        if equal_without_ones(shape, tensor.shape) or self.maps.whole(name, shape, tensor.shape):
            return Pair(name, tensor.name, shape, shape != tensor.shape, None, tensor.axes)
        return None

    def counters(self, called: Mapping[str, str]) -> Iterator[Pair]:
        """The pairs of batch norm's counters of steps that the file has."""
        for name in self.ours:
            tensor = self.stored.get(called.get(name, ""))
            if name not in self.net_weights and tensor is not None and tensor.shape == self.ours[name]:
                yield Pair(name, tensor.name, tensor.shape)

    def pinned(self, naming: Naming) -> dict[str, str]:
        """Name in the net → name in the file for the tensors that a naming renames; {} unless each of its rules renames
        one and the file has them all."""
        names, unused = renamed_by(naming, self.net_weights)
        changed = {
            ours: torch_name(there) for ours, there in zip(self.net_weights, names, strict=True) if there != ours
        }
        if unused or not changed or len(set(changed.values())) < len(changed):
            return {}
        for prefix in ("", *prefixes(self.file_weights)):
            if all(prefix + there in self.file_weights for there in changed.values()):
                return {ours: prefix + there for ours, there in changed.items()}
        return {}


def _weights(shapes: Shapes) -> dict[str, Shape]:
    return {name: shape for name, shape in shapes.items() if name.rpartition(".")[2] != COUNTER}


def prefixes(names: Iterable[str]) -> Iterator[str]:
    """The prefixes that end with a dot and that all names have, as `module.` of a wrapped model."""
    names = list(names)
    first = next(iter(names), "")
    end = first.find(".")
    while end != -1:
        prefix = first[: end + 1]
        if all(name.startswith(prefix) for name in names):
            yield prefix
        end = first.find(".", end + 1)


def shape_text(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


def listing(names: Sequence[str], conjunction: str = "and") -> str:
    """The names joined for a sentence; of more than MOST_SHOWN only the first ones."""
    if len(names) > MOST_SHOWN:
        return f"{', '.join(names[:MOST_SHOWN])} {conjunction} {len(names) - MOST_SHOWN} more"
    return f" {conjunction} ".join([*([", ".join(names[:-1])] if names[:-1] else []), names[-1]])
