"""What is drawn: boxes of layers, clusters of boxes, edges. Every writer starts from here."""

from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from archc.ops import Category
from archc.records import dataclass

Kind = Literal["layers", "block", "input", "output", "error", "ghost"]
Mark = Literal["", "error", "added", "removed", "changed"]
Color = Category | Literal["block"]


@dataclass(slots=True, eq=False)
class Line:
    """A line of a box: one layer, or one line about a block. node: the layer's name."""

    text: str
    color: Color
    node: str = ""
    minor: bool = False
    note: str = ""
    mark: Mark = ""


@dataclass(slots=True, eq=False)
class Box:
    """Layers that follow each other with nothing between, a closed block, or an end of the net.

    id: unique, and safe in every format. label: what the source calls it, if anything. shape: what flows out, in
    words; empty where it goes without saying.
    strip: the categories of a closed block's layers. count: how many it stands for.
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
    """A block or a repetition, open. call: as its source calls it."""

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
        for child in self.children:
            if isinstance(child, Box):
                yield child
            else:
                yield from child.boxes()


@dataclass(slots=True, eq=False)
class Edge:
    """skip: there is a longer way from tail to head, and this passes it by. projects: it does so through the likes of a
    1×1 convolution. back: to be drawn against the rank."""

    tail: Box
    head: Box
    skip: bool = False
    projects: bool = False
    train_only: bool = False
    mark: Mark = ""
    back: bool = False

    @property
    def passes(self) -> bool:
        """Whether it reads as a skip."""
        return self.skip or self.projects


@dataclass(slots=True, eq=False)
class Drawing:
    """A net at a level. level: what was drawn. hidden: layers that stand in closed blocks."""

    name: str
    title: str
    children: list[Box | Cluster]
    edges: list[Edge]
    level: str = "layer"
    layers: int = 0

    def boxes(self) -> Iterator[Box]:
        for child in self.children:
            if isinstance(child, Box):
                yield child
            else:
                yield from child.boxes()

    def colors(self) -> set[Color]:
        """The categories that appear."""
        found: set[Color] = set()
        for box in self.boxes():
            found.update(line.color for line in box.lines if box.kind not in ("error", "ghost"))
            found.update(box.strip)
        return found
