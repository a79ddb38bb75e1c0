"""Two nets compared by block: what was added, removed or changed, and what it costs.

A block in which nothing but sizes differ is one line.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal

from archc.analysis.alignment import aligned
from archc.analysis.components import Component, components
from archc.graph import Graph
from archc.records import dataclass

NUMBERS = re.compile(r"(?<=\.)\d+(?=\.|\Z)")

Kind = Literal["added", "removed", "changed", "resized", "renamed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a diff. before is None for what was added, after for what was removed."""

    kind: Kind
    path: str
    before: Component | None
    after: Component | None
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
    """The changes from `before` to `after`. The same change in numbered neighbours is one."""
    return Diff(before, after, tuple(_folded(every_change(before, after))))


def every_change(before: Graph, after: Graph) -> Iterator[Change]:
    """As `diff`, with one change per layer."""
    return _compare(components(before), components(after), "")


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


def _compare(before: dict[str, Component], after: dict[str, Component], path: str) -> Iterator[Change]:
    before, after, pairs = aligned(before, after)
    olds = {new: old for old, new in pairs.items()}
    places = {name: place for place, name in enumerate(before)}
    pending = [name for name in before if name not in pairs]
    at = 0
    for name, part in after.items():
        if name not in olds:
            yield _whole("added", part, path)
            continue
        while at < len(pending) and places[pending[at]] < places[olds[name]]:
            yield _whole("removed", before[pending[at]], path)
            at += 1
        yield from _pair(before[olds[name]], part, path)
    for name in pending[at:]:
        yield _whole("removed", before[name], path)


def _whole(kind: Kind, part: Component, path: str) -> Change:
    full = f"{path}{part.name}"
    return Change(kind, full, None if kind == "added" else part, part if kind == "added" else None, _layers(part))


def _layers(part: Component) -> int:
    return sum(_layers(child) for child in part.children.values()) or 1


def _pair(before: Component, after: Component, path: str) -> Iterator[Change]:
    full = f"{path}{after.name}"
    shifted = before.numbered and after.numbered and before.stem == after.stem
    if before.name != after.name and not shifted:
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
