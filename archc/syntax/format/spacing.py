"""The spaces between the tokens of a line, in the one layout."""

from archc.syntax.brackets import depths, opening
from archc.syntax.tokens import Token

OPERATORS = ("STAR", "SLASH", "FLOOR_DIVIDE", "PERCENT", "POWER")
TIGHT_AFTER = {"LPAR", "CALL_LPAR", "LSQB", "INDEX_LSQB", "DASH_CALL", *OPERATORS}
TIGHT_BEFORE = {
    "VARIANT",
    *("RPAR", "RSQB", "COMMA", "SEMICOLON", "COLON", "CALL_LPAR", "INDEX_LSQB", "DASH_CALL", "DOT"),
    *OPERATORS,
}
BEFORE_VALUE = {"COMMA", "EQUAL", "LPAR", "CALL_LPAR", "LSQB", "INDEX_LSQB", "MINUS", "PLUS", "COMPARE", *OPERATORS}


def spaced(tokens: list[Token], free: bool = False) -> str:
    """The tokens of a line with the spaces they want. free: around each `=` too."""
    text = ""
    named = bool(tokens) and tokens[0].type in ("LET", "EXPECT")
    for index, _, depth in depths(tokens):
        token = tokens[index]
        equals = free and "EQUAL" in (token.type, tokens[index - 1].type)
        if index and (equals or not _tight(tokens, index, named and depth == 0)):
            text += " "
        text += "→" if token == "→" else str(token)
    return text


def _tight(tokens: list[Token], index: int, spaced_equal: bool) -> bool:
    before, token = tokens[index - 1], tokens[index]
    adjacent = before.end_pos == token.start_pos
    if token.type == "EQUAL" or before.type == "EQUAL":
        first = next((i for i, t in enumerate(tokens) if t.type == "EQUAL"), -1)
        return not (spaced_equal and first in (index, index - 1))
    if token.type == "SLASH" and _after_count(tokens, index):
        return False
    if token.type == "LPAR" and before.type in ("RSQB", "VARIANT"):
        return adjacent  # `vgg[D](10)`
    if token.type == "LPAR" and before.type in ("NAME", "IF", "IN", "NOT", "AND", "OR", "ELSE", "REPEAT"):
        return False
    if before.type in ("TILDE",) or before.type in TIGHT_AFTER or token.type in TIGHT_BEFORE:
        return token.type != "CALL_LPAR" or adjacent
    if before.type == "MINUS":
        return index < 2 or tokens[index - 2].type in BEFORE_VALUE or (tokens[index - 2].type == "NAME" and adjacent)
    if before.type == "DOT" or (token.type == "DOT"):
        return True
    raw = before.type in ("UNKNOWN",) or token.type in ("UNKNOWN",)
    return adjacent and raw


def _after_count(tokens: list[Token], index: int) -> bool:
    """`x 4 /2`, `x (2*n) /2`: the stride of a repetition."""
    start = index - 1
    if tokens[start].type == "RPAR":
        start = opening(tokens, start)  # the bracket of the count
    elif tokens[start].type not in ("NUMBER", "NAME", "HOLE"):
        return False
    return start > 0 and tokens[start - 1].type == "NAME" and str(tokens[start - 1]) in ("x", "×")
