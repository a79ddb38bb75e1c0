"""Lines of archc as text, and as a tree whose spans are in the JavaScript."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import PurePath
from typing import TypeVar

from archc.diagnostics import Source, Span
from archc.importers.convnetjs.layers import Line
from archc.syntax import ast
from archc.syntax import parse as parse_arch

Piece = tuple[int, int, Span]
"""[start, end) of our text, and the JavaScript it comes from."""

T = TypeVar("T")
WORDS = frozenset(
    ("net", "block", "use", "let", "if", "else", "for", "in", "repeat", "expect", "output", "and", "or", "not")
).union(("yes", "no", "true", "false", "table", "train"))
"""Of the language: no net is called so."""


def net_name(source: Source) -> str:
    """The name of the file as an identifier of archc."""
    stem = re.sub(r"\W+", "_", PurePath(source.name).stem, flags=re.ASCII).strip("_")
    if not stem or source.name.startswith("<"):
        return "net1" if source.name.startswith("<") else "demo"
    return f"net_{stem}" if stem[0].isdigit() or stem in WORDS else stem


def written(lines: Sequence[Line], name: str, comments: Sequence[tuple[str, Span]] = ()) -> str:
    """The net as source, with the comments of the JavaScript at the same lines."""
    return _laid_out(lines, name, comments)[0]


def tree(lines: Sequence[Line], source: Source) -> ast.File:
    """The parsed net. All its spans are of `source`."""
    if not lines:
        return ast.File(source, ())
    text, pieces = _laid_out(lines, net_name(source), ())
    file, _ = parse_arch(Source(source.name, text))
    return _Mover(pieces, lines[0].span).moved(file)


def _laid_out(lines: Sequence[Line], name: str, comments: Sequence[tuple[str, Span]]) -> tuple[str, list[Piece]]:
    text = f"net {name} {{\n"
    pieces: list[Piece] = []
    beside = _by_line(lines, comments)
    for number, line in enumerate(lines):
        text += "".join(f"  # {comment}\n" for comment in (*beside.get((number, False), ()), *line.notes))
        text += "  "
        for index, step in enumerate(line.steps):
            text += " -> " if index else ""
            for part, span in step:
                pieces.append((len(text), len(text) + len(part.rstrip()), span))
                text += part
        text += "".join(f"  # {comment}" for comment in beside.get((number, True), ())) + "\n"
    text += "".join(f"  # {comment}\n" for comment in beside.get((len(lines), False), ()))
    return text + "}\n", pieces


def _by_line(lines: Sequence[Line], comments: Sequence[tuple[str, Span]]) -> dict[tuple[int, bool], list[str]]:
    """Comments by their line, and whether they are at its end or above it."""
    ends = [line.span.end for line in lines]
    result: dict[tuple[int, bool], list[str]] = {}
    for comment, span in comments:
        if not comment or "push" in comment:
            continue  # commented-out layers are not comments
        after = bisect_right(ends, span.start)
        trailing = after > 0 and lines[after - 1].span.end_line == span.line
        if 0 < after < len(lines) or trailing:
            result.setdefault((after - 1, True) if trailing else (after, False), []).append(comment)
    return result


class _Mover:
    """Replaces the spans of a tree by those of the JavaScript."""

    def __init__(self, pieces: Sequence[Piece], fallback: Span) -> None:
        self.pieces = pieces
        self.starts = [start for start, _, _ in pieces]
        self.fallback = fallback

    def moved(self, value: T) -> T:
        """The same tree with other spans."""
        if isinstance(value, tuple):
            return tuple(self.moved(item) for item in value)  # type: ignore[return-value]  # as long, of the same
        if not is_dataclass(value) or isinstance(value, type):
            return value
        changed = {}
        for field in fields(value):
            inner = getattr(value, field.name)
            changed[field.name] = self._place(inner) if isinstance(inner, Span) else self.moved(inner)
        return replace(value, **changed)

    def _place(self, span: Span) -> Span:
        """From the first part that the span touches to the last; inside a part, the innermost."""
        first = max(0, bisect_right(self.starts, span.start) - 1)
        touched = [
            where
            for start, end, where in self.pieces[first : bisect_right(self.starts, max(span.end - 1, span.start))]
            if end > span.start or start == span.start
        ]
        if not touched:
            return self.fallback
        start, end = min(one.start for one in touched), max(one.end for one in touched)
        return Span(touched[0].source, start, end)
