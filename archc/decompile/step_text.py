"""Steps as source, in which numbers can be told from the rest: what is equal but for numbers is a block."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archc.decompile.paths import Path, Step
from archc.ops import OPS

NUMBER = re.compile(r"(?<![\w.])(?P<side>\d+)x(?P=side)(?![\w.])|(?<![\w.])\d+(?![\w.])")
"""A window of equal sides is one number."""
SQUARE, PLAIN = "□", "#"
HOLE = re.compile(f"[{SQUARE}{PLAIN}]")
STRIDED = {name for name, op in OPS.items() if (field := op.fields.get("stride")) and field.default == 1}
"""Layers whose stride is 1 unless it is written."""
STRIDE_1 = re.compile(rf"(\b(?:{'|'.join(STRIDED)}) (?:\d+x)*\w+)/1(?!\d)")


@dataclass(frozen=True, slots=True)
class Item:
    """One step: a line of source, and what stands behind it. layers: how many. fixed: it has or uses a label, so
    that it stands once, where it is. call: it is a use of a block that was made."""

    text: str
    layers: int
    join: str | None = None
    fixed: bool = False
    call: bool = False

    @property
    def template(self) -> str:
        return NUMBER.sub(lambda match: SQUARE if match["side"] else PLAIN, self.text)

    @property
    def numbers(self) -> tuple[int, ...]:
        return tuple(int(match["side"] or match[0]) for match in NUMBER.finditer(self.text))


def items(path: Path) -> list[Item]:
    """The steps of a path, joins with their branches in braces."""
    return [_item(step) for step in path.steps]


def _item(step: Step) -> Item:
    label = f"{step.label}: " if step.label else ""
    if not step.branches:
        return Item(label + _words(step), 1, fixed=bool(label))
    branches = []
    layers, fixed = 1, bool(label)
    for path in step.branches:
        inner = items(path)
        layers += sum(item.layers for item in inner)
        fixed = fixed or path.start is not None or any(item.fixed for item in inner)
        start = [f"@{path.start}"] if path.start else []
        branches.append(" -> ".join([*start, *(item.text for item in inner)]))
    text = f"{label}{_words(step)} {{ | {' | '.join(branches)} }}"
    return Item(text, layers, step.layer.op.name, fixed)


def _words(step: Step) -> str:
    """With the stride of a convolution, so that those that have one are told by a number alone."""
    text = step.layer.op.words()
    if step.layer.op.name in STRIDED and "/" not in text:
        head, space, rest = text.partition(" ")
        window, comma, more = rest.partition(",")
        return f"{head}{space}{window}/1{comma}{more}"
    return text


def filled(template: str, values: Sequence[str]) -> str:
    """The template with something in the place of each number."""
    parts = iter(values)

    def fill(hole: re.Match[str]) -> str:
        value = next(parts)
        return f"{value}x{value}" if hole[0] == SQUARE and value.isdecimal() else value

    return HOLE.sub(fill, template)


def plain(text: str) -> str:
    """As one would write it: a convolution has no stride of 1."""
    return STRIDE_1.sub(r"\1", text)


def hints(template: str) -> Iterator[str]:
    """What each number is, by what stands before it."""
    for match in HOLE.finditer(template):
        before = template[: match.start()]
        keyword = re.search(r"(\w+)=$", before)
        if match[0] == SQUARE:
            yield "kernel"
        elif keyword:
            yield keyword[1]
        elif before.endswith("/"):
            yield "stride"
        elif before.endswith(", "):
            yield "filters" if re.search(r"\bwidth\b", template) else "width"
        elif before.endswith("fc "):
            yield "units"
        else:
            yield "size"
