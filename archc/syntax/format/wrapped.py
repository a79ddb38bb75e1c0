"""Rows of tables that go on on the next line, where a newline says nothing: the layout has them on one."""

from archc.syntax.brackets import CLOSERS, OPENERS, find, opening
from archc.syntax.format.lines import Line
from archc.syntax.layout import CONTINUED_BY, CONTINUES
from archc.syntax.tokens import Token


def unwrapped(lines: list[Line]) -> list[Line]:
    """The lines, each row of a table as far as it goes on by itself. Comments within stand above it."""
    result: list[Line] = []
    stack: list[str] = []
    table = 0  # how deep the one is that is open
    waiting = False
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        row = table > 0 and len(stack) == table and line.tokens[:1] and line.tokens[0].type == "BAR"
        while row and index < len(lines) and _goes_on(line.tokens, _following(lines, index)):
            if line.comment is not None:
                result.append(Line([], line.comment))
            line = Line([*line.tokens, *lines[index].tokens], lines[index].comment)
            index += 1
        for token in line.tokens:
            waiting = waiting or token.type == "TABLE"
            if token.type in OPENERS:
                stack.append(token.type)
                if waiting and token.type == "LBRACE":
                    table, waiting = len(stack), False
            elif token.type in CLOSERS and stack:
                if len(stack) == table:
                    table = 0
                stack.pop()
        result.append(line)
    return result


def _following(lines: list[Line], index: int) -> Token | None:
    return next((line.tokens[0] for line in lines[index:] if line.tokens), None)


def _goes_on(tokens: list[Token], following: Token | None) -> bool:
    """Whether the newline after these says nothing."""
    if following is None or following.type == "BAR":
        return False
    if find(tokens, 0, CLOSERS) < len(tokens):
        return False  # the table is closed
    opener = opening(tokens, len(tokens))
    if opener >= 0 and tokens[opener].type != "LBRACE":
        return True
    return tokens[-1].type in CONTINUES or following.type in CONTINUED_BY
