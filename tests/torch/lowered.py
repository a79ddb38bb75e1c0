"""Running one layer alone, as the table of the PyTorch backend writes it, and a graph layer by layer."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from archc.backends.torch import layers
from archc.backends.torch.expressions import call_text
from archc.backends.torch.table import LOWERINGS
from archc.graph import Graph
from archc.ops import Op, Shape

NAMES: dict[str, Any] = {**vars(layers), "OrderedDict": OrderedDict}


def run(op: Op, inputs: Sequence[Tensor], output: Shape, state: Mapping[str, Tensor] | None = None) -> Tensor:
    """What the layer gives for a batch. state: its parameters, in place of those it starts with."""
    lowered = LOWERINGS[op.name](op, tuple(tuple(x.shape[1:]) for x in inputs), output)
    scope = dict(NAMES)
    if lowered.make is not None:
        with torch.device(inputs[0].device):
            module = eval(call_text(lowered.make), NAMES)
        module = module.to(inputs[0].dtype).eval()
        if state:
            module.load_state_dict(state)
        scope["m"] = module
    for number, x in enumerate(inputs):
        scope[f"x{number}"] = x
    slots = [f"x{number}" for number in range(len(inputs))]
    result = eval(lowered.apply.replace("{m}", "m").format(*slots), scope)
    assert isinstance(result, Tensor)
    return result


def by_hand(graph: Graph, inputs: Sequence[Tensor], state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The value of every node."""
    values = dict(zip((node.name for node in graph.inputs), inputs, strict=True))
    for node in graph:
        if node.op.category == "input":
            continue
        own = {tensor.name: state[f"{node.name}.{tensor.name}"] for tensor in node.op.parameters(node.input_shapes)}
        values[node.name] = run(node.op, [values[name].clone() for name in node.inputs], node.shape, own)
        assert tuple(values[node.name].shape[1:]) == node.shape, node.name
    return values
