"""The message for a node that no layer matches."""

from types import MappingProxyType

from archc.decompile.nodes import Nodes, OnnxNode, default

NUMBERS = "; `rescale` and `scale` have one number, or one for each channel"
BESIDE = MappingProxyType(
    {
        "PRelu": "; `prelu` has one slope, or one for each channel",
        **dict.fromkeys(("Add", "Div", "Mul", "Sub"), NUMBERS),
    }
)
"""What the nearest layers can do, for nodes with a constant operand."""
MOST = 120
"""The most characters of attributes in a message."""


def no_layer_message(node: OnnxNode, nodes: Nodes) -> str:
    """The op_type, the shapes of the inputs and the attributes that differ from ONNX's defaults, in one line."""
    given = ", ".join(_shown(name, nodes) for name in node.inputs if name)
    told = [f"{key}={value}" for key, value in node.attributes.items() if value != default(node.op_type, key)]
    fields = ", ".join(told)
    fields = fields if len(fields) <= MOST else f"{fields[: MOST - 1]}…"
    more = BESIDE.get(node.op_type, "") if any(name in nodes.constants for name in node.inputs) else ""
    return f"no layer is {node.op_type} of {given}{f' with {fields}' if fields else ''}{more}"


def _shown(name: str, nodes: Nodes) -> str:
    if name in nodes.constants:
        shape = "x".join(map(str, nodes.constants[name].shape))
        return f"a constant of {shape}" if shape else "a constant"
    return "x".join(map(str, nodes.shapes.get(name, ())[1:])) or "a value"
