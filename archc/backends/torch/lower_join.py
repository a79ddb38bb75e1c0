"""Joins in PyTorch."""

from archc.backends.torch.lowered import Lowered, Lowering, lowers
from archc.ops import Inputs, Shape
from archc.ops.join import Add, Concat, Max, Mean, Mul


def operator(sign: str) -> Lowering:
    """Elementwise. A vector is broadcast to the positions of a map."""

    def lowering(op: object, inputs: Inputs, output: Shape) -> Lowered:
        return Lowered(f" {sign} ".join(_operands(inputs, output)))

    return lowering


lowers(Add)(operator("+"))
lowers(Mul)(operator("*"))


@lowers(Max)
def maximum(op: object, inputs: Inputs, output: Shape) -> Lowered:
    expression, *rest = _operands(inputs, output)
    for operand in rest:
        expression = f"torch.maximum({expression}, {operand})"
    return Lowered(expression)


@lowers(Mean)
def mean(op: object, inputs: Inputs, output: Shape) -> Lowered:
    return Lowered(f"({' + '.join(_operands(inputs, output))}) / {len(inputs)}")


@lowers(Concat)
def concat(op: Concat, inputs: Inputs, output: Shape) -> Lowered:
    return Lowered(f"torch.cat(({', '.join(_operands(inputs, None))}{',' * (len(inputs) == 1)}), {1 + op.dim(inputs)})")


def _operands(inputs: Inputs, output: Shape | None) -> list[str]:
    """A vector with one value per channel gets axes of size 1, so that it is broadcast to the map."""
    slots = [f"{{{number}}}" for number in range(len(inputs))]
    if output is None:
        return slots
    sizes = ", None" * (len(output) - 1)
    return [
        slot if len(shape) == len(output) else f"{slot}[:, :{sizes}]" for slot, shape in zip(slots, inputs, strict=True)
    ]
