"""Series-parallel decomposition of a drawing.

Nearly every published network is series-parallel in each of its scopes. The others are left to the layout engine.
"""

from dataclasses import field

from archc.backends.diagram.model import Box, Cluster, Drawing, Edge
from archc.records import dataclass

Item = Box | Cluster
IN, OUT = "in", "out"
_PRIME = (1 << 61) - 1  # paths are counted modulo a prime: there may be 2^1000
DEEPEST = 120


class NotSeriesParallel(Exception):
    """The graph is not series-parallel: some branches are connected with each other."""


@dataclass(slots=True, eq=False)
class Parallel:
    """Branches between two items of a series. lanes: edges beside the branches, inner ones first."""

    branches: list["Series"]
    lanes: list[Edge] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Series:
    """Elements in sequence. ends: nothing after it reads its values. bodies: cluster id → its contents."""

    elements: list["Item | Parallel"]
    bodies: dict[str, "Series"] = field(default_factory=dict)
    ends: bool = False


class _Scope:
    """The items of a cluster or of the net and their connections; IN and OUT stand for everything outside."""

    def __init__(self, items: list[Item], edges: list[Edge]) -> None:
        self.items = {item.id: item for item in items}
        home = {box.id: item.id for item in items for box in ([item] if isinstance(item, Box) else item.boxes())}
        self.direct: dict[tuple[str, str], list[Edge]] = {}
        self.inner: dict[str, list[Edge]] = {item.id: [] for item in items}
        for edge in edges:
            tail, head = home.get(edge.tail.id, IN), home.get(edge.head.id, OUT)
            if tail == head:
                self.inner[tail].append(edge)
                continue
            self.direct.setdefault((tail, head), []).append(edge)
            for end in {tail, head} - {IN, OUT}:
                self.inner[end].append(edge)
        self.readers: dict[str, list[str]] = {IN: [], OUT: [], **{name: [] for name in self.items}}
        for tail, head in self.direct:
            self.readers[tail].append(head)
        fed = {head for _, head in self.direct}
        self.readers[IN] += [name for name in self.items if name not in fed]
        self.sinks = {name for name in self.items if not self.readers[name]}
        for name in self.items:
            self.readers[name] = self.readers[name] or [OUT]
        self.order = self._ordered()

    def _ordered(self) -> list[str]:
        waits = dict.fromkeys([*self.items, OUT], 0)
        for heads in self.readers.values():
            for head in heads:
                waits[head] += 1
        ready = [IN]
        for name in ready:
            for head in self.readers[name]:
                waits[head] -= 1
                if waits[head] == 0:
                    ready.append(head)
        if len(ready) != len(self.items) + 2:
            raise NotSeriesParallel
        return ready


def decompose(drawing: Drawing) -> Series:
    """The decomposition of the whole drawing. Raises NotSeriesParallel."""
    return _scope(drawing.children, drawing.edges, 0)


def _scope(items: list[Item], edges: list[Edge], depth: int) -> Series:
    scope = _Scope(items, edges)
    series = _series(scope, [name for name in scope.order if name not in (IN, OUT)], IN, OUT, depth)
    for item in items:
        if isinstance(item, Cluster):
            series.bodies[item.id] = _scope(item.children, scope.inner[item.id], depth + 1)
    return series


def _series(scope: _Scope, names: list[str], start: str, end: str, depth: int) -> Series:
    """The items `names`, which lie between `start` and `end`, as a series."""
    if depth > DEEPEST:
        raise NotSeriesParallel
    every = [start, *names, end]
    member = set(every)
    readers = {name: [head for head in scope.readers[name] if head in member] for name in [start, *names]}
    readers[start] = [head for head in readers[start] if head != end or not names]
    gates = _gates(every, readers, end)
    series = Series([], ends=bool(names) and all(name in scope.sinks for name in names if end in readers[name]))
    gaps: list[list[str]] = [[] for _ in gates]
    place = {name: index for index, name in enumerate(gates)}
    behind = {start: 0}
    for name in every:
        if name not in place:
            gaps[behind[name]].append(name)
        for head in readers.get(name, []):
            behind[head] = max(behind.get(head, 0), place.get(name, behind[name]))
    for index, gate in enumerate(gates[:-1]):
        if gate not in (IN, OUT) and gate != start:
            series.elements.append(scope.items[gate])
        after = gates[index + 1]
        lanes = scope.direct.get((gate, after), [])
        branches = _components(gaps[index], readers)
        if len(branches) == 1 and not lanes and len(gaps[index]) > 1:
            raise NotSeriesParallel
        if branches:
            parts = [_series(scope, branch, gate, after, depth + 1) for branch in branches]
            series.elements.append(Parallel(parts, lanes))
    return series


def _gates(every: list[str], readers: dict[str, list[str]], end: str) -> list[str]:
    """The items on every path from the first to the last."""
    to = dict.fromkeys(every, 0)
    to[every[0]] = 1
    for name in every:
        for head in readers.get(name, []):
            to[head] = (to[head] + to[name]) % _PRIME
    onwards = dict.fromkeys(every, 0)
    onwards[end] = 1
    for name in reversed(every[:-1]):
        onwards[name] = sum(onwards[head] for head in readers.get(name, [])) % _PRIME
    return [name for name in every if to[name] * onwards[name] % _PRIME == to[end]]


def _components(names: list[str], readers: dict[str, list[str]]) -> list[list[str]]:
    """The connected components, in the order of the net."""
    inside = {name: place for place, name in enumerate(names)}
    leader = {name: name for name in names}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for name in names:
        for head in readers[name]:
            if head in inside:
                one, other = sorted((find(name), find(head)), key=inside.__getitem__)
                leader[other] = one
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(find(name), []).append(name)
    return list(groups.values())
