"""Receptive fields: how much of the input one output value can depend on.

    r = r_in + (k − 1)·j_in        j = j_in·s

k is the window's extent, s its stride, j the jump: how many input pixels lie between neighbouring outputs.
A join has the largest of its branches' fields. These are the theoretical fields that papers print: padding
counts as input, so that deep networks exceed their image (ResNet-50's is larger than 224). A layer that mixes
all positions (fc, flatten, a global pool) sees every position of its input.
Source: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
"""

from dataclasses import dataclass
from math import ceil, prod

from archc.graph import Graph, Node


@dataclass(frozen=True, slots=True)
class Field:
    """The field and the jump on each axis of the net's input."""

    extent: tuple[float, ...]
    jump: tuple[float, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Whole pixels; an upsampled map has fields that begin between them."""
        return tuple(ceil(round(extent, 6)) for extent in self.extent)


def fields(graph: Graph) -> dict[str, Field]:
    """The receptive field of each node."""
    result: dict[str, Field] = {}
    for node in graph.nodes:
        before = [(result[name], shape) for name, shape in zip(node.inputs, node.input_shapes, strict=True)]
        result[node.name] = _after(node, before)
    return result


def _after(node: Node, before: list[tuple[Field, tuple[int, ...]]]) -> Field:
    rank = len(node.shape) - 1
    if not before:
        return Field((1.0,) * rank, (1.0,) * rank)
    field = before[0][0] if len(before) == 1 else _joined(before)
    extents, strides = node.op.field_step(node.input_shapes)
    if len(extents) != len(field.extent) or (set(extents) <= {1} and set(strides) <= {1}):
        return field  # by element, or the axes were mixed before and every output sees all of them
    return Field(
        tuple(r + (k - 1) * j for r, k, j in zip(field.extent, extents, field.jump, strict=True)),
        tuple(j * s for j, s in zip(field.jump, strides, strict=True)),
    )


def _joined(before: list[tuple[Field, tuple[int, ...]]]) -> Field:
    """The largest field on each axis; the jump of the largest map, for others are spread over it."""
    axes = max(len(field.extent) for field, _ in before)
    alike = [(field, shape) for field, shape in before if len(field.extent) == axes]
    jump = max(alike, key=lambda pair: (len(pair[1]), prod(pair[1][1:])))[0].jump
    extents = zip(*(field.extent for field, _ in alike), strict=True)
    return Field(tuple(max(extent) for extent in extents), jump)


def written(field: Field) -> str:
    """`483`, or `31x17` where the axes differ; nothing for a vector."""
    sizes = field.sizes
    if not sizes:
        return ""
    return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, sizes))
