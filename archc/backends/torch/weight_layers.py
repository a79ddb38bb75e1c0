"""The tensors of a net or of a file, grouped by layer, with the role of each in its layer."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
Kind = tuple[tuple[Shape, str], ...]

COUNTER = "num_batches_tracked"  # batch norm's counter of steps, which some files lack
ROLES = {
    **dict.fromkeys(("weight", "kernel", "depthwise_kernel", "gamma", "scale", "w"), "weight"),
    **dict.fromkeys(("bias", "beta", "offset", "shift", "b"), "bias"),
    **dict.fromkeys(("running_mean", "moving_mean", "mean"), "running_mean"),
    **dict.fromkeys(("running_var", "moving_variance", "moving_var", "variance", "var"), "running_var"),
}
"""Name of a tensor in PyTorch, Keras, Flax or Caffe → its name in PyTorch."""
CHANNELS_LAST = frozenset({"kernel", "depthwise_kernel"})
"""Names in Keras and Flax of weights with the layout height × width × in × out."""


@dataclass(frozen=True, slots=True)
class StoredTensor:
    """A tensor of a file. name: in the file. shape: in PyTorch's layout, after the permutation `axes` if given."""

    name: str
    shape: Shape
    axes: tuple[int, ...] | None = None

    @property
    def stored_shape(self) -> Shape:
        """The shape in the file."""
        return (
            self.shape
            if self.axes is None
            else tuple(self.shape[self.axes.index(axis)] for axis in range(len(self.axes)))
        )


def stored_tensors(shapes: Shapes) -> dict[str, StoredTensor]:
    """PyTorch's name → tensor, in the order of the file: Keras's `conv1/kernel` is `conv1.weight`."""
    words = {name: torch_name(name) for name in shapes}
    times = Counter(words.values())
    found = {}
    for name, shape in shapes.items():
        last = _parts(name)[-1]
        axes = tuple(reversed(range(len(shape)))) if last in CHANNELS_LAST and len(shape) > 1 else None
        if axes is not None and len(shape) > 2:
            axes = (len(shape) - 1, len(shape) - 2, *range(len(shape) - 2))
        there = words[name] if times[words[name]] == 1 else name
        found[there] = StoredTensor(name, tuple(shape[axis] for axis in axes) if axes else shape, axes)
    return found


def _parts(name: str) -> list[str]:
    return re.sub(r":\d+$", "", name).replace("/", ".").split(".")


def torch_name(name: str) -> str:
    """PyTorch's form of a tensor's full name."""
    *module, last = _parts(name)
    return ".".join((*module, ROLES.get(last, last)))


def squeezed(shape: Shape) -> Shape:
    """The shape without sizes of 1."""
    return tuple(size for size in shape if size != 1)


def equal_without_ones(ours: Shape, theirs: Shape) -> bool:
    """Whether two shapes are equal, or of different rank and equal without sizes of 1, as (C, 1, 1) and (C)."""
    return ours == theirs or (len(ours) != len(theirs) and squeezed(ours) == squeezed(theirs))


@dataclass(frozen=True, slots=True)
class Layer:
    """name: of the module, or of a tensor outside the modules. place: its index. tensors: role → name of the tensor.
    kind: equal for layers whose tensors have the same shapes and roles."""

    name: str
    place: int
    tensors: Mapping[str, str]
    kind: Kind

    @property
    def module(self) -> str:
        """The module that contains it: `layer1.0` for `layer1.0.conv1`."""
        return self.name.rpartition(".")[0]


class WeightLayers:
    """The layers of a net or of a file, and the modules that contain them."""

    def __init__(self, shapes: Shapes) -> None:
        """shapes: PyTorch's name → shape."""
        self.shapes = shapes
        self.layers = list(_layers({name: shape for name, shape in shapes.items() if _role(name) != COUNTER}))

    @cached_property
    def inside(self) -> dict[str, list[int]]:
        """Module → indices of its layers at any depth; "" is the whole net."""
        found: dict[str, list[int]] = {"": list(range(len(self.layers)))}
        for layer in self.layers:
            for module in _enclosing(layer.name):
                if module:
                    found.setdefault(module, []).append(layer.place)
        return found

    @cached_property
    def signatures(self) -> dict[str, frozenset[tuple[Kind, int]]]:
        """Module → the kinds of its layers with their counts."""
        kinds = [layer.kind for layer in self.layers]
        return {
            module: frozenset(Counter(kinds[place] for place in places).items())
            for module, places in self.inside.items()
        }

    def enclosing(self, place: int) -> list[str]:
        """The enclosing modules of a layer, the innermost first. Left out: the whole net, and modules with the same
        layers as the one before."""
        found: list[str] = []
        size = 1
        for module in _enclosing(self.layers[place].name):
            count = len(self.inside[module])
            if size < count < len(self.layers):
                found.append(module)
                size = count
        return found

    def holder(self, place: int) -> str:
        """The innermost module that contains this layer and others; "" for the whole net."""
        return next(iter(self.enclosing(place)), "")


def _role(name: str) -> str:
    return name.rpartition(".")[2]


def _enclosing(name: str) -> Iterable[str]:
    """The names of the enclosing modules, the innermost first; the last is ""."""
    while name:
        name = name.rpartition(".")[0]
        yield name


def _layers(shapes: Shapes) -> Iterable[Layer]:
    modules: dict[str, dict[str, str]] = {}
    for name in shapes:
        module, _, role = name.rpartition(".")
        modules.setdefault(module, {})[role] = name
    holds = {module for name in modules for module in _enclosing(name)} | {""}
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
    """The shapes, with the roles of tensors that have the same shape."""
    cores = {role: squeezed(shape) for role, shape in shapes.items()}
    times = Counter(cores.values())
    return tuple(sorted((shape, role if times[shape] > 1 else "") for role, shape in cores.items()))


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """A sort key that puts `layer2` before `layer10`."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]
