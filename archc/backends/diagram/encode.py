"""A scene as the bytes of a file."""

from archc.backends.diagram.pdf import pdf
from archc.backends.diagram.png import png
from archc.backends.diagram.scene import Scene
from archc.backends.diagram.svg import svg
from archc.backends.diagram.theme import Theme


def picture(scene: Scene, theme: Theme, suffix: str, scale: float = 2.0) -> bytes:
    """The bytes of a file. suffix: .svg, .png or .pdf. scale: pixels per point of a PNG."""
    if suffix == ".pdf":
        return pdf(scene, theme)
    text = svg(scene, theme)
    return text.encode("utf-8") if suffix == ".svg" else png(text, scene.width, scene.height, scale)
