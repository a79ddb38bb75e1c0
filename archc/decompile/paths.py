"""Layers as a path: a sequence of steps, each a layer or a join whose branches are paths.

A value that nested joins cannot express gets a label.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from archc.decompile.layer import Layer


@dataclass(slots=True)
class Path:
    """steps: in execution order. start: the label that it starts from; None: the value before it."""

    steps: "list[Step]" = field(default_factory=list)
    start: str | None = None


@dataclass(slots=True)
class Step:
    """A layer, with its branches if it is a join. label: the name under which a later path reads its value."""

    layer: Layer
    branches: list[Path] = field(default_factory=list)
    label: str | None = None


def path_to(value: str, layers: Mapping[str, Layer], inputs: Sequence[str]) -> Path:
    """The path that computes a value. layers: output value → layer."""
    return _Builder(layers, inputs).build(value)


class _Builder:
    """Goes backwards from the output: the steps that all branches of a join share come before the join."""

    def __init__(self, layers: Mapping[str, Layer], inputs: Sequence[str]) -> None:
        self.layers = dict(layers)
        self.inputs = inputs
        self.order: dict[str, float] = {value: number for number, value in enumerate((*inputs, *layers))}
        self.labels: dict[str, str] = {}
        self.steps: dict[str, Step] = {}

    def build(self, value: str) -> Path:
        path = self._path(value, None)
        for brought, label in self.labels.items():
            if brought in self.steps:
                self.steps[brought].label = label
        return path

    def _path(self, value: str, stop: str | None) -> Path:
        """The path from `stop`, or the first input, to a value; from a label if another path computes the value."""
        steps: list[Step] = []
        while value != stop:
            layer = self.layers.get(value)
            if layer is None or value in self.steps:  # an input, or a value that another path computes
                flowing = layer is None and stop is None and value == self.inputs[0]
                return Path(steps[::-1], None if flowing else self._label(value))
            step = Step(layer)
            self.steps[value] = step
            steps.append(step)
            if len(layer.inputs) == 1:
                value = layer.inputs[0]
                continue
            common = self._common(layer.inputs, stop)
            if layer.op.joins in ("channels", "positions"):
                step.layer = layer = self._grouped(layer, common)
            step.branches = [self._path(source, common) for source in layer.inputs]
            if common is None:
                return Path(steps[::-1])
            value = common
        return Path(steps[::-1])

    def _grouped(self, layer: Layer, common: str | None) -> Layer:
        """The join with neighbouring inputs that share more joined first: exporters flatten such nesting."""
        runs: list[list[str]] = []
        for value in layer.inputs:
            near = self._common([runs[-1][-1], value], common) if runs else common
            apart = near is None or near == common or value in self.inputs or runs[-1][-1] in self.inputs
            runs += [[value]] if apart else []
            if not apart:
                runs[-1].append(value)
        values = [run[0] if len(run) == 1 else self._joined(run, layer) for run in runs]
        return replace(layer, inputs=tuple(values)) if len(values) > 1 else layer

    def _joined(self, values: list[str], outer: Layer) -> str:
        output = f"{outer.output}/{values[0]}"
        shape = outer.op.output(tuple(self.layers[value].shape for value in values))
        self.layers[output] = replace(outer, inputs=tuple(values), output=output, shape=shape)
        self.order[output] = self.order[outer.output] - 0.5
        return output

    def _label(self, value: str) -> str:
        return self.labels.setdefault(value, f"v{len(self.labels) + 1}")

    def _common(self, values: Sequence[str], stop: str | None) -> str | None:
        """The last value that every path to all of these values passes; `stop` if there is none."""
        cuts = [self._cuts(value, stop) for value in values]
        shared = set(cuts[0]).intersection(*cuts[1:])
        return max(shared, key=lambda one: self.order[one], default=stop)

    def _cuts(self, value: str, stop: str | None) -> list[str]:
        """The values that every path from the input to this one passes, this one included."""
        passed = [value]
        front = {value}
        while front:
            newest = max(front, key=lambda one: self.order[one])
            front.discard(newest)
            if not front and newest != value:
                passed.append(newest)
            if newest == stop:
                break
            layer = self.layers.get(newest)
            if layer is not None:
                front.update(layer.inputs)
        return passed
