"""Folding: equal neighbours of a region as one part, which a table counts as ×N and a picture draws once.

Items are equal where their keys, their parts and the connections of the nodes inside are equal. Only items whose names
are numbers are folded, as the rounds of a repetition: any other name carries information.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import field
from functools import cached_property

from archc.graph import Node, Region
from archc.records import dataclass


@dataclass(eq=False)
class Part:
    """An item of a region with the equal neighbours folded into it.

    name: its name within the region. parts: what it holds, folded. others: the neighbours after it. signature: a number
    that equal parts share.
    """

    name: str
    item: Node | Region
    parts: list["Part"]
    signature: int
    others: list["Part"] = field(default_factory=list)

    @property
    def node(self) -> Node | None:
        return self.item if isinstance(self.item, Node) else None

    @property
    def region(self) -> Region | None:
        return self.item if isinstance(self.item, Region) else None

    @property
    def count(self) -> int:
        """The number of items folded into it, itself included."""
        return 1 + len(self.others)

    @property
    def until(self) -> str:
        """`–2` where the last of the neighbours is called 2; nothing without neighbours."""
        return f"–{self.others[-1].name}" if self.others else ""

    @cached_property
    def nodes(self) -> list[str]:
        """The names of all nodes in it and in its neighbours, in order."""
        items = [part.item for part in (self, *self.others)]
        return [node.name for item in items for node in (item.nodes() if isinstance(item, Region) else (item,))]


def fold(region: Region, key: Callable[[Node | Region], Hashable]) -> list[Part]:
    """The items of a region, folded. key: what two items must have in common besides names, parts and connections."""
    return list(_Folder(key).parts(region))


class _Folder:
    """Numbers the nodes in order. A connection is the numbers of its ends, relative to the first node of its region."""

    def __init__(self, key: Callable[[Node | Region], Hashable]) -> None:
        self._key = key
        self._signatures: dict[Hashable, int] = {}
        self._places: dict[str, int] = {}
        self._open: list[tuple[int, list[tuple[int, int, int]]]] = []  # regions: the first node's place, connections

    def parts(self, region: Region) -> Iterator[Part]:
        last: Part | None = None
        for item in region.items:
            part = self._part(item, region.own_name(item))
            if last is not None and last.signature == part.signature and part.name.isdigit():
                last.others.append(part)
                continue
            if last is not None:
                yield last
            last = part
        if last is not None:
            yield last

    def _part(self, item: Node | Region, name: str) -> Part:
        own = "" if name.isdigit() else name
        parts: list[Part] = []
        signature: Hashable
        if isinstance(item, Node):
            self._connect(item)
            signature = own, len(item.inputs), self._key(item)
        else:
            connections: list[tuple[int, int, int]] = []
            self._open.append((len(self._places), connections))
            parts += self.parts(item)
            self._open.pop()
            inside = tuple([(part.signature, len(part.others)) for part in parts])
            signature = own, self._key(item), inside, tuple(connections)
        return Part(name, item, parts, self._signatures.setdefault(signature, len(self._signatures)))

    def _connect(self, node: Node) -> None:
        """Note each connection with the innermost region that holds both of its ends."""
        place = self._places[node.name] = len(self._places)
        for number, source in enumerate(node.inputs):
            start = self._places.get(source, -1)
            for first, connections in reversed(self._open):
                if start >= first:
                    connections.append((place - first, number, start - first))
                    break
