"""The token that the grammar does not take: the tokens around it, and the report of it."""

from collections.abc import Callable, Collection

from archc.diagnostics import Diagnostic, Source, Span
from archc.records import dataclass
from archc.syntax.tokens import Token, token_span


@dataclass(frozen=True, slots=True)
class Unexpected:
    """The token at `index` of a stream, and the kinds that the grammar accepts in its place."""

    stream: list[Token]
    index: int
    accepts: Collection[str]
    source: Source

    @property
    def token(self) -> Token:
        return self.stream[self.index]

    @property
    def accepts_step(self) -> bool:
        """Whether a layer, a block or a label may stand here."""
        return "NAME" in self.accepts and "REF" in self.accepts

    def kind_of(self, place: int) -> str:
        """The kind of the token at a place of the stream."""
        return self.stream[place].type

    def kind(self, offset: int = 0) -> str:
        """The kind of the token that stands `offset` after this one; "" where there is none."""
        place = self.index + offset
        return self.stream[place].type if 0 <= place < len(self.stream) else ""

    def span(self, first: int, last: int | None = None) -> Span:
        """From the token at one place of the stream to that at another."""
        return token_span(self.stream[first], self.source, None if last is None else self.stream[last])

    def earlier(self, index: int | None = None) -> list[int]:
        """The places of the tokens before this one on its line, last first."""
        index = self.index if index is None else index
        start = self.source.text.rfind("\n", 0, self.stream[index].start_pos) + 1
        found = []
        for place in range(index - 1, -1, -1):
            if self.stream[place].start_pos < start or self.stream[place].type == "NEWLINE":
                break
            found.append(place)
        return found

    @property
    def head(self) -> str:
        """The kind of the token that begins the line, where it is not this one; else ""."""
        line = self.earlier()
        return self.stream[line[-1]].type if line else ""

    def begins_line(self, place: int) -> bool:
        """Whether the token at this place is the first of its line."""
        before = self.stream[place - 1] if place else None
        between = self.source.text[before.end_pos : self.stream[place].start_pos] if before is not None else "\n"
        return before is None or before.type == "NEWLINE" or "\n" in between


Recogniser = Callable[[Unexpected], Diagnostic | None]
"""The report of a mistake, where the token shows it."""
