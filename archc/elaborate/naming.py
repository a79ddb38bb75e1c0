"""Names of nodes: hierarchical, and stable under edits elsewhere.

A layer is called after its kind and its place among its like in the same block: `conv1`, `conv2`,
`bn1`. A label takes the place of that name. Blocks, labelled paths and repetitions put theirs in front:
`conv3_x.0.conv1`.
"""

from collections.abc import Iterator
from typing import Literal

from archc.diagnostics import Span
from archc.graph import Given, Scope
from archc.syntax import ast

ScopeKind = Literal["block", "label", "repeat", "for", "group", "stage"]
Statements = tuple[ast.Statement, ...]
Labels = dict[int, tuple[Statements, frozenset[str]]]  # of a body, by its id, with the body so that it stays its own


class Place:
    """A scope in which names are given out."""

    def __init__(self, prefix: str, scopes: dict[str, Scope], labels: Labels | None = None) -> None:
        self.prefix = prefix
        self.scopes = scopes
        self._labels: Labels = {} if labels is None else labels
        self._counts: dict[str, int] = {}
        self._taken: set[str] = set()

    def full(self, name: str) -> str:
        return f"{self.prefix}.{name}" if self.prefix else name

    def name(self, kind: str, label: str | None = None) -> str:
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
        """Keep the labels of a body out of the numbered names."""
        known = self._labels.get(id(statements))
        if known is None:
            known = self._labels[id(statements)] = statements, frozenset(_labels(statements))
        self._taken.update(known[1])

    def inside(
        self,
        full_name: str,
        kind: ScopeKind,
        title: str,
        span: Span,
        arguments: str = "",
        count: int | None = None,
        parameters: tuple[tuple[str, int | str], ...] = (),
        given: tuple[Given, ...] = (),
    ) -> "Place":
        """A scope within this one."""
        if full_name not in self.scopes:
            self.scopes[full_name] = Scope(full_name, kind, title, arguments, count, span, parameters, given)
        return Place(full_name, self.scopes, self._labels)


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
            if statement.otherwise is not None:
                yield from _labels(statement.otherwise.statements)


def _within(step: ast.Step) -> Iterator[str]:
    if isinstance(step, ast.Repeated):
        yield from _within(step.step)
    elif isinstance(step, ast.Join):
        for branch in step.branches:
            yield from _labels(branch.body)
