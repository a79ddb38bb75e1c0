"""Text in pictures: without control characters, limited in length, and its width.

The widths are those of Liberation Sans, which Arial and Helvetica share: a picture looks the same with any of them,
and nothing is measured at run time.
"""

from archc.diagnostics.visible import cells, visible

MOST = 64  # characters of a label; the tooltip has more
MINOR_ROOM = 230.0  # points that a wrapped text may take

_REGULAR = (
    "569 569 727 1139 1139 1821 1366 391 682 682 797 1196 569 682 569 569 1139 1139 1139 1139 1139 1139 1139 1139 "
    "1139 1139 569 569 1196 1196 1196 1139 2079 1366 1366 1479 1479 1366 1251 1593 1479 569 1024 1366 1139 1706 "
    "1479 1593 1366 1593 1479 1366 1251 1479 1366 1933 1366 1366 1251 569 569 569 961 1139 682 1139 1139 1024 1139 "
    "1139 569 1139 1139 455 455 1024 455 1706 1139 1139 1139 1139 682 1024 569 1139 1024 1479 1024 1024 1024 684 "
    "532 684 1196"
)
_BOLD = (
    "569 682 971 1139 1139 1821 1479 487 682 682 797 1196 569 682 569 569 1139 1139 1139 1139 1139 1139 1139 1139 "
    "1139 1139 682 682 1196 1196 1196 1251 1997 1479 1479 1479 1479 1366 1251 1593 1479 569 1139 1479 1251 1706 "
    "1479 1593 1366 1593 1479 1366 1251 1479 1366 1933 1366 1366 1251 682 569 682 1196 1139 682 1139 1251 1139 "
    "1251 1139 682 1251 1251 569 569 1139 569 1821 1251 1251 1251 1251 797 1139 682 1251 1139 1593 1139 1139 1024 "
    "797 573 797 1196"
)
_SIGNS = {"×": 1196, "·": 682, "→": 2048, "–": 1139, "—": 2048, "…": 2048, "≥": 1124, "−": 1196, "²": 682}
_SPELT = str.maketrans({"⌊": "floor(", "⌋": ")"})  # the font lacks these signs
_EM = 2048
WIDTHS = {chr(32 + place): int(width) for place, width in enumerate(_REGULAR.split())} | _SIGNS
BOLD_WIDTHS = {chr(32 + place): int(width) for place, width in enumerate(_BOLD.split())} | _SIGNS


def clean(text: str, most: int = MOST, *, font: bool = True) -> str:
    """One line of at most `most` characters, with invisible and control characters escaped. font: with signs replaced
    that the font lacks."""
    shown = visible(" ".join(text[: most * 4].split()))
    shown = shown.translate(_SPELT) if font else shown
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a text in points at a font size. An unknown character counts as the widest possible."""
    known = BOLD_WIDTHS if bold else WIDTHS
    units = sum(known[char] if char in known else _EM * max(cells(char), 0.75) for char in text)
    return units * size / _EM


def fitted(text: str, room: float, size: float, bold: bool = False) -> str:
    """The text, cut with `…` to fit into `room` points."""
    if width(text, size, bold) <= room:
        return text
    kept = text
    while kept and width(kept + "…", size, bold) > room:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def wrapped(text: str, room: float, size: float, most: int = 3) -> list[str]:
    """The text broken between words into at most `most` lines of `room` points; the last one is cut."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    if len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [fitted(line, room, size) for line in lines]
