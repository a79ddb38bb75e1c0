"""A net as a tree of layers and blocks with their costs: what a diff compares."""

import dataclasses
import re
from collections.abc import Mapping

from archc.analysis.cost import cost
from archc.analysis.receptive_field import ReceptiveField, receptive_fields
from archc.graph import Graph, Node, Region
from archc.records import dataclass

NUMBER = re.compile(r"_?\d+")


@dataclass(slots=True)
class Component:
    """A layer or a block of one of the two nets."""

    name: str
    stem: str  # what a number in its name counts
    words: str
    node: Node
    params: int
    macs: int
    seen: tuple[int, ...]  # the receptive field
    children: dict[str, "Component"] = dataclasses.field(default_factory=dict)

    @property
    def leaf(self) -> bool:
        return not self.children

    @property
    def numbered(self) -> bool:
        """Whether its name only numbers it, as `conv3`. An edit elsewhere may change such a name."""
        counted = self.name.startswith(self.stem) and NUMBER.fullmatch(self.name, len(self.stem)) is not None
        return counted or self.name.isdigit()

    def signature(self) -> str:
        """The layers and blocks inside as text. Names and input sizes are not in it."""
        inside = ";".join(child.signature() for child in self.children.values())
        return f"{self.words}[{inside}]" if inside else self.words


def components(graph: Graph) -> dict[str, Component]:
    """The top level by name. A region that appears in several places is one component."""
    top: dict[str, Component] = {}
    _fill(top, [], graph.root, receptive_fields(graph))
    return top


def _fill(
    level: dict[str, Component], above: list[Component], region: Region, seen: Mapping[str, ReceptiveField]
) -> None:
    """Fill `level` with the region's items. above: the enclosing components; the costs are added to them too."""
    for item in region.items:
        name = region.own_name(item)
        if isinstance(item, Region):
            if name not in level:
                level[name] = Component(name, item.title, _words(item), next(item.nodes()), 0, 0, ())
            _fill(level[name].children, [*above, level[name]], item, seen)
            continue
        one, field = cost(item), seen[item.name].sizes
        level[name] = Component(name, item.op.name, item.op.words(), item, one.params, one.macs, field)
        for part in above:
            part.node, part.seen = item, field
            part.params += one.params
            part.macs += one.macs


def _words(region: Region) -> str:
    if region.count is not None:
        return f"{region.title} x {region.count}"
    return f"{region.title}({region.arguments})" if region.kind == "block" else ""
