"""The outputs of a net in the order in which the file has them."""

from collections.abc import Sequence

from archc.decompile.layer import Layer
from archc.decompile.nodes import Nodes
from archc.ops.fixed import Identity


def outputs_last(nodes: Nodes, layers: Sequence[Layer]) -> list[Layer]:
    """The layers with that of the first output last: the last value of a source is its first output. Where others
    read it, and where an output is another again or an input, an identity gives it."""
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
