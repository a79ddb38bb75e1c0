"""The outputs of a net in the order of the file."""

from collections.abc import Sequence

from archc.decompile.layer import Layer
from archc.decompile.nodes import Nodes
from archc.ops.fixed import Identity


def outputs_last(nodes: Nodes, layers: Sequence[Layer]) -> list[Layer]:
    """The layers, ordered so that the one of the first output is last, since the last value of a source is its first
    output. An identity is added for an output that a layer reads, that is an input, or that is an output twice."""
    (name, first), *others = nodes.outputs
    made, outputs = list(layers), []
    taken = {*nodes.flows, first}
    for number, (other, value) in enumerate(others):
        if value in taken:
            made.append(_again(value, f"{value}/output_{number}", nodes))
        outputs.append((other, made[-1].output if value in taken else value))
        taken.add(value)
    if first in nodes.flows or any(first in layer.inputs for layer in made):
        made.append(_again(first, f"{first}/output", nodes))
        first = made[-1].output
    nodes.outputs = [(name, first), *outputs]
    return sorted(made, key=lambda layer: layer.output == first)


def _again(value: str, name: str, nodes: Nodes) -> Layer:
    shape = nodes.shapes[value][1:]
    return Layer(Identity(), (value,), name, shape, {}, name, given=(shape,))
