"""What a picture does not show, in words that stand below it."""

from collections import Counter
from collections.abc import Iterable, Sequence

from archc.backends.diagram.scene import Shape, Text
from archc.backends.diagram.text import clean, wrapped
from archc.graph import Node

SIZE, LINE, GAP = 9.5, 12.5, 10.0


def kinds(nodes: Iterable[Node]) -> str:
    """The kinds of some layers in order of first appearance, without the input: `BN, ReLU, add`."""
    return ", ".join(dict.fromkeys(node.op.titled() for node in nodes if node.op.category != "input"))


def counted(nodes: Iterable[Node]) -> str:
    """The kinds of some layers with how many there are of each: `4 conv, 4 BN`."""
    counts = Counter(node.op.titled() for node in nodes if node.op.category != "input")
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def by_net(texts: Sequence[tuple[str, str]]) -> list[str]:
    """(net, sentence) pairs as lines: nets with one sentence share a line, and a single net needs no name."""
    nets: dict[str, list[str]] = {}
    for name, text in texts:
        nets.setdefault(text, []).append(name)
    if len(texts) == 1:
        return [text for text in nets if text]
    return [f"{', '.join(names)}: {text[0].lower()}{text[1:]}" for text, names in nets.items() if text]


def notes(lines: Sequence[str], y: float, room: float) -> tuple[list[Shape], float]:
    """Lines of text from (0, y) down, wrapped to `room` points; and where they end."""
    shapes: list[Shape] = []
    for text in lines:
        for line in wrapped(clean(text, 2000), room, SIZE, most=12):
            y += LINE
            shapes.append(Text(0.0, y, line, SIZE, "muted"))
    return shapes, y + GAP if shapes else y
