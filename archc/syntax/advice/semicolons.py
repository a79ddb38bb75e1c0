"""Semicolons of other languages, and those of a matrix: `conv 3x3, 8;`, `[3x3, 64; 3x3, 64;]`."""

from collections.abc import Collection
from itertools import pairwise

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source
from archc.syntax.brackets import CLOSERS, OPENERS
from archc.syntax.tokens import Token, starts_line, token_span

ENTRIES = {"NUMBER", "DIMS", "STRING", "NAME", "REF", "HOLE", "YES", "NO", "LSQB", "LPAR"}  # what a row begins with
PARTS = {"COMMA", "SEMICOLON"}
LINE_ENDS = {"NEWLINE", "RBRACE", "$END"}

Found = Diagnostic | None


def _semicolons(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`conv 3x3, 8; bn; relu`"""
    if stream[index].type != "SEMICOLON":
        return None
    edits = []
    for token, after in pairwise(stream[index:]):
        if token.type == "SEMICOLON":
            edits.append(Edit(token_span(token, source), "" if after.type in LINE_ENDS else " ->"))
        if after.type in LINE_ENDS:
            break
    return Diagnostic(
        Code.STRAY_SEMICOLON,
        "`;` stands between the rows of a matrix alone",
        token_span(stream[index], source),
        help="one statement a line; steps of a path are joined by `->`",
        fixes=(Fix("write `->`", tuple(edits)),),
    )


def _last_semicolon(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`[3x3, 64; 3x3, 64;]`"""
    token, before = stream[index], (stream[index - 1] if index else None)
    if before is None or before.type != "SEMICOLON" or token.type != "RSQB":
        return None
    span = token_span(before, source)
    return Diagnostic(
        Code.DANGLING,
        "no row follows this `;`",
        span,
        help="`;` stands between the rows of a matrix, not after the last",
        fixes=(Fix("remove the `;`", (Edit(span, ""),)),),
    )


def _rows_over_lines(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`[3x3, 64` and on the next line `3x3, 64]`"""
    if "COMMA" not in accepts or not starts_line(stream[index], (stream[index - 1] if index else None), source):
        return None
    inside = _in_matrix(stream, index)
    places = [
        token_span(stream[before], source).after()
        for before, place in pairwise(inside)
        if stream[place].type in ENTRIES
        and stream[before].type not in PARTS
        and starts_line(stream[place], stream[before], source)
    ]
    if not places or not any(stream[place].type in PARTS for place in inside):
        return None
    where = "at the end of the line" if len(places) == 1 else f"at the end of {len(places)} lines"
    fixes = [Fix(f"add `;` {where}", tuple(Edit(place, ";") for place in places))]
    if not any(stream[place].type in ("SEMICOLON", "DIMS") for place in inside):
        fixes.append(Fix(f"add a comma {where}", tuple(Edit(place, ",") for place in places)))
    return Diagnostic(
        Code.MISSING_SEMICOLON,
        f"nothing parts `{stream[index]}` from the line above it",
        token_span(stream[index], source),
        help="`;` ends a row of a matrix; the values of a row are separated by commas",
        fixes=tuple(fixes),
    )


def _in_matrix(stream: list[Token], index: int) -> list[int]:
    """The places of the tokens in the matrix around this one, what is in brackets in it left out."""
    first = _beyond(stream, index - 1, -1, CLOSERS, OPENERS)
    if not first or stream[first[-1]].type != "LSQB":
        return []
    return [*reversed(first[:-1]), *_beyond(stream, index, 1, OPENERS, CLOSERS)[:-1]]


def _beyond(stream: list[Token], start: int, step: int, inward: Collection[str], outward: Collection[str]) -> list[int]:
    """The places from `start` to the first bracket that leads out, brackets that lead in skipped to their end."""
    depth = 0
    found: list[int] = []
    for place in range(start, len(stream) if step > 0 else -1, step):
        kind = stream[place].type
        if kind in outward and depth:
            depth -= 1
        elif kind in outward:
            return [*found, place]
        elif kind in inward:
            depth += 1
        if not depth:
            found.append(place)
    return []


SEMICOLONS = (_last_semicolon, _semicolons, _rows_over_lines)
