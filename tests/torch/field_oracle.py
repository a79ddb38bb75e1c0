"""Receptive fields by gradients: a net made linear, in float64, with nothing that could cancel.

Weights are positive and biases zero, a maximum is a sum, an activation and a norm are the identity. What the reference
says of channels and gates holds here too: after a concat every channel gets something of all (channels are taken
together), a gate is left out, and what mixes positions by products (attention, matmul) adds all of them.
"""

from typing import Any

import torch
from torch import Tensor

from archc.graph import Graph, Node
from archc.ops.pool import AvgPool, MaxPool
from tests.torch.lowered import run

Span = tuple[int, int] | None
MOVED = ("flatten", "reshape", "permute", "tokens", "pixel_shuffle", "slice", "split", "upsample", "crop", "pad")
WEIGHED = ("conv", "dwconv", "tconv", "fc", "kernel")


def linear(graph: Graph, thin: bool = False) -> tuple[dict[str, Tensor], list[Tensor]]:
    """The value of each node, and the inputs, which gradients are for. thin: of one channel everywhere, which sees what
    many would; for nets whose channels never become positions."""
    values: dict[str, Tensor] = {}
    inputs = []
    for node in graph:
        if node.op.category == "input":
            x = torch.ones(1, *((1, *node.shape[1:]) if thin else node.shape), dtype=torch.float64, requires_grad=True)
            inputs.append(x)
            values[node.name] = x
        else:
            xs = [values[name] for name in node.inputs]
            values[node.name] = _thin(node, xs) if thin else _value(node, xs)
            assert tuple(values[node.name].shape[2:]) == node.shape[1:], node.name
    return values, inputs


def _value(node: Node, xs: list[Tensor]) -> Tensor:
    op, name = node.op, node.op.name
    if op.category in ("norm", "activation", "other") and name not in (*WEIGHED, *JOINS):
        return xs[0]
    if name in MOVED:
        return run(op, xs, node.shape)
    if name in WEIGHED:
        state = {}
        for tensor in op.parameters(node.input_shapes):
            fan = max(1, tensor.size // max(1, node.shape[0]))
            value = torch.full(tensor.shape, 1 / fan, dtype=torch.float64)
            state[tensor.name] = torch.zeros_like(value) if tensor.name == "bias" else value
        return run(op, xs, node.shape, state)
    if isinstance(op, MaxPool):
        return _summed(op, xs[0], node)
    if isinstance(op, AvgPool):
        return run(op, xs, node.shape)
    joined: Tensor = JOINS[name](xs, node)
    return joined


def _thin(node: Node, xs: list[Tensor]) -> Tensor:
    """The layer on one channel."""
    op, sizes = node.op, [tuple(x.shape[1:]) for x in xs]
    if op.name in ("channel_shuffle", "pad_channels", "glu", "maxout", "split"):
        return xs[0]
    if op.name == "concat" and op.dim(node.input_shapes) == 0:  # type: ignore[attr-defined]
        return torch.stack(xs).sum(0)
    if op.name == "fc":
        return xs[0].sum().view(1, 1)
    narrow = {"out_channels": 1, "groups": 1, "connections": None, "in_channels": None, "multiplier": 1}
    op = op.changed(**{name: value for name, value in narrow.items() if name in type(op).fields})
    shape = (1, *node.shape[1:])
    return _value(Node(node.name, op, node.inputs, tuple(sizes), shape, node.span), xs)


def _summed(op: MaxPool, x: Tensor, node: Node) -> Tensor:
    """The sum of each window of a maximum pool."""
    axes = op.axes(node.input_shapes)
    if not axes:
        to = AvgPool.of({"kernel": op.kernel_size, "to": op.output_size})
        return run(to, [x], node.shape)
    for dim, axis in enumerate(axes, 2):
        places = torch.arange(axis.count) * axis.stride - axis.begin
        total: Any = 0
        for tap in range(axis.kernel):
            at = places + tap * axis.dilation
            inside = ((at >= 0) & (at < axis.size)).to(x.dtype)
            shape = [1] * x.dim()
            shape[dim] = -1
            total = total + x.index_select(dim, at.clamp(0, axis.size - 1)) * inside.view(shape)
        x = total
    return x


def _together(x: Tensor) -> Tensor:
    """Something of every channel in each."""
    return x + x.mean(1, keepdim=True)


def _concat(xs: list[Tensor], node: Node) -> Tensor:
    dim = node.op.dim(node.input_shapes)  # type: ignore[attr-defined]
    joined = torch.cat(xs, 1 + dim)
    return joined if dim else _together(joined)


def _gated(xs: list[Tensor], node: Node) -> Tensor:
    gates = node.op.gates(node.input_shapes)
    return torch.stack([x for number, x in enumerate(xs) if number not in gates]).sum(0)


def _added(xs: list[Tensor], node: Node) -> Tensor:
    whole = max(xs, key=lambda x: (x.dim(), x.numel()))
    return torch.stack([x.reshape(*x.shape, *[1] * (whole.dim() - x.dim())).expand_as(whole) for x in xs]).sum(0)


def _everything(xs: list[Tensor], node: Node) -> Tensor:
    total = torch.stack([x.mean() for x in xs]).sum()
    return total.expand(1, *node.shape)


JOINS: dict[str, Any] = {
    "add": _added,
    "max": _added,
    "mean": _added,
    "mul": _gated,
    "concat": _concat,
    "matmul": _everything,
    "attention": _everything,
    "rbf": _everything,
    "glu": lambda xs, node: sum(xs[0].chunk(2, 1)),
    "maxout": lambda xs, node: xs[0].unflatten(1, (-1, node.op.pieces)).sum(2),
    "pad_channels": lambda xs, node: _together(run(node.op, xs, node.shape)),
    "channel_shuffle": lambda xs, node: _together(xs[0]),
    "class_token": lambda xs, node: torch.nn.functional.pad(xs[0], (1, 0)),
}


def spans(value: Tensor, dim: int, positions: list[int], x: Tensor, axis: int) -> list[Span]:
    """What each of the positions on a dimension of a value sees on an axis of the input."""
    found: list[Span] = []
    for position in positions:
        part = value.select(1 + dim, position).sum()
        found.append(_hull(part, x, axis) if part.requires_grad else None)
    return found


def greatest(value: Tensor, x: Tensor, positions: int = 64) -> tuple[int, ...]:
    """The greatest extent on each axis that a position sees, all channels together; of some of the positions."""
    flat = value[0].flatten(1) if value.dim() > 2 else value[0][:, None]
    step = -(-flat.shape[1] // positions)
    extents = [[0] * (x.dim() - 2)]
    for position in range(0, flat.shape[1], step):
        part = flat[:, position].sum()
        hulls = [_hull(part, x, axis) if part.requires_grad else None for axis in range(x.dim() - 2)]
        extents.append([hull[1] - hull[0] + 1 if hull else 0 for hull in hulls])
    return tuple(map(max, zip(*extents, strict=True)))


def _hull(part: Tensor, x: Tensor, axis: int) -> Span:
    (gradient,) = torch.autograd.grad(part, x, retain_graph=True, allow_unused=True)
    if gradient is None:
        return None
    kept = [dim for dim in range(x.dim()) if dim != axis + 2]
    strength = gradient.abs().amax(kept)
    seen = (strength > strength.max() * 1e-60).nonzero().flatten().tolist()
    return (seen[0], seen[-1]) if seen else None
