"""The report of a token for which no slip is recognised: what the grammar expects in its place."""

from collections.abc import Collection

from archc.diagnostics import Code, Diagnostic, Span
from archc.syntax.advice.unexpected import Unexpected

VALUE = {"NUMBER", "DIMS", "STRING"}
PUNCTUATION = {
    "RPAR": "`)`",
    "RSQB": "`]`",
    "RBRACE": "`}`",
    "LBRACE": "`{`",
    "EQUAL": "`=`",
    "COLON": "`:`",
    "BAR": "`|`",
    "ARROW": "`->`",
}


def does_not_fit(at: Unexpected) -> Diagnostic:
    """The report: the token, and the kinds that would fit."""
    wanted = _wanted(at.accepts)
    span = at.span(at.index)
    if at.kind() == "$END":
        message = "the file ends too early"
    elif at.kind() == "NEWLINE":
        message = "the line ends too early"
        span = Span(at.source, span.start, span.start)
    else:
        message = f"`{at.token.strip()}` does not fit here"
    return Diagnostic(Code.SYNTAX, message, span, help=f"expected {wanted}" if wanted else None)


def _wanted(accepts: Collection[str]) -> str:
    options = []
    if "NET" in accepts:
        options.append("`net`, `block`, `let` or `use`")
    if VALUE & set(accepts):
        options.append("a value")
    elif {"NAME", "REF", "LPAR"} <= set(accepts):
        options.append("a layer, a block or @label")
    elif "NAME" in accepts or "LABEL" in accepts:
        options.append("a name")
    options += [text for kind, text in PUNCTUATION.items() if kind in accepts]
    if "COMMA" in accepts:
        options.append("`,`")
    if "NEWLINE" in accepts and "NET" not in accepts:
        options.append("a new line")
    return " or ".join([", ".join(options[:-1]), options[-1]] if len(options) > 1 else options)
