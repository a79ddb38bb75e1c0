"""What is copied from a printed table and is not source yet: `7x7, 64, stride 2`, `[3x3, 64] x 2`, `-`, `3.8x10^9`."""

import re
from collections.abc import Collection

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.syntax.brackets import CLOSERS, OPENERS
from archc.syntax.tokens import Token, token_span

BEGINS = {"BAR", "ROW", "NEWLINE", "LBRACE", "ARROW", "COLON", "LPAR"}
ENDS = {"BAR", "ROW", "NEWLINE", "RBRACE", "$END"}
SIZES = {"DIMS", "NUMBER"}
POWER_OF_TEN = re.compile(r"(\d+(?:\.\d+)?)[ \t]*[x×*][ \t]*10\^(\d+)")
SUFFIXES = {3: "K", 6: "M", 9: "G", 12: "T"}

Found = Diagnostic | None


def _kind(stream: list[Token], index: int) -> str:
    return stream[index].type if 0 <= index < len(stream) else ""


def dash(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`| - |`"""
    if _kind(stream, index) not in ENDS or _kind(stream, index - 1) != "MINUS":
        return None
    if _kind(stream, index - 2) not in ("BAR", "ROW"):
        return None
    span = token_span(stream[index - 1], source)
    return Diagnostic(
        Code.SYNTAX,
        "a cell with nothing in it is left empty",
        span,
        fixes=(Fix("empty the cell", (Edit(span, ""),)),),
    )


def matrix_alone(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`[3x3, 64; 3x3, 64] x 2` where a step belongs."""
    start = index
    if _kind(stream, index) in ("TIMES", "ARROW", "ASSERT") and _kind(stream, index - 1) == "RSQB":
        start = _opener(stream, index - 1)
    if _kind(stream, start) != "LSQB" or _kind(stream, start - 1) not in BEGINS:
        return None
    if start == index and not {"NAME", "REF"} <= set(accepts):
        return None
    span = token_span(stream[start], source)
    return Diagnostic(
        Code.LAYERS_IN_BRACKETS,
        "brackets hold numbers, and a block makes layers of them",
        span,
        help="`residual [3x3, 64; 3x3, 64] x 2` is ResNet's",
        fixes=(Fix("give them to `residual`", (Edit(span.before(), "residual "),)),),
    )


def size_first(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`7x7, 64, stride 2`, `3x3 max pool`: a size where a layer's name belongs."""
    start = index if _kind(stream, index) in SIZES else index - 1
    if _kind(stream, start) != "DIMS" or _kind(stream, start - 1) not in BEGINS:
        return None
    if start == index:
        if not {"NAME", "REF"} <= set(accepts):
            return None
        following = _kind(stream, index + 1)
    else:
        following = _kind(stream, index)
    if following not in ("COMMA", "NAME", "SLASH", "TIMES"):
        return None
    span = token_span(stream[start], source)
    return Diagnostic(
        Code.SYNTAX,
        "a layer begins with its name",
        span,
        help="for example `conv 7x7/2, 64, pad=3` or `maxpool 3x3/2`",
        fixes=(Fix("write `conv`", (Edit(span.before(), "conv "),)),) if following == "COMMA" else (),
    )


def power(caret: Span) -> tuple[str, Edit]:
    """What the `^` of `3.8x10^9` or `2^5` stands for, and the edit that writes it so."""
    source = caret.source
    start = source.text.rfind("\n", 0, caret.start) + 1
    for found in POWER_OF_TEN.finditer(source.text, start, min(caret.end + 24, len(source.text))):
        if found.start() < caret.start < found.end():
            suffix = SUFFIXES.get(int(found[2][:4]))
            shown = f"{found[1]}{suffix}" if suffix else f"{found[1]}e{found[2]}"
            span = Span(source, found.start(), found.end())
            return f"`{span.text}` is written {shown}", Edit(span, shown)
    return "a power is written `**`", Edit(caret, "**")


def size_with_signs(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`32*32` and `(16, 16, 8)` in a cell."""
    first = index - 1
    if _kind(stream, index) == "STAR" and _kind(stream, first) == "NUMBER":
        signs = {"STAR"}
    elif _kind(stream, index) == "NUMBER" and _kind(stream, first) == "LPAR":
        first, signs = index, {"COMMA"}
    else:
        return None
    begin = first - (signs == {"COMMA"})
    if _kind(stream, begin - 1) not in ("BAR", "ROW"):
        return None
    last = first
    while _kind(stream, last + 1) in signs and _kind(stream, last + 2) == "NUMBER":
        last += 2
    end = last + (signs == {"COMMA"})
    if last == first or (end > last and _kind(stream, end) != "RPAR"):
        return None
    shown = "x".join(str(token) for token in stream[first : last + 1 : 2])
    span = token_span(stream[begin], source).to(token_span(stream[end], source))
    fixes = (Fix(f"write {shown}", (Edit(span, shown),)),)
    return Diagnostic(Code.SYNTAX, f"sizes are joined by `x`: {shown}", span, fixes=fixes)


def two_words(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`average pool 2x2/2`"""
    if _kind(stream, index) != "SLASH" or _kind(stream, index - 1) not in SIZES:
        return None
    if [_kind(stream, index - back) for back in (3, 2)] != ["NAME", "NAME"] or _kind(stream, index - 4) not in BEGINS:
        return None
    span = token_span(stream[index - 3], source).to(token_span(stream[index - 2], source))
    return Diagnostic(
        Code.SYNTAX,
        "a layer's name is one word, and here are two",
        span,
        help="for example `maxpool 2x2/2`, `avgpool 2x2/2`",
    )


def _opener(stream: list[Token], closer: int) -> int:
    """The place of the bracket that this one closes."""
    depth = 0
    for place in range(closer, -1, -1):
        depth += (stream[place].type in CLOSERS) - (stream[place].type in OPENERS)
        if depth == 0:
            return place
    return closer
