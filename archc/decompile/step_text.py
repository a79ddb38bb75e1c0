"""Steps as text with their numbers separated: steps that are equal but for numbers can become one block."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archc.decompile.paths import Path, Step
from archc.ops import OPS

NUMBER = re.compile(r"(?<![\w.])(?P<side>\d+)x(?P=side)(?![\w.])|(?<![\w.])\d+(?![\w.])")
"""A whole number; a window with equal sides, 3x3, is one number."""
SQUARE, PLAIN = "□", "#"
HOLE = re.compile(f"[{SQUARE}{PLAIN}]")
STRIDED = {name for name, op in OPS.items() if (field := op.fields.get("stride")) and field.default == 1}
"""Layers whose default stride is 1."""
STRIDE_1 = re.compile(rf"(\b(?:{'|'.join(STRIDED)}) (?:\d+x)*\w+)/1(?!\d)")


@dataclass(frozen=True, slots=True)
class Item:
    """One step as a line of source. layers: the number of its layers. join: the name of its join. fixed: whether it has
    or uses a label, so that it cannot move into a block. call: whether it is the call of a block."""

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
    """The items of a path; a join has its branches in braces."""
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
    """The text of a layer with its stride written even if it is 1, so that strides are numbers in templates."""
    text = step.layer.op.words()
    if step.layer.op.name in STRIDED and "/" not in text:
        head, space, rest = text.partition(" ")
        window, comma, more = rest.partition(",")
        return f"{head}{space}{window}/1{comma}{more}"
    return text


def filled(template: str, values: Sequence[str]) -> str:
    """The template with a value in the place of each number."""
    parts = iter(values)

    def fill(hole: re.Match[str]) -> str:
        value = next(parts)
        return f"{value}x{value}" if hole[0] == SQUARE and value.isdecimal() else value

    return HOLE.sub(fill, template)


def plain(text: str) -> str:
    """The text without strides of 1."""
    return STRIDE_1.sub(r"\1", text)


def hints(template: str) -> Iterator[str]:
    """A parameter name for each number of a template, from the text before it."""
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
