"""The reader of calls in other frameworks' words. It needs the lowerings, which lie above, and is registered."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from archc.elaborate.meant import Reading
    from archc.ops import Shape
    from archc.syntax import ast


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
