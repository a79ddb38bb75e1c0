"""A graph as a tree of scopes in which equal numbered neighbours are one part that stands for all.

Neighbours are equal where their layers, names inside and wiring inside are: what a paper writes ×N. Their
shapes may differ, as DenseNet's do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from itertools import pairwise

from archc.graph import Given, Graph, Node, Scope
from archc.records import dataclass


@dataclass(slots=True, eq=False)
class Part:
    """A layer, or a scope with what is in it.

    nodes: the names of all its layers in order, those of folded neighbours included. count: how many it stands
    for, the last of them called `until`. given: the arguments of a block's call, without the
    value of one in which folded neighbours differ.
    """

    name: str
    full: str
    node: Node | None = None
    scope: Scope | None = None
    children: list["Part"] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    count: int = 1
    until: str = ""
    signature: int = 0
    given: tuple[Given, ...] = ()

    @property
    def called(self) -> str:
        return f"{self.name}–{self.until}" if self.until else self.name


@dataclass(slots=True, eq=False)
class Outline:
    """parts: the top level. stands_for: of a folded layer the one that is shown. last: of a shown one the last
    that it stands for. turns: for a layer in folds, which fold and the how-manieth in it."""

    graph: Graph
    parts: list[Part]
    stands_for: dict[str, str]
    last: dict[str, str]
    turns: dict[str, tuple[tuple[int, int], ...]]

    def shown(self, name: str) -> str:
        """The layer that is drawn for this one."""
        while name in self.stands_for:
            name = self.stands_for[name]
        return name

    def same_turn(self, one: str, other: str) -> bool:
        """Whether no fold has the two in different repetitions."""
        mine = dict(self.turns.get(one, ()))
        return all(mine.get(fold, turn) == turn for fold, turn in self.turns.get(other, ()))


class _Reader:
    """Reads the nodes in order; a scope is closed when a node outside it comes."""

    def __init__(self, graph: Graph, marks: Mapping[str, str], folds: bool) -> None:
        self.graph = graph
        self.marks = marks
        self.folds = folds
        self.result = Outline(graph, [], {}, {}, {})
        self._known: dict[object, int] = {}
        self._words: dict[int, str] = {}
        self._fold_count = 0

    def read(self) -> Outline:
        stack = [Part("", "")]
        for node in self.graph.nodes:
            while stack[-1].full and not node.name.startswith(stack[-1].full + "."):
                self._close(stack)
            for full in self._scopes(node.name, stack[-1].full):
                above = stack[-1].full
                name = full[len(above) + 1 :] if above else full
                scope = self.graph.scopes[full]
                stack.append(Part(name, full, scope=scope, given=scope.given))
            stack[-1].children.append(self._leaf(node, stack[-1].full))
        while len(stack) > 1:
            self._close(stack)
        self.result.parts = self._folded(stack[0].children)
        return self.result

    def _scopes(self, name: str, inside: str) -> Iterable[str]:
        end = name.find(".", len(inside) + 1 if inside else 0)
        while end >= 0:
            if name[:end] in self.graph.scopes:
                yield name[:end]
            end = name.find(".", end + 1)

    def _leaf(self, node: Node, above: str) -> Part:
        name = node.name[len(above) + 1 :] if above else node.name
        if id(node.op) not in self._words:  # the rate of stochastic depth grows from block to block, and is not drawn
            self._words[id(node.op)] = node.op.name if node.op.name == "stochastic_depth" else node.op.words()
        key = (_own(name), self._words[id(node.op)], self.marks.get(node.name, ""))
        return Part(name, node.name, node, nodes=[node.name], signature=self._number(key))

    def _close(self, stack: list[Part]) -> None:
        part = stack.pop()
        part.children = self._folded(part.children)
        part.nodes = [name for child in part.children for name in child.nodes]
        title = part.scope.title if part.scope is not None and part.scope.kind == "block" else ""
        inside = tuple((child.signature, child.count) for child in part.children)
        part.signature = self._number((_own(part.name), title, inside, self._wiring(part)))
        stack[-1].children.append(part)

    def _wiring(self, part: Part) -> int:
        """How the layers inside are connected with each other."""
        place = {name: index for index, name in enumerate(part.nodes)}
        return self._number(tuple(tuple(place.get(u) for u in self.graph[name].inputs) for name in part.nodes))

    def _number(self, key: object) -> int:
        return self._known.setdefault(key, len(self._known))

    def _folded(self, parts: list[Part]) -> list[Part]:
        """Runs of equal neighbours as one. Only numbered ones fold: other names say something."""
        if not self.folds or len(parts) < 2:
            return parts
        runs = [[parts[0]]]
        for before, part in pairwise(parts):
            if before.signature == part.signature and before.name.isdigit() and part.name.isdigit():
                runs[-1].append(part)
            else:
                runs.append([part])
        return [self._one(run) for run in runs]

    def _one(self, run: list[Part]) -> Part:
        first = run[0]
        if len(run) == 1:
            return first
        self._fold_count += 1
        result = self.result
        for turn, part in enumerate(run):
            for name, shown in zip(part.nodes, first.nodes, strict=True):
                result.turns[name] = (*result.turns.get(name, ()), (self._fold_count, turn))
                if turn:
                    result.stands_for.setdefault(name, shown)
        for name, shown in zip(run[-1].nodes, first.nodes, strict=True):
            result.last[shown] = result.last.get(name, name)
        for part in run[1:]:
            _keep_common(first, part)
        first.count, first.until = len(run), run[-1].name
        first.nodes = [name for part in run for name in part.nodes]
        return first


def _keep_common(first: Part, other: Part) -> None:
    """Empty each argument of `first`, and of the blocks in it, that the equal part `other` has another value for."""
    theirs = {argument.name: argument.value for argument in other.given}
    common = [one if theirs.get(one.name) == one.value else one._replace(value="") for one in first.given]
    first.given = tuple(common)
    for child, twin in zip(first.children, other.children, strict=True):
        _keep_common(child, twin)


def _own(name: str) -> str:
    """What tells a part from its neighbours; numbers do not."""
    return "" if name.isdigit() else name


def outline(graph: Graph, marks: Mapping[str, str] | None = None, *, folds: bool = True) -> Outline:
    """The tree of a graph. marks: layers that do not fold with others that have another mark."""
    return _Reader(graph, marks or {}, folds).read()
