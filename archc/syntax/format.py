"""The one layout of a source: indentation, spaces, aligned columns. Line breaks and comments stay.

Works on tokens, so nothing is lost; whoever writes the result checks that its tree equals the old one
(`same_tree`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass

from lark import Token

from archc.diagnostics import Source, Span
from archc.syntax import ast
from archc.syntax.mending import CLOSERS, OPENERS
from archc.syntax.parser import tokens_and_comments
from archc.syntax.rows import STAGE_HEADERS, is_rule, variants

INDENT = 2
OPERATORS = ("STAR", "SLASH", "FLOOR_DIVIDE", "PERCENT", "POWER")
TIGHT_AFTER = {"LPAR", "CALL_LPAR", "LSQB", "INDEX_LSQB", "DASH_CALL", *OPERATORS}
TIGHT_BEFORE = {
    "VARIANT",
    *("RPAR", "RSQB", "COMMA", "SEMICOLON", "COLON", "CALL_LPAR", "INDEX_LSQB", "DASH_CALL", "DOT"),
    *OPERATORS,
}
BEFORE_VALUE = {"COMMA", "EQUAL", "LPAR", "CALL_LPAR", "LSQB", "INDEX_LSQB", "MINUS", "PLUS", "COMPARE", *OPERATORS}


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
    table: int = 0  # which table of the source a row belongs to
    of_recipe: bool = False  # in `train { … }`, where each `=` stands free

    @property
    def blank(self) -> bool:
        return not self.tokens and self.comment is None


def format_source(source: Source) -> str:
    """The source in the one layout. It must parse."""
    lines = _lines(source)
    _indent(lines)
    stage_columns: dict[int, int | None] = {}
    for line in lines:
        if line.is_row:
            _spell_row(line, source, stage_columns)
        else:
            _spell(line)
    _align_tables(lines)
    return _join(lines)


def _lines(source: Source) -> list[Line]:
    tokens, comments = tokens_and_comments(source)
    notes = {source.locate(comment.start)[0]: comment.text.rstrip() for comment in comments}
    by_line: dict[int, list[Token]] = {}
    for token in variants(tokens, source):
        if token.type != "NEWLINE":
            kept = token.update(value=f"[{token}]") if token.type == "VARIANT" else token
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


def _indent(lines: list[Line]) -> None:
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


def _spell_row(line: Line, source: Source, stage_columns: dict[int, int | None]) -> None:
    """Cells of a row; those of the header and of the stage column stay as they are printed."""
    end = _row_end(line.tokens)
    line.tail = _spaced(line.tokens[end:])
    cells = _cells(line.tokens[:end])
    line.is_rule = is_rule(line.tokens[:end])
    printed = [source.text[cell[0].start_pos : cell[-1].end_pos] if cell else "" for cell in cells]
    if line.is_rule:
        line.cells = printed
        return
    if line.table not in stage_columns:
        lowered = [text.lower() for text in printed]
        stage_columns[line.table] = next((i for i, text in enumerate(lowered) if text in STAGE_HEADERS), None)
        line.cells = printed
        return
    column = stage_columns[line.table]
    line.cells = [
        printed[index] if index == column and cell and cell[0].type != "LET" else _spaced(cell)
        for index, cell in enumerate(cells)
    ]


def _row_end(tokens: list[Token]) -> int:
    """Where a brace that was opened on another line closes."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += (token.type in OPENERS) - (token.type in CLOSERS)
        if depth < 0:
            return index
    return len(tokens)


def _spell(line: Line) -> None:
    tokens = line.tokens
    if len(tokens) > 2 and tokens[0].type == "LABEL" and tokens[1].type == "COLON":
        line.label = f"{tokens[0]}:"
        tokens = tokens[2:]
    elif len(tokens) > 1 and tokens[0].type == "BAR":
        line.text = "| "
        tokens = tokens[1:]
    claim = _last_claim(tokens)
    line.text += _spaced(tokens[:claim], free=line.of_recipe)
    line.claim = _spaced(tokens[claim:])


def _last_claim(tokens: list[Token]) -> int:
    """Where a closing `=> shape` of this line begins; the end where there is none."""
    depth = 0
    found = len(tokens)
    for index, token in enumerate(tokens):
        depth += (token.type in OPENERS) - (token.type in CLOSERS)
        if token.type == "ASSERT" and depth == 0 and index:
            found = index
        elif found < index and token.type in ("LBRACE", "RBRACE", "BAR"):
            found = len(tokens)
    return found


def _cells(tokens: list[Token]) -> list[list[Token]]:
    cells: list[list[Token]] = []
    depth = 0
    for token in tokens:
        if token.type == "BAR" and depth == 0:
            cells.append([])
        else:
            cells[-1].append(token)
        depth += (token.type in OPENERS) - (token.type in CLOSERS)
    if len(cells) > 1 and not cells[-1]:
        cells.pop()
    return cells


