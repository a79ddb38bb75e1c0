"""Braces around a path: `stem: { conv 3x3, 64 -> bn }`, `stem { … }`, `{ … } x 2`."""

from collections.abc import Collection
from itertools import pairwise

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.syntax.advice.bars import FIRST, on_line
from archc.syntax.advice.bracket_errors import margin
from archc.syntax.brackets import CLOSERS, OPENERS, closing
from archc.syntax.tokens import Token, token_span

NO_JOIN = "steps are put together by parentheses; braces follow a join, `block`, `repeat`, `for` or `if`"
JOINS = {"add", "concat", "mul", "max", "mean", "matmul"}  # tests/unit/test_reference.py holds them against the layers
STATEMENTS = {"LABEL", "LET", "IF", "ELSE", "FOR", "REPEAT", "EXPECT", "OUTPUT", "BLOCK"}  # no path holds them
LOOPS = {"FOR", "REPEAT"}

Found = Diagnostic | None


def braces(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """What stands in them is no branch, and what stands before them no join."""
    brace = _brace(stream, index, accepts)
    if brace is None:
        return None
    words = [stream[place] for place in reversed(on_line(stream, brace, source))]
    if brace != index and any(word in JOINS for word in words):
        return None
    return Diagnostic(
        Code.SYNTAX,
        NO_JOIN,
        token_span(stream[brace], source),
        help="for example `stem: (conv 3x3, 64 -> bn -> relu)`, or `block stem() { … }` and then `stem()`",
        fixes=_fixes(stream, brace, words, source),
    )


def _brace(stream: list[Token], index: int, accepts: Collection[str]) -> int | None:
    """The place of the brace before the first step, or of one where a step belongs."""
    if stream[index].type == "LBRACE" and {"NAME", "REF"} <= set(accepts) and "NUMBER" not in accepts:
        return index
    if stream[index].type not in FIRST or not {"BAR", "ROW"} & set(accepts):
        return None
    brace = index - 2 if stream[index - 1].type == "NEWLINE" else index - 1
    return brace if brace >= 0 and stream[brace].type == "LBRACE" else None


def _fixes(stream: list[Token], opener: int, words: list[Token], source: Source) -> tuple[Fix, ...]:
    """Its lines as one path where each is one, as a block where not; a single loop without the braces."""
    closer, lines = _lines(stream, opener)
    if not lines:
        return ()
    outer = [token_span(stream[place], source) for place in (opener, closer)]
    name = _name(words)
    lead = Span(source, words[0].start_pos or 0, outer[0].start) if name else outer[0].before()
    label = Edit(lead, f"{name}: " if name else "")
    if len(lines) == 1 and lines[0][0].type in LOOPS:
        inner = [token_span(token, source) for token in (lines[0][0], lines[0][-1])]
        gaps = (Span(source, outer[0].start, inner[0].start), Span(source, inner[1].end, outer[1].end))
        return (Fix("remove the braces", (label, *(Edit(gap, "") for gap in gaps))),)
    if not any(line[0].type in STATEMENTS for line in lines):
        arrows = (Edit(token_span(line[-1], source).after(), " ->") for line, _ in pairwise(lines))
        return (Fix("write parentheses", (label, Edit(outer[0], "("), *arrows, Edit(outer[1], ")"))),)
    if name is None:
        return ()
    call = f"\n{' ' * (margin(words[0], source) - 1)}{name}()"
    return (Fix("make it a block", (Edit(lead, f"block {name}() "), Edit(outer[1].after(), call))),)


def _name(words: list[Token]) -> str | None:
    """What the group is called: `stem {`, `stage stem {`, `stem: {`."""
    kinds = [word.type for word in words]
    if kinds == ["LABEL", "COLON"] and "." not in words[0]:
        return str(words[0])
    return str(words[-1]) if kinds in (["NAME"], ["NAME", "NAME"]) else None


def _lines(stream: list[Token], opener: int) -> tuple[int, list[list[Token]]]:
    """Where the brace is closed, and what stands on each line within, inner brackets left whole."""
    lines: list[list[Token]] = [[]]
    depth = 0
    closer = closing(stream, opener)
    for token in stream[opener + 1 : closer]:
        depth += (token.type in OPENERS) - (token.type in CLOSERS)
        if not depth and token.type == "NEWLINE":
            lines.append([])
        else:
            lines[-1].append(token)
    return closer, [line for line in lines if line] if closer < len(stream) else []
