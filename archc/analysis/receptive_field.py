"""Receptive fields: how much of the input one output value can depend on.

On each axis of the input, a position of a map depends on an interval, whose ends are functions of the position
(`intervals.py`). A window of extent k and stride s composes them with s·p − pad and s·p − pad + k − 1. An upsampling
composes them with floors. A join takes the least first and the greatest last position. On an unbounded input a chain
of windows gives the field that papers print:

    r = r_in + (k − 1)·j_in        j = j_in·s

The jump j is the distance in input pixels between the fields of neighbouring outputs. Padding counts as input, so the
field of a deep network can exceed its image (Inception-v3: 1311 of 299). Behind an upsampling the figure is the
greatest over all phases. A layer that mixes all positions (fc, attention, a global pool) depends on all that its input
depends on, within the actual input.

All channels of a position count together. The statistics of a norm, the sums of a softmax and a gate, which scales by
one value per channel, are left out.
Source: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
"""

from collections.abc import Mapping
from fractions import Fraction

from archc.analysis.axis import Axis
from archc.analysis.dependence import (
    Dependence,
    channels_together,
    concatenated,
    full_dependence,
    joined,
    of_input,
    read,
    rearranged,
)
from archc.analysis.intervals import Budget, Constant, Sliding, Tabulated
from archc.graph import Graph, Node
from archc.ops import Op, Shape
from archc.ops.reads import Concatenated, Permuted, Reshaped
from archc.records import dataclass

MOST_INPUTS = 8
"""The most input sizes that are followed, each by itself. Inputs of one size share their axes."""


@dataclass(frozen=True, slots=True)
class ReceptiveField:
    """The input that one position depends on, for each axis of the net's input."""

    axes: tuple[Axis, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The length of the field on each axis, the greatest over all phases; all 0 where one axis has none."""
        sizes = tuple([axis.intervals.extent for axis in self.axes])
        return (0,) * len(sizes) if 0 in sizes else sizes

    @property
    def jump(self) -> tuple[Fraction, ...]:
        """The distance in input positions between the fields of neighbours; 0 where all have the same field."""
        return tuple(
            [axis.intervals.jump if isinstance(axis.intervals, Sliding) else _mean(axis) for axis in self.axes]
        )

    @property
    def at_most(self) -> bool:
        """Whether the sizes are upper bounds: a table was too long, or a reshape split the rows."""
        return any(isinstance(axis.intervals, Constant) and axis.intervals.at_most for axis in self.axes)


def _mean(axis: Axis) -> Fraction:
    """The mean jump of tabulated intervals, from the first position with a field to the last."""
    spans = axis.intervals.spans if isinstance(axis.intervals, Tabulated) else ()
    seen = [(place, span) for place, span in enumerate(spans) if span is not None]
    if len(seen) < 2:
        return Fraction(0)
    (first, low), (last, high) = seen[0], seen[-1]
    return Fraction(high[0] - low[0], last - first)


def receptive_fields(graph: Graph) -> dict[str, ReceptiveField]:
    """The receptive field of each node by its name, on an unbounded input."""
    return _merged(graph, clipped=False)


def clipped_receptive_fields(graph: Graph) -> dict[str, ReceptiveField]:
    """The receptive field of each node by its name, clipped to the actual input: without padding."""
    return _merged(graph, clipped=True)


def _merged(graph: Graph, clipped: bool) -> dict[str, ReceptiveField]:
    """The fields; of several input sizes, on each axis the greatest."""
    budget = Budget()
    sizes = list(dict.fromkeys(node.shape[1:] for node in graph.inputs))[:MOST_INPUTS]
    found = [_fields(dependences(graph, each, budget, clipped)) for each in sizes]
    if len(found) == 1:
        return found[0]
    result = {}
    for node in graph.nodes:
        seen = [each[node.name] for each in found if node.name in each]
        rank = max((len(field.axes) for field in seen), default=0)
        columns = zip(*(field.axes for field in seen if len(field.axes) == rank), strict=True)
        result[node.name] = ReceptiveField(
            tuple(max(column, key=lambda axis: axis.intervals.extent) for column in columns)
        )
    return result


def _fields(seen: Mapping[str, Dependence]) -> dict[str, ReceptiveField]:
    result: dict[str, ReceptiveField] = {}
    known: dict[int, ReceptiveField] = {}
    for name, value in seen.items():
        field = known.get(id(value))
        if field is None:
            field = known[id(value)] = ReceptiveField(value.one_position())
        result[name] = field
    return result


def dependences(graph: Graph, sizes: Shape, budget: Budget, clipped: bool = False) -> dict[str, Dependence]:
    """By node, the dependence on the inputs of these sizes. Nodes that depend on none of them are left out."""
    result: dict[str, Dependence] = {}
    readings: dict[tuple[int, tuple[Shape, ...]], object] = {}
    origin = of_input((1, *sizes), budget, clipped)
    for node in graph.nodes:
        if not node.inputs:
            if node.shape[1:] == sizes:
                result[node.name] = origin
            continue
        if len(node.inputs) == 1:
            before = result.get(node.inputs[0])
            if before is not None:
                result[node.name] = before if type(node.op).reading is Op.reading else _after(node, before, readings)
            continue
        places = zip(node.inputs, node.input_shapes, strict=True)
        values = [(result[name], shape) for name, shape in places if name in result]
        if values:
            result[node.name] = _together(node, values)
    return result


def _after(node: Node, before: Dependence, readings: dict[tuple[int, tuple[Shape, ...]], object]) -> Dependence:
    key = (id(node.op), node.input_shapes)
    reading = readings.get(key)
    if reading is None:
        reading = readings[key] = node.op.reading(node.input_shapes)
    if isinstance(reading, tuple):
        return read(before, reading, node.input_shapes[0], node.shape) if reading else before
    assert isinstance(reading, Reshaped | Permuted)
    return rearranged(before, reading, node.input_shapes[0], node.shape)


def _together(node: Node, values: list[tuple[Dependence, Shape]]) -> Dependence:
    if type(node.op).gates is not Op.gates and len({shape for _, shape in values}) > 1:
        gates = {node.input_shapes[number] for number in node.op.gates(node.input_shapes)}
        values = [(seen, shape) for seen, shape in values if shape not in gates]
    if type(node.op).reading is Op.reading:
        return joined(values, node.shape)
    reading = node.op.reading(node.input_shapes)
    if isinstance(reading, Concatenated):
        return concatenated(values, reading, node.shape)
    if isinstance(reading, tuple) and reading and all(reads == "all" for reads in reading):
        return full_dependence([seen for seen, _ in values], node.shape)
    return joined([(channels_together(seen), shape) for seen, shape in values], node.shape)


def sizes_text(field: ReceptiveField) -> str:
    """`483`, or `31x17` where the axes differ; "" for a vector."""
    sizes = field.sizes
    if not sizes:
        return ""
    return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, sizes))
