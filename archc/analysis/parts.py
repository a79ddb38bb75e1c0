"""A net as layers in blocks, with what each costs: what a diff compares."""

import dataclasses
import re

from archc.analysis.cost import cost
from archc.analysis.field import fields
from archc.graph import Graph, Node
from archc.records import dataclass

NUMBER = re.compile(r"_?\d+")


@dataclass(slots=True)
class Part:
    """A layer or a block of one side."""

    name: str
    stem: str  # what a number in its name counts
    words: str
    node: Node
    params: int
    macs: int
    seen: tuple[int, ...]  # the receptive field
    children: dict[str, "Part"] = dataclasses.field(default_factory=dict)

    @property
    def leaf(self) -> bool:
        return not self.children

    @property
    def numbered(self) -> bool:
        """Whether its name is its place among its like, which an edit elsewhere may change."""
        counted = self.name.startswith(self.stem) and NUMBER.fullmatch(self.name, len(self.stem)) is not None
        return counted or self.name.isdigit()

    def signature(self) -> str:
        """What a part is, whatever it is called and however large its input."""
        inside = ";".join(child.signature() for child in self.children.values())
        return f"{self.words}[{inside}]" if inside else self.words


def parts(graph: Graph) -> dict[str, Part]:
    seen = fields(graph)
    top: dict[str, Part] = {}
    for node in graph.nodes:
        one = cost(node)
        level, parents = top, []
        pieces = _pieces(node.name, graph)
        for depth, piece in enumerate(pieces[:-1]):
            if piece not in level:
                scope = graph.scopes.get(".".join(pieces[: depth + 1]))
                words = f"{scope.title}({scope.arguments})" if scope and scope.kind == "block" else ""
                if scope is not None and scope.count is not None:
                    words = f"{scope.title} x {scope.count}"
                level[piece] = Part(piece, scope.title if scope else piece, words, node, 0, 0, ())
            parents.append(level[piece])
            level = level[piece].children
        field = seen[node.name].sizes
        level[pieces[-1]] = Part(pieces[-1], node.op.name, node.op.words(), node, one.params, one.macs, field)
        for parent in parents:
            parent.node, parent.seen = node, field
            parent.params += one.params
            parent.macs += one.macs
    return top


def _pieces(name: str, graph: Graph) -> list[str]:
    """A node's name by scopes; a label with dots that is no scope stays whole."""
    pieces: list[str] = []
    start = 0
    for end in [index for index, letter in enumerate(name) if letter == "."]:
        if name[:end] in graph.scopes:
            pieces.append(name[start:end])
            start = end + 1
    return [*pieces, name[start:]]
