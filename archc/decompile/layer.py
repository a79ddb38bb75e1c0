"""A layer as it was read from a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from archc.backends.onnx.lowered import Array
from archc.ops import Inputs, Op, Shape


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A layer of the source, and where it comes from in the file.

    inputs, output: names of values. shape, given: the shapes of its output and its inputs, without the batch. tensors:
    by their names in a state_dict. sources: by the same names, the values of the file that the tensors come from. name:
    of the node. numbers: the values of the file that became settings of the layer.
    """

    op: Op
    inputs: tuple[str, ...]
    output: str
    shape: Shape
    tensors: Mapping[str, Array]
    name: str
    sources: Mapping[str, str] = field(default_factory=dict)
    given: Inputs = ()
    numbers: tuple[str, ...] = ()

    def fixes_learnt(self, learnt: Callable[[str], bool | None]) -> bool:
        """Whether a number that the file says is learnt became a setting of the layer."""
        return any(learnt(value) for value in self.numbers)

    def learns_fixed(self, learnt: Callable[[str], bool | None]) -> list[str]:
        """The values that the layer learns and the file says are fixed."""
        trained = {tensor.name for tensor in self.op.parameters(self.given) if tensor.trainable} if self.tensors else ()
        named = (value for name, value in self.sources.items() if name in trained or name.rpartition(".")[0] in trained)
        return [value for value in named if learnt(value) is False]
