"""Strides and results written another way: `conv 7x7, 64, /2`, `conv 5x5, 6 -> 28x28x6`, `expect params == 61K`."""

from collections.abc import Collection

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.syntax.advice.bars import line_head
from archc.syntax.advice.printed import BEGINS, SIZES
from archc.syntax.tokens import Token, token_span

SIGNS = {"ARROW", "EQUAL", "COLON"}

Found = Diagnostic | None


def stride_apart(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`conv 7x7, 64, /2`, as ResNet's figure has it"""
    kinds = [token.type for token in stream[max(index - 1, 0) : index + 2]]
    if kinds != ["COMMA", "SLASH", "NUMBER"]:
        return None
    comma, _, number = stream[index - 1 : index + 2]
    start = next((place + 1 for place in range(index, -1, -1) if stream[place].type in BEGINS), 0)
    window = stream[start + 1] if [token.type for token in stream[start : start + 1]] == ["NAME"] else None
    if window is None or window.type not in SIZES:
        return None
    stride = f"/{number}"
    edits = (Edit(token_span(window, source).after(), stride), Edit(token_span(comma, source, number), ""))
    return Diagnostic(
        Code.SYNTAX,
        f"a stride stands with its window: {window}{stride}",
        token_span(stream[index], source, number),
        fixes=(Fix(f"write `{window}{stride}`", edits),),
    )


def result(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`conv 5x5, 6 -> 28x28x6`, `= 28x28x6`, `: 28x28x6`"""
    size = index if stream[index].type == "DIMS" else index + 1
    sign = stream[size - 1] if size else None
    if (
        size >= len(stream)
        or stream[size].type != "DIMS"
        or sign is None
        or sign.type not in ("ARROW", "EQUAL", "COLON")
    ):
        return None
    before = stream[size - 2].type if size > 1 else ""
    if before not in (*SIZES, "NAME", "RPAR", "YES", "NO", "HOLE") or line_head(stream, index, source) == "LET":
        return None
    if stream[size + 1].type not in ("NEWLINE", "RBRACE", "BAR", "ROW", "$END"):
        return None
    span = token_span(sign, source)
    gap = Span(source, stream[size - 2].end_pos or 0, stream[size].start_pos or 0)
    return Diagnostic(
        Code.WRONG_SIGN,
        f"what a path gives is stated with `=>`: => {stream[size]}",
        span,
        fixes=(Fix("write `=>`", (Edit(gap, " => "),)),),
    )


def expected(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`expect params == 61K`, `expect params ~ 61K`"""
    token, after = stream[index], stream[index + 1 : index + 2]
    if token not in ("==", "~") or not after or index < 2 or stream[index - 2].type != "EXPECT":
        return None
    span = token_span(token, source)
    signs = "=" if token == "==" else "= ~"
    gap = Span(source, span.start, after[0].start_pos or 0)
    written = f"{signs} " if signs == "=" else signs
    return Diagnostic(
        Code.WRONG_SIGN,
        f"`expect` states a figure with `{signs}`",
        span,
        fixes=(Fix(f"write `{signs}`", (Edit(gap, written),)),),
    )


STATED = (stride_apart, result, expected)
