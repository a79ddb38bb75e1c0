"""A scene as SVG, without scripts, style sheets and links. Names are escaped."""

from collections.abc import Callable, Iterator

from archc.backends.diagram.scene import Group, Path, Rect, Scene, Shape, Text
from archc.backends.diagram.theme import FONT, Theme

Paint = Callable[[str, str], str]
"""(`fill` or `stroke`, name of a colour) → the text of the attribute."""

_QUOTED = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}


def escaped(text: str) -> str:
    """Text escaped for content and attributes, without characters that XML forbids."""
    return "".join(char for char in text if _allowed(ord(char))).translate(_QUOTED)


def _allowed(code: int) -> bool:
    return (code >= 32 or code in (9, 10, 13)) and not 0xD800 <= code <= 0xDFFF and code not in (0xFFFE, 0xFFFF)


def svg(scene: Scene, theme: Theme) -> str:
    """The text of an .svg file."""

    def paint(attribute: str, name: str) -> str:
        return f' {attribute}="{theme[name]}"'

    size = f'width="{number(scene.width)}" height="{number(scene.height)}"'
    view = f'viewBox="0 0 {number(scene.width)} {number(scene.height)}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {view} font-family="{FONT}" role="img">',
            f"<title>{escaped(scene.title)}</title>",
            f"<desc>{escaped(scene.description)}</desc>",
            f'<rect width="100%" height="100%" fill="{theme["paper"]}"/>',
            *shapes(scene, paint),
            "</svg>",
            "",
        ]
    )


def shapes(scene: Scene, paint: Paint) -> Iterator[str]:
    """The elements of a scene, one per line."""
    for child in scene.children:
        yield from _shape(child, paint)


def number(value: float) -> str:
    """Two decimals at most, and never -0."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _shape(shape: Shape, paint: Paint) -> Iterator[str]:
    if isinstance(shape, Group):
        data = "".join(f' data-{name}="{escaped(value)}"' for name, value in shape.data.items())
        yield f'<g class="{shape.kind}"{data}>'
        if shape.description:
            yield f"<title>{escaped(shape.description)}</title>"
        for child in shape.children:
            yield from _shape(child, paint)
        yield "</g>"
    elif isinstance(shape, Rect):
        place = f'x="{number(shape.x)}" y="{number(shape.y)}"'
        size = f'width="{number(shape.width)}" height="{number(shape.height)}"'
        radius = f' rx="{number(shape.radius)}"' if shape.radius else ""
        yield f"<rect {place} {size}{radius}{_pen(shape, paint)}/>"
    elif isinstance(shape, Path):
        steps = " ".join(f"{letter}{' '.join(map(number, points))}" for letter, points in shape.commands)
        yield f'<path d="{steps}"{_pen(shape, paint)}/>'
    else:
        yield _text(shape, paint)


def _pen(shape: Rect | Path, paint: Paint) -> str:
    text = paint("fill", shape.fill) if shape.fill else ' fill="none"'
    if shape.line:
        text += paint("stroke", shape.line) + f' stroke-width="{number(shape.thick)}"'
        text += ' stroke-dasharray="4 3"' if shape.dashed else ""
    return text


def _text(shape: Text, paint: Paint) -> str:
    turn = f' transform="rotate(-90 {number(shape.x)} {number(shape.y)})"' if shape.turned else ""
    weight = ' font-weight="bold"' if shape.bold else ""
    weight += ' font-style="italic"' if shape.italic else ""
    anchor = f' text-anchor="{shape.anchor}"' if shape.anchor != "start" else ""
    place = f'x="{number(shape.x)}" y="{number(shape.y)}" font-size="{number(shape.size)}"'
    return f"<text {place}{anchor}{weight}{paint('fill', shape.color)}{turn}>{escaped(shape.text)}</text>"