def _spaced(tokens: list[Token], free: bool = False) -> str:
    """The tokens of a line with the spaces they want. free: around each `=` too."""
    text = ""
    named = bool(tokens) and tokens[0].type in ("LET", "EXPECT")
    depth = 0
    for index, token in enumerate(tokens):
        equals = free and "EQUAL" in (token.type, tokens[index - 1].type)
        if index and (equals or not _tight(tokens, index, named and depth == 0)):
            text += " "
        text += "→" if token == "→" else str(token)
        depth += (token.type in OPENERS) - (token.type in CLOSERS)
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
        depth = 0
        for start in range(index - 1, 0, -1):  # to the bracket that opens the count
            depth += (tokens[start].type in CLOSERS) - (tokens[start].type in OPENERS)
            if not depth:
                break
    elif tokens[start].type not in ("NUMBER", "NAME", "HOLE"):
        return False
    return start > 0 and tokens[start - 1].type == "NAME" and str(tokens[start - 1]) in ("x", "×")


def _align_tables(lines: list[Line]) -> None:
    """Columns of a table line up; a cell that spans takes the room of those it spans."""
    start = 0
    while start < len(lines):
        if not lines[start].is_row:
            start += 1
            continue
        end = start
        while end < len(lines) and (lines[end].is_row or lines[end].depth >= lines[start].depth):
            end += 1
        every = [line for line in lines[start:end] if line.is_row]
        rows = [line for line in every if not line.is_rule]
        full = max(len(row.cells) for row in rows)
        widths = [max((len(r.cells[i]) for r in rows if len(r.cells) == full), default=0) for i in range(full)]
        for row in rows:
            count = len(row.cells)
            for index in range(min(count, full) - 1):
                widths[index] = max(widths[index], len(row.cells[index]))
        room = [sum(widths[i:]) + 3 * (full - 1 - i) for i in range(full)]
        short = max((len(r.cells[-1]) - room[len(r.cells) - 1] for r in rows if len(r.cells) < full), default=0)
        if short > 0:
            widths[-1] += short
        for row in every:
            text = _rule_text(row.cells, widths) if row.is_rule else _row_text(row.cells, widths)
            row.text = f"{text} {row.tail}".rstrip()
        start = end


def _rule_text(cells: list[str], widths: list[int]) -> str:
    """Dashes as wide as the columns; the colons by which Markdown aligns them stay."""
    padded = [*cells, *[""] * (len(widths) - len(cells))]
    parts = []
    for cell, width in zip(padded, widths, strict=False):
        left, right = cell.startswith(":"), cell.endswith(":") and len(cell) > 1
        parts.append(f"{':' * left}{'-' * (width + 2 - left - right)}{':' * right}")
    return f"|{'|'.join(parts)}|"


def _row_text(cells: list[str], widths: list[int]) -> str:
    parts = []
    for index, cell in enumerate(cells):
        last = index == len(cells) - 1
        width = sum(widths[index:]) + 3 * (len(widths) - 1 - index) if last else widths[index]
        parts.append(f" {cell.ljust(width)} ")
    return f"|{'|'.join(parts)}|"


def _join(lines: list[Line]) -> str:
    """Lines to text, with labels, claims and comments of neighbouring lines under each other."""
    for run in _runs(lines, lambda line: bool(line.label)):
        width = max(len(line.label) for line in run)
        for line in run:
            line.text = f"{line.label.ljust(width)} {line.text}"
    for run in _runs(lines, lambda line: bool(line.tokens) and not line.is_row):
        claimed = [line for line in run if line.claim and line.text]
        width = max((line.hanging + len(line.text) for line in claimed), default=0)
        for line in claimed:
            line.text = f"{line.text.ljust(width - line.hanging)} {line.claim}"
        for line in run:
            if line.claim and not line.text:
                line.text = line.claim
    for run in _runs(lines, lambda line: bool(line.tokens) and line.comment is not None):
        width = max(line.hanging + len(line.text) for line in run)
        for line in run:
            line.text = f"{line.text.ljust(width - line.hanging)}  {line.comment}"
    result = []
    for line in lines:
        content = line.text if line.tokens else line.comment or ""
        result.append((" " * (line.depth * INDENT + line.hanging) + content).rstrip())
    return "\n".join(result) + "\n" if result else ""


def _runs(lines: list[Line], belongs: Callable[[Line], bool]) -> list[list[Line]]:
    """Neighbouring lines of one depth that belong."""
    runs: list[list[Line]] = []
    previous: Line | None = None
    for line in lines:
        if belongs(line):
            if previous is not None and runs and previous.depth == line.depth:
                runs[-1].append(line)
            else:
                runs.append([line])
            previous = line
        else:
            previous = None
    return runs


def same_tree(left: object, right: object) -> bool:
    """Whether two trees say the same, wherever it stands."""
    if isinstance(left, Span | Source):
        return True
    if isinstance(left, tuple | list) and isinstance(right, tuple | list):
        return len(left) == len(right) and all(same_tree(a, b) for a, b in zip(left, right, strict=True))
    if is_dataclass(left) and type(left) is type(right):
        if isinstance(left, ast.File) and isinstance(right, ast.File):
            return same_tree(left.items, right.items) and len(left.comments) == len(right.comments)
        return all(same_tree(getattr(left, f.name), getattr(right, f.name)) for f in fields(left))
    return left == right
