"""A net as layers in blocks, with what each costs: what a diff compares."""

import dataclasses
import re
from collections.abc import Mapping

from archc.analysis.cost import cost
from archc.analysis.field import Field, fields
from archc.graph import Graph, Node, Region
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
    """The top level. A region that is left and entered again is one part."""
    top: dict[str, Part] = {}
    _fill(top, [], graph.root, fields(graph))
    return top


def _fill(level: dict[str, Part], above: list[Part], region: Region, seen: Mapping[str, Field]) -> None:
    """above: the parts that the region lies in, which get the costs of its nodes."""
    for item in region.items:
        name = region.own_name(item)
        if isinstance(item, Region):
            if name not in level:
                level[name] = Part(name, item.title, _words(item), next(item.nodes()), 0, 0, ())
            _fill(level[name].children, [*above, level[name]], item, seen)
            continue
        one, field = cost(item), seen[item.name].sizes
        level[name] = Part(name, item.op.name, item.op.words(), item, one.params, one.macs, field)
        for part in above:
            part.node, part.seen = item, field
            part.params += one.params
            part.macs += one.macs


def _words(region: Region) -> str:
    if region.count is not None:
        return f"{region.title} x {region.count}"
    return f"{region.title}({region.arguments})" if region.kind == "block" else ""
