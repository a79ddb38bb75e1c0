"""Bars where they do not belong, and where they are left out: of joins, of tables, of other languages."""

from collections.abc import Collection

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.syntax.tokens import Token, token_span

NO_BAR = "the branches of a join begin with `|`"
FIRST = {"NAME", "LABEL", "REF", "LPAR", "CALL_LPAR", "REPEAT", "FOR", "IF", "LET"}  # a statement begins so
NO_ROW_BAR = "the rows of a table begin with `|`"

Found = Diagnostic | None


def on_line(stream: list[Token], index: int, source: Source) -> list[int]:
    """The places of the tokens before this one on its line, last first."""
    start = source.text.rfind("\n", 0, stream[index].start_pos or 0) + 1
    found = []
    for place in range(index - 1, -1, -1):
        if (stream[place].start_pos or 0) < start or stream[place].type == "NEWLINE":
            break
        found.append(place)
    return found


def line_head(stream: list[Token], index: int, source: Source) -> str:
    """What the line begins with, where it is not this token."""
    line = on_line(stream, index, source)
    return stream[line[-1]].type if line else ""


def or_bars(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`a || b`"""
    if stream[index].type not in ("BAR", "ROW") or index + 1 >= len(stream) or stream[index + 1].type != "BAR":
        return None
    span = token_span(stream[index], source).to(token_span(stream[index + 1], source))
    if span.text != "||":
        return None
    return Diagnostic(Code.WRONG_SIGN, "`||` is written `or`", span, fixes=(Fix("write `or`", (Edit(span, "or"),)),))


def bar(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`conv 3x3, 64 | relu`"""
    if stream[index].type not in ("BAR", "ROW"):
        return None
    span = token_span(stream[index], source)
    line = on_line(stream, index, source)
    if stream[index].type == "BAR" and line and _in_table(stream, index):
        starts = _starts_of_rows(stream, line[-1], source)
        if not starts:
            return Diagnostic(Code.SYNTAX, "the cell ends too early", span, help="its path or its bracket goes on here")
        edits = tuple(Edit(start.before(), "| ") for start in starts)
        fix = Fix("add `|`" if len(edits) == 1 else f"add `|` to {len(edits)} rows", edits)
        return Diagnostic(Code.BRANCH_BARS, NO_ROW_BAR, starts[0], help="and so does its header", fixes=(fix,))
    rows = stream[index].type == "ROW"  # `| A | B |` in a net
    help_text = "branches stand inside `add { … }` or `concat { … }`"
    return Diagnostic(
        Code.BRANCH_BARS,
        "`|` begins a branch, and here is no join",
        span,
        help=f"{help_text}, rows inside `table name {{ … }}`"
        if rows
        else f"{help_text}; the steps of a path are joined by `->`",
        fixes=() if rows else (Fix("write `->`", (Edit(span, "->"),)),),
    )


def _starts_of_rows(stream: list[Token], first: int, source: Source) -> list[Span]:
    """The first token of this line, and of each later one in the table that has bars and begins with none."""
    found: list[Span] = []
    start = first
    depth = 0
    for place in range(first, len(stream)):
        kind = stream[place].type
        depth += (kind == "LBRACE") - (kind == "RBRACE")
        if depth < 0:
            break
        if kind in ("NEWLINE", "ROW"):
            start = place + 1 if kind == "NEWLINE" and not depth else -1
        elif kind == "BAR" and start >= 0 and not depth:
            found.append(token_span(stream[start], source))
            start = -1
    return found


def _in_table(stream: list[Token], index: int) -> bool:
    """Whether the innermost brace around this token is a table's."""
    depth = 0
    for place in range(index - 1, -1, -1):
        kind = stream[place].type
        depth += (kind == "RBRACE") - (kind == "LBRACE")
        if depth < 0:
            return "TABLE" in [token.type for token in stream[place - 2 : place]] or _has_parameters(stream, place)
    return False


def _has_parameters(stream: list[Token], brace: int) -> bool:
    """Whether the brace follows `table name(…)`."""
    if stream[brace - 1].type != "RPAR":
        return False
    opener = next(place for place in range(brace, -1, -1) if place == 0 or stream[place].type in ("LPAR", "CALL_LPAR"))
    return opener >= 2 and stream[opener - 2].type == "TABLE"


def no_bar(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Found:
    """`add { relu }`"""
    token, before = stream[index], (stream[index - 1] if index else None)
    if before is None or before.type not in ("LBRACE", "NEWLINE") or not {"BAR", "ROW"} & set(accepts):
        return None
    if token.type not in FIRST:
        return None
    span = token_span(token, source)
    return Diagnostic(
        Code.BRANCH_BARS,
        NO_BAR,
        span,
        help="a branch with nothing after its `|` is the value as it flows in",
        fixes=(Fix("add `|`", (Edit(span.before(), "| "),)),),
    )
