"""What is copied from a printed table and is not source yet: `7x7, 64, stride 2`, `[3x3, 64] x 2`, `-`, `32*32`."""

import re

from archc.diagnostics import Code, Diagnostic, Edit, Fix
from archc.syntax.advice.unexpected import Unexpected
from archc.syntax.advice.window import Found, Slip

BEGINS = "BAR|ROW|NEWLINE|LBRACE|ARROW|COLON|LPAR"  # what a step follows
SIZE = ("NUMBER", "DIMS")


def spaced_sizes(at: Unexpected) -> Diagnostic | None:
    """`224 x 224 x 3`, `conv 3 x 3, 64`"""
    kinds = [token.type for token in at.stream]
    middle = at.index - 2 if [at.kind(offset) for offset in (-2, -1, 0)] == ["TIMES", "NUMBER", "COMMA"] else at.index
    if kinds[middle] != "TIMES":
        return None
    first = last = middle
    while first and kinds[first - 1] in (SIZE if kinds[first] == "TIMES" else ("TIMES",)):
        first -= 1
    while kinds[last + 1] in (SIZE if kinds[last] == "TIMES" else ("TIMES",)):
        last += 1
    parts = [str(token) for token in at.stream[first : last + 1] if token.type in SIZE]
    if len(parts) < 2:
        return None
    span, joined = at.span(first, last), "x".join(parts)
    return Diagnostic(
        Code.SPACED_SIZES,
        "sizes are written without spaces",
        span,
        help=f"write {joined}",
        fixes=(Fix(f"write {joined}", (Edit(span, joined),)),),
    )


def _joined(found: Found) -> dict[str, str]:
    return {"joined": "x".join(re.findall(r"[^\s*,()]+", found.text("first..last")))}


def _joined_by_x(window: str, at: str) -> Slip:
    fixes = (("write $joined", {at: "$joined"}),)
    return Slip(window, Code.SYNTAX, "sizes are joined by `x`: $joined", at=at, fixes=fixes, values=_joined)


def _bare_matrix(window: str, at: str, accepts: str = "") -> Slip:
    return Slip(
        window,
        Code.LAYERS_IN_BRACKETS,
        "brackets hold numbers, and a block makes layers of them",
        at=at,
        help="`residual [3x3, 64; 3x3, 64] x 2` is ResNet's",
        fixes=(("give them to `residual`", {f"|{at}": "residual "}),),
        accepts=accepts,
    )


def _size_first(window: str, accepts: str, fixes: tuple[tuple[str, dict[str, str]], ...] = ()) -> Slip:
    return Slip(
        f"{BEGINS} {window}",
        Code.SYNTAX,
        "a layer begins with its name",
        at="size",
        help="for example `conv 7x7/2, 64, pad=3` or `maxpool 3x3/2`",
        fixes=fixes,
        accepts=accepts,
    )


EMPTY_CELL = Slip(
    "BAR|ROW dash:MINUS ^BAR|ROW|NEWLINE|RBRACE|$END",
    Code.SYNTAX,
    "a cell with nothing in it is left empty",
    at="dash",
    fixes=(("empty the cell", {"dash": ""}),),
)
CONV = (("write `conv`", {"|size": "conv "}),)
PRINTED = (
    _bare_matrix(f"{BEGINS} ^LSQB", "it", "NAME REF"),  # `[3x3, 64; 3x3, 64] x 2`
    _bare_matrix(f"{BEGINS} matrix:LSQB() ^TIMES|ARROW|ASSERT", "matrix"),
    _size_first("^size:DIMS COMMA", "NAME REF", CONV),  # `7x7, 64, stride 2`
    _size_first("^size:DIMS NAME|SLASH|TIMES", "NAME REF"),  # `3x3 max pool`
    _size_first("size:DIMS ^COMMA", "", CONV),
    _size_first("size:DIMS ^NAME|SLASH|TIMES", ""),
    _joined_by_x("BAR|ROW first:NUMBER ^STAR last:NUMBER|STAR+", "first..last"),  # `32*32`
    _joined_by_x("BAR|ROW opener:LPAR ^first:NUMBER last:COMMA|NUMBER+ closer:RPAR", "opener..closer"),  # `(16, 16, 8)`
    Slip(  # `average pool 2x2/2`
        f"{BEGINS} first:NAME second:NAME DIMS|NUMBER ^SLASH",
        Code.SYNTAX,
        "a layer's name is one word, and here are two",
        at="first..second",
        help="for example `maxpool 2x2/2`, `avgpool 2x2/2`",
    ),
)
