"""The data of a diagnostic: codes, places, fixes."""

from collections.abc import Iterable
from dataclasses import replace
from enum import Enum
from typing import Literal

from archc.diagnostics.codes import Code
from archc.diagnostics.source import Span
from archc.records import dataclass

Severity = Literal["error", "warning", "info"]
"""An error is not a net; a warning is a likely mistake; an info is true as it stands, and could be written better."""

MAX_REPORTS = 50
"""How many diagnostics are looked for in one source, and shown of several."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text of `span` (empty: insert) by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A change of the source. On a published diagnostic it has been applied and checked."""

    message: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """Another place that matters for the mistake, and a text that says how."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake.

    code: its kind. span: the smallest text that is wrong (None where there is no text:
    a file that is not there). labels: other places. notes: the arithmetic, a line each.
    help: what to do. fixes: edits that were tried and hold. cause: the wrong construct as its finder classifies it,
    for the mistakes that follow from it.
    """

    code: Code
    message: str
    span: Span | None = None
    severity: Severity = "error"
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fixes: tuple[Fix, ...] = ()
    file: str | None = None
    cause: Enum | None = None

    def with_fixes(self, fixes: Iterable[Fix]) -> "Diagnostic":
        return replace(self, fixes=tuple(fixes))

    @property
    def key(self) -> tuple[str, str, int]:
        """What makes two diagnostics the same report: code, words and line."""
        return self.code, self.message, self.span.line if self.span else 0


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """`text` with the edits made, last first so that offsets stay true."""
    for edit in sorted(edits, key=lambda e: e.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def offset_before(offset: int, edits: Iterable[Edit]) -> int:
    """The offset before the edits of an offset after them; inside of inserted text, where its edit begins."""
    shift = 0
    for edit in sorted(edits, key=lambda e: e.span.start):
        start = edit.span.start + shift
        if offset < start:
            break
        if offset < start + len(edit.text):
            return edit.span.start
        shift += len(edit.text) - (edit.span.end - edit.span.start)
    return offset - shift
