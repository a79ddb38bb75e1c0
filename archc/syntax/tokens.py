"""Where lark's tokens stand in a source."""

from lark import Token

from archc.diagnostics import Source, Span


def token_span(token: Token, source: Source, last: Token | None = None) -> Span:
    """The place of a token, or from it to the last one."""
    return Span(source, token.start_pos or 0, (last or token).end_pos or 0)


def starts_line(token: Token, before: Token | None, source: Source) -> bool:
    """Whether `token` stands on a later line than the one before it."""
    return before is not None and "\n" in source.text[before.end_pos or 0 : token.start_pos]
