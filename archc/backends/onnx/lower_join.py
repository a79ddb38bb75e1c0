"""Joins in ONNX."""

from archc.backends.onnx.lowered import InputValue, Lowering, Operand, apply, int_constant, lowers
from archc.ops import Inputs, Shape
from archc.ops.join import Add, Concat, Max, Mean, Mul


def pairwise(op_type: str) -> Lowering:
    """Elementwise, two inputs at a time, which runtimes can fuse. A vector is broadcast to the positions of a map."""

    def lowering(op: object, inputs: Inputs, output: Shape) -> Operand:
        value, *rest = _operands(inputs, output)
        for operand in rest:
            value = apply(op_type, value, operand)
        return value

    return lowering


lowers(Add)(pairwise("Add"))
lowers(Mul)(pairwise("Mul"))


def together(op_type: str) -> Lowering:
    """Elementwise, all inputs in one node."""

    def lowering(op: object, inputs: Inputs, output: Shape) -> Operand:
        values = _operands(inputs, output)
        return values[0] if len(values) == 1 else apply(op_type, *values)

    return lowering


lowers(Max)(together("Max"))
lowers(Mean)(together("Mean"))


@lowers(Concat)
def concat(op: Concat, inputs: Inputs, output: Shape) -> Operand:
    values = [InputValue(number) for number in range(len(inputs))]
    return values[0] if len(values) == 1 else apply("Concat", *values, axis=1 + op.dim(inputs))


def _operands(inputs: Inputs, output: Shape) -> list[Operand]:
    axes = int_constant(range(2, 1 + len(output)))
    return [
        InputValue(number) if len(shape) == len(output) else apply("Unsqueeze", InputValue(number), axes)
        for number, shape in enumerate(inputs)
    ]
