"""Rows of a matrix over several lines, with nothing between them."""

from itertools import pairwise

from archc.diagnostics import Code, Diagnostic, Edit, Fix
from archc.syntax.advice.unexpected import Unexpected
from archc.syntax.brackets import CLOSERS, closing, depths, opening

ENTRIES = {"NUMBER", "DIMS", "STRING", "NAME", "REF", "HOLE", "YES", "NO", "LSQB", "LPAR"}  # what a row begins with
SEPARATORS = {"COMMA", "SEMICOLON"}


def rows_over_lines(at: Unexpected) -> Diagnostic | None:
    """`[3x3, 64` and on the next line `3x3, 64]`"""
    if "COMMA" not in at.accepts or not at.begins_line(at.index):
        return None
    inside = _in_matrix(at)
    ends = [
        at.span(before).after()
        for before, place in pairwise(inside)
        if at.kind_of(place) in ENTRIES and at.kind_of(before) not in SEPARATORS and at.begins_line(place)
    ]
    kinds = {at.kind_of(place) for place in inside}
    if not ends or not kinds & SEPARATORS:
        return None
    where = "at the end of the line" if len(ends) == 1 else f"at the end of {len(ends)} lines"
    fixes = [Fix(f"add `;` {where}", tuple(Edit(end, ";") for end in ends))]
    if not kinds & {"SEMICOLON", "DIMS"}:
        fixes.append(Fix(f"add a comma {where}", tuple(Edit(end, ",") for end in ends)))
    return Diagnostic(
        Code.MISSING_SEMICOLON,
        f"nothing parts `{at.token}` from the line above it",
        at.span(at.index),
        help="`;` ends a row of a matrix; the values of a row are separated by commas",
        fixes=tuple(fixes),
    )


def _in_matrix(at: Unexpected) -> list[int]:
    """The places of the tokens in the matrix around this one, without what is in brackets in it."""
    opener = opening(at.stream, at.index)
    if opener < 0 or at.kind_of(opener) != "LSQB":
        return []
    inside = depths(at.stream, opener + 1, closing(at.stream, opener))
    return [place for place, kind, depth in inside if depth == (kind in CLOSERS)]
