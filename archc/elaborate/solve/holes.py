"""The holes of a net and their domains.

stride     1 … 8
pad        0 … 15, less than the window
kernel     1 … 15
dilation   1 … 8
channels   1 … 4096 (also units)
groups     1 … 64
repeats    1 … 64
input      1 … 1024; `?x?` is square

A hole that is the argument of a block, or the value of a `let`, has the domain of what the name is used for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from itertools import chain

from archc.diagnostics import Span
from archc.elaborate.bounds import MAX_DEPTH
from archc.elaborate.env import BlockDefinition, Env
from archc.ops import OPS
from archc.records import dataclass
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


Settled = str | tuple[str | None, ...] | None  # a role; one for each column, where it is of a matrix


@dataclass(frozen=True, slots=True, eq=False)
class Fed:
    """The role of these names, by their uses; several names are the columns of a matrix."""

    uses: "Uses"
    names: tuple[str, ...]


Role = str | Fed | None


def quantities(body: ast.Body, env: Env, memory: dict[int, "Uses"]) -> list[Quantity]:
    """The quantities open in a body, in the order of the source."""
    uses = memory.get(id(body)) or Uses(body, env, memory)
    found = [(holes, _column(_settled(role), column)) for holes, column, role in uses.every_hole()]
    return [Quantity(holes, role if isinstance(role, str) else None) for holes, role in found]


def _settled(role: Role, depth: int = 0) -> Settled:
    """A role, names followed to where they are used."""
    if not isinstance(role, Fed):
        return role
    if depth > MAX_DEPTH:
        return None
    found = tuple(role.uses.role(name, depth + 1) for name in role.names)
    return found[0] if len(found) == 1 else tuple(each if isinstance(each, str) else None for each in found)


def _column(role: Settled, column: int | None) -> Settled:
    """The role of one column of a matrix; a list has the same in all its columns."""
    if isinstance(role, tuple):
        return role[column] if column is not None and column < len(role) else None
    return role


class Uses:
    """The uses of the names of a body. Inner scopes are not distinguished."""

    def __init__(self, body: ast.Body, env: Env, memory: dict[int, "Uses"], depth: int = 0) -> None:
        self.memory = memory
        self.depth = depth
        self.direct: dict[str, list[tuple[int | None, Role]]] = {}
        self.holes: list[tuple[tuple[ast.Hole, ...], int | None, Role]] = []
        self.inner: list[Uses] = []
        self.roles: dict[str, Settled] = {}
        self.memory[id(body)] = self
        self.env = env.child()
        for statement in body.statements:
            if isinstance(statement, ast.Block):
                self.env.blocks[statement.name] = BlockDefinition(statement, self.env)
        self._walk(body.statements, None)

    def every_hole(self) -> Iterator[tuple[tuple[ast.Hole, ...], int | None, Role]]:
        yield from self.holes
        for uses in self.inner:
            yield from uses.every_hole()

    def role(self, name: str, depth: int) -> Settled:
        """The role of a name by its uses; of several the one with the smallest domain."""
        if name not in self.roles:
            self.roles[name] = None  # where it feeds itself
            places = [(column, _settled(role, depth)) for column, role in self.direct.get(name, ())]
            found = [role if column is None else _column(role, column) for column, role in places]
            columns = [role for role in found if isinstance(role, tuple)]
            plain = [role for role in found if isinstance(role, str)]
            self.roles[name] = columns[0] if columns else min(plain, key=lambda r: len(DOMAINS[r]), default=None)
        return self.roles[name]

    # ---- what stands where

    def _walk(self, node: object, role: Role, column: int | None = None) -> None:
        match node:
            case ast.Hole():
                self.holes.append(((node,), column, role))
            case ast.Name():
                self.direct.setdefault(node.name, []).append((column, role))
            case ast.Dims():
                self._dims(node, role, column)
            case ast.Call():
                self._call(node)
            case ast.Block():
                self.inner.append(self.memory.get(id(node.body)) or Uses(node.body, self.env, self.memory, self.depth))
            case ast.Let():
                self._walk(node.value, Fed(self, (node.name,)))
            case ast.For() | ast.Repeat() | ast.Repeated():
                self._loop(node)
            case ast.Window():
                self._dims(node.size, role, column)
                self._walk(node.stride, "stride" if role == "kernel" else role, column)
            case ast.Chain() if [sign for sign, _ in node.rest] == ["/"]:
                self._walk(node.first, role, column)
                self._walk(node.rest[0][1], "stride" if role == "kernel" else role, column)
            case ast.Subscript():
                self._walk(node.base, role, column)
                self._walk(node.indices, None)
            case ast.Matrix():
                for place, item in chain.from_iterable(map(enumerate, node.rows)):
                    self._walk(item, role, place)
            case ast.Choice():
                for value, condition in node.arms:
                    self._walk(value, role, column)
                    self._walk(condition, None)
                self._walk(node.orelse, role, column)
            case list() | tuple():
                for item in node:
                    self._walk(item, role, column)
            case _ if is_dataclass(node) and not isinstance(node, Span):  # in which there are no holes
                for each in fields(node):
                    self._walk(getattr(node, each.name), role, column)

    def _loop(self, loop: ast.For | ast.Repeat | ast.Repeated) -> None:
        match loop:
            case ast.For():
                self._walk(loop.values, Fed(self, loop.names))
                self._walk(loop.body, None)
            case ast.Repeat():
                self._walk(loop.count, "repeats")
                self._walk(loop.body, None)
            case ast.Repeated():
                self._walk(loop.step, None)
                self._walk(loop.count, "repeats")
                self._walk(loop.stride, "stride")

    def _dims(self, dims: ast.Dims, role: Role, column: int | None) -> None:
        """`?x?` is square where it is a window."""
        holes = tuple(size for size in dims.sizes if isinstance(size, ast.Hole))
        together = holes and (role == "kernel" or isinstance(role, Fed))
        self.holes += [(group, column, role) for group in ([holes] if together else [(hole,) for hole in holes])]

    def _call(self, call: ast.Call) -> None:
        definition = self.env.block(call.name)
        if definition is not None:
            self._block(call, definition)
            return
        op = OPS.get(call.name)
        places = list(op.positional) if op is not None else []
        for argument in call.arguments:
            if call.name == "input":
                self._input(argument)
                continue
            name = argument.name
            if name is None and places:
                name = places.pop(0)
            self._walk(argument.value, FIELD_ROLES.get(name or ""))

    def _block(self, call: ast.Call, definition: BlockDefinition) -> None:
        block = definition.block
        inside = self.memory.get(id(block.body))
        if inside is None and self.depth < MAX_DEPTH:
            inside = Uses(block.body, definition.home, self.memory, self.depth + 1)
        given = {argument.name for argument in call.arguments}
        places = [parameter.name for parameter in block.parameters if parameter.name not in given]
        for argument in call.arguments:
            name = argument.name or (places.pop(0) if places else "")
            self._walk(argument.value, Fed(inside, (name,)) if inside is not None else None)

    def _input(self, argument: ast.Argument) -> None:
        """`?x?x3`: the sizes together, the channels apart."""
        value = argument.value
        if argument.name is not None:
            self._walk(value, "channels" if argument.name == "channels" else "input")
        elif isinstance(value, ast.Dims) and len(value.sizes) > 1:
            *sizes, channels = value.sizes
            holes = tuple(size for size in sizes if isinstance(size, ast.Hole))
            if holes:
                self.holes.append((holes, None, "input"))
            if isinstance(channels, ast.Hole):
                self.holes.append(((channels,), None, "channels"))
        elif isinstance(value, ast.Hole):
            self.holes.append(((value,), None, "channels"))
