"""The input of a net."""

from typing import Annotated, ClassVar

from archc.ops.base import Category, Inputs, Op, Shape
from archc.ops.fields import shape_sizes
from archc.shapes import hwc


class Input(Op):
    """An input of the net: → (C, n…).

    `shape` is (channels, *sizes), as everywhere in the program; a source writes height × width × channels.
    """

    name: ClassVar[str] = "input"
    category: ClassVar[Category] = "input"
    positional: ClassVar[tuple[str, ...]] = ("shape",)
    inputs: ClassVar[tuple[int, int | None]] = (0, 0)

    shape: Annotated[tuple[int, ...], shape_sizes]

    def words(self) -> str:
        return f"input {hwc(self.shape)}"

    def caption(self, inputs: Inputs, output: Shape) -> str:
        return self.titled()

    def output(self, inputs: Inputs) -> Shape:
        return self.shape
