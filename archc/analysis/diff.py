"""Two nets compared by block: what was added, removed or changed, and what it costs.

Names are matched first, level by level; what is left over is matched by what it is, in order. A block
in which nothing but sizes differ is one line.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Literal

from archc.analysis.cost import cost
from archc.analysis.field import fields
from archc.graph import Graph, Node

NUMBERS = re.compile(r"(?<=\.)\d+(?=\.|\Z)")

Kind = Literal["added", "removed", "changed", "resized", "renamed"]


@dataclass(slots=True)
class Part:
    """A layer or a block of one side."""

    name: str
    words: str
    node: Node
    params: int
    macs: int
    seen: tuple[int, ...]  # the receptive field
    children: dict[str, "Part"] = field(default_factory=dict)

    @property
    def leaf(self) -> bool:
        return not self.children

    def signature(self) -> str:
        """What a part is, whatever it is called and however large its input."""
        inside = ";".join(child.signature() for child in self.children.values())
        return f"{self.words}[{inside}]" if inside else self.words


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a diff. before is None for what was added, after for what was removed."""

    kind: Kind
    path: str
    before: Part | None
    after: Part | None
    layers: int = 1
    count: int = 1  # how many numbered neighbours changed alike, the last of them being `until`
    until: str = ""


@dataclass(frozen=True, slots=True)
class Diff:
    """All changes, in the order of the nets."""

    before: Graph
    after: Graph
    changes: tuple[Change, ...]

    @property
    def same(self) -> bool:
        return not self.changes


def diff(before: Graph, after: Graph) -> Diff:
    """What makes `after` out of `before`."""
    return Diff(before, after, tuple(_folded(every_change(before, after))))


def every_change(before: Graph, after: Graph) -> Iterator[Change]:
    """As diff, with alike changes of numbered neighbours one by one."""
    return _compare(_parts(before), _parts(after), "")


def _folded(changes: Iterable[Change]) -> list[Change]:
    """The same change in numbered neighbours, `conv4_x.1.conv1` and `conv4_x.2.conv1`, as one line."""
    result: list[Change] = []
    places: dict[tuple[object, ...], int] = {}
    for change in changes:
        stem = NUMBERS.sub("#", change.path)
        sides = tuple((part.signature(), part.node.shape) if part else None for part in (change.before, change.after))
        key = (change.kind, stem, sides)
        if stem != change.path and change.kind != "renamed" and key in places:
            earlier = result[places[key]]
            result[places[key]] = replace(
                earlier, count=earlier.count + 1, until=change.path, layers=earlier.layers + change.layers
            )
        else:
            places[key] = len(result)
            result.append(change)
    return result


def _parts(graph: Graph) -> dict[str, Part]:
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
                level[piece] = Part(piece, words, node, 0, 0, ())
            parents.append(level[piece])
            level = level[piece].children
        level[pieces[-1]] = Part(pieces[-1], node.op.words(), node, one.params, one.macs, seen[node.name].sizes)
        for parent in parents:
            parent.node, parent.seen = node, seen[node.name].sizes
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


def _compare(before: dict[str, Part], after: dict[str, Part], path: str) -> Iterator[Change]:
    pairs = dict(_pairs(before, after))
    paired = set(pairs.values())
    pending = [name for name in before if name not in pairs]
    for name, part in after.items():
        if name in paired:
            old_name = next(old for old, new in pairs.items() if new == name)
            while pending and list(before).index(pending[0]) < list(before).index(old_name):
                yield _whole("removed", before[pending.pop(0)], path)
            yield from _pair(before[old_name], part, path)
        else:
            yield _whole("added", part, path)
    for name in pending:
        yield _whole("removed", before[name], path)


def _pairs(before: dict[str, Part], after: dict[str, Part]) -> Iterator[tuple[str, str]]:
    """Equal names; then, among the rest, equal things in order."""
    common = before.keys() & after.keys()
    yield from ((name, name) for name in before if name in common)
    left = [name for name in before if name not in common]
    right = [name for name in after if name not in common]
    matcher = SequenceMatcher(
        a=[before[name].signature() for name in left], b=[after[name].signature() for name in right], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        yield from zip(left[block.a : block.a + block.size], right[block.b : block.b + block.size], strict=True)


def _whole(kind: Kind, part: Part, path: str) -> Change:
    full = f"{path}{part.name}"
    return Change(kind, full, None if kind == "added" else part, part if kind == "added" else None, _layers(part))


def _layers(part: Part) -> int:
    return sum(_layers(child) for child in part.children.values()) or 1


def _pair(before: Part, after: Part, path: str) -> Iterator[Change]:
    full = f"{path}{after.name}"
    if before.name != after.name:
        yield Change("renamed", full, before, after, _layers(after))
    if before.leaf != after.leaf:
        yield Change("changed", full, before, after, _layers(after))
    elif before.leaf:
        if before.words != after.words:
            yield Change("changed", full, before, after)
        elif before.node.shape != after.node.shape or before.params != after.params:
            yield Change("resized", full, before, after)
    else:
        inside = list(_compare(before.children, after.children, f"{full}."))
        layers = sum(change.layers for change in inside)
        if inside and layers == _layers(after) and all(change.kind == "resized" for change in inside):
            yield Change("resized", full, before, after, layers)
        else:
            yield from inside
