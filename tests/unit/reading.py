"""What a layer reads, in figures."""

from fractions import Fraction

from archc.ops import Inputs, Op
from archc.ops.reads import Movement

Extents = tuple[tuple[int, ...], tuple[Fraction, ...]]


def extents(op: Op, inputs: Inputs) -> Extents:
    """(extent, step) on each axis: how many positions one output reads at most, and how far apart neighbours read in
    the mean. Of all positions the step is their number."""
    reading = op.reading(inputs)
    assert not isinstance(reading, Movement)
    sizes, steps = [], []
    for reads, size in zip(reading[1:] or (None,) * (len(inputs[0]) - 1), inputs[0][1:], strict=True):
        if reads is None:
            sizes.append(1)
            steps.append(Fraction(1))
        elif isinstance(reads, str):
            sizes.append(size)
            steps.append(Fraction(size))
        else:
            sizes.append(max(reads.last(p) - reads.first(p) + 1 for p in range(reads.period)))
            steps.append(Fraction(reads.first.step, reads.first.period))
    return tuple(sizes), tuple(steps)
