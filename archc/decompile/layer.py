"""A layer as it was read from a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from archc.backends.onnx.lowered import Array
from archc.ops import Inputs, Op, Shape


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """output: the value that it gives, by which others name it. tensors: by their names in a state_dict. sources: the
    values of the file that they are, by the same names. given: the shapes of its inputs. numbers: the values of the
    file that are its settings, or that it has in any case."""

    op: Op
    inputs: tuple[str, ...]
    output: str
    shape: Shape
    tensors: Mapping[str, Array]
    name: str
    sources: Mapping[str, str] = field(default_factory=dict)
    given: Inputs = ()
    numbers: tuple[str, ...] = ()

    def takes(self, learnt: Callable[[str], bool | None]) -> bool:
        """Whether it would fix a number that the file says is learnt."""
        return any(learnt(value) for value in self.numbers)

    def fixed(self, learnt: Callable[[str], bool | None]) -> list[str]:
        """The values of the file that it would learn though the file says that they are fixed."""
        trained = {tensor.name for tensor in self.op.parameters(self.given) if tensor.trainable} if self.tensors else ()
        named = (value for name, value in self.sources.items() if name in trained or name.rpartition(".")[0] in trained)
        return [value for value in named if learnt(value) is False]
