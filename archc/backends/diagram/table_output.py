"""A table as a scene, and as LaTeX."""

from archc.backends.diagram.footnotes import footnotes
from archc.backends.diagram.legend import LEAST, titled
from archc.backends.diagram.scene import Anchor, Path, Scene, Shape, Text
from archc.backends.diagram.table import Cell, Table
from archc.backends.diagram.text import width

SIZE, LINE, PAD, GAP = 12.0, 16.0, 9.0, 26.0
_ANCHORS: dict[str, Anchor] = {"l": "start", "c": "middle", "r": "end"}


def table_scene(table: Table) -> Scene:
    """The table in the style of books: rules above, below and under the header."""
    widths = [
        max(
            width(table.header[place], SIZE, bold=True),
            *(_cell_width(row[place]) for row in table.rows),
            *(width(line[place], SIZE) for line in table.footer),
        )
        for place in range(len(table.header))
    ]
    starts = [PAD + sum(widths[:place]) + GAP * place for place in range(len(widths))]
    whole = starts[-1] + widths[-1] + PAD
    shapes: list[Shape] = [_rule(0.0, whole, 1.6)]
    y = LINE + PAD
    for place, words in enumerate(table.header):
        shapes.append(_word(words, starts[place], widths[place], y - 3, table.aligns[place], bold=True))
    y += PAD - 2
    shapes.append(_rule(y, whole, 0.9))
    for row in table.rows:
        high = max(sum(len(stack.lines) * LINE + 4 for stack in cell) for cell in row) + 2 * PAD - 4
        for place, cell in enumerate(row):
            inner = sum(len(stack.lines) * LINE + 4 for stack in cell) - 4
            shapes += _cell(cell, starts[place], widths[place], y + (high - inner) / 2, table.aligns[place])
        y += high
        shapes.append(_rule(y, whole, 0.35))
    shapes.append(_rule(y, whole, 0.9))
    for line in table.footer:
        y += LINE + 5
        for place, words in enumerate(line):
            shapes.append(_word(words, starts[place], widths[place], y - 3, table.aligns[place], bold=place == 0))
    y += PAD
    shapes.append(_rule(y, whole, 1.6))
    below, y = footnotes(table.notes, y + 4, max(whole, LEAST))
    shapes += below
    description = "; ".join(
        " ".join(part for cell in row for stack in cell for part in stack.lines) for row in table.rows
    )
    return titled(shapes, whole, y + 2, table.title, "", [], description)


def _rule(y: float, whole: float, thick: float) -> Path:
    return Path([("M", (0.0, y)), ("L", (whole, y))], "ink", thick=thick)


def _cell_width(cell: Cell) -> float:
    return max((max(width(line, SIZE) for line in s.lines) + (60 if s.times else 0) for s in cell), default=0.0)


def _word(text: str, x: float, wide: float, y: float, align: str, bold: bool = False) -> Text:
    place = {"l": x, "c": x + wide / 2, "r": x + wide}[align]
    return Text(place, y, text, SIZE, "ink", bold, anchor=_ANCHORS[align])


def _cell(cell: Cell, x: float, wide: float, y: float, align: str) -> list[Shape]:
    shapes: list[Shape] = []
    for stack in cell:
        high = len(stack.lines) * LINE
        if not stack.times:
            shapes += [_word(line, x, wide, y + LINE * (i + 0.74), align) for i, line in enumerate(stack.lines)]
        else:
            shapes += _bracketed(stack.lines, stack.times, x, wide, y, align)
        y += high + 4
    return shapes


def _bracketed(lines: tuple[str, ...], times: int, x: float, wide: float, y: float, align: str) -> list[Shape]:
    inner = max(width(line, SIZE) for line in lines) + 14
    said = f"×{times}"
    whole = inner + 6 + width(said, SIZE)
    left = {"l": x, "c": x + (wide - whole) / 2, "r": x + wide - whole}[align]
    high = len(lines) * LINE
    shapes: list[Shape] = [
        Text(left + inner / 2, y + LINE * (place + 0.74), line, SIZE, anchor="middle")
        for place, line in enumerate(lines)
    ]
    if len(lines) == 1:  # nothing to hold together
        return [*shapes, Text(left + inner - 2, y + LINE * 0.74, said, SIZE)]
    for side, turn in ((left, 4.0), (left + inner, -4.0)):
        hook = [(side + turn, y + 0.5), (side, y + 0.5), (side, y + high - 0.5), (side + turn, y + high - 0.5)]
        shapes.append(Path([("M", hook[0]), *(("L", point) for point in hook[1:])], "ink", thick=0.9))
    shapes.append(Text(left + inner + 6, y + high / 2 + 4.3, said, SIZE))
    return shapes


# ---- LaTeX

_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "→": r"$\to$",
    "…": r"\dots{}",
    "⟨": r"$\langle$",
    "⟩": r"$\rangle$",
}


def tex(text: str) -> str:
    """Text with TeX's special characters escaped."""
    return "".join(_SIGNS.get(char, char) for char in text)


def latex(table: Table) -> str:
    """The LaTeX of a tabular. It needs the packages booktabs and amsmath."""
    lines = ["% \\usepackage{amsmath,booktabs}", f"\\begin{{tabular}}{{{table.aligns}}}", "\\toprule"]
    lines.append(" & ".join(tex(words) for words in table.header) + r" \\")
    lines.append("\\midrule")
    lines += [" & ".join(_tex_cell(cell) for cell in row) + r" \\" for row in table.rows]
    lines.append("\\midrule")
    lines += [" & ".join(tex(words) for words in line) + r" \\" for line in table.footer]
    lines += ["\\bottomrule", "\\end{tabular}"]
    lines += [f"\\par\\smallskip{{\\footnotesize {tex(note)}}}" for note in table.notes]
    return "\n".join([*lines, ""])


def _tex_cell(cell: Cell) -> str:
    parts = []
    for stack in cell:
        if stack.times and len(stack.lines) == 1:
            parts.append(f"{tex(stack.lines[0])} $\\times {stack.times}$")
        elif stack.times:
            rows = r"\\ ".join(f"\\text{{{tex(line)}}}" for line in stack.lines)
            parts.append(f"$\\begin{{bmatrix}}{rows}\\end{{bmatrix}}\\times {stack.times}$")
        else:
            parts += [tex(line) for line in stack.lines]
    if len(parts) < 2:
        return "".join(parts)
    lines = r"\\".join(parts)
    return f"\\begin{{tabular}}{{@{{}}c@{{}}}}{lines}\\end{{tabular}}"
