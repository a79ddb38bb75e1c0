"""What to say when a token does not fit: in the user's words, with the usual slips recognised."""

from collections.abc import Collection

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.syntax.advice.slips import slip
from archc.syntax.keywords import RESERVED
from archc.syntax.layout import CONTINUES
from archc.syntax.tokens import Token, starts_line, token_span

ELSEWHERE = {  # what other languages begin an item with
    **dict.fromkeys(("def", "function", "fn", "func", "module"), "block"),
    **dict.fromkeys(("class", "model", "network", "graph"), "net"),
    **dict.fromkeys(("import", "include", "from", "require", "using"), "use"),
    **dict.fromkeys(("const", "var", "set", "param"), "let"),
}
STEP = {"NAME", "REF", "LPAR"}
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


def complain(stream: list[Token], index: int, accepts: Collection[str], source: Source) -> Diagnostic:
    """The report for the token at `index`, which the grammar does not take here."""
    token = stream[index]
    before = stream[index - 1] if index else None
    after = stream[index + 1] if index + 1 < len(stream) else None
    span = token_span(token, source)
    return (
        _nameless(token, before, source)
        or _setting(stream, index, source)
        or slip(stream, index, accepts, source)
        or _spaced_sizes(stream, index, source)
        or _dangling(token, before, source)
        or _missing_comma(token, before, accepts, source)
        or _assignment(token, after, accepts, source)
        or _reserved(token, before, accepts, span)
        or _outside(token, accepts, span)
        or _plain(token, accepts, span, source)
    )


def _setting(stream: list[Token], index: int, source: Source) -> Diagnostic | None:
    """Anything within `train { … }`, where neither paths nor arithmetic are."""
    train = next((i for i in range(index - 1, -1, -1) if stream[i].type == "TRAIN"), index)
    depth = sum((t.type == "LBRACE") - (t.type == "RBRACE") for t in stream[train:index])
    token = stream[index]
    if depth <= 0 or token.type in ("$END", "NEWLINE", "RBRACE"):
        return None
    return Diagnostic(
        Code.SYNTAX,
        f"`{token.strip()}` does not fit here",
        token_span(token, source),
        help="a setting is `name = value` or `name { … }`; lists are [1, 2], and what is no single word is quoted",
    )


def _spaced_sizes(stream: list[Token], index: int, source: Source) -> Diagnostic | None:
    """`224 x 224 x 3`, `conv 3 x 3, 64`"""
    if stream[index].type == "COMMA" and [token.type for token in stream[max(index - 2, 0) : index]] == [
        "TIMES",
        "NUMBER",
    ]:
        index -= 2
    if stream[index].type != "TIMES":
        return None
    first = index
    while first >= 2 and stream[first].type == "TIMES" and stream[first - 1].type in ("NUMBER", "DIMS"):
        first -= 2 if stream[first - 2].type == "TIMES" else 1
    last = index
    while last + 1 < len(stream) and stream[last].type == "TIMES" and stream[last + 1].type in ("NUMBER", "DIMS"):
        last += 2 if stream[last + 2].type == "TIMES" else 1
    parts = [str(t) for t in stream[first : last + 1] if t.type in ("NUMBER", "DIMS")]
    if len(parts) < 2:
        return None
    span = token_span(stream[first], source).to(token_span(stream[last], source))
    joined = "x".join(parts)
    return Diagnostic(
        Code.SPACED_SIZES,
        "sizes are written without spaces",
        span,
        help=f"write {joined}",
        fixes=(Fix(f"write {joined}", (Edit(span, joined),)),),
    )


def _nameless(token: Token, before: Token | None, source: Source) -> Diagnostic | None:
    """`conv3-` in a cell, and no number."""
    if before is None or before.type not in ("MINUS", "DASH_CALL") or token.type not in ("BAR", "ROW", "NEWLINE"):
        return None
    if not source.text[(before.start_pos or 0) - 1].isalnum():
        return None
    return Diagnostic(
        Code.DANGLING,
        "no number follows this `-`",
        token_span(before, source),
        help="`conv3-64` is conv3(64)",
    )


