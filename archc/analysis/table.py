"""Plain tables that fit a width: no markup, no dependency, nothing that takes time to import."""

from collections.abc import Sequence
from dataclasses import replace

from archc.diagnostics.visible import visible
from archc.records import dataclass

GAP = 2
BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column with its title. right: aligned right. shrinks_to: the least width it may be cut to (None: never cut).

    drop: columns that do not fit are left out, the highest number first; 0 is never left out.
    """

    title: str
    cells: Sequence[str]
    right: bool = False
    shrinks_to: int | None = None
    drop: int = 0

    @property
    def width(self) -> int:
        return max(map(len, (self.title, *self.cells)))


def fit(columns: Sequence[Column], width: int) -> list[tuple[Column, int]]:
    """The columns that fit into `width`, and the width of each."""
    kept = [column for column in columns if any(column.cells)]
    while True:
        widths = [column.width for column in kept]
        over = sum(widths) + GAP * (len(kept) - 1) - width
        slack = [
            max(0, size - column.shrinks_to) if column.shrinks_to is not None else 0
            for column, size in zip(kept, widths, strict=True)
        ]
        if over <= sum(slack):
            break
        candidates = [column for column in kept if column.drop]
        if not candidates:
            break
        kept.remove(max(candidates, key=lambda column: column.drop))
    for index in sorted(range(len(kept)), key=lambda i: -slack[i]):
        cut = min(slack[index], max(over, 0))
        widths[index] -= cut
        over -= cut
    return list(zip(kept, widths, strict=True))


def clip(text: str, width: int) -> str:
    """At most `width` characters, with … where some are left out."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def lines(
    columns: Sequence[Column], width: int, *, color: bool = False, bold: frozenset[int] = frozenset()
) -> list[str]:
    """The table, its header first and underlined. bold: numbers of rows that stand out."""
    laid = fit([_printable(column) for column in columns], width)
    header = clip(_line([(column.title, size, column.right) for column, size in laid]), width)
    rule = "─" * min(width, sum(size for _, size in laid) + GAP * (len(laid) - 1))
    result = [f"{BOLD}{header}{RESET}" if color else header, f"{DIM}{rule}{RESET}" if color else rule]
    for number in range(len(laid[0][0].cells) if laid else 0):
        line = clip(_line([(column.cells[number], size, column.right) for column, size in laid]), width)
        result.append(f"{BOLD}{line}{RESET}" if color and number in bold else line)
    return result


def _printable(column: Column) -> Column:
    """The column with control characters and invisible ones escaped."""
    if all(map(str.isprintable, column.cells)):
        return column
    return replace(column, cells=[visible(cell) for cell in column.cells])


def _line(cells: Sequence[tuple[str, int, bool]]) -> str:
    parts = [clip(text, size).rjust(size) if right else clip(text, size).ljust(size) for text, size, right in cells]
    return (" " * GAP).join(parts).rstrip()
