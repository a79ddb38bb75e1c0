"""Diagnostics as text: the line, what is wrong on it underlined, the arithmetic, and the edits that hold."""

import textwrap
from collections.abc import Iterable, Sequence

from archc.diagnostics.model import MAX_REPORTS, Diagnostic, Edit, Fix, Severity
from archc.diagnostics.source import Source, Span
from archc.diagnostics.visible import cells, show, visible
from archc.records import dataclass

MOST_EXPLAINED = 3
MOST_FIXES = 3
MOST_LINES = 6

RED, YELLOW, CYAN = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m"
BLUE, GREEN, BOLD, RESET = "\x1b[34m", "\x1b[32m", "\x1b[1m", "\x1b[0m"
TONES: dict[Severity, str] = {"error": RED, "warning": YELLOW, "info": CYAN}


def render_all(diagnostics: Iterable[Diagnostic], *, color: bool = False, width: int = 100, wrap: bool = False) -> str:
    """All of them in the order of their sources, a blank line between, and how many there are.

    width: columns that a line of source is cut to. wrap: whether messages are broken into lines of that width too.
    """
    ordered = sorted(diagnostics, key=by_place)
    parts = [render(diagnostic, color=color, width=width, wrap=wrap) for diagnostic in ordered[:MAX_REPORTS]]
    if len(ordered) > 1:
        more = f" (the first {MAX_REPORTS} are shown)" if len(ordered) > MAX_REPORTS else ""
        parts.append(counted(ordered) + more)
    return "\n\n".join(parts)


def explained_by(diagnostics: Iterable[Diagnostic]) -> str:
    """`= archc explain shape-refuted`: the command that says more about these, of the first three kinds."""
    codes = dict.fromkeys(diagnostic.code for diagnostic in sorted(diagnostics, key=by_place)[:MAX_REPORTS])
    return f"= archc explain {' '.join([*codes][:MOST_EXPLAINED])}"


def by_place(diagnostic: Diagnostic) -> tuple[str, int]:
    """The order in which diagnostics are shown: by source, and by the place in it."""
    span = diagnostic.span
    return (span.source.name, span.start) if span else (diagnostic.file or "", -1)


def counted(diagnostics: Sequence[Diagnostic]) -> str:
    """`3 errors, 1 warning`"""
    counts = [(kind, sum(d.severity == kind for d in diagnostics)) for kind in TONES]
    return ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts if count)


def render(diagnostic: Diagnostic, *, color: bool = False, width: int = 100, wrap: bool = False) -> str:
    """One diagnostic, without a newline at its end. width, wrap: as of `render_all`."""
    return "\n".join(_Rendering(diagnostic, color, width, wrap).lines())


def wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """The lines of a text of at most `width` columns; a longer word, as a path may be, stays whole.

    indent: what begins each line but the first.
    """
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]


@dataclass(frozen=True, slots=True)
class _Mark:
    """Characters [start, end) of a line, underlined with `sign`, and the text beside them."""

    start: int
    end: int
    sign: str
    text: str = ""


