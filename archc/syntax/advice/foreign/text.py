"""The tokens of a text as they stand, in which pasted text is looked for: newlines and brackets are not sorted out."""

import re
from collections.abc import Iterable
from dataclasses import field

from archc.diagnostics import Diagnostic, Source, Span
from archc.records import dataclass
from archc.syntax.brackets import CLOSERS, OPENERS
from archc.syntax.layout import TABLES
from archc.syntax.tokens import Token, token_span

BEGINS = {"NEWLINE", "LBRACE", "ARROW", "BAR", "COLON", "LPAR"}  # what a step follows
USES = re.compile(r"^[ \t]*use[ \t]", re.M)
DECLARED = re.compile(r"\b(?:block|net|table)[ \t]+(\w+)")


@dataclass(slots=True, eq=False)
class Text:
    """The tokens of a source, those of characters without a meaning, and the mistakes found so far.

    around: for each token the place of the bracket that it stands in, -1 outside of any; a bracket is in those around
    it. partner: by the place of a bracket, that of its other half. Both are of `tokens` as `replace` has set them.
    """

    source: Source
    tokens: list[Token]
    unknown: list[Token]
    diagnostics: list[Diagnostic] = field(default_factory=list)
    around: list[int] = field(default_factory=list)
    partner: dict[int, int] = field(default_factory=dict)
    _declared: frozenset[str] | None = None

    def replace(self, tokens: list[Token]) -> None:
        """Have these tokens instead.

        A `}` closes what was left open within its `{`; another closer without its opener closes nothing.
        """
        self.tokens, self.around, self.partner = tokens, [], {}
        stack: list[int] = []
        for index, token in enumerate(tokens):
            kind = token.type
            if kind in CLOSERS:
                if kind == "RBRACE":
                    while stack and tokens[stack[-1]].type != "LBRACE":
                        stack.pop()
                if stack and OPENERS[tokens[stack[-1]].type] == kind:
                    opener = stack.pop()
                    self.partner |= {opener: index, index: opener}
            self.around.append(stack[-1] if stack else -1)
            if kind in OPENERS:
                stack.append(index)

    def drop(self, places: set[int]) -> None:
        """Take out the tokens at these places."""
        if places:
            self.replace([token for place, token in enumerate(self.tokens) if place not in places])

    def declares(self, name: str) -> bool:
        """Whether the source has a block or a net of this name; files that it uses may have any."""
        if self._declared is None:
            text = self.source.text
            self._declared = frozenset({"*"} if USES.search(text) else DECLARED.findall(text))
        return name in self._declared or "*" in self._declared

    def kind(self, place: int) -> str:
        """The kind of the token at a place; NEWLINE before the first and after the last one."""
        return self.tokens[place].type if 0 <= place < len(self.tokens) else "NEWLINE"

    def kinds(self, start: int, count: int) -> list[str]:
        """The kinds of so many tokens from `start` on."""
        return [token.type for token in self.tokens[start : start + count]]

    def skip(self, place: int, kind: str) -> int:
        """The first place from this one on whose token is of another kind."""
        while place < len(self.tokens) and self.tokens[place].type == kind:
            place += 1
        return place

    def span(self, first: int, end: int) -> Span:
        """From the token at `first` up to the one before `end`."""
        return token_span(self.tokens[first], self.source, self.tokens[end - 1])

    def in_settings(self, index: int) -> bool:
        """Whether a token stands in `train { … }` or `weights { … }`."""
        outer = index
        while self.around[outer] >= 0:
            outer = self.around[outer]
        return outer > 0 and outer != index and self.tokens[outer - 1] in TABLES

    def in_body(self, index: int) -> bool:
        """Whether no bracket but braces is around a token."""
        return self.around[index] < 0 or self.kind(self.around[index]) == "LBRACE"

    def end_of(self, opener: int) -> int:
        """The place of the bracket that closes this one; that of the last token where none does."""
        return self.partner.get(opener, len(self.tokens) - 1)

    def path_end(self, index: int) -> int:
        """The last of the names that are joined by dots from here on."""
        while self.kinds(index + 1, 2) == ["DOT", "NAME"]:
            index += 2
        return index

    def path_start(self, index: int) -> int:
        """The first of the names that are joined by dots up to here."""
        while index >= 2 and self.kind(index - 1) == "DOT":
            index -= 2
        return index


def outside(tokens: Iterable[Token], spans: Iterable[tuple[int, int]]) -> list[Token]:
    """The tokens, in the order of the text, that begin in none of the spans."""
    left = sorted(spans, reverse=True)
    kept: list[Token] = []
    end = 0
    for token in tokens:
        while left and left[-1][0] <= token.start_pos:
            end = max(end, left.pop()[1])
        if token.start_pos >= end:
            kept.append(token)
    return kept


def line_of(span: Span) -> Span:
    """The span with its whole line, where nothing else is on that."""
    text = span.source.text
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end + 1
    alone = not text[start : span.start].strip() and not text[span.end : end].strip()
    return Span(span.source, start, end) if alone else span
