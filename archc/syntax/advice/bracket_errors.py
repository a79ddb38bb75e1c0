"""The reports of brackets that do not match, with edits that match them."""

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Source, Span
from archc.syntax.brackets import CLOSERS, MAX_NESTING, OPENERS, depths
from archc.syntax.tokens import Token, token_span


def margin(token: Token, source: Source) -> int:
    """The column at which the line of a token begins."""
    line = source.line(source.locate(token.start_pos or 0)[0])
    return len(line) - len(line.lstrip()) + 1


def line_end(tokens: list[Token], opener: int, place: int) -> int:
    """Where the line ends on which a bracket was opened, or the cell or the branch."""
    places = depths(tokens, opener + 1, place)
    return next((at for at, kind, depth in places if kind == "NEWLINE" or (kind == "BAR" and depth <= 0)), place)


def unclosed(tokens: list[Token], index: int, place: int, source: Source) -> Diagnostic:
    token = tokens[index]
    closer = CLOSERS[OPENERS[token.type]]
    propose = _brace_fix if closer == "}" else _inline_fixes
    return Diagnostic(
        Code.UNCLOSED_BRACKET,
        f"this `{token}` is never closed",
        token_span(token, source),
        help=f"add a `{closer}` where it ends",
        fixes=propose(tokens, index, place, source),
    )


def _brace_fix(tokens: list[Token], index: int, place: int, source: Source) -> tuple[Fix, ...]:
    indent = " " * (margin(tokens[index], source) - 1)
    if place >= len(tokens) or source.locate(tokens[place].start_pos or 0)[1] > 1 + len(indent):
        end = len(source.text)
        text = f"{indent}}}\n" if source.text.endswith("\n") else f"\n{indent}}}\n"
        return (Fix("add `}` at the end of the file", (Edit(Span(source, end, end), text),)),)
    code = next(i for i in range(place - 1, -1, -1) if tokens[i].type != "NEWLINE")
    last = source.locate(tokens[code].end_pos or 0)[0]
    after = source.line_starts[last - 1] + len(source.line(last))
    return (Fix(f"add `}}` after line {last}", (Edit(Span(source, after, after), f"\n{indent}}}"),)),)


def _inline_fixes(tokens: list[Token], index: int, place: int, source: Source) -> tuple[Fix, ...]:
    """At the end of the line or before what follows it there; before `x n`, a comma, an arrow."""
    closer = CLOSERS[OPENERS[tokens[index].type]]
    stop = line_end(tokens, index, place)
    ends = [i for i in range(index + 1, stop) if tokens[i].type in ("COMMA", "ARROW") or tokens[i] == "x"]
    fixes = []
    for end in [stop, *ends[:2]]:
        at = token_span(tokens[end - 1], source).after()
        where = "at the end of the line" if end == stop else f"before `{tokens[end]}`"
        if end == stop and stop < len(tokens) and tokens[stop].type != "NEWLINE":
            where = f"before `{tokens[end]}`"
        fixes.append(Fix(f"add `{closer}` {where}", (Edit(at, closer),)))
    return tuple(fixes)


def unopened(header: Token, place: Span) -> Diagnostic:
    return Diagnostic(
        Code.UNOPENED_BODY,
        f"a `{{` is missing: it opens the body of this `{header}`",
        place,
        fixes=(Fix("add `{`", (Edit(place, " {"),)),),
    )


def stray(tokens: list[Token], index: int, ended: int | None, source: Source) -> Diagnostic:
    token = tokens[index]
    span = token_span(token, source)
    earlier = token_span(tokens[ended], source) if ended is not None else None
    fixes = [Fix(f"remove the `{token}`", (Edit(span, ""),))]
    if earlier is not None:
        fixes.insert(0, Fix(f"remove the `}}` of line {earlier.line}", (Edit(earlier, ""),)))
    return Diagnostic(
        Code.STRAY_BRACKET,
        f"this `{token}` closes nothing",
        span,
        labels=(Label(earlier, "everything was closed here already"),) if earlier is not None else (),
        fixes=tuple(fixes),
    )


def wrong(token: Token, opener: Token, source: Source) -> Diagnostic:
    closer = CLOSERS[OPENERS[opener.type]]
    span = token_span(token, source)
    return Diagnostic(
        Code.WRONG_BRACKET,
        f"a `{opener}` is closed by `{closer}`, not by `{token}`",
        span,
        labels=(Label(token_span(opener, source), "opened here"),),
        fixes=(Fix(f"write `{closer}`", (Edit(span, closer),)),),
    )


def deep(token: Token, source: Source) -> Diagnostic:
    return Diagnostic(
        Code.LIMIT_NESTING,
        f"brackets nest deeper than {MAX_NESTING}",
        token_span(token, source),
        help="name the inner part as a block and call it" if token.type == "LBRACE" else "name inner parts with `let`",
    )
