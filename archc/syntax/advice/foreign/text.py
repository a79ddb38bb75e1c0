"""A source before its newlines and brackets were sorted out: what is pasted from elsewhere is looked for here."""

import re
from dataclasses import field

from archc.diagnostics import Diagnostic, Source, Span
from archc.records import dataclass
from archc.syntax.brackets import CLOSERS, OPENERS
from archc.syntax.layout import TABLES
from archc.syntax.tokens import Token

BEGINS = {"NEWLINE", "LBRACE", "ARROW", "BAR", "COLON", "LPAR"}  # what a step follows
USES = re.compile(r"^[ \t]*use[ \t]", re.M)
DECLARED = re.compile(r"\b(?:block|net|table)[ \t]+(\w+)")


@dataclass(slots=True, eq=False)
class Text:
    """The tokens of a source, those of characters without a meaning, and what was wrong with the text so far."""

    source: Source
    tokens: list[Token]
    unknown: list[Token]
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def declares(self, name: str) -> bool:
        """Whether the source has a block or a net of this name; files that it uses may have any."""
        return USES.search(self.source.text) is not None or name in DECLARED.findall(self.source.text)


def around(tokens: list[Token]) -> list[int]:
    """For each token the place of the bracket that it stands in: -1 outside of any. A bracket is in those around it.

    A `}` closes what was left open within its `{`; another closer without its opener closes nothing.
    """
    stack: list[int] = []
    result: list[int] = []
    for index, token in enumerate(tokens):
        kind = token.type
        if kind in CLOSERS:
            if kind == "RBRACE":
                while stack and tokens[stack[-1]].type != "LBRACE":
                    stack.pop()
            if stack and OPENERS[tokens[stack[-1]].type] == kind:
                stack.pop()
        result.append(stack[-1] if stack else -1)
        if kind in OPENERS:
            stack.append(index)
    return result


def in_settings(tokens: list[Token], places: list[int], index: int) -> bool:
    """Whether a token stands in `train { … }` or `weights { … }`."""
    outer = index
    while outer >= 0 and places[outer] >= 0:
        outer = places[outer]
    return outer > 0 and outer != index and tokens[outer - 1] in TABLES


def in_body(tokens: list[Token], places: list[int], index: int) -> bool:
    """Whether no bracket but braces is around a token."""
    return places[index] < 0 or tokens[places[index]].type == "LBRACE"


def end_of(tokens: list[Token], places: list[int], opener: int) -> int:
    """The place of the bracket that closes this one; that of the last token where none does."""
    outer = places[opener]
    for index in range(opener + 1, len(tokens)):
        if places[index] == outer:
            return index
    return len(tokens) - 1


def line_of(span: Span) -> Span:
    """The span with its whole line, where nothing else is on that."""
    text = span.source.text
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end + 1
    alone = not text[start : span.start].strip() and not text[span.end : end].strip()
    return Span(span.source, start, end) if alone else span
