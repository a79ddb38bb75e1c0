"""A net as a flat list of lines, one for each layer, with labels for values that later lines read. For nets that cannot
be nested, and for nets with several inputs or outputs."""

from collections.abc import Mapping, Sequence

from archc.decompile.layer import Layer
from archc.decompile.paths import Path


def has_labels(path: Path) -> bool:
    """Whether a path, or one inside it, has or starts from a label."""
    return path.start is not None or any(step.label or any(map(has_labels, step.branches)) for step in path.steps)


def flat(layers: Sequence[Layer], inputs: Mapping[str, tuple[str, str]], outputs: Mapping[str, str]) -> list[str]:
    """The lines. inputs: (label, sizes) of each input value. outputs: value → name, of the outputs after the first."""
    labels = {value: label for value, (label, _) in inputs.items()}
    far = _read_from_afar(layers, list(inputs)) | set(outputs)
    lines = [
        f"{label}: input {sizes}" if value in far or len(inputs) > 1 else f"input {sizes}"
        for value, (label, sizes) in inputs.items()
    ]
    before = list(inputs)[-1]
    for number, layer in enumerate(layers, 1):
        if layer.output in far:
            labels[layer.output] = f"v{number}"
        label = f"{labels[layer.output]}: " if layer.output in labels else ""
        if len(layer.inputs) == 1:
            start = "" if layer.inputs[0] == before else f"@{labels[layer.inputs[0]]} -> "
            lines.append(f"{label}{start}{layer.op.words()}")
        else:
            branches = " | ".join("" if one == before else f"@{labels[one]}" for one in layer.inputs)
            lines.append(f"{label}{layer.op.words()} {{ | {branches} }}")
        before = layer.output
    return [*lines, *(f"output {name}: @{labels[value]}" for value, name in outputs.items())]


def _read_from_afar(layers: Sequence[Layer], inputs: Sequence[str]) -> set[str]:
    """The values that are read by another layer than the next one."""
    before = inputs[-1]
    far: set[str] = set()
    for layer in layers:
        far.update(one for one in layer.inputs if one != before)
        before = layer.output
    return far
