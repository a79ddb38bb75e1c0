"""The frame of a picture: title, legend and margin."""

from archc.backends.diagram.model import Drawing
from archc.backends.diagram.scene import Group, Path, Rect, Scene, Shape, Text, arrow
from archc.backends.diagram.text import clean, fitted, width
from archc.backends.diagram.theme import CATEGORIES

MARGIN, LEAST = 24.0, 300.0
SWATCH, ROW = 12.0, 19.0


def framed(
    inside: list[Shape], wide: float, high: float, drawing: Drawing, subtitle: str, legend: bool = True
) -> Scene:
    """The shapes under a title and a legend."""
    listed = entries(drawing) if legend else []
    return titled(inside, wide, high, drawing.title, subtitle, listed, description(drawing))


def titled(
    inside: list[Shape], wide: float, high: float, title: str, subtitle: str, entries: list[tuple[str, str]], words: str
) -> Scene:
    """The scene with a title and a legend. entries: (kind of sample, text). words: the description of the scene."""
    across = max(wide, min(LEAST, max(width(subtitle, 11), width(title, 17, bold=True))), LEAST if entries else 0.0)
    shapes: list[Shape] = []
    y = MARGIN
    if title:
        shapes.append(Text(MARGIN, y + 14, fitted(title, across, 17, bold=True), 17, "ink", bold=True))
        y += 24
    if subtitle:
        shapes.append(Text(MARGIN, y + 9, fitted(subtitle, across, 11), 11, "muted"))
        y += 20
    if entries:
        samples, y = _legend(entries, across, y + 2)
        shapes.append(Group("legend", samples))
    y += 12 if shapes else 0
    left = MARGIN + (across - wide) / 2
    translate(inside, left, y)
    return Scene(across + 2 * MARGIN, y + high + MARGIN, [*shapes, Group("net", inside)], title, words)


def entries(drawing: Drawing) -> list[tuple[str, str]]:
    """(kind of sample, text) of the legend."""
    colors = drawing.colors()
    found: list[tuple[str, str]] = [(name, words) for name, words in CATEGORIES.items() if name in colors]
    if any(edge.passes for edge in drawing.edges):
        found.append(("skip", "skip connection"))
    if any(box.train_only for box in drawing.boxes()):
        found.append(("train", "in training only"))
    if any(box.kind == "error" for box in drawing.boxes()):
        found.append(("error", "mistake"))
    return found


def _legend(entries: list[tuple[str, str]], across: float, y: float) -> tuple[list[Shape], float]:
    shapes: list[Shape] = []
    x = MARGIN
    for kind, words in entries:
        sample = 24.0 if kind in ("skip", "train") else SWATCH
        needs = sample + 5 + width(words, 10.5) + 15
        if x > MARGIN and x + needs - 15 > MARGIN + across:
            x, y = MARGIN, y + ROW
        shapes += _sample(kind, x, y, sample)
        shapes.append(Text(x + sample + 5, y + 10, words, 10.5, "muted"))
        x += needs
    return shapes, y + ROW


def _sample(kind: str, x: float, y: float, wide: float) -> list[Shape]:
    if kind == "skip":
        middle = y + SWATCH / 2
        line = Path([("M", (x, middle)), ("L", (x + wide - 6, middle))], "skip", thick=2.0)
        return [line, arrow((x + wide, middle), (1.0, 0.0), "skip")]
    if kind == "train":
        return [Rect(x, y, wide, SWATCH, "paper", "edge", 3, 1.0, dashed=True)]
    if kind in ("added", "removed", "changed", "error"):
        return [Rect(x + 1, y + 1, wide - 2, SWATCH - 2, "paper", kind, 2, 2.2)]
    return [Rect(x, y, wide, SWATCH, f"{kind}-fill", f"{kind}-line", 3)]


def description(drawing: Drawing) -> str:
    """The picture in words."""
    boxes = [clean(" ".join(line.text for line in box.lines)) for box in drawing.boxes()]
    shown = " → ".join(boxes[:40]) + (" → …" if len(boxes) > 40 else "")
    return f"{drawing.title}, {drawing.layers} layers at the level of {drawing.level}s: {shown}"


def translate(shapes: list[Shape], dx: float, dy: float) -> None:
    """Move shapes by (dx, dy), in place."""
    for shape in shapes:
        if isinstance(shape, Group):
            translate(shape.children, dx, dy)
        elif isinstance(shape, Path):
            shape.commands = [
                (letter, tuple(value + (dy if place % 2 else dx) for place, value in enumerate(points)))
                for letter, points in shape.commands
            ]
        else:
            shape.x += dx
            shape.y += dy
