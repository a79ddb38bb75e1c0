"""The holes of a net and what each may be: the domains over which the solver searches.

stride     1 … 8
pad        0 … 15, less than the window
kernel     1 … 15
dilation   1 … 8
channels   1 … 4096 (also units)
groups     1 … 64
repeats    1 … 64
input      1 … 1024; `?x?` is square
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from archc.elaborate.env import Env
from archc.ops import OPS
from archc.syntax import ast

DOMAINS: Mapping[str, range] = {
    "stride": range(1, 9),
    "pad": range(16),
    "kernel": range(1, 16),
    "dilation": range(1, 9),
    "channels": range(1, 4097),
    "groups": range(1, 65),
    "repeats": range(1, 65),
    "input": range(1, 1025),
}
FIELD_ROLES = {
    "stride": "stride",
    "pad": "pad",
    "padding": "pad",
    "kernel": "kernel",
    "kernel_size": "kernel",
    "dilation": "dilation",
    "channels": "channels",
    "out_channels": "channels",
    "units": "channels",
    "out_features": "channels",
    "groups": "groups",
    "to": "kernel",
}


@dataclass(eq=False, slots=True)
class Quantity:
    """One thing to solve: a hole, or the two of a square input together."""

    holes: tuple[ast.Hole, ...]
    role: str | None  # None: no domain is known for this place

    @property
    def value(self) -> int | None:
        return self.holes[0].value

    @value.setter
    def value(self, value: int | None) -> None:
        for hole in self.holes:
            hole.value = value

    @property
    def domain(self) -> range:
        return DOMAINS[self.role] if self.role is not None else range(0)


def quantities(root: object, env: Env) -> list[Quantity]:
    """The quantities open in a piece of syntax, in the order of the source."""
    return list(_walk(root, None, env))


def _walk(node: object, role: str | None, env: Env) -> Iterator[Quantity]:
    match node:
        case ast.Hole():
            yield Quantity((node,), role)
        case ast.Dims():
            holes = tuple(size for size in node.sizes if isinstance(size, ast.Hole))
            if holes and role in ("input", "kernel"):
                yield Quantity(holes, role)
            else:
                yield from (Quantity((hole,), role) for hole in holes)
        case ast.Call():
            yield from _call(node, env)
        case ast.Repeated():
            yield from _walk(node.step, None, env)
            yield from _walk(node.count, "repeats", env)
            yield from _walk(node.stride, "stride", env)
        case ast.Repeat():
            yield from _walk(node.count, "repeats", env)
            yield from _walk(node.body, None, env)
        case ast.Chain() if [sign for sign, _ in node.rest] == ["/"]:
            yield from _walk(node.first, role, env)
            yield from _walk(node.rest[0][1], "stride" if role == "kernel" else role, env)
        case list() | tuple():
            for item in node:
                yield from _walk(item, role, env)
        case _ if is_dataclass(node) and type(node).__module__ == ast.__name__:
            for field in fields(node):
                yield from _walk(getattr(node, field.name), role, env)


def _call(call: ast.Call, env: Env) -> Iterator[Quantity]:
    op = OPS.get(call.name) if env.block(call.name) is None else None
    places = list(op.positional) if op is not None else []
    for argument in call.arguments:
        if call.name == "input":
            role: str | None = "channels" if argument.name == "channels" else "input"
            yield from _input_sizes(argument.value) if argument.name is None else _walk(argument.value, role, env)
            continue
        name = argument.name
        if name is None and places:
            name = places.pop(0)
        yield from _walk(argument.value, FIELD_ROLES.get(name or ""), env)


def _input_sizes(value: ast.Expr) -> Iterator[Quantity]:
    """`?x?x3`: the sizes together, the channels apart."""
    if isinstance(value, ast.Dims) and len(value.sizes) > 1:
        *sizes, channels = value.sizes
        holes = tuple(size for size in sizes if isinstance(size, ast.Hole))
        if holes:
            yield Quantity(holes, "input")
        if isinstance(channels, ast.Hole):
            yield Quantity((channels,), "channels")
    elif isinstance(value, ast.Hole):
        yield Quantity((value,), "channels")
