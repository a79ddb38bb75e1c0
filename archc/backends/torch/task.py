"""A net and a file of weights, and what the tensors of the one may be of the other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archc.backends.torch.flow import Flow
from archc.backends.torch.held import COUNTER, Shape, Shapes, fits, held, word
from archc.backends.torch.maps import Maps
from archc.graph import Graph
from archc.renaming import Naming, renamed_by

MOST_SHOWN = 6
LACKING = "is not in the file: it is for training alone, and keeps the values that it starts with"


@dataclass(frozen=True, slots=True)
class Pair:
    """One tensor of the net (`ours`) and of the file (`theirs`). The file's, of shape `view` if given, with its `axes`
    permuted if given, has the values of `shape` in their order."""

    ours: str
    theirs: str
    shape: Shape
    reshaped: bool = False
    view: Shape | None = None
    axes: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """pairs: in the net's order. problems: a line for each tensor that has no partner or more than one.
    how: name, order, structure, none, or whose names they are. notes: what a user should know of a match that holds.
    help: what settles the problems."""

    how: str
    pairs: tuple[Pair, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None


class Task:
    """One net and one file."""

    def __init__(self, ours: Shapes, theirs: Shapes, ordered: bool, graph: Graph | None) -> None:
        """See `match`."""
        self.ours, self.ordered, self.graph = ours, ordered, graph
        self.held = held(theirs)
        self.channels_last = any(tensor.axes is not None for tensor in self.held.values())
        self.flow = Flow(graph)
        self.maps = Maps(graph, self.flow)
        self.inference = frozenset() if graph is None else frozenset(node.name for node in graph.inference_nodes)
        self.mine = _weights(ours)
        self.given = _weights({name: tensor.shape for name, tensor in self.held.items()})

    def heads(self, missing: Iterable[str]) -> dict[str, list[str]]:
        """Of the tensors that a file lacks, those of heads that are only for training and lack all of theirs: by the
        name of what they lie in."""
        if self.graph is None:
            return {}
        lacking = set(missing)
        heads: dict[str, list[str]] = {}
        for name in self.mine:
            node = self.flow.index(name)
            if node >= 0 and self.graph.nodes[node].name not in self.inference:
                heads.setdefault(name.partition(".")[0], []).append(name)
        return {head: names for head, names in heads.items() if lacking.issuperset(names)}

    def pair(self, name: str, there: str) -> Pair | None:
        """The pair, if the file's tensor has the values of the net's."""
        tensor, shape = self.held[there], self.ours[name]
        if self.channels_last:
            seen = self.maps.view(name, shape, tensor)
            if seen is not None:
                return Pair(name, tensor.name, shape, True, *seen)
        if fits(shape, tensor.shape) or self.maps.whole(name, shape, tensor.shape):
            return Pair(name, tensor.name, shape, shape != tensor.shape, None, tensor.axes)
        return None

    def counters(self, called: Mapping[str, str]) -> Iterator[Pair]:
        """Batch norm's counts of steps that the file has."""
        for name in self.ours:
            tensor = self.held.get(called.get(name, ""))
            if name not in self.mine and tensor is not None and tensor.shape == self.ours[name]:
                yield Pair(name, tensor.name, tensor.shape)

    def pinned(self, naming: Naming) -> dict[str, str]:
        """What a naming calls some tensors of the net, where each of its rules names some and the file has them all."""
        names, unused = renamed_by(naming, self.mine)
        changed = {ours: word(there) for ours, there in zip(self.mine, names, strict=True) if there != ours}
        if unused or not changed or len(set(changed.values())) < len(changed):
            return {}
        for prefix in ("", *prefixes(self.given)):
            if all(prefix + there in self.given for there in changed.values()):
                return {ours: prefix + there for ours, there in changed.items()}
        return {}


def _weights(shapes: Shapes) -> dict[str, Shape]:
    return {name: shape for name, shape in shapes.items() if name.rpartition(".")[2] != COUNTER}


def prefixes(names: Iterable[str]) -> Iterator[str]:
    """What all names begin with: `module.` of a wrapped model."""
    names = list(names)
    first = next(iter(names), "")
    end = first.find(".")
    while end != -1:
        prefix = first[: end + 1]
        if all(name.startswith(prefix) for name in names):
            yield prefix
        end = first.find(".", end + 1)


def sizes(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"


def listed(names: Sequence[str], word: str = "and") -> str:
    """The names in a sentence, the first of many."""
    if len(names) > MOST_SHOWN:
        return f"{', '.join(names[:MOST_SHOWN])} {word} {len(names) - MOST_SHOWN} more"
    return f" {word} ".join([*([", ".join(names[:-1])] if names[:-1] else []), names[-1]])
