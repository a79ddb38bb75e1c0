"""The brackets of a source: which closes which, and whether all match."""

from collections.abc import Sequence

from archc.diagnostics import Diagnostic
from archc.syntax.tokens import Token

MAX_NESTING = 64
OPENERS = {"LBRACE": "RBRACE", "LPAR": "RPAR", "CALL_LPAR": "RPAR", "LSQB": "RSQB", "INDEX_LSQB": "RSQB"}
CLOSERS = {"RBRACE": "}", "RPAR": ")", "RSQB": "]"}


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


def closing(tokens: Sequence[Token], opener: int) -> int:
    """The place of the bracket that closes this one; beyond the last token where none does."""
    depth = 0
    for index in range(opener, len(tokens)):
        kind = tokens[index].type
        depth += (kind in OPENERS) - (kind in CLOSERS)
        if depth == 0 and kind in CLOSERS:
            return index
    return len(tokens)
