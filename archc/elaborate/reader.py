"""The interface to readers of other frameworks' calls. They need the lowerings, which are above, so they register."""

from typing import TYPE_CHECKING, Protocol

from archc.records import dataclass

if TYPE_CHECKING:
    from archc.ops import Op, Shape
    from archc.syntax import ast


@dataclass(frozen=True, slots=True)
class Reading:
    """The layers that a framework means by a call. name: the framework's. refusal: why there are none here."""

    framework: str
    name: str
    ops: "tuple[Op, ...]" = ()
    refusal: str | None = None

    @property
    def text(self) -> str:
        """The layers as source text."""
        return " -> ".join(op.words() for op in self.ops)


class Reader(Protocol):
    """archc/frameworks/readings.py is one. shape: what flows in, None where it is not known."""

    def meanings(self, call: "ast.Call", shape: "Shape | None", /) -> "list[Reading]":
        """What each framework means by a call; [] where none takes it."""

    def in_torchs_order(self, call: "ast.Call", shape: "Shape | None", /) -> "Reading | None":
        """A layer of this language with the arguments of PyTorch's: `conv 32, 64, 3` is of `Conv2d(32, 64, 3)`."""


readers: list[Reader] = []


def register(reader: Reader) -> None:
    """Use this reader."""
    readers[:] = [reader]
