"""The one layout of a source: indentation, spaces, aligned columns. Line breaks and comments stay.

Works on tokens, so nothing is lost; whoever writes the result checks that its tree equals the old one
(`same_tree`).
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass

from archc.diagnostics import Source, Span
from archc.syntax import ast
from archc.syntax.brackets import depths
from archc.syntax.format.columns import align_tables, spell_row
from archc.syntax.format.lines import INDENT, Line, indent, lines_of
from archc.syntax.format.spacing import spaced
from archc.syntax.format.wrapped import unwrapped
from archc.syntax.tokens import Token


def format_source(source: Source) -> str:
    """The source in the one layout. It must parse."""
    lines = unwrapped(lines_of(source))
    indent(lines)
    stage_columns: dict[int, int | None] = {}
    for line in lines:
        if line.is_row:
            spell_row(line, source, stage_columns)
        else:
            _spell(line)
    align_tables(lines)
    return _join(lines)


def _spell(line: Line) -> None:
    tokens = line.tokens
    if len(tokens) > 2 and tokens[0].type == "LABEL" and tokens[1].type == "COLON":
        line.label = f"{tokens[0]}:"
        tokens = tokens[2:]
    elif len(tokens) > 1 and tokens[0].type == "BAR":
        line.text = "| "
        tokens = tokens[1:]
    claim = _last_claim(tokens)
    line.text += spaced(tokens[:claim], free=line.of_recipe)
    line.claim = spaced(tokens[claim:])


def _last_claim(tokens: list[Token]) -> int:
    """Where a closing `=> shape` of this line begins; the end where there is none."""
    found = len(tokens)
    for index, kind, depth in depths(tokens):
        if kind == "ASSERT" and depth == 0 and index:
            found = index
        elif found < index and kind in ("LBRACE", "RBRACE", "BAR"):
            found = len(tokens)
    return found


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
