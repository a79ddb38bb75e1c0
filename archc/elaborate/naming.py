"""Names of nodes: hierarchical, and stable under edits elsewhere.

A layer is called after its kind and its place among its like in the same block: `conv1`, `conv2`,
`bn1`. A label takes the place of that name. Blocks, labelled paths and repetitions put theirs in front:
`conv3_x.0.conv1`.
"""

from collections.abc import Iterable
from typing import Literal

from archc.diagnostics import Span
from archc.graph import Scope
from archc.syntax import ast

ScopeKind = Literal["block", "label", "repeat", "for", "group", "stage"]


class Place:
    """A scope in which names are given out."""

    def __init__(self, prefix: str, scopes: dict[str, Scope], reserved: Iterable[str] = ()) -> None:
        self.prefix = prefix
        self.scopes = scopes
        self._counts: dict[str, int] = {}
        self._taken = set(reserved)

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

    def reserve(self, statements: Iterable[ast.Statement]) -> None:
        """Keep the labels of a body out of the numbered names."""
        for statement in statements:
            if isinstance(statement, ast.Flow) and statement.label is not None:
                self._taken.add(statement.label)
            if isinstance(statement, ast.Flow) and isinstance(statement.what, ast.Sequence):
                for step in statement.what.steps:
                    self._reserve_step(step)
            elif isinstance(statement, ast.Stage):
                self._reserve_stage(statement)
            elif isinstance(statement, ast.If):
                for _, body in statement.arms:
                    self.reserve(body.statements)
                if statement.otherwise is not None:
                    self.reserve(statement.otherwise.statements)

    def _reserve_stage(self, stage: ast.Stage) -> None:
        if stage.label is not None:
            self._taken.add(stage.label)
        else:
            self.reserve(stage.statements)

    def _reserve_step(self, step: ast.Step) -> None:
        if isinstance(step, ast.Repeated):
            self._reserve_step(step.step)
        elif isinstance(step, ast.Join):
            for branch in step.branches:
                self.reserve(branch.body)

    def inside(
        self,
        full_name: str,
        kind: ScopeKind,
        title: str,
        span: Span,
        arguments: str = "",
        count: int | None = None,
        parameters: tuple[tuple[str, int | str], ...] = (),
    ) -> "Place":
        """A scope within this one."""
        if full_name not in self.scopes:
            self.scopes[full_name] = Scope(full_name, kind, title, arguments, count, span, parameters)
        return Place(full_name, self.scopes)


def has_labels(statements: Iterable[ast.Statement]) -> bool:
    """Whether a body labels something itself, in an `if` or in a branch."""
    probe = Place("", {})
    probe.reserve(statements)
    return bool(probe._taken)
