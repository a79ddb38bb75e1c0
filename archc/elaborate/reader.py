"""The reader of calls in other frameworks' words. It needs the lowerings, which lie above, and is registered."""

from typing import TYPE_CHECKING, Protocol

from archc.records import dataclass

if TYPE_CHECKING:
    from archc.ops import Op, Shape
    from archc.syntax import ast


@dataclass(frozen=True, slots=True)
class Reading:
    """What a framework means by a call: layers here, or why there are none. name: the framework's own for it."""

    framework: str
    name: str
    ops: "tuple[Op, ...]" = ()
    refusal: str | None = None

    @property
    def text(self) -> str:
        """The layers as their source has them."""
        return " -> ".join(op.words() for op in self.ops)


class Reader(Protocol):
    """archc/frameworks/readings.py is one. shape: what flows in, None where it is not known."""

    def meanings(self, call: "ast.Call", shape: "Shape | None", /) -> "list[Reading]":
        """What each framework means by a call; [] where none takes it."""

    def in_torchs_order(self, call: "ast.Call", shape: "Shape | None", /) -> "Reading | None":
        """A layer of this language with the arguments of PyTorch's: `conv 32, 64, 3` is of `Conv2d(32, 64, 3)`."""


readers: list[Reader] = []


def register(reader: Reader) -> None:
    """Have this one be asked."""
    readers[:] = [reader]
