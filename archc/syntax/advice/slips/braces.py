"""Braces around a path: `stem: { conv 3x3, 64 -> bn }`, `stem { … }`, `{ … } x 2`."""

from itertools import pairwise

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.syntax.advice.bracket_errors import margin
from archc.syntax.advice.causes import Cause
from archc.syntax.advice.slips.bars import FIRST
from archc.syntax.advice.unexpected import Unexpected
from archc.syntax.brackets import closing, split
from archc.syntax.tokens import Token, token_span

JOINS = {"add", "concat", "mul", "max", "mean", "matmul"}  # tests/unit/test_reference.py holds them against the layers
STATEMENTS = {"LABEL", "LET", "IF", "ELSE", "FOR", "REPEAT", "EXPECT", "OUTPUT", "BLOCK"}  # no path holds them
LOOPS = {"FOR", "REPEAT"}


def braces(at: Unexpected) -> Diagnostic | None:
    """What stands in them is no branch, and what stands before them no join."""
    brace = _brace(at)
    if brace is None:
        return None
    words = [at.stream[place] for place in reversed(at.earlier(brace))]
    if brace != at.index and any(word in JOINS for word in words):
        return None
    return Diagnostic(
        Code.SYNTAX,
        "steps are put together by parentheses; braces follow a join, `block`, `repeat`, `for` or `if`",
        at.span(brace),
        help="for example `stem: (conv 3x3, 64 -> bn -> relu)`, or `block stem() { … }` and then `stem()`",
        fixes=_fixes(at, brace, words),
        cause=Cause.BRACES_OF_NO_JOIN,
    )


def _brace(at: Unexpected) -> int | None:
    """The place of the brace before the first step, or of one where a step belongs."""
    if at.kind() == "LBRACE" and at.accepts_step and "NUMBER" not in at.accepts:
        return at.index
    if at.kind() not in FIRST or not {"BAR", "ROW"} & set(at.accepts):
        return None
    brace = at.index - 2 if at.kind(-1) == "NEWLINE" else at.index - 1
    return brace if brace >= 0 and at.kind_of(brace) == "LBRACE" else None


def _fixes(at: Unexpected, opener: int, words: list[Token]) -> tuple[Fix, ...]:
    """Its lines as one path where each is one, as a block where not; a single loop without the braces."""
    closer = closing(at.stream, opener)
    parts = split(at.stream[opener + 1 : closer], {"NEWLINE"})
    lines = [line for part in parts if (line := part[1:] if part[:1] and part[0].type == "NEWLINE" else part)]
    if not lines or closer == len(at.stream):
        return ()
    first, last = at.span(opener), at.span(closer)
    name = _name(words)
    lead = Span(at.source, words[0].start_pos, first.start) if name else first.before()
    label = Edit(lead, f"{name}: " if name else "")
    starts = [line[0].type for line in lines]
    if len(lines) == 1 and starts[0] in LOOPS:
        inner = token_span(lines[0][0], at.source, lines[0][-1])
        gaps = (Span(at.source, first.start, inner.start), Span(at.source, inner.end, last.end))
        return (Fix("remove the braces", (label, *(Edit(gap, "") for gap in gaps))),)
    if not STATEMENTS & set(starts):
        arrows = (Edit(token_span(line[-1], at.source).after(), " ->") for line, _ in pairwise(lines))
        return (Fix("write parentheses", (label, Edit(first, "("), *arrows, Edit(last, ")"))),)
    if name is None:
        return ()
    call = f"\n{' ' * (margin(words[0], at.source) - 1)}{name}()"
    return (Fix("make it a block", (Edit(lead, f"block {name}() "), Edit(last.after(), call))),)


def _name(words: list[Token]) -> str | None:
    """What the group is called: `stem {`, `stage stem {`, `stem: {`."""
    kinds = [word.type for word in words]
    if kinds == ["LABEL", "COLON"] and "." not in words[0]:
        return str(words[0])
    return str(words[-1]) if kinds in (["NAME"], ["NAME", "NAME"]) else None
