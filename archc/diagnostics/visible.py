"""Source text as a terminal can show it: nothing moves the cursor, and every character has a known width."""

import unicodedata
from array import array
from math import isfinite
from sys import byteorder

from archc.records import dataclass

TAB = 4
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, bidi and zero-width characters, separators
CUT = "…"


def visible(text: str) -> str:
    """The text with what is invisible or steers the terminal spelt out: ⟨U+202E⟩."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character, 0) for character in text)


def json_text(document: object, *, ascii_alone: bool = False, indent: int | None = None) -> str:
    """JSON that every reader takes: NaN and infinities are null; invisible characters are escaped."""
    import json  # noqa: PLC0415 - few want it

    return visible_json(json.dumps(_finite(document), ensure_ascii=ascii_alone, allow_nan=False, indent=indent))


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def visible_json(text: str) -> str:
    """JSON text with invisible characters as escapes; its values stay the same."""
    if text.isascii():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character.isascii() or unicodedata.category(character) not in HIDDEN:
        return character
    return "".join(
        f"\\u{unit:04x}" for unit in array("H", character.encode(f"utf-16-{byteorder[0]}e", "surrogatepass"))
    )


def _shown(character: str, column: int) -> str:
    if character == "\t":
        return " " * (TAB - column % TAB)
    if unicodedata.category(character) in HIDDEN:
        return f"⟨U+{ord(character):04X}⟩"
    return character


def cells(text: str) -> int:
    """The terminal columns of a text that `visible` has returned."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@dataclass(frozen=True, slots=True)
class Shown:
    """A line, cut to a width, and where its characters stand."""

    text: str
    starts: tuple[int, ...]
    first: int

    def cell(self, column: int) -> int:
        """The terminal column of a 0-based source column; those cut off stand at the cut."""
        return self.starts[min(max(column - self.first, 0), len(self.starts) - 1)]


def show(line: str, width: int, around: tuple[int, int]) -> Shown:
    """A line as shown, cut about the characters `around` (start, end) where it is wider than `width`."""
    start, end = (min(place, len(line)) for place in around)
    first = 0
    if _reach(line, 0, 1, width + 1) > width:
        room = max(width - 2 - _reach(line[start:end], 0, 1, width - 2), 0)
        right = _reach(line, end, 1, room)
        first = _back(line, start, max(room - right, room // 2))
    pieces = [CUT] if first else []
    starts: list[int] = []
    position = len(pieces)
    for index in range(first, len(line)):
        piece = _shown(line[index], position)
        size = cells(piece)
        if position + size > width - (index + 1 < len(line)) and _reach(line, index, 1, width + 1) > width - position:
            pieces.append(CUT)
            starts.append(position)
            position += 1
            break
        pieces.append(piece)
        starts.append(position)
        position += size
    starts.append(position)
    return Shown("".join(pieces).rstrip(), tuple(starts), first)


def _size(character: str) -> int:
    """The most columns that a character takes."""
    return TAB if character == "\t" else cells(_shown(character, 0))


def _reach(line: str, index: int, step: int, most: int) -> int:
    """The columns from a character to an end of the line, counted up to `most`."""
    total = 0
    while 0 <= index < len(line) and total < most:
        total += _size(line[index])
        index += step
    return total


def _back(line: str, index: int, room: int) -> int:
    """The first character of those that end before `index` and fit."""
    while index > 0 and (size := _size(line[index - 1])) <= room:
        room -= size
        index -= 1
    return index
