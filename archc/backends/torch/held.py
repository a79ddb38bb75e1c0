"""The tensors of a net or of a file as layers: which of them stand in one module, and what each is in its layer."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
Kind = tuple[tuple[Shape, str], ...]

COUNTER = "num_batches_tracked"  # batch norm's count of steps: no weight, and left out of some files
ROLES = {
    **dict.fromkeys(("weight", "kernel", "depthwise_kernel", "gamma", "scale", "w"), "weight"),
    **dict.fromkeys(("bias", "beta", "offset", "shift", "b"), "bias"),
    **dict.fromkeys(("running_mean", "moving_mean", "mean"), "running_mean"),
    **dict.fromkeys(("running_var", "moving_variance", "moving_var", "variance", "var"), "running_var"),
}
"""What PyTorch, Keras, Flax and Caffe call the tensors of a layer, and PyTorch's word for each."""
CHANNELS_LAST = frozenset({"kernel", "depthwise_kernel"})
"""Keras's and Flax's words for weights that they keep as height × width × in × out."""


@dataclass(frozen=True, slots=True)
class Held:
    """A tensor as PyTorch would hold it. name: as it is in the file. shape: after `axes`, if they are permuted."""

    name: str
    shape: Shape
    axes: tuple[int, ...] | None = None

    @property
    def raw(self) -> Shape:
        """Its shape in the file."""
        return (
            self.shape
            if self.axes is None
            else tuple(self.shape[self.axes.index(axis)] for axis in range(len(self.axes)))
        )


def held(shapes: Shapes) -> dict[str, Held]:
    """The tensors under PyTorch's words for them, in their order: `conv1/kernel` of Keras is `conv1.weight`."""
    words = {name: word(name) for name in shapes}
    times = Counter(words.values())
    found = {}
    for name, shape in shapes.items():
        last = _parts(name)[-1]
        axes = tuple(reversed(range(len(shape)))) if last in CHANNELS_LAST and len(shape) > 1 else None
        if axes is not None and len(shape) > 2:
            axes = (len(shape) - 1, len(shape) - 2, *range(len(shape) - 2))
        there = words[name] if times[words[name]] == 1 else name
        found[there] = Held(name, tuple(shape[axis] for axis in axes) if axes else shape, axes)
    return found


def _parts(name: str) -> list[str]:
    return re.sub(r":\d+$", "", name).replace("/", ".").split(".")


def word(name: str) -> str:
    """PyTorch's word for a tensor's full name."""
    *module, last = _parts(name)
    return ".".join((*module, ROLES.get(last, last)))


def core(shape: Shape) -> Shape:
    """Without the sizes of 1: what no reshape that only drops or adds them changes."""
    return tuple(size for size in shape if size != 1)


def fits(ours: Shape, theirs: Shape) -> bool:
    """Equal, or equal but for sizes of 1: (C, 1, 1) is (C), and a linear layer a convolution of width 1."""
    return ours == theirs or (len(ours) != len(theirs) and core(ours) == core(theirs))


@dataclass(frozen=True, slots=True)
class Layer:
    """name: of the module, or of a tensor that stands beside modules. place: in the order of its side.
    tensors: its tensors by what they are in it."""

    name: str
    place: int
    tensors: Mapping[str, str]
    kind: Kind

    @property
    def module(self) -> str:
        """What it lies in: `layer1.0` for `layer1.0.conv1`."""
        return self.name.rpartition(".")[0]


class Side:
    """The layers of a net or of a file, and the modules that they lie in."""

    def __init__(self, shapes: Shapes) -> None:
        """shapes: under PyTorch's words."""
        self.shapes = shapes
        self.layers = list(_layers({name: shape for name, shape in shapes.items() if _role(name) != COUNTER}))

    @cached_property
    def inside(self) -> dict[str, list[int]]:
        """The layers of each module, at any depth; "" is the whole."""
        found: dict[str, list[int]] = {"": list(range(len(self.layers)))}
        for layer in self.layers:
            for module in _above(layer.name):
                if module:
                    found.setdefault(module, []).append(layer.place)
        return found

    @cached_property
    def signatures(self) -> dict[str, frozenset[tuple[Kind, int]]]:
        """What kinds of layers each module holds, and how many."""
        kinds = [layer.kind for layer in self.layers]
        return {
            module: frozenset(Counter(kinds[place] for place in places).items())
            for module, places in self.inside.items()
        }

    def above(self, place: int) -> list[str]:
        """The modules around a layer that hold others too, the innermost first, without the whole and without those
        that hold no more than the one before."""
        found: list[str] = []
        size = 1
        for module in _above(self.layers[place].name):
            count = len(self.inside[module])
            if size < count < len(self.layers):
                found.append(module)
                size = count
        return found

    def holder(self, place: int) -> str:
        """The innermost module that holds a layer and others."""
        return next(iter(self.above(place)), "")


def _role(name: str) -> str:
    return name.rpartition(".")[2]


def _above(name: str) -> Iterable[str]:
    """The modules around a layer, the innermost first; "" is the last."""
    while name:
        name = name.rpartition(".")[0]
        yield name


def _layers(shapes: Shapes) -> Iterable[Layer]:
    modules: dict[str, dict[str, str]] = {}
    for name in shapes:
        module, _, role = name.rpartition(".")
        modules.setdefault(module, {})[role] = name
    holds = {module for name in modules for module in _above(name)} | {""}
    grouped: dict[str, dict[str, str]] = {}
    for name in shapes:
        module, _, role = name.rpartition(".")
        if module in holds:
            grouped[name] = {role: name}
        else:
            grouped[module] = modules[module]
    for place, (name, tensors) in enumerate(grouped.items()):
        yield Layer(name, place, tensors, _kind({role: shapes[tensor] for role, tensor in tensors.items()}))


def _kind(shapes: Shapes) -> Kind:
    """Shapes with what the tensors are, where shapes alone do not say it."""
    cores = {role: core(shape) for role, shape in shapes.items()}
    times = Counter(cores.values())
    return tuple(sorted((shape, role if times[shape] > 1 else "") for role, shape in cores.items()))


def natural(name: str) -> list[tuple[int, int, str]]:
    """Sorts `layer2` before `layer10`."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]
