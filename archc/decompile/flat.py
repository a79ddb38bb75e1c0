"""A net as a list: a line for each layer, with labels for what is read from afar. For nets that no nesting can say."""

from collections.abc import Sequence

from archc.decompile.flow import Path
from archc.decompile.read import Layer
from archc.ops import words

START = "start"
"""The name of what flows in, where it is needed later: a layer that does nothing."""


def has_labels(path: Path) -> bool:
    """Whether some value is brought back that no nesting brings."""
    return path.start is not None or any(step.label or any(map(has_labels, step.branches)) for step in path.steps)


def flat(layers: Sequence[Layer], first: str) -> list[str]:
    """first: the value that flows in."""
    labels = {first: START}
    far = _read_from_afar(layers, first)
    lines = [f"{START}: identity"] if first in far else []
    before = first
    for number, layer in enumerate(layers, 1):
        if layer.output in far:
            labels[layer.output] = f"v{number}"
        label = f"{labels[layer.output]}: " if layer.output in labels else ""
        if len(layer.inputs) == 1:
            start = "" if layer.inputs[0] == before else f"@{labels[layer.inputs[0]]} -> "
            lines.append(f"{label}{start}{words(layer.op)}")
        else:
            branches = " | ".join("" if one == before else f"@{labels[one]}" for one in layer.inputs)
            lines.append(f"{label}{words(layer.op)} {{ | {branches} }}")
        before = layer.output
    return lines


def _read_from_afar(layers: Sequence[Layer], first: str) -> set[str]:
    """The values that another layer reads than the next."""
    before = first
    far: set[str] = set()
    for layer in layers:
        far.update(one for one in layer.inputs if one != before)
        before = layer.output
    return far
