"""A scene as PDF: vector graphics with searchable text, one page of the picture's size."""

from io import BytesIO
from typing import Any

from archc.backends.diagram.png import BOLD, REGULAR
from archc.backends.diagram.scene import Group, Path, Rect, Scene, Shape, Text
from archc.backends.diagram.theme import Theme

_NAMES = {False: "LiberationSans", True: "LiberationSans-Bold"}
_LARGEST = 14_400.0  # points on a side; readers take no more


def pdf(scene: Scene, theme: Theme) -> bytes:
    """The bytes of a .pdf file, the same for the same scene."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - only PDF needs it
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415

    for bold, path in ((False, REGULAR), (True, BOLD)):
        pdfmetrics.registerFont(TTFont(_NAMES[bold], str(path)))
    scale = min(1.0, _LARGEST / max(scene.width, scene.height))
    content = BytesIO()
    canvas = Canvas(
        content,
        pagesize=(scene.width * scale, scene.height * scale),
        invariant=1,
        pageCompression=1,
        initialFontName=_NAMES[False],  # else Helvetica, not embedded, is a font of the file, which publishers refuse
    )
    canvas.setTitle(scene.title)
    canvas.setSubject(scene.description[:500])
    canvas.setCreator("archc")
    canvas.setAuthor("")
    canvas.scale(scale, scale)
    canvas.setFillColor(theme["paper"])
    canvas.rect(0, 0, scene.width, scene.height, stroke=0, fill=1)
    writer = _Writer(canvas, scene.height, theme)
    for shape in scene.children:
        writer.shape(shape)
    canvas.showPage()
    canvas.save()
    return content.getvalue()


class _Writer:
    """PDF's y grows upwards."""

    def __init__(self, canvas: Any, height: float, theme: Theme) -> None:
        self.canvas = canvas
        self.height = height
        self.theme = theme

    def shape(self, shape: Shape) -> None:
        if isinstance(shape, Group):
            for child in shape.children:
                self.shape(child)
        elif isinstance(shape, Rect):
            fill, stroke = self._pen(shape)
            y = self.height - shape.y - shape.height
            radius = min(shape.radius, shape.width / 2, shape.height / 2)
            self.canvas.roundRect(shape.x, y, shape.width, shape.height, radius, stroke=stroke, fill=fill)
        elif isinstance(shape, Path):
            fill, stroke = self._pen(shape)
            self.canvas.drawPath(self._path(shape), stroke=stroke, fill=fill)
        else:
            self._text(shape)

    def _pen(self, shape: Rect | Path) -> tuple[int, int]:
        if shape.fill:
            self.canvas.setFillColor(self.theme[shape.fill])
        if shape.line:
            self.canvas.setStrokeColor(self.theme[shape.line])
            self.canvas.setLineWidth(shape.thick)
            self.canvas.setDash([4, 3] if shape.dashed else [])
        return int(bool(shape.fill)), int(bool(shape.line))

    def _path(self, shape: Path) -> Any:
        path = self.canvas.beginPath()
        x = y = 0.0
        for letter, numbers in shape.commands:
            points = [value if place % 2 == 0 else self.height - value for place, value in enumerate(numbers)]
            if letter == "M":
                path.moveTo(*points)
            elif letter == "L":
                path.lineTo(*points)
            elif letter == "C":
                path.curveTo(*points)
            elif letter == "Q":  # PDF has cubic curves alone
                qx, qy, ex, ey = points
                path.curveTo(
                    x + (qx - x) * 2 / 3, y + (qy - y) * 2 / 3, ex + (qx - ex) * 2 / 3, ey + (qy - ey) * 2 / 3, ex, ey
                )
            else:
                path.close()
            if points:
                x, y = points[-2:]
        return path

    def _text(self, shape: Text) -> None:
        canvas = self.canvas
        canvas.saveState()
        canvas.setFillColor(self.theme[shape.color])
        canvas.setFont(_NAMES[shape.bold], shape.size)
        canvas.translate(shape.x, self.height - shape.y)
        if shape.turned:
            canvas.rotate(90)
        draw = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}
        draw[shape.anchor](0, 0, shape.text)
        canvas.restoreState()
