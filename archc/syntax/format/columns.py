"""The cells of tables: how each is spelt, and the columns that line up."""

from archc.diagnostics import Source
from archc.syntax.brackets import CHANGES, CLOSERS, find, split
from archc.syntax.format.lines import Line
from archc.syntax.format.spacing import spaced
from archc.syntax.rows import STAGE_HEADERS, is_rule, printed
from archc.syntax.tokens import Token


def spell_row(line: Line, source: Source, stage_columns: dict[int, int | None]) -> None:
    """Cells of a row; those of the header and of the stage column stay as they are printed."""
    end = find(line.tokens, 0, CLOSERS)  # where a brace that was opened on another line closes
    line.tail = spaced(line.tokens[end:])
    cells = _cells(line.tokens[:end])
    line.is_rule = is_rule(line.tokens[:end])
    line.is_open = sum(CHANGES.get(token.type, 0) for token in line.tokens[:end]) > 0
    texts = [printed(cell, source) for cell in cells]
    if line.is_rule:
        line.cells = [f"{':' * _left(text)}-{':' * _right(text)}" for text in texts]
        return
    if line.table not in stage_columns:
        lowered = [text.lower() for text in texts]
        stage_columns[line.table] = next((i for i, text in enumerate(lowered) if text in STAGE_HEADERS), None)
        line.cells = texts
        return
    column = stage_columns[line.table]
    line.cells = [
        texts[index] if index == column and cell and cell[0].type != "LET" else spaced(cell)
        for index, cell in enumerate(cells)
    ]


def _cells(tokens: list[Token]) -> list[list[Token]]:
    """The tokens of each cell of a row."""
    cells = [cell[1:] for cell in split(tokens, ("BAR",))[1:]]
    return cells[:-1] if len(cells) > 1 and not cells[-1] else cells


def align_tables(lines: list[Line]) -> None:
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
        ruled = [line for line in every if not line.is_rule] or every[:1]
        rows = [line for line in ruled if not line.is_open] or every[:1]
        full = max(len(row.cells) for row in ruled)
        widths = [max((len(r.cells[i]) for r in rows if len(r.cells) == full), default=0) for i in range(full)]
        for row in ruled:
            count = len(row.cells)
            for index in range(min(count, full) - 1):
                widths[index] = max(widths[index], len(row.cells[index]))
        room = [sum(widths[i:]) + 3 * (full - 1 - i) for i in range(full)]
        short = max((len(r.cells[-1]) - room[len(r.cells) - 1] for r in rows if len(r.cells) < full), default=0)
        if short > 0:
            widths[-1] += short
        for row in every:
            text = _rule_text(row.cells, widths) if row.is_rule else _row_text(row.cells, widths)
            if row.is_open:
                text = text[:-1].rstrip()
            row.text = f"{text} {row.tail}".rstrip()
        start = end


def _rule_text(cells: list[str], widths: list[int]) -> str:
    """Dashes as wide as the columns; the colons by which Markdown aligns them stay."""
    padded = [*cells, *[""] * (len(widths) - len(cells))]
    parts = []
    for cell, width in zip(padded, widths, strict=False):
        left, right = _left(cell), _right(cell)
        parts.append(f"{':' * left}{'-' * (width + 2 - left - right)}{':' * right}")
    return f"|{'|'.join(parts)}|"


def _left(cell: str) -> bool:
    """Whether the cell of a rule has Markdown's colon for left-aligned columns."""
    return cell.startswith(":")


def _right(cell: str) -> bool:
    return cell.endswith(":") and len(cell) > 1


def _row_text(cells: list[str], widths: list[int]) -> str:
    parts = []
    for index, cell in enumerate(cells):
        last = index == len(cells) - 1
        width = sum(widths[index:]) + 3 * (len(widths) - 1 - index) if last else widths[index]
        parts.append(f" {cell.ljust(width)} ")
    return f"|{'|'.join(parts)}|"
