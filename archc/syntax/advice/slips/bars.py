"""Bars where they do not belong, and where they are left out: of joins, of tables, of other languages."""

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.syntax.advice.causes import Cause
from archc.syntax.advice.unexpected import Unexpected
from archc.syntax.advice.window import Slip, kinds
from archc.syntax.brackets import opening

FIRST = {"NAME", "LABEL", "REF", "LPAR", "CALL_LPAR", "REPEAT", "FOR", "IF", "LET"}  # a statement begins so


def bar(at: Unexpected) -> Diagnostic | None:
    """`conv 3x3, 64 | relu`"""
    if at.kind() not in ("BAR", "ROW"):
        return None
    line = at.earlier()
    if at.kind() == "BAR" and line and _in_table(at):
        return _row_without_bar(at, line[-1])
    help_text = "branches stand inside `add { … }` or `concat { … }`"
    rows = at.kind() == "ROW"  # `| A | B |` in a net
    return Diagnostic(
        Code.BRANCH_BARS,
        "`|` begins a branch, and here is no join",
        span := at.span(at.index),
        help=f"{help_text}, rows inside `table name {{ … }}`"
        if rows
        else f"{help_text}; the steps of a path are joined by `->`",
        fixes=() if rows else (Fix("write `->`", (Edit(span, "->"),)),),
    )


def _row_without_bar(at: Unexpected, first: int) -> Diagnostic:
    starts = _starts_of_rows(at, first)
    if not starts:
        span = at.span(at.index)
        return Diagnostic(Code.SYNTAX, "the cell ends too early", span, help="its path or its bracket goes on here")
    edits = tuple(Edit(start.before(), "| ") for start in starts)
    return Diagnostic(
        Code.BRANCH_BARS,
        "the rows of a table begin with `|`",
        starts[0],
        help="and so does its header",
        fixes=(Fix("add `|`" if len(edits) == 1 else f"add `|` to {len(edits)} rows", edits),),
        cause=Cause.NO_ROW_BAR,
    )


def _starts_of_rows(at: Unexpected, first: int) -> list[Span]:
    """The first token of this line, and of each later one in the table that has bars and begins with none."""
    found: list[Span] = []
    start = first
    depth = 0
    for place in range(first, len(at.stream)):
        kind = at.kind_of(place)
        depth += (kind == "LBRACE") - (kind == "RBRACE")
        if depth < 0:
            break
        if kind in ("NEWLINE", "ROW"):
            start = place + 1 if kind == "NEWLINE" and not depth else -1
        elif kind == "BAR" and start >= 0 and not depth:
            found.append(at.span(start))
            start = -1
    return found


def _in_table(at: Unexpected) -> bool:
    """Whether the innermost brace around the token is a table's."""
    brace = opening(at.stream, at.index)
    while brace >= 0 and at.kind_of(brace) != "LBRACE":
        brace = opening(at.stream, brace)
    if brace < 0:
        return False
    name = brace
    if at.kind_of(brace - 1) == "RPAR":  # `table name(…) {`
        name = opening(at.stream, brace - 1)
    return "TABLE" in [token.type for token in at.stream[max(name - 2, 0) : name]]


NO_BAR = Slip(  # `add { relu }`
    f"LBRACE|NEWLINE ^{kinds(FIRST)}",
    Code.BRANCH_BARS,
    "the branches of a join begin with `|`",
    help="a branch with nothing after its `|` is the value as it flows in",
    fixes=(("add `|`", {"|it": "| "}),),
    accepts="BAR|ROW",
    cause=Cause.NO_BRANCH_BAR,
)
