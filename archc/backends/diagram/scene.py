"""The shapes of a picture, before they are SVG or PDF. Colours are names in the theme; y grows downwards."""

from dataclasses import field
from typing import Literal

from archc.records import dataclass

Anchor = Literal["start", "middle", "end"]
Command = tuple[str, tuple[float, ...]]


@dataclass(slots=True, eq=False)
class Rect:
    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    line: str = ""
    radius: float = 0.0
    thick: float = 1.0
    dashed: bool = False


@dataclass(slots=True, eq=False)
class Path:
    """commands: M and L with a point, Q with two, C with three, Z with none."""

    commands: list[Command]
    line: str = ""
    fill: str = ""
    thick: float = 1.0
    dashed: bool = False


@dataclass(slots=True, eq=False)
class Text:
    """(x, y): the start, the middle or the end of the baseline, as `anchor` says. turned: reads upwards."""

    x: float
    y: float
    text: str
    size: float
    color: str = "ink"
    bold: bool = False
    italic: bool = False
    anchor: Anchor = "start"
    turned: bool = False


@dataclass(slots=True, eq=False)
class Group:
    """kind: an SVG class. data: attributes for scripts. description: the tooltip."""

    kind: str
    children: "list[Shape]"
    data: dict[str, str] = field(default_factory=dict)
    description: str = ""


Shape = Rect | Path | Text | Group


@dataclass(slots=True, eq=False)
class Scene:
    """description: the picture in words, for screen readers."""

    width: float
    height: float
    children: list[Shape]
    title: str = ""
    description: str = ""


def polyline(points: list[tuple[float, float]], radius: float = 0.0) -> list[Command]:
    """A line through points, its corners rounded."""
    commands: list[Command] = [("M", points[0])]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        first, second = _towards(here, before, radius), _towards(here, after, radius)
        commands += [("L", first), ("Q", (*here, *second))]
    commands.append(("L", points[-1]))
    return commands


def _towards(start: tuple[float, float], end: tuple[float, float], distance: float) -> tuple[float, float]:
    length = ((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5
    share = min(distance, length / 2) / length if length else 0.0
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def arrow(tip: tuple[float, float], towards: tuple[float, float], color: str, size: float = 7.0) -> Path:
    """A filled head at `tip` that points along `towards`."""
    length = (towards[0] ** 2 + towards[1] ** 2) ** 0.5 or 1.0
    dx, dy = towards[0] / length, towards[1] / length
    back = (tip[0] - dx * size, tip[1] - dy * size)
    half = size * 0.42
    left = (back[0] - dy * half, back[1] + dx * half)
    right = (back[0] + dy * half, back[1] - dx * half)
    return Path([("M", tip), ("L", left), ("L", right), ("Z", ())], fill=color)
