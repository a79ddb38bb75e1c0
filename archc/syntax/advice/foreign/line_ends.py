"""Signs with which other languages end a line: `conv 3x3, 8;` and `nn.ReLU(),`."""

import re

from archc.diagnostics import Code, Diagnostic, Edit, Fix
from archc.syntax.advice.foreign.text import BEGINS, Text, around, in_body, in_settings
from archc.syntax.tokens import Token, token_span

LINE_ENDS = {"NEWLINE", "RBRACE"}
ARGUMENT = {"NUMBER", "DIMS", "STRING", "HOLE", "YES", "NO", "LPAR", "LSQB", "MINUS", "REF", "IN", "NOT", "TILDE"}
AFTER_ARGUMENT = {"COMMA", "NEWLINE", "RBRACE", "ARROW", "ASSERT", "BAR", "TIMES", "RPAR"}
OPERATORS = {
    *("STAR", "SLASH", "PLUS", "MINUS", "PERCENT", "POWER", "FLOOR_DIVIDE", "INDEX_LSQB", "COMPARE"),
    *("IF", "AND", "OR", "IN"),
}
NAMED = re.compile(
    r"\blet[ \t]+(\w+)|\bfor[ \t]+([\w, \t]+?)[ \t]+in\b|\b(?:block|net|table)[ \t]+\w+[ \t]*\(([^)]*)\)"
)


def line_ends(text: Text) -> None:
    """Take out the semicolons and the commas with which lines end."""
    _drop(text, _semicolons(text), ";")
    _drop(text, _commas(text), ",")


def _drop(text: Text, signs: list[int], sign: str) -> None:
    if not signs:
        return
    spans = [token_span(text.tokens[index], text.source) for index in signs]
    title = f"remove the `{sign}`" if len(spans) == 1 else f"remove `{sign}` from {len(spans)} lines"
    fix = Fix(title, tuple(Edit(span, "") for span in spans))
    text.diagnostics.append(
        Diagnostic(Code.LINE_END, f"no `{sign}` is needed at the end of a line", spans[0], fixes=(fix,))
    )
    gone = set(signs)
    text.tokens = [token for index, token in enumerate(text.tokens) if index not in gone]


def _ending(text: Text, sign: str) -> list[int]:
    """The places of a sign that is the last of its line, in a body."""
    tokens = text.tokens
    if not any(token.type == sign for token in tokens):
        return []
    places = around(tokens)
    return [
        index
        for index, token in enumerate(tokens)
        if token.type == sign
        and (index + 1 == len(tokens) or tokens[index + 1].type in LINE_ENDS)
        and in_body(tokens, places, index)
        and not in_settings(tokens, places, index)
    ]


def _semicolons(text: Text) -> list[int]:
    """A line with one between its steps is another mistake."""
    tokens = text.tokens
    places = around(tokens)
    found = []
    for index in _ending(text, "SEMICOLON"):
        start = _line_start(tokens, index)
        between = (place for place in range(start, index) if tokens[place].type == "SEMICOLON")
        if not any(in_body(tokens, places, place) for place in between):
            found.append(index)
    return found


def _line_start(tokens: list[Token], index: int) -> int:
    while index and tokens[index - 1].type not in ("NEWLINE", "LBRACE"):
        index -= 1
    return index


def _commas(text: Text) -> list[int]:
    """Those after a call that is closed, those before what can be no argument, and those of lines in one go with them.

    After `conv 3x3, 8,` the next line may go on: `pad=1` does. A word alone, as `relu`, is a step where the lines
    around it are.
    """
    tokens = text.tokens
    places = around(tokens)
    named = _named(text)
    runs: list[list[tuple[int, bool]]] = [[]]
    for index in _ending(text, "COMMA"):
        ends = _ends(tokens, places, index, named)
        if ends is None:
            continue
        last = runs[-1][-1][0] if runs[-1] else -1
        together = last >= 0 and sum(token.type == "NEWLINE" for token in tokens[last:index]) == 1
        if not together:
            runs.append([])
        runs[-1].append((index, ends))
    return [index for run in runs if any(sure for _, sure in run) for index, _ in run]


def _ends(tokens: list[Token], places: list[int], comma: int, named: set[str]) -> bool | None:
    """Whether a comma certainly ends its line; None where it certainly does not."""
    if comma == 0 or tokens[comma - 1].type in ("NEWLINE", "RBRACE") or _closes_step(tokens, places, comma - 1):
        return True
    place = comma + 1
    while place < len(tokens) and tokens[place].type == "NEWLINE":
        place += 1
    if place == len(tokens) or tokens[place].type == "RBRACE":
        return True
    first, second = tokens[place], tokens[place + 1].type if place + 1 < len(tokens) else "NEWLINE"
    if first.type in ARGUMENT or (
        first.type == "NAME" and (second in OPERATORS or second == "EQUAL" or first in named)
    ):
        return None
    if first.type != "NAME":
        return True
    if second in ("NUMBER", "DIMS", "HOLE"):
        third = tokens[place + 2].type if place + 2 < len(tokens) else "NEWLINE"
        return third not in AFTER_ARGUMENT
    return second not in AFTER_ARGUMENT and second != "CALL_LPAR"


def _closes_step(tokens: list[Token], places: list[int], closer: int) -> bool:
    """Whether a `)` ends the arguments of a step."""
    if tokens[closer].type != "RPAR":
        return False
    opener = closer - 1
    while opener > 0 and not (places[opener] == places[closer] and tokens[opener].type in ("CALL_LPAR", "LPAR")):
        opener -= 1
    if tokens[opener].type == "LPAR":
        return opener == 0 or tokens[opener - 1].type in BEGINS  # a group of steps
    return opener < 2 or tokens[opener - 2].type in BEGINS


def _named(text: Text) -> set[str]:
    """The names of the source's numbers and parameters."""
    return {name for found in NAMED.findall(text.source.text) for name in re.findall(r"[A-Za-z_]\w*", " ".join(found))}
