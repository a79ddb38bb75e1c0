"""Repetitions written another way: `3 x conv`, `repeat 3 conv`, `[conv 3x3, 64] x 2`, `relu x 2*3`."""

from collections.abc import Collection

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.syntax.brackets import CLOSERS, OPENERS
from archc.syntax.tokens import Token, token_span

STEP_ENDS = {"NEWLINE", "ARROW", "ASSERT", "BAR", "ROW", "RBRACE", "RPAR", "$END"}
ARGUMENTS = {"DIMS", "NUMBER", "CALL_LPAR", "NAME"}  # what follows a layer's name

Found = Diagnostic | None


def count_first(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`3 x conv 3x3, 8`"""
    if index + 2 >= len(stream) or stream[index].type != "NUMBER" or not {"NAME", "REF"} <= set(accepts):
        return None
    number, times, step = stream[index : index + 3]
    if times not in ("x", "×", "*") or step.type not in ("NAME", "LPAR"):
        return None
    end = _end(stream, index + 2, STEP_ENDS)
    span = token_span(number, source, times)
    lead = Span(source, span.start, step.start_pos or 0)
    after = token_span(stream[end - 1], source).after()
    return Diagnostic(
        Code.REPETITION,
        "a count comes after what it repeats",
        span,
        help="for example `conv 3x3, 64 x 2`",
        fixes=(Fix(f"write `x {number}` after it", (Edit(lead, ""), Edit(after, f" x {number}"))),),
    )


def no_braces(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`repeat 3 conv 3x3, 8`"""
    token = stream[index]
    if index < 2 or stream[index - 2].type != "REPEAT" or "LBRACE" not in accepts or token.type not in ("NAME", "LPAR"):
        return None
    span = token_span(token, source)
    end = token_span(stream[_end(stream, index, {"NEWLINE", "RBRACE", "$END"}) - 1], source).after()
    return Diagnostic(
        Code.REPETITION,
        "what is repeated stands in braces",
        span,
        help="`repeat n { … }`, or `x n` after a single step",
        fixes=(Fix("add the braces", (Edit(span.before(), "{ "), Edit(end, " }"))),),
    )


def layers_in_brackets(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`[conv 3x3, 64; conv 3x3, 64] x 2`"""
    kinds = [token.type for token in stream[index : index + 3]]
    if (
        len(kinds) < 3
        or kinds[:2] != ["LSQB", "NAME"]
        or kinds[2] not in ARGUMENTS
        or not {"NAME", "REF"} <= set(accepts)
    ):
        return None
    end = _end(stream, index + 1, {"RSQB", "NEWLINE", "$END"})
    if stream[end].type != "RSQB":
        return None
    opener, closer = (token_span(stream[place], source) for place in (index, end))
    rows = [token_span(token, source) for token in stream[index:end] if token.type == "SEMICOLON"]
    edits = (Edit(opener, "("), *(Edit(row, " ->") for row in rows), Edit(closer, ")"))
    return Diagnostic(
        Code.LAYERS_IN_BRACKETS,
        "brackets hold numbers; layers stand in parentheses",
        opener,
        help="for example `(conv 3x3, 64 -> bn) x 2`",
        fixes=(Fix("write parentheses", edits),),
    )


def worked_out(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`relu x 2*3`"""
    if stream[index].type not in ("STAR", "PLUS", "MINUS", "POWER", "DASH_CALL", "FLOOR_DIVIDE") or index < 2:
        return None
    if stream[index - 2].type != "TIMES":
        return None
    return Diagnostic(
        Code.REPETITION,
        "a count that is worked out stands in parentheses",
        token_span(stream[index], source),
        help="for example `relu x (2 * n)`",
    )


def _end(stream: list[Token], start: int, kinds: Collection[str]) -> int:
    """The place of the first of these tokens that is in no brackets."""
    depth = 0
    for place in range(start, len(stream)):
        kind = stream[place].type
        if not depth and kind in kinds:
            return place
        depth += (kind in OPENERS) - (kind in CLOSERS)
    return len(stream) - 1


REPEATS = (count_first, no_braces, layers_in_brackets, worked_out)
