"""Joins in PyTorch."""

from archc.backends.torch.lowered import Lowered, Row, lowers
from archc.ops import Inputs, Shape
from archc.ops.join import Add, Concat, Max, Mean, Mul


def operator(sign: str) -> Row:
    """Value by value; a vector beside a map counts for every position."""

    def row(op: object, inputs: Inputs, output: Shape) -> Lowered:
        return Lowered(f" {sign} ".join(_operands(inputs, output)))

    return row


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
    """One value a channel, a vector, is given the sizes of the map it is joined with."""
    slots = [f"{{{number}}}" for number in range(len(inputs))]
    if output is None:
        return slots
    sizes = ", None" * (len(output) - 1)
    return [
        slot if len(shape) == len(output) else f"{slot}[:, :{sizes}]" for slot, shape in zip(slots, inputs, strict=True)
    ]
