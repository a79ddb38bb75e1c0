"""Notes below a picture about the layers that it does not show."""

from collections import Counter
from collections.abc import Iterable, Sequence

from archc.backends.diagram.scene import Shape, Text
from archc.backends.diagram.text import clean, wrapped
from archc.graph import Node

SIZE, LINE, GAP = 9.5, 12.5, 10.0


def kinds(nodes: Iterable[Node]) -> str:
    """The kinds of these layers in order of first appearance, without inputs: `BN, ReLU, add`."""
    return ", ".join(dict.fromkeys(node.op.titled() for node in nodes if node.op.category != "input"))


def kind_counts(nodes: Iterable[Node]) -> str:
    """The kinds of these layers with their numbers: `4 conv, 4 BN`."""
    counts = Counter(node.op.titled() for node in nodes if node.op.category != "input")
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def by_net(texts: Sequence[tuple[str, str]]) -> list[str]:
    """(net, sentence) pairs as lines. Nets with the same sentence share a line; a single net is not named."""
    nets: dict[str, list[str]] = {}
    for name, text in texts:
        nets.setdefault(text, []).append(name)
    if len(texts) == 1:
        return [text for text in nets if text]
    return [f"{', '.join(names)}: {text[0].lower()}{text[1:]}" for text, names in nets.items() if text]


def footnotes(lines: Sequence[str], y: float, room: float) -> tuple[list[Shape], float]:
    """Lines of text from (0, y) down, wrapped to `room` points, and the y of their end."""
    shapes: list[Shape] = []
    for text in lines:
        for line in wrapped(clean(text, 2000), room, SIZE, most=12):
            y += LINE
            shapes.append(Text(0.0, y, line, SIZE, "muted"))
    return shapes, y + GAP if shapes else y
