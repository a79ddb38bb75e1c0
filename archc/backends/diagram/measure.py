"""The sizes of boxes and of their lines."""

from archc.backends.diagram.model import Box, Drawing, Line
from archc.backends.diagram.text import width
from archc.records import dataclass

MAJOR, MINOR, TAG = 12.0, 10.0, 9.5
MAJOR_HEIGHT, MINOR_HEIGHT, NOTE_HEIGHT = 25.0, 16.0, 12.0
PADDING, TAG_HEIGHT, TAG_GAP, STRIP_HEIGHT = 13.0, 17.0, 6.0, 7.0
LEAST_WIDTH, EVEN_WIDTH = 84.0, 190.0
FAN = 3.0  # how far each sheet of a folded box lies from the one above it
BADGE = 11.0
LABEL_HEIGHT = 12.0


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a box, and that of the room for the box with its tag and the sheets of a fold, in points."""

    width: float
    height: float
    room_width: float
    room_height: float


def headroom(box: Box) -> float:
    """The space above a box for the sheets and the badge of a fold, or for its label."""
    return 2 * FAN + BADGE if box.count > 1 else LABEL_HEIGHT if box.label else 0.0


def line_height(line: Line) -> float:
    height = MINOR_HEIGHT if line.minor else MAJOR_HEIGHT
    return height + (NOTE_HEIGHT if line.note else 0)


def sizes(drawing: Drawing, down: bool) -> dict[str, Size]:
    """The size of each box. Boxes up to EVEN_WIDTH all get the width of the widest of them."""
    natural = {box.id: _natural(box) for box in drawing.boxes()}
    ordinary = [natural[box.id] for box in drawing.boxes() if box.kind != "output" and natural[box.id] <= EVEN_WIDTH]
    even = max(ordinary, default=LEAST_WIDTH)
    return {box.id: _size(box, natural[box.id], even, down) for box in drawing.boxes()}


def _size(box: Box, natural: float, even: float, down: bool) -> Size:
    wide = natural if box.kind == "output" else max(natural, even)
    high = sum(map(line_height, box.lines)) + (STRIP_HEIGHT if box.strip else 0)
    high += 6.0 if box.kind == "error" else 0.0
    side, above = (max(2 * FAN, BADGE) if box.count > 1 else 0.0), headroom(box)
    room_width, room_height = wide + 2 * side, high + above
    tag = width(box.shape, TAG)
    if not down:
        room_height += above if box.label else 0.0  # the line is in the middle
        return Size(wide, high, room_width + (tag + 2 * TAG_GAP if box.shape else 0.0), room_height)
    if box.label and not label_fits(box, wide):
        room_width = max(room_width, 2 * (width(box.label, TAG) + TAG_GAP))
    if box.shape:
        room_width, room_height = max(room_width, 2 * (tag + TAG_GAP)), room_height + TAG_HEIGHT
    return Size(wide, high, room_width, room_height)


def label_fits(box: Box, wide: float) -> bool:
    """Whether a label fits above its box beside the incoming edge."""
    return width(box.label, TAG) + 2 + TAG_GAP <= wide / 2


def _natural(box: Box) -> float:
    widths = [max(_line_width(line), width(line.note, TAG)) for line in box.lines]
    return max(LEAST_WIDTH if box.kind != "output" else 40.0, max(widths) + 2 * PADDING)


def _line_width(line: Line) -> float:
    if line.minor:
        return width(line.text, MINOR)
    return width(line.text, MAJOR, bold=line.color == "block")