class _Rendering:
    def __init__(self, diagnostic: Diagnostic, color: bool, width: int, wrap: bool) -> None:
        self.diagnostic = diagnostic
        self.color = color
        spans = [diagnostic.span, *(label.span for label in diagnostic.labels)]
        spans += [edit.span for fix in diagnostic.fixes for edit in fix.edits]
        self.gutter = max((len(str(span.end_line)) for span in spans if span is not None), default=1) + 1
        self.width = max(width - self.gutter - 3, 20)
        self.wrap = wrap
        self.tone = TONES[diagnostic.severity]

    def paint(self, text: str, tone: str) -> str:
        return f"{tone}{text}{RESET}" if self.color and text else text

    def lines(self) -> list[str]:
        diagnostic = self.diagnostic
        head, message = f"{diagnostic.severity}[{diagnostic.code}]", visible(diagnostic.message)
        first, *others = self._broken(f"{head}: {message}")
        result = [f"{self.paint(head, self.tone)}{self.paint(first.removeprefix(head), BOLD)}"]
        result += [self.paint(f"{' ' * (self.gutter + 3)}{line}", BOLD) for line in others]
        if diagnostic.span is not None:
            result += self._sources(diagnostic.span)
        elif diagnostic.file and visible(diagnostic.file) not in message:
            result.append(f"{' ' * self.gutter}{self.paint('-->', BLUE)} {visible(diagnostic.file)}")
        for note in diagnostic.notes:
            result += self._under("", "", note)
        if diagnostic.help:
            result += self._under("help", BOLD, f": {diagnostic.help}")
        for fix in diagnostic.fixes[:MOST_FIXES]:
            result += self._fix(fix)
        for fix in diagnostic.fixes[MOST_FIXES:]:
            result += self._fix_title(fix)
        return result

    def _broken(self, text: str) -> list[str]:
        """The lines of a message: one, or on a terminal as many as its width makes of it."""
        return wrapped(text, self.width) if self.wrap else [text]

    def _under(self, word: str, tone: str, text: str) -> list[str]:
        """`= ` and a text after a word that is painted, below the source."""
        first, *others = self._broken(word + visible(text))
        opening = f"{' ' * self.gutter} {self.paint('=', BLUE)} {self.paint(word, tone)}"
        return [opening + first.removeprefix(word), *(f"{' ' * (self.gutter + 3)}{line}" for line in others)]

    # ---- source lines

    def _sources(self, span: Span) -> list[str]:
        """The source of the mistake, then other sources that labels point into."""
        sources = [span.source]
        for label in self.diagnostic.labels:
            if all(label.span.source is not source for source in sources):
                sources.append(label.span.source)
        result = []
        for source in sources:
            first = span if source is span.source else self._first_label(source)
            arrow = "-->" if source is span.source else ":::"
            place = f"{visible(source.name)}:{first.line}:{first.column}"
            result.append(f"{' ' * self.gutter}{self.paint(arrow, BLUE)} {place}")
            result.append(self._gutter(""))
            result += self._marked(source)
        return result

    def _first_label(self, source: Source) -> Span:
        return next(label.span for label in self.diagnostic.labels if label.span.source is source)

    def _marked(self, source: Source) -> list[str]:
        """The lines of a source with a mark."""
        marks: dict[int, list[_Mark]] = {}
        span = self.diagnostic.span
        if span is not None and span.source is source:
            marks.setdefault(span.line, []).append(_mark(span, "^"))
        for label in self.diagnostic.labels:
            if label.span.source is source:
                marks.setdefault(label.span.line, []).append(_mark(label.span, "-", label.text))
        result: list[str] = []
        previous = 0
        for number in sorted(marks):
            if previous and number > previous + 1:
                result.append(self.paint("...", BLUE))
            result += self._line(number, source.line(number), marks[number])
            previous = number
        return result

    def _gutter(self, number: str, sign: str = "|") -> str:
        return self.paint(f"{number:>{self.gutter}} {sign}", BLUE)

    def _line(self, number: int, text: str, marks: list[_Mark]) -> list[str]:
        """A source line and what stands under it."""
        main = next((mark for mark in marks if mark.sign != "-"), marks[0])
        shown = show(text, self.width, (main.start, main.end))
        placed = []
        for mark in marks:
            start = shown.cell(mark.start)
            placed.append(_Mark(start, max(shown.cell(mark.end), start + 1), mark.sign, visible(mark.text)))
        under = [f"{self._gutter(str(number))} {shown.text}"]
        under += [f"{self._gutter('')} {line}" for line in self._signs(placed)]
        return under

    def _signs(self, marks: list[_Mark]) -> list[str]:
        """The underlines, the last text beside them, and the other texts below, hung from their starts."""
        row = [" "] * max(mark.end for mark in marks)
        for mark in sorted(marks, key=lambda mark: mark.sign != "-"):
            row[mark.start : mark.end] = mark.sign * (mark.end - mark.start)
        last = max(marks, key=lambda mark: (mark.end, mark.start))
        signs = self._painted("".join(row))
        lines = [f"{signs} {self.paint(last.text, BLUE)}" if last.text else signs]
        hanging = sorted((m for m in marks if m.text and m is not last), key=lambda m: m.start)
        while hanging:
            mark = hanging.pop()
            stems = [" "] * mark.start
            for other in hanging:
                if other.start < mark.start:
                    stems[other.start] = "|"
            lines.append(f"{self.paint(''.join(stems), BLUE)}{self.paint(mark.text, BLUE)}")
        return lines

    def _painted(self, row: str) -> str:
        if not self.color:
            return row
        tones = {"^": self.tone, "-": BLUE, "~": GREEN, "+": GREEN}
        return "".join(self.paint(sign, tones[sign]) if sign in tones else sign for sign in row)

    # ---- fixes

    def _fix_title(self, fix: Fix) -> list[str]:
        return self._under("fix", GREEN, f": {fix.message}")

    def _fix(self, fix: Fix) -> list[str]:
        """A fix and the lines as it leaves them."""
        edits = sorted(fix.edits, key=lambda edit: edit.span.start)
        if not edits or any("\n" in edit.text or "\n" in edit.span.text or not edit.text for edit in edits):
            return [*self._fix_title(fix), *self._difference(edits)]
        changed: dict[int, list[Edit]] = {}
        for edit in edits:
            changed.setdefault(edit.span.line, []).append(edit)
        result = self._fix_title(fix)
        for number, some in list(changed.items())[:MOST_LINES]:
            text, marks = _edited(some[0].span.source.line(number), some)
            result += self._line(number, text, marks)
        if len(changed) > MOST_LINES:
            more = len(changed) - MOST_LINES
            result.append(self.paint(f"... and {more} more line{'s' * (more > 1)}", BLUE))
        return result

    def _difference(self, edits: Sequence[Edit]) -> list[str]:
        """The lines before and after, where a fix removes text or adds lines."""
        if not edits:
            return []
        source = edits[0].span.source
        first, last = edits[0].span.line, max(edit.span.end_line for edit in edits)
        if last - first >= MOST_LINES:
            return []
        before = [source.line(number) for number in range(first, last + 1)]
        start = source.line_starts[first - 1]
        end = source.line_starts[last] if last < len(source.line_starts) else len(source.text)
        text = source.text[start:end]
        for edit in reversed(edits):
            text = text[: edit.span.start - start] + edit.text + text[edit.span.end - start :]
        after = text.splitlines()
        while before and after and before[-1] == after[-1]:  # of a line that is removed whole, the next one
            del before[-1], after[-1]
        around = (edits[0].span.column - 1, edits[0].span.column)
        rows = [("-", RED, line) for line in before] + [("+", GREEN, line) for line in after[: 2 * MOST_LINES]]
        return [
            f"{self._gutter(str(first) if not index else '', '|')} "
            f"{self.paint(f'{sign} {show(line, self.width - 2, around).text}'.rstrip(), tone)}"
            for index, (sign, tone, line) in enumerate(rows)
            if line.strip() or sign == "-" or len(after) > 1
        ]


def _mark(span: Span, sign: str, text: str = "") -> _Mark:
    """Of several lines, the first is shown."""
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(span.source.line(span.line))
    return _Mark(start, max(end, start + 1), sign, text)


def _edited(line: str, edits: Sequence[Edit]) -> tuple[str, list[_Mark]]:
    """A line with edits made, and what has changed: + for new text, ~ for replaced text."""
    marks = []
    shift = 0
    for edit in edits:
        start = edit.span.column - 1 + shift
        line = line[:start] + edit.text + line[start + len(edit.span.text) :]
        lead = len(edit.text) - len(edit.text.lstrip())
        marks.append(_Mark(start + lead, start + len(edit.text), "~" if edit.span.text else "+"))
        shift += len(edit.text) - len(edit.span.text)
    return line, marks


__all__ = ["by_place", "cells", "counted", "explained_by", "render", "render_all", "wrapped"]
