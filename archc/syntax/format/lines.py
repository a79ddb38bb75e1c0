"""A source line by line, each with how deep it stands."""

from dataclasses import field

from archc.diagnostics import Source
from archc.records import dataclass
from archc.syntax.brackets import CLOSERS, OPENERS
from archc.syntax.parser import tokens_and_comments
from archc.syntax.rows import variants
from archc.syntax.tokens import Token

INDENT = 2


@dataclass(slots=True)
class Line:
    """One line of the source on its way to its layout."""

    tokens: list[Token]
    comment: str | None
    depth: int = 0
    hanging: int = 0
    text: str = ""
    label: str = ""
    claim: str = ""
    cells: list[str] = field(default_factory=list)
    tail: str = ""  # after the last cell: the brace that ends the table
    is_row: bool = False
    is_rule: bool = False  # `|---|---|`
    is_open: bool = False  # a row whose last cell goes on in braces on the next lines
    table: int = 0  # which table of the source a row belongs to
    of_recipe: bool = False  # in `train { … }`, where each `=` stands free

    @property
    def blank(self) -> bool:
        return not self.tokens and self.comment is None


def lines_of(source: Source) -> list[Line]:
    tokens, comments = tokens_and_comments(source)
    notes = {source.locate(comment.start)[0]: comment.text.rstrip() for comment in comments}
    by_line: dict[int, list[Token]] = {}
    for token in variants(tokens, source):
        if token.type != "NEWLINE":
            kept = Token(token.type, f"[{token}]", token.start_pos, token.end_pos) if token.type == "VARIANT" else token
            by_line.setdefault(source.locate(token.start_pos or 0)[0], []).append(kept)
    lines: list[Line] = []
    for number in range(1, len(source.line_starts) + 1):
        line = Line(by_line.get(number, []), _comment(notes.get(number)))
        if line.blank and (not lines or lines[-1].blank):
            continue
        lines.append(line)
    while lines and lines[-1].blank:
        lines.pop()
    return lines


def _comment(text: str | None) -> str | None:
    """`#note` becomes `# note`; `#!`, `##` and `#` alone stay."""
    if text is None or len(text) < 2 or text[1] in "#! ":
        return text
    return f"# {text[1:]}"


def indent(lines: list[Line]) -> None:
    """Depth from the braces around; what continues a branch or an open bracket hangs further in."""
    stack: list[tuple[str, bool]] = []  # opener, whether a branch bar has been met in it
    table = 0
    waiting = recipe = False
    number = 0
    for line in lines:
        closers = 0
        for token in line.tokens:
            if token.type not in CLOSERS:
                break
            closers += 1
        outer = stack[: len(stack) - closers] if closers else stack
        line.depth = sum(1 for opener, _ in outer if opener == "LBRACE")
        line.hanging = INDENT * sum(1 for opener, _ in outer if opener != "LBRACE")
        first = line.tokens[0].type if line.tokens else ""
        in_table = table > 0 and len([1 for opener, _ in stack if opener == "LBRACE"]) == table
        line.is_row = in_table and first == "BAR"
        line.table = number
        recipe = (recipe and bool(stack)) or (not stack and line.tokens[:1] in (["train"], ["weights"]))
        line.of_recipe = recipe
        if outer and outer[-1][1] and first != "BAR" and not in_table:
            line.hanging += INDENT
        line.hanging += INDENT * sum(1 for opener, bar in outer[:-1] if bar and opener == "LBRACE")
        if first in ("ARROW", "ASSERT"):
            line.hanging += INDENT
        for token in line.tokens:
            kind = token.type
            waiting = waiting or kind == "TABLE"
            number += kind == "TABLE"
            if kind in OPENERS:
                stack.append((kind, False))
                if waiting and kind == "LBRACE":
                    table, waiting = sum(1 for opener, _ in stack if opener == "LBRACE"), False
            elif kind in CLOSERS and stack:
                if kind == "RBRACE" and table == sum(1 for opener, _ in stack if opener == "LBRACE"):
                    table = 0
                stack.pop()
            elif kind == "BAR" and stack and not line.is_row:
                stack[-1] = (stack[-1][0], True)