def _dangling(token: Token, before: Token | None, source: Source) -> Diagnostic | None:
    """`maxpool 2x2/2 ->` at the end of a line, and nothing that goes on from there."""
    ended = token.type in ("$END", "RBRACE") or starts_line(token, before, source)
    if before is None or not ended or before.type not in CONTINUES or before.type == "COLON":
        return None
    span = token_span(before, source)
    fixes = (Fix(f"remove `{before}`", (Edit(span, ""),)),) if before.type in ("ARROW", "COMMA") else ()
    return Diagnostic(Code.DANGLING, f"nothing follows this `{before}`", span, fixes=fixes)


def _missing_comma(token: Token, before: Token | None, accepts: Collection[str], source: Source) -> Diagnostic | None:
    """`conv 3x3 64`"""
    starts_value = token.type in (*VALUE, "NAME", "LSQB", "YES", "NO")
    if not starts_value or before is None or "COMMA" not in accepts:
        return None
    place = token_span(before, source).after()
    fixes = [Fix("add the comma", (Edit(place, ","),))]
    if before.type == "NUMBER" and token.type == "DIMS":  # `conv 64 3x3`
        both = token_span(before, source, token)
        fixes.append(Fix(f"write `{token}, {before}`", (Edit(both, f"{token}, {before}"),)))
    return Diagnostic(
        Code.MISSING_COMMA,
        f"a comma is missing before `{token}`",
        token_span(token, source),
        help="arguments are separated by commas: conv 3x3, 64, pad=1",
        fixes=tuple(fixes),
    )


def _assignment(token: Token, after: Token | None, accepts: Collection[str], source: Source) -> Diagnostic | None:
    """`if a = b`"""
    if token.type != "EQUAL" or "COMPARE" not in accepts:
        return None
    span = token_span(token, source)
    return Diagnostic(
        Code.ASSIGNMENT,
        "`=` gives a name to a value; two values are compared with `==`",
        span,
        fixes=(Fix("compare with `==`", (Edit(span, "=="),)),),
    )


def _reserved(token: Token, before: Token | None, accepts: Collection[str], span: Span) -> Diagnostic | None:
    """A keyword where a name belongs."""
    if not token.isalpha() or token not in RESERVED or "NAME" not in accepts:
        return None
    if token in ("net", "use", "block") and (before is None or before.type != "LET"):
        return None
    return Diagnostic(
        Code.RESERVED_WORD,
        f"`{token}` is a word of the language and cannot be a name",
        span,
        help="choose another name",
    )


def _outside(token: Token, accepts: Collection[str], span: Span) -> Diagnostic | None:
    """A layer before any `net`."""
    if "NET" not in accepts or token.type not in ("NAME", "LABEL", "REF", "LPAR", "FOR", "REPEAT", "IF"):
        return None
    meant = ELSEWHERE.get(str(token))
    return Diagnostic(
        Code.OUTSIDE_NET,
        f"`{token}` stands outside any net or block",
        span,
        help=f"did you mean `{meant}`?"
        if meant
        else "a file holds `net name { … }`, `block name(…) { … }`, `let` and `use`",
        fixes=(Fix(f"write `{meant}`", (Edit(span, meant),)),) if meant else (),
    )


def _plain(token: Token, accepts: Collection[str], span: Span, source: Source) -> Diagnostic:
    wanted = _wanted(accepts)
    if token.type == "$END":
        message = "the file ends too early"
    elif token.type == "NEWLINE":
        message = "the line ends too early"
        span = Span(source, span.start, span.start)
    else:
        message = f"`{token.strip()}` does not fit here"
    return Diagnostic(Code.SYNTAX, message, span, help=f"expected {wanted}" if wanted else None)


def _wanted(accepts: Collection[str]) -> str:
    options = []
    if "NET" in accepts:
        options.append("`net`, `block`, `let` or `use`")
    if VALUE & set(accepts):
        options.append("a value")
    elif set(accepts) >= STEP:
        options.append("a layer, a block or @label")
    elif "NAME" in accepts or "LABEL" in accepts:
        options.append("a name")
    options += [text for kind, text in PUNCTUATION.items() if kind in accepts]
    if "COMMA" in accepts:
        options.append("`,`")
    if "NEWLINE" in accepts and "NET" not in accepts:
        options.append("a new line")
    return " or ".join([", ".join(options[:-1]), options[-1]] if len(options) > 1 else options)
