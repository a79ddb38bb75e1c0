"""The cheat sheet as a PDF of one page, from grammar/cheatsheet.md."""

import re
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

from pygments.token import Comment, Keyword, Name, Number, Operator
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Table,
    XPreformatted,
)

from archc.backends.diagram.png import BOLD, REGULAR
from archc.highlighting import ArchLexer

MARGIN, GAP, COLUMNS = 24, 14, 3
TEXT = ParagraphStyle("text", fontName="Sans", fontSize=9.6, leading=11.6)
HEAD = ParagraphStyle(
    "head", fontName="Sans-Bold", fontSize=12, leading=15, spaceBefore=5, textColor=HexColor("#0b5c99")
)
TITLE = ParagraphStyle("title", fontName="Sans-Bold", fontSize=15, leading=18)
CODE = ParagraphStyle(
    "code", fontName="Courier", fontSize=8, leading=9.8, backColor=HexColor("#f4f6f8"), borderPadding=2
)
COLOURS = {Comment: "#6a737d", Keyword: "#8250df", Name.Builtin: "#0b5c99", Name.Label: "#953800", Number: "#0a7d4f"}
COLOURS |= {Operator.Word: "#8250df", Name.Class: "#953800"}


def code(text: str) -> Flowable:
    parts = []
    for kind, value in ArchLexer().get_tokens(text):
        colour = next((shade for key, shade in COLOURS.items() if kind in key), None)
        parts.append(f'<font color="{colour}">{escape(value)}</font>' if colour else escape(value))
    return XPreformatted("".join(parts).rstrip(), CODE)


def prose(text: str) -> str:
    """A cell of a table: its code in the fixed font."""
    text = text.strip().replace("\\|", "|")
    return re.sub(r"`([^`]+)`", r'<font name="Courier">\1</font>', escape(text))


def table(lines: list[str], width: float) -> Flowable:
    """Two columns, each as wide as its words ask; the header says nothing that the title does not."""
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]
    left, right = (max(len(row[i]) for row in rows) for i in (0, 1))
    share = min(0.6, max(0.22, left / (left + right)))
    cells = [[Paragraph(prose(cell), TEXT) for cell in row] for row in rows]
    made = Table(cells, colWidths=[width * share, width * (1 - share)], hAlign="LEFT")
    made.setStyle([(f"{side}PADDING", (0, 0), (-1, -1), 1) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")])
    made.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.25, HexColor("#d0d7de"))])
    return made


def sections(text: str, width: float) -> list[Flowable]:
    parts: list[Flowable] = [Paragraph("archc", TITLE)]
    for title, body in re.findall(r"^## ([^\n]*)\n\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        fence = re.search(r"^```arch\n(.*?)^```", body, re.MULTILINE | re.DOTALL)
        lines = [line for line in body.splitlines() if line.startswith("|")]
        parts.append(KeepTogether([Paragraph(title, HEAD), code(fence[1]) if fence else table(lines, width)]))
    return parts


def sheet(page: Path) -> bytes:
    """The PDF; the same bytes for the same page. Raises ValueError where it does not fit one page."""
    for name, font in (("Sans", REGULAR), ("Sans-Bold", BOLD)):
        pdfmetrics.registerFont(TTFont(name, str(font)))
    wide, high = landscape(A4)
    width = (wide - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS
    frames = [Frame(MARGIN + i * (width + GAP), MARGIN, width, high - 2 * MARGIN, 0, 0, 0, 0) for i in range(COLUMNS)]
    content = BytesIO()
    document = BaseDocTemplate(content, pagesize=(wide, high), title="archc: cheat sheet", invariant=1)
    document.addPageTemplates(PageTemplate(frames=frames))
    document.build(sections(page.read_text("utf-8"), width))
    if document.page != 1:
        raise ValueError(f"the cheat sheet takes {document.page} pages")
    return content.getvalue()
