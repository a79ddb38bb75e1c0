"""The layout of an encoder and decoder with skips between them as a U."""

from archc.backends.diagram.arrange import GAP, Arranger, Bridge, Piece
from archc.backends.diagram.model import Edge
from archc.backends.diagram.series_parallel import Parallel, Series
from archc.records import dataclass

LEAST = 3  # skips, one in the other
ASIDE = 64.0  # between the two columns


@dataclass(slots=True, eq=False)
class Level:
    """One height of the U: a part of the encoder, the skips across, a part of the decoder."""

    down: Series
    across: list[Edge]
    up: Series


def levels(series: Series) -> tuple[list[Level], Series] | None:
    """The levels from the top, and the bottom; None where the net is no U."""
    found: list[Level] = []
    rest = series
    while True:
        nests = [
            place for place, element in enumerate(rest.elements) if isinstance(element, Parallel) and element.lanes
        ]
        if len(nests) != 1:
            break
        element = rest.elements[nests[0]]
        if not isinstance(element, Parallel) or len(element.branches) != 1 or not nests[0]:
            break
        before, after = rest.elements[: nests[0]], rest.elements[nests[0] + 1 :]
        found.append(Level(Series(before, series.bodies), element.lanes, Series(after, series.bodies)))
        rest = Series(element.branches[0].elements, series.bodies)
    return (found, rest) if len(found) >= LEAST else None


def u_shape(series: Series, arranger: Arranger) -> Piece | None:
    """The two columns, aligned at the skips between them; None where the net is no U or has skips inside one column."""
    taken = levels(series)
    if taken is None:
        return None
    stairs, bottom = taken
    ways_up = [arranger.upwards(level.up) for level in stairs]
    ways_down = [arranger.series(level.down) for level in stairs]
    base = arranger.series(bottom)
    if any(piece.lanes for piece in ways_up):
        return None
    right = max(base.high, *(piece.high for piece in ways_down)) + ASIDE - min(piece.low for piece in ways_up)
    whole = Piece()
    along = 0.0
    for level, down, up in zip(stairs, ways_down, ways_up, strict=True):
        high = max(down.length, up.length)
        down_length, up_length, names = down.length, up.length, set(up.boxes)
        edge = level.across[0]
        apart = (high - up_length + arranger.middle(up, edge.head, True)) - (
            high - down_length + arranger.middle(down, edge.tail, False)
        )
        whole.add(down, along + high - down_length + max(apart, 0.0), 0.0)
        whole.add(up, along + high - up_length + max(-apart, 0.0), right)
        whole.up |= names
        whole.bridges += [Bridge(edge) for edge in level.across]
        along += high + abs(apart) + GAP
    length = base.length
    whole.add(base, along, 0.0)
    whole.length = along + length + GAP
    return whole
