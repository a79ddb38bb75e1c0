"""Between the lexer and the parser: newlines that end no statement are left out."""

import re

from archc.syntax.brackets import CLOSERS, OPENERS
from archc.syntax.tokens import Token

# A newline after one of these, or before one of those, does not end a statement.
CONTINUES = {
    *("ARROW", "ASSERT", "COMMA", "EQUAL", "COLON", "COMPARE", "OR", "AND", "NOT", "ELSE"),
    *("PLUS", "MINUS", "STAR", "SLASH", "FLOOR_DIVIDE", "PERCENT", "POWER", "IF", "IN", "FOR", "REPEAT"),
}
SILENT_AFTER = CONTINUES | {"NEWLINE"}
CONTINUED_BY = {"ARROW", "ASSERT", "ELSE", "LBRACE"}
TABLES = {"train", "weights"}  # of settings, which no layer sees
ENDS_VALUE = {"NUMBER", "NAME", "RPAR", "RSQB", "RBRACE", "DIMS", "STRING", "YES", "NO", "REF", "HOLE"}
STARTS_COUNT = {"NUMBER", "NAME", "LPAR", "HOLE"}
TIGHT_COUNT = re.compile(r"x[0-9]+\Z")


def layout(source: list[Token]) -> list[Token]:
    """The tokens, all of whose brackets match, as the grammar reads them.

    Newlines that end no statement are left out. `x` before a count is a TIMES. The bracket of a call is told from
    that of a value.
    """
    result: list[Token] = []
    inside: list[str] = []
    previous = "NEWLINE"
    for index, original in enumerate(source):
        token = original
        kind = token.type
        if kind == "NEWLINE":
            if previous in SILENT_AFTER or (inside and inside[-1] != "RBRACE"):
                continue
            following = next_kind(source, index)
            if following == "BAR" or following in CONTINUED_BY:
                continue
        elif kind == "BAR" and index and source[index - 1].type == "NEWLINE":
            token = _retyped(token, "ROW")
        elif kind == "CALL_LPAR" and previous != "NAME":
            token = _retyped(token, "LPAR")
        elif kind == "INDEX_LSQB" and previous not in ("NAME", "RPAR", "RSQB"):
            token = _retyped(token, "LSQB")
        elif kind == "NAME" and token in TABLES and not inside and previous == "NEWLINE":
            if next_kind(source, index) == "LBRACE":
                token = _retyped(token, "TRAIN")
        elif kind == "NAME" and previous in ENDS_VALUE and token == "x":
            if next_kind(source, index) in STARTS_COUNT:
                token = _retyped(token, "TIMES")
        elif kind == "NAME" and previous in ("RPAR", "RSQB", "RBRACE") and TIGHT_COUNT.match(token):
            start = token.start_pos or 0
            result.append(Token("TIMES", "x", start_pos=start, end_pos=start + 1))
            token = Token("NUMBER", token[1:], start_pos=start + 1, end_pos=token.end_pos)
        if token.type in OPENERS:
            inside.append(OPENERS[token.type])
        elif token.type in CLOSERS and inside:
            inside.pop()
        result.append(token)
        previous = token.type
    return result


def _retyped(token: Token, kind: str) -> Token:
    return Token(kind, str(token), start_pos=token.start_pos, end_pos=token.end_pos)


def next_kind(tokens: list[Token], index: int) -> str:
    """The kind of the first token after this one that is no newline; "END" where there is none."""
    return next((tokens[i].type for i in range(index + 1, len(tokens)) if tokens[i].type != "NEWLINE"), "END")
