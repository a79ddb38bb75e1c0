"""Receptive fields: how much of the input one output value can depend on.

On each axis of the input, the first and the last position that a position of a map sees are functions of the latter
(`tracks.py`). A window of extent k and stride s composes them with s·p − pad and s·p − pad + k − 1, a layer that makes
the map larger with floors, and a join takes the least and the greatest. On an unbounded input a chain of windows gives
the field that papers print,

    r = r_in + (k − 1)·j_in        j = j_in·s

j being the jump, how many input pixels lie between neighbouring outputs: padding counts as input, and deep networks
exceed their image (Inception-v3's is 1311 of 299). The figure is the greatest over all phases of a map that was made
larger. What mixes all positions (fc, attention, a global pool) sees what the whole map sees, inside the drawn input.

Channels are taken together: a slice of channels sees what all of them see. The statistics of a norm, the sums of a
softmax and a gate, which scales by one value a channel, are left out.
Source: Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019.
"""

from collections.abc import Mapping
from fractions import Fraction

from archc.analysis.seen import Seen, beside, channels_together, joined, mixed, moved, of_input, read
from archc.analysis.tracks import Axis, Fixed, Moving, Tabled, Work
from archc.graph import Graph, Node
from archc.ops import Op, Shape
from archc.ops.reads import Beside, Permuted, Reshaped
from archc.records import dataclass

MOST_INPUTS = 8
"""Inputs of as many sizes are followed, each by itself; those of one size lie over each other."""


@dataclass(frozen=True, slots=True)
class Field:
    """What one position sees, on each axis of the net's input."""

    axes: tuple[Axis, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many input positions at most, over all phases; 0 on every axis where none is seen on one."""
        sizes = tuple([axis.track.extent for axis in self.axes])
        return (0,) * len(sizes) if 0 in sizes else sizes

    @property
    def jump(self) -> tuple[Fraction, ...]:
        """How far apart neighbours see; 0 where all see the same."""
        return tuple([axis.track.jump if isinstance(axis.track, Moving) else _mean(axis) for axis in self.axes])

    @property
    def at_most(self) -> bool:
        """Whether the sizes are upper bounds: a table was too long, or a reshape splits the rows."""
        return any(isinstance(axis.track, Fixed) and axis.track.at_most for axis in self.axes)


def _mean(axis: Axis) -> Fraction:
    """Of a table, from its first position to its last."""
    spans = axis.track.spans if isinstance(axis.track, Tabled) else ()
    seen = [(place, span) for place, span in enumerate(spans) if span is not None]
    if len(seen) < 2:
        return Fraction(0)
    (first, low), (last, high) = seen[0], seen[-1]
    return Fraction(high[0] - low[0], last - first)


def fields(graph: Graph) -> dict[str, Field]:
    """The receptive field of each node, on an unbounded input."""
    return _merged(graph, tabled=False)


def drawn_fields(graph: Graph) -> dict[str, Field]:
    """What each node sees of the drawn input, padding left out."""
    return _merged(graph, tabled=True)


def _merged(graph: Graph, tabled: bool) -> dict[str, Field]:
    """Of inputs of several sizes, the one that is seen furthest."""
    work = Work()
    sizes = list(dict.fromkeys(node.shape[1:] for node in graph.inputs))[:MOST_INPUTS]
    found = [_fields(seen_from(graph, each, work, tabled)) for each in sizes]
    if len(found) == 1:
        return found[0]
    result = {}
    for node in graph.nodes:
        seen = [each[node.name] for each in found if node.name in each]
        rank = max((len(field.axes) for field in seen), default=0)
        columns = zip(*(field.axes for field in seen if len(field.axes) == rank), strict=True)
        result[node.name] = Field(tuple(max(column, key=lambda axis: axis.track.extent) for column in columns))
    return result


def _fields(seen: Mapping[str, Seen]) -> dict[str, Field]:
    result: dict[str, Field] = {}
    known: dict[int, Field] = {}
    for name, value in seen.items():
        field = known.get(id(value))
        if field is None:
            field = known[id(value)] = Field(value.one_position())
        result[name] = field
    return result


def seen_from(graph: Graph, sizes: Shape, work: Work, tabled: bool = False) -> dict[str, Seen]:
    """What each node sees of the inputs of these sizes; nodes that see none of them are left out."""
    result: dict[str, Seen] = {}
    readings: dict[tuple[int, tuple[Shape, ...]], object] = {}
    origin = of_input((1, *sizes), work, tabled)
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


def _after(node: Node, before: Seen, readings: dict[tuple[int, tuple[Shape, ...]], object]) -> Seen:
    key = (id(node.op), node.input_shapes)
    reading = readings.get(key)
    if reading is None:
        reading = readings[key] = node.op.reading(node.input_shapes)
    if isinstance(reading, tuple):
        return read(before, reading, node.input_shapes[0], node.shape) if reading else before
    assert isinstance(reading, Reshaped | Permuted)
    return moved(before, reading, node.input_shapes[0], node.shape)


def _together(node: Node, values: list[tuple[Seen, Shape]]) -> Seen:
    if type(node.op).gates is not Op.gates and len({shape for _, shape in values}) > 1:
        gates = {node.input_shapes[number] for number in node.op.gates(node.input_shapes)}
        values = [(seen, shape) for seen, shape in values if shape not in gates]
    if type(node.op).reading is Op.reading:
        return joined(values, node.shape)
    reading = node.op.reading(node.input_shapes)
    if isinstance(reading, Beside):
        return beside(values, reading, node.shape)
    if isinstance(reading, tuple) and reading and all(reads == "all" for reads in reading):
        return mixed([seen for seen, _ in values], node.shape)
    return joined([(channels_together(seen), shape) for seen, shape in values], node.shape)


def written(field: Field) -> str:
    """`483`, or `31x17` where the axes differ; nothing for a vector."""
    sizes = field.sizes
    if not sizes:
        return ""
    return str(sizes[0]) if len(set(sizes)) == 1 else "x".join(map(str, sizes))
