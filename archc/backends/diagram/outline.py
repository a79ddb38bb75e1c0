"""A graph with equal neighbours drawn once: which layer is drawn for which.

Neighbours are equal where their layers, names inside and connections are: what a paper writes ×N. Their
shapes may differ, as DenseNet's do.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import field

from archc.analysis.fold import Part, fold
from archc.graph import Given, Graph, Node, Region
from archc.records import dataclass

Turns = tuple[tuple[str, int], ...]
"""(the first item of a fold, the number of the repetition) for each fold around a layer."""


@dataclass(slots=True, eq=False)
class Outline:
    """parts: the top level. drawn_for: of each layer the one that is drawn. last: of a drawn one the last that it
    stands for. given: the arguments of a drawn block's call, without the value of one in which folded blocks differ."""

    graph: Graph
    parts: list[Part]
    drawn_for: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    given: dict[str, tuple[Given, ...]] = field(default_factory=dict)
    turns: dict[str, Turns] = field(default_factory=dict)

    def same_turn(self, one: str, other: str) -> bool:
        """Whether no fold has the two in different repetitions."""
        mine = dict(self.turns[one])
        return all(mine.get(fold, turn) == turn for fold, turn in self.turns[other])

    def add(self, alike: Sequence[tuple[Part, Turns]]) -> None:
        """Take in the first of these parts, which is drawn for all of them."""
        drawn = alike[0][0].item
        if isinstance(drawn, Node):
            for part, turns in alike:
                self.drawn_for[part.item.name] = drawn.name
                self.turns[part.item.name] = turns
            self.last[drawn.name] = alike[-1][0].item.name
        else:
            self.given[drawn.name] = _common([part.item.given for part, _ in alike if isinstance(part.item, Region)])
        for number in range(len(alike[0][0].parts)):
            self.add([one for part, turns in alike for one in _repetitions(part.parts[number], turns)])


def _repetitions(part: Part, turns: Turns) -> list[tuple[Part, Turns]]:
    """A part and those that are folded into it."""
    if not part.others:
        return [(part, turns)]
    return [(one, (*turns, (part.item.name, turn))) for turn, one in enumerate((part, *part.others))]


def _common(calls: Sequence[tuple[Given, ...]]) -> tuple[Given, ...]:
    """The arguments of the first call, without the value of one that another call has with another value."""
    rest = [{argument.name: argument.value for argument in call} for call in calls[1:]]
    return tuple(
        argument if all(call.get(argument.name) == argument.value for call in rest) else argument._replace(value="")
        for argument in calls[0]
    )


def outline(graph: Graph, marks: Mapping[str, str] | None = None, *, folds: bool = True) -> Outline:
    """What is drawn of a graph. marks: layers that do not fold with others that have another mark."""
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
