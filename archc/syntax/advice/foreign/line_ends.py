"""Signs with which other languages end a line: `conv 3x3, 8;` and `nn.ReLU(),`."""

import re

from archc.diagnostics import Code, Diagnostic, Edit, Fix
from archc.syntax.advice.foreign.text import BEGINS, Text
from archc.syntax.tokens import token_span

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
    text.drop({*signs})


def _ending(text: Text, sign: str) -> list[int]:
    """The places of a sign that is the last of its line, in a body."""
    return [
        index
        for index, token in enumerate(text.tokens)
        if token.type == sign
        and text.kind(index + 1) in LINE_ENDS
        and text.in_body(index)
        and not text.in_settings(index)
    ]


def _semicolons(text: Text) -> list[int]:
    """A line with one between its steps is another mistake."""
    found = []
    for index in _ending(text, "SEMICOLON"):
        start = index
        while text.kind(start - 1) not in ("NEWLINE", "LBRACE"):
            start -= 1
        if not any(text.kind(place) == "SEMICOLON" and text.in_body(place) for place in range(start, index)):
            found.append(index)
    return found


def _commas(text: Text) -> list[int]:
    """Those after a call that is closed, those before what can be no argument, and those of lines in one go with them.

    After `conv 3x3, 8,` the next line may go on: `pad=1` does. A word alone, as `relu`, is a step where the lines
    around it are.
    """
    named = _named(text)
    runs: list[list[tuple[int, bool]]] = [[]]
    for index in _ending(text, "COMMA"):
        ends = _ends(text, index, named)
        if ends is None:
            continue
        last = runs[-1][-1][0] if runs[-1] else -1
        together = last >= 0 and sum(token.type == "NEWLINE" for token in text.tokens[last:index]) == 1
        if not together:
            runs.append([])
        runs[-1].append((index, ends))
    return [index for run in runs if any(sure for _, sure in run) for index, _ in run]


def _ends(text: Text, comma: int, named: set[str]) -> bool | None:
    """Whether a comma certainly ends its line; None where it certainly does not."""
    if text.kind(comma - 1) in ("NEWLINE", "RBRACE") or _closes_step(text, comma - 1):
        return True
    place = text.skip(comma + 1, "NEWLINE")
    if place == len(text.tokens) or text.kind(place) == "RBRACE":
        return True
    kind, second, third = (text.kind(place + offset) for offset in range(3))
    if kind in ARGUMENT:
        return None
    if kind != "NAME":
        return True
    if second in OPERATORS or second == "EQUAL" or text.tokens[place] in named:
        return None
    if second in ("NUMBER", "DIMS", "HOLE"):
        return third not in AFTER_ARGUMENT
    return second not in AFTER_ARGUMENT and second != "CALL_LPAR"


def _closes_step(text: Text, closer: int) -> bool:
    """Whether a `)` ends the arguments of a step."""
    opener = text.partner.get(closer, 0)
    if text.kind(closer) != "RPAR":
        return False
    return text.kind(opener - (1 if text.kind(opener) == "LPAR" else 2)) in BEGINS  # a group of steps, or a call


def _named(text: Text) -> set[str]:
    """The names of the source's numbers and parameters."""
    return {name for found in NAMED.findall(text.source.text) for name in re.findall(r"[A-Za-z_]\w*", " ".join(found))}
