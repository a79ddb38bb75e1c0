"""Equal parts of a net as blocks, and equal steps in a row as repetitions."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from archc.decompile.step_text import HOLE, Item, filled, hints, plain
from archc.ops import OPS, Op

LONGEST = 10
"""The most steps of a block."""
MOST_PERIOD = 4
LEAST_LAYERS = 3
CALL = re.compile(r"\w+(\([^()]*\))?")


@dataclass(frozen=True, slots=True)
class Block:
    """name(parameters) { body }, with one step in each line of the body."""

    name: str
    parameters: tuple[str, ...]
    body: tuple[str, ...]


def fold(path: Sequence[Item]) -> tuple[list[Block], list[str]]:
    """The blocks, and the lines of the net, which call them."""
    rows = list(path)
    blocks: list[Block] = []
    while (found := _best(rows)) is not None:
        block, rows = _replaced(rows, found, {block.name for block in blocks})
        blocks.append(block)
    return blocks, _lines(_repeated([plain(row.text) for row in rows]))


Window = tuple[str, ...]


def _best(rows: Sequence[Item]) -> Window | None:
    """The templates of the run of steps that saves most lines as a block; None if none saves any."""
    uses: Counter[Window] = Counter()
    last: dict[Window, int] = {}
    layers: dict[Window, int] = {}
    for start in range(len(rows)):
        for length in range(1, LONGEST + 1):
            window = rows[start : start + length]
            if len(window) < length or any(row.fixed or row.call for row in window):
                break
            key = tuple(row.template for row in window)
            if start >= last.get(key, 0):
                uses[key] += 1
                last[key] = start + length
                layers[key] = sum(row.layers for row in window)
    best, most = None, 0
    for key, count in uses.items():
        if count < 2 or layers[key] < LEAST_LAYERS or not any(HOLE.search(part) for part in key):
            continue
        if _ends(key[0]) or _follows(key[0]):
            continue
        saved = (count - 1) * layers[key] - 2 * len(key)
        saved += count if _ends(key[-1]) else 0
        if saved > most and (count >= 3 or layers[key] >= 6):
            best, most = key, saved
    return best


def _replaced(rows: Sequence[Item], window: Window, taken: set[str]) -> tuple[Block, list[Item]]:
    """The block of a run of steps, and the steps with each occurrence replaced by a call."""
    places = _places(rows, window)
    length = len(window)
    uses = [[number for row in rows[at : at + length] for number in row.numbers] for at in places]
    names, values = _parameters(uses, [hint for part in window for hint in hints(part)])
    body = []
    rest = list(values)
    for part in window:
        count = len(HOLE.findall(part))
        body.append(plain(filled(part, rest[:count])))
        rest = rest[count:]
    joins = [row.join for row in rows[places[0] : places[0] + length] if row.join]
    block = Block(_name(joins, window, taken), tuple(names), tuple(_lines(body)))
    made: list[Item] = []
    at = 0
    for place, numbers in zip(places, uses, strict=True):
        made += rows[at:place]
        given = ", ".join(str(numbers[index]) for index in names.values())
        layers = sum(row.layers for row in rows[place : place + length])
        made.append(Item(f"{block.name}({given})" if given else block.name, layers, call=True))
        at = place + length
    return block, [*made, *rows[at:]]


def _places(rows: Sequence[Item], window: Window) -> list[int]:
    found: list[int] = []
    at = 0
    while at + len(window) <= len(rows):
        part = rows[at : at + len(window)]
        if tuple(row.template for row in part) == window and not any(row.fixed for row in part):
            found.append(at)
            at += len(window)
        else:
            at += 1
    return found


def _parameters(uses: Sequence[Sequence[int]], told: Sequence[str]) -> tuple[dict[str, int], list[str]]:
    """Parameter name → index of its number; and the text for each number: the number itself if it is the same in every
    use, a parameter, or a multiple of one. uses: the numbers of each use. told: a name for each number."""
    columns = list(zip(*uses, strict=True))
    bases: list[int] = []
    said: dict[int, tuple[int, int]] = {}  # place → (the place of its parameter, how many times that)
    for index in sorted(range(len(columns)), key=lambda one: (columns[one][0], one)):
        if len(set(columns[index])) == 1:
            continue
        known = ((base, _times(columns[index], columns[base])) for base in bases if told[base] == told[index])
        said[index] = next(((base, times) for base, times in known if times), (index, 1))
        if said[index][0] == index:
            bases.append(index)
    names: dict[str, int] = {}
    for base in sorted(bases):
        names[_free(told[base], names)] = base
    by_place = {place: name for name, place in names.items()}
    values = [str(column[0]) for column in columns]
    for index, (base, times) in said.items():
        values[index] = by_place[base] if times == 1 else f"{times}*{by_place[base]}"
    return names, values


def _times(column: Sequence[int], base: Sequence[int]) -> int:
    """The whole number by which every entry of `base` is multiplied in `column`; 0 if there is none."""
    if not all(below and value % below == 0 for value, below in zip(column, base, strict=True)):
        return 0
    factors = {value // below for value, below in zip(column, base, strict=True)}
    return factors.pop() if len(factors) == 1 else 0


def _free(hint: str, names: dict[str, int]) -> str:
    hint = {"in": "inside", "x": "size"}.get(hint, hint)
    return hint if hint not in names else next(f"{hint}{n}" for n in range(2, 999) if f"{hint}{n}" not in names)


def _name(joins: Sequence[str], window: Window, taken: set[str]) -> str:
    kind: str | None = OPS[joins[0]].pattern if joins else None
    if kind == "branches" and any("{ |  |" in part or "|  }" in part for part in window):
        kind = "dense"
    kind = kind or "_".join(part.partition(" ")[0] for part in window[:3])
    return kind if kind not in taken else next(f"{kind}{n}" for n in range(2, 999) if f"{kind}{n}" not in taken)


def _layer(step: str) -> type[Op] | None:
    return OPS.get(step.partition(" ")[0].partition("(")[0])


def _ends(step: str) -> bool:
    """Whether a step is a norm, an activation or a pool, with which a block may end."""
    layer = _layer(step)
    return layer is not None and layer.category in ("norm", "activation", "pool")


def _follows(step: str) -> bool:
    """Whether a step is written on the line of the layer before it."""
    layer = _layer(step)
    return layer is not None and layer.follows


def _repeated(steps: Sequence[str]) -> list[str]:
    """The steps with equal steps in a row, or equal runs of up to MOST_PERIOD, written once with `x n`."""
    made: list[str] = []
    at = 0
    while at < len(steps):
        best, size = 1, 1
        for period in range(1, MOST_PERIOD + 1):
            run = steps[at : at + period]
            count = 1
            while steps[at + count * period : at + (count + 1) * period] == run and len(run) == period:
                count += 1
            if count > 1 and (count - 1) * period > (best - 1) * size:
                best, size = count, period
        run = list(steps[at : at + size])
        plain_call = size == 1 and CALL.fullmatch(run[0])
        labelled = any(": " in step or "@" in step for step in run)
        if best > 1 and not labelled:
            made.append(f"{run[0]} x {best}" if plain_call else f"({' -> '.join(run)}) x {best}")
            at += best * size
        else:
            made += steps[at : at + 1]
            at += 1
    return made


def _lines(steps: Sequence[str]) -> list[str]:
    """The steps as lines; a norm or an activation is on the line of the layer before it."""
    lines: list[str] = []
    for step in steps:
        if lines and _follows(step) and "{" not in lines[-1] and len(lines[-1]) < 80 and " x " not in lines[-1][-6:]:
            lines[-1] += f" -> {step}"
        else:
            lines.append(step)
    return lines
