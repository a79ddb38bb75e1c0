"""The drawing model: boxes of layers, clusters of boxes, edges. Every writer takes it."""

from collections.abc import Iterable, Iterator
from dataclasses import field
from typing import Literal

from archc.ops import Category
from archc.records import dataclass

Kind = Literal["layers", "block", "input", "output", "error", "ghost"]
Mark = Literal["", "error", "added", "removed", "changed"]
Color = Category | Literal["block"]


@dataclass(slots=True, eq=False)
class Line:
    """A line of a box: a layer, or a line about a block. node: the layer's name. minor: in the small font."""

    text: str
    color: Color
    node: str = ""
    minor: bool = False
    note: str = ""
    mark: Mark = ""


@dataclass(slots=True, eq=False)
class Box:
    """A sequence of layers, a closed block, an input, an output or a mistake.

    id: unique, and safe in every format. label: its label in the source; "" without one. shape: the text of the output
    shape; "" where it is not shown. strip: the categories of the layers of a closed block. count: how many equal boxes
    it stands for.
    """

    id: str
    name: str
    kind: Kind
    lines: list[Line]
    nodes: list[str] = field(default_factory=list)
    label: str = ""
    shape: str = ""
    strip: tuple[Category, ...] = ()
    count: int = 1
    mark: Mark = ""
    train_only: bool = False

    @property
    def color(self) -> Color:
        return self.lines[0].color


@dataclass(slots=True, eq=False)
class Cluster:
    """An open block or repetition. call: its call in the source."""

    id: str
    name: str
    title: str
    call: str
    children: list["Box | Cluster"]
    count: int = 1
    mark: Mark = ""

    @property
    def label(self) -> str:
        """`conv2_x  basic(64)  ×3`"""
        times = f"×{self.count}" if self.count > 1 else ""
        return "  ".join(part for part in (self.title, self.call, times) if part)

    def boxes(self) -> Iterator[Box]:
        return boxes_in(self.children)


def boxes_in(items: "Iterable[Box | Cluster]") -> Iterator[Box]:
    """The boxes among the items and in their clusters, in order."""
    for item in items:
        if isinstance(item, Box):
            yield item
        else:
            yield from item.boxes()


@dataclass(slots=True, eq=False)
class Edge:
    """skip: there is a longer path from tail to head. projects: it is part of a skip with a 1×1 convolution. back: it
    is drawn against the direction of the flow."""

    tail: Box
    head: Box
    skip: bool = False
    projects: bool = False
    train_only: bool = False
    mark: Mark = ""
    back: bool = False

    @property
    def passes(self) -> bool:
        """Whether it is drawn as a skip."""
        return self.skip or self.projects


@dataclass(slots=True, eq=False)
class Drawing:
    """A net at a level. layers: the number of layers of the whole net."""

    name: str
    title: str
    children: list[Box | Cluster]
    edges: list[Edge]
    level: str = "layer"
    layers: int = 0

    def boxes(self) -> Iterator[Box]:
        return boxes_in(self.children)

    def colors(self) -> set[Color]:
        """The categories that appear."""
        found: set[Color] = set()
        for box in self.boxes():
            found.update(line.color for line in box.lines if box.kind not in ("error", "ghost"))
            found.update(box.strip)
        return found
