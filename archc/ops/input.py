"""Where values enter."""

from typing import Annotated, ClassVar

from archc.ops.base import Category, Inputs, Op, Shape
from archc.ops.fields import whole_extent


def _shape(value: object) -> tuple[int, ...]:
    sizes = whole_extent(value)
    if isinstance(sizes, int):
        return (sizes,)
    if len(sizes) > 4:
        raise ValueError(f"takes at most 3 sizes and the channels, not {len(sizes)} numbers")
    return sizes


class Input(Op):
    """An input of the net: → (C, n…).

    `shape` is (channels, *sizes), as everywhere in the program; a source writes height × width × channels.
    """

    name: ClassVar[str] = "input"
    category: ClassVar[Category] = "input"
    positional: ClassVar[tuple[str, ...]] = ("shape",)
    inputs: ClassVar[tuple[int, int | None]] = (0, 0)

    shape: Annotated[tuple[int, ...], _shape]

    def caption(self, inputs: Inputs, output: Shape) -> str:
        return self.titled()

    def output(self, inputs: Inputs) -> Shape:
        return self.shape
