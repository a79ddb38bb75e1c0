"""The brackets of a source: which closes which, and whether all match."""

from collections.abc import Collection, Iterator, Sequence

from archc.diagnostics import Diagnostic
from archc.syntax.tokens import Token

MAX_NESTING = 64
OPENERS = {"LBRACE": "RBRACE", "LPAR": "RPAR", "CALL_LPAR": "RPAR", "LSQB": "RSQB", "INDEX_LSQB": "RSQB"}
CLOSERS = {"RBRACE": "}", "RPAR": ")", "RSQB": "]"}
CHANGES = {**dict.fromkeys(OPENERS, 1), **dict.fromkeys(CLOSERS, -1)}
"""What a bracket adds to the depth."""


class TooDeep(Exception):
    """Brackets nest deeper than MAX_NESTING; carries the diagnostic."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def balanced(tokens: Sequence[Token]) -> bool:
    """Whether each bracket is closed by its own kind, no row or branch begins within one that is no brace, and they
    nest no deeper than MAX_NESTING."""
    inside: list[str] = []
    previous = "NEWLINE"
    for token in tokens:
        kind = token.type
        if kind in OPENERS:
            inside.append(OPENERS[kind])
            if len(inside) > MAX_NESTING:
                return False
        elif kind in CLOSERS:
            if not inside or inside.pop() != kind:
                return False
        elif kind == "BAR" and previous == "NEWLINE" and inside and inside[-1] != "RBRACE":
            return False
        previous = kind
    return not inside


def depths(tokens: Sequence[Token], start: int = 0, end: int | None = None) -> Iterator[tuple[int, str, int]]:
    """The place and the kind of each token from `start` on, and how many brackets are open before it that were not
    before `start`. Below 0 where those are closed."""
    depth = 0
    for place in range(start, len(tokens) if end is None else end):
        kind = tokens[place].type
        yield place, kind, depth
        depth += CHANGES.get(kind, 0)


def find(tokens: Sequence[Token], start: int, kinds: Collection[str]) -> int:
    """The place of the first token of these kinds from `start` on, what is in brackets left out; else len(tokens)."""
    return next((place for place, kind, depth in depths(tokens, start) if not depth and kind in kinds), len(tokens))


def closing(tokens: Sequence[Token], opener: int) -> int:
    """The place of the bracket that closes this one; len(tokens) where none does."""
    return find(tokens, opener + 1, CLOSERS)


def opening(tokens: Sequence[Token], place: int) -> int:
    """The place of the innermost bracket that is open before the token at `place`; -1 where none is."""
    depth = 0
    for before in range(place - 1, -1, -1):
        depth += CHANGES.get(tokens[before].type, 0)
        if depth > 0:
            return before
    return -1


def split(tokens: Sequence[Token], kinds: Collection[str]) -> list[list[Token]]:
    """The tokens, parted before each of these kinds that is in no brackets."""
    parts: list[list[Token]] = [[]]
    for place, kind, depth in depths(tokens):
        if not depth and kind in kinds:
            parts.append([])
        parts[-1].append(tokens[place])
    return parts
