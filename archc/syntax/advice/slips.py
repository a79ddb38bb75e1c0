"""Slips of the pen that are recognised: other languages' spellings, a sign too many, a word left out."""

from collections.abc import Callable, Collection

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.syntax.advice.bars import bar, no_bar, on_line, or_bars
from archc.syntax.advice.braces import braces
from archc.syntax.advice.headers import ELSE_IF, HEADERS
from archc.syntax.advice.notation import NOTATION
from archc.syntax.advice.printed import dash, matrix_alone, size_first, size_with_signs, two_words
from archc.syntax.advice.repeats import REPEATS
from archc.syntax.advice.semicolons import SEMICOLONS
from archc.syntax.advice.stated import STATED
from archc.syntax.tokens import Token, token_span

WRITTEN_ELSE_IF = "is written `else if`"
LONE_ELSE = "this `else` belongs to no `if`"
DOUBLED = {"COMMA": "value", "ARROW": "layer", "ASSERT": "shape", "EQUAL": "value", "SEMICOLON": "row"}


Found = Diagnostic | None


def slip(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """The report for a slip that the token at `index` shows, if it shows one."""
    for look in LOOKS:
        found = look(stream, index, accepts, source)
        if found is not None:
            return found
    return None


def _before(stream: list[Token], index: int) -> Token | None:
    return stream[index - 1] if index else None


def _comment(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`// the stem` and `/* … */`"""
    slashes = next(
        (stream[i] for i in (index, *on_line(stream, index, source)) if stream[i].type in ("FLOOR_DIVIDE", "SLASH")),
        None,
    )
    if slashes is None:
        return None
    text = source.text[slashes.start_pos or 0 :][:3]
    if not text.startswith(("// ", "/*")):
        return None
    span = Span(source, slashes.start_pos or 0, (slashes.start_pos or 0) + 2)
    return Diagnostic(
        Code.FOREIGN_COMMENT,
        f"`{span.text}` does not begin a comment",
        span,
        help="a comment begins with `#` and ends with its line",
        fixes=(Fix("write `#`", (Edit(span, "#"),)),),
    )


def _else_if(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`elif`, also where it was read as a join called so"""
    head = index - 1
    while head > 0 and stream[head].type == "NEWLINE":
        head -= 1
    above = on_line(stream, head, source) if head > 0 and stream[head].type == "LBRACE" else []
    place = next((i for i in (index, *on_line(stream, index, source), *above) if stream[i] in ELSE_IF), None)
    if place is None:
        return None
    span = token_span(stream[place], source)
    return Diagnostic(
        Code.ELSE,
        f"`{span.text}` {WRITTEN_ELSE_IF}",
        span,
        fixes=(Fix("write `else if`", (Edit(span, "else if"),)),),
    )


def _lone_else(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    if stream[index].type != "ELSE":
        return None
    return Diagnostic(
        Code.ELSE,
        LONE_ELSE,
        token_span(stream[index], source),
        help="it follows the `}` of an `if`",
    )


def _doubled(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`conv 3x3,, 64`, `-> ->`"""
    token, before = stream[index], _before(stream, index)
    if before is None or token.type != before.type or token.type not in DOUBLED:
        return None
    span = token_span(token, source)
    return Diagnostic(
        Code.SYNTAX,
        f"there is no {DOUBLED[token.type]} between this `{token}` and the one before it",
        span,
        fixes=(Fix(f"remove one `{token}`", (Edit(span, ""),)),),
    )


def _colon(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`pad: 1`"""
    token, before = stream[index], _before(stream, index)
    if token.type != "LABEL" or before is None or before.type not in ("COMMA", "CALL_LPAR"):
        return None
    colon = source.text.index(":", token.end_pos or 0)
    span = Span(source, colon, colon + 1)
    return Diagnostic(
        Code.WRONG_SIGN,
        f"an argument is given with `=`: {token}=…",
        span,
        fixes=(Fix("write `=`", (Edit(Span(source, token.end_pos or 0, colon + 1), "="),)),),
    )


def _assigned(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`x = conv 3x3, 8`"""
    token, before = stream[index], _before(stream, index)
    if token.type != "EQUAL" or before is None or before.type != "NAME" or len(on_line(stream, index, source)) != 1:
        return None
    gap = Span(source, before.end_pos or 0, token.end_pos or 0)
    label = Fix(f"label what flows: `{before}:`", (Edit(gap, ":"),))
    constant = Fix(f"name a number: `let {before} =`", (Edit(token_span(before, source).before(), "let "),))
    return Diagnostic(
        Code.ASSIGNMENT,
        "a path gets its name with a colon, a number with `let`",
        token_span(token, source),
        fixes=(label, constant),
    )


def _unnamed(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`net {`"""
    token, before = stream[index], _before(stream, index)
    if before is None or before.type not in ("NET", "BLOCK") or token.type not in ("LBRACE", "LPAR", "CALL_LPAR"):
        return None
    return Diagnostic(
        Code.SYNTAX,
        f"this {before} has no name",
        token_span(before, source),
        help=f"write `{before} name`",
        fixes=(Fix(f"call it `main`: `{before} main`", (Edit(token_span(before, source).after(), " main"),)),),
    )


def _next_line(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`maxpool 2x2/2,` and on the next line `conv 3x3, 8`"""
    line = on_line(stream, index, source)
    if len(line) != 1 or line[0] == 0 or stream[line[0]].type != "NAME" or "COMMA" not in accepts:
        return None
    comma = stream[line[0] - 1]
    if comma.type != "COMMA":
        return None
    span = token_span(comma, source)
    return Diagnostic(
        Code.DANGLING,
        "nothing follows this `,` on its line, so the next line is read as one more argument",
        span,
        fixes=(Fix("remove the comma", (Edit(span, ""),)),),
    )


LOOKS: tuple[Callable[[list[Token], int, Collection[str], Source], Found], ...] = (
    *NOTATION,
    *HEADERS,
    *REPEATS,
    *STATED,
    _comment,
    _else_if,
    _lone_else,
    _doubled,
    _colon,
    _assigned,
    _unnamed,
    or_bars,
    dash,
    bar,
    braces,
    no_bar,
    _next_line,
    matrix_alone,
    size_first,
    size_with_signs,
    two_words,
    *SEMICOLONS,
)
