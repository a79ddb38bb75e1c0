"""Builds regions and names nodes: names are hierarchical, and do not change by edits elsewhere.

A layer is named by its kind and its number among the layers of that kind in the same block: `conv1`,
`conv2`, `bn1`. A label replaces that name. Blocks, labelled paths and repetitions prefix theirs:
`conv3_x.0.conv1`.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from archc.diagnostics import Span
from archc.graph import CallArgument, Node, Region, RegionKind
from archc.syntax import ast

Statements = tuple[ast.Statement, ...]
Labels = dict[int, tuple[Statements, frozenset[str]]]  # of a body, by its id, with the body so that it stays its own


class RegionBuilder:
    """A region while it is built: it names its items and keeps them in order.

    opened: the region without its items.
    """

    def __init__(self, opened: Region, labels: Labels | None = None) -> None:
        self.opened = opened
        self.name = opened.name
        self.items: list[Node | RegionBuilder] = []
        self.dotted = False  # whether an own name of an item may have dots: it may say that it stands in another item
        self._labels: Labels = {} if labels is None else labels
        self._counts: dict[str, int] = {}
        self._taken: set[str] = set()

    def full(self, name: str) -> str:
        self.dotted = self.dotted or "." in name
        return f"{self.name}.{name}" if self.name else name

    def next_name(self, kind: str, label: str | None = None) -> str:
        """The full name of the next `kind`, or that of its label."""
        if label is not None:
            return self.full(label)
        stem = f"{kind}_" if kind[-1].isdigit() else kind  # conv3_1, not conv31
        count = self._counts.get(kind, 0) + 1
        while f"{stem}{count}" in self._taken:
            count += 1
        self._counts[kind] = count
        return self.full(f"{stem}{count}")

    def reserve(self, statements: Statements) -> None:
        """Exclude the labels of a body from the numbered names."""
        known = self._labels.get(id(statements))
        if known is None:
            known = self._labels[id(statements)] = statements, frozenset(_labels(statements))
        self._taken.update(known[1])

    def inside(
        self,
        full_name: str,
        kind: RegionKind,
        title: str,
        span: Span,
        arguments: str = "",
        count: int | None = None,
        parameters: tuple[tuple[str, int | str], ...] = (),
        given: tuple[CallArgument, ...] = (),
    ) -> "RegionBuilder":
        """Append a region to this one."""
        return self.open(Region((), full_name, kind, title, arguments, count, span, parameters, given))

    def open(self, region: Region) -> "RegionBuilder":
        """Append an empty region to this one."""
        made = RegionBuilder(region, self._labels)
        self.items.append(made)
        return made

    def closed(self) -> Region:
        """The finished region; regions without a node are left out."""
        made: list[Node | Region] = []
        regroups = self.dotted
        for item in self.items:
            if isinstance(item, RegionBuilder):
                closed = item.closed()
                if not closed.items:
                    continue
                regroups = regroups or (bool(made) and made[-1].name == closed.name)
                made.append(closed)
            else:
                made.append(item)
        return self.opened.holding(tuple(_by_owner(made, len(self.full(""))) if regroups else made))


def _by_owner(items: Sequence[Node | Region], start: int) -> Iterator[Node | Region]:
    """Move items into the region beside them that their names begin with.

    A path labelled `stage.two` belongs to the region `stage`, and two adjacent paths of one label are one region.
    start: the index at which the items' own names begin.
    """
    known = {item.name: item for item in reversed(items) if isinstance(item, Region)}

    def owner(item: Node | Region) -> str:
        ends = (end for end, letter in enumerate(item.name) if letter == "." and end >= start)
        return next((item.name[:end] for end in ends if item.name[:end] in known), item.name)

    for name, group in groupby(items, owner):
        together = list(group)
        if name in known and (len(together) > 1 or together[0].name != name):
            parts = (one.items if isinstance(one, Region) and one.name == name else (one,) for one in together)
            inside = [item for part in parts for item in part]
            yield known[name].holding(tuple(_by_owner(inside, len(name) + 1)))
        else:
            yield from together


def has_labels(statements: Statements) -> bool:
    """Whether a body labels something itself, in an `if` or in a branch."""
    return any(True for _ in _labels(statements))


def _labels(statements: Statements) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, ast.Flow):
            if statement.label is not None:
                yield statement.label
            if isinstance(statement.what, ast.Sequence):
                for step in statement.what.steps:
                    yield from _within(step)
        elif isinstance(statement, ast.Stage):
            if statement.label is not None:
                yield statement.label
            else:
                yield from _labels(statement.statements)
        elif isinstance(statement, ast.If):
            for _, body in statement.arms:
                yield from _labels(body.statements)
            if statement.orelse is not None:
                yield from _labels(statement.orelse.statements)


def _within(step: ast.Step) -> Iterator[str]:
    if isinstance(step, ast.Repeated):
        yield from _within(step.step)
    elif isinstance(step, ast.Join):
        for branch in step.branches:
            yield from _labels(branch.body)
