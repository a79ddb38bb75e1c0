"""A graph with equal neighbours folded: which layer is drawn for which.

Neighbours are equal where their layers, inner names and connections are: what a paper writes ×N. Their shapes may
differ, as DenseNet's do.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import field

from archc.analysis.fold import Part, fold
from archc.graph import CallArgument, Graph, Node, Region
from archc.records import dataclass

Turns = tuple[tuple[str, int], ...]
"""(first item of the fold, number of the repetition) for each fold that encloses a layer."""


@dataclass(slots=True, eq=False)
class Outline:
    """parts: the top level. drawn_for: layer → the layer drawn in its place. last: drawn layer → the last one that it
    represents. given: the arguments of a drawn block's call, without values in which the folded blocks differ.
    turns: layer → its repetition in each enclosing fold."""

    graph: Graph
    parts: list[Part]
    drawn_for: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    given: dict[str, tuple[CallArgument, ...]] = field(default_factory=dict)
    turns: dict[str, Turns] = field(default_factory=dict)

    def same_turn(self, one: str, other: str) -> bool:
        """Whether the two layers are in the same repetition of each fold that encloses both."""
        mine = dict(self.turns[one])
        return all(mine.get(fold, turn) == turn for fold, turn in self.turns[other])

    def add(self, alike: Sequence[tuple[Part, Turns]]) -> None:
        """Add parts that are drawn as one: the first stands for all."""
        drawn = alike[0][0].item
        if isinstance(drawn, Node):
            for part, turns in alike:
                self.drawn_for[part.item.name] = drawn.name
                self.turns[part.item.name] = turns
            self.last[drawn.name] = alike[-1][0].item.name
        else:
            self.given[drawn.name] = _common_arguments(
                [part.item.given for part, _ in alike if isinstance(part.item, Region)]
            )
        for number in range(len(alike[0][0].parts)):
            self.add([one for part, turns in alike for one in _repetitions(part.parts[number], turns)])


def _repetitions(part: Part, turns: Turns) -> list[tuple[Part, Turns]]:
    """A part and the parts folded into it, each with its repetitions."""
    if not part.others:
        return [(part, turns)]
    return [(one, (*turns, (part.item.name, turn))) for turn, one in enumerate((part, *part.others))]


def _common_arguments(calls: Sequence[tuple[CallArgument, ...]]) -> tuple[CallArgument, ...]:
    """The arguments of the first call; one whose value differs in another call loses its value."""
    rest = [{argument.name: argument.value for argument in call} for call in calls[1:]]
    return tuple(
        argument if all(call.get(argument.name) == argument.value for call in rest) else argument._replace(value="")
        for argument in calls[0]
    )


def outline(graph: Graph, marks: Mapping[str, str] | None = None, *, folds: bool = True) -> Outline:
    """The outline of a graph. marks: layers with different marks are not folded. folds: False keeps every layer."""
    noted = marks or {}
    words: dict[int, str] = {}

    def key(item: Node | Region) -> Hashable:
        if not folds:
            return item.name
        if isinstance(item, Region):
            return item.title if item.kind == "block" else ""
        if id(item.op) not in words:
            # fields that grow from block to block are not drawn
            words[id(item.op)] = item.op.name if item.op.varies else item.op.words()
        return words[id(item.op)], noted.get(item.name, "")

    result = Outline(graph, fold(graph.root, key))
    for part in result.parts:
        result.add(_repetitions(part, ()))
    return result
