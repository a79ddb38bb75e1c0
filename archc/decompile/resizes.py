"""Repetition along an axis, which exporters write with Unsqueeze, Expand and Reshape, as a Resize."""

import numpy as np

from archc.decompile.nodes import Nodes, OnnxNode, readers


def as_resizes(nodes: Nodes) -> None:
    """Replace each Reshape(Expand(Unsqueeze(x))) that repeats every position r times by a nearest Resize by r. Two in a
    row become one Resize of two axes. Changes the nodes in place."""
    producers = {node.output: node for node in nodes.all}
    used = readers(nodes)
    kept = {value for _, value in nodes.outputs}
    for place, node in enumerate(nodes.all):
        made = _repeat(node, nodes, producers)
        if made is None:
            continue
        source, scales = made
        before = producers.get(source)
        if before is not None and before.op_type == "Resize" and source not in kept and len(used.get(source, ())) == 1:
            scales, source = scales * nodes.constants[f"{source}/repeats"], before.inputs[0]
        name = f"{node.output}/repeats"
        nodes.constants[name] = scales
        attributes = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        nodes.all[place] = OnnxNode("Resize", node.name, [source, "", name], node.output, attributes)
        producers[node.output] = nodes.all[place]


def _repeat(
    node: OnnxNode, nodes: Nodes, producers: dict[str, OnnxNode]
) -> "tuple[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]] | None":
    """The value that is repeated, and the factor of each axis; None if the node is no repetition."""
    expand = producers.get(node.inputs[0]) if node.op_type == "Reshape" else None
    apart = producers.get(expand.inputs[0]) if expand is not None and expand.op_type == "Expand" else None
    if expand is None or apart is None or apart.op_type not in ("Unsqueeze", "Reshape"):
        return None
    shapes = [nodes.shapes.get(name) for name in (apart.inputs[0], apart.output, expand.output, node.output)]
    if any(shape is None for shape in shapes):
        return None
    source, one, many, after = (tuple(shape or ()) for shape in shapes)
    grown = [axis for axis, size in enumerate(many) if len(one) == len(many) and size != one[axis]]
    if len(grown) != 1 or len(source) != len(after) or len(one) != len(source) + 1:
        return None
    axis = grown[0]
    repeated = tuple(size * (many[axis] if place == axis - 1 else 1) for place, size in enumerate(source))
    if axis < 2 or (*one[:axis], *one[axis + 1 :]) != source or one[axis] != 1 or repeated != after:
        return None
    scales = np.ones(len(source), np.float32)
    scales[axis - 1] = many[axis]
    return apart.inputs[0], scales
