"""The tokens of a source, and where they stand."""

import re
from collections.abc import Callable, Iterator

from archc.diagnostics import Source, Span
from archc.syntax.tables import Tables

MAX_NAME = 255  # characters of a name or text
END = "$END"  # the kind of what comes after the last token


class Token(str):
    """A piece of a source and its kind. It stands from start_pos up to end_pos."""

    __slots__ = ("end_pos", "start_pos", "type")
    type: str
    start_pos: int
    end_pos: int

    def __new__(cls, type: str, text: str, start_pos: int = 0, end_pos: int = 0) -> "Token":
        made = super().__new__(cls, text)
        made.type, made.start_pos, made.end_pos = type, start_pos, end_pos
        return made


def scanner(tables: Tables) -> Callable[[str], Iterator[Token]]:
    """What takes a text apart: every character of it is in a token."""
    pattern, words = re.compile(tables.pattern), tables.words

    def scan(text: str) -> Iterator[Token]:
        for found in pattern.finditer(text):
            kind, piece = found.lastgroup or "", found[0]
            if kind in words:
                kind = words[kind].get(piece, kind)
            yield Token(kind, piece, found.start(), found.end())

    return scan


def token_span(token: Token, source: Source, last: Token | None = None) -> Span:
    """The place of a token, or from it to the last one."""
    return Span(source, token.start_pos, (last or token).end_pos)


def starts_line(token: Token, before: Token | None, source: Source) -> bool:
    """Whether `token` stands on a later line than the one before it."""
    return before is not None and "\n" in source.text[before.end_pos : token.start_pos]
