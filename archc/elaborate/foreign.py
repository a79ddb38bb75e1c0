"""Layers as other tools write them, read as the tool itself reads them.

A call's arguments become Python values, bound to the tool's signature with its defaults, and a reader of the tool
says which layers here compute the same on what flows in: `Conv2d(3, 16, 3, padding=1)` is `conv 3x3, 16, pad=1`.
Where none do, it says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cache, cached_property
from operator import add, floordiv, mul, sub
from typing import Any

from archc.ops import OPS, InvalidFields, Op, OpError, Shape, hwc
from archc.records import dataclass
from archc.syntax import ast

Python = int | float | str | None | tuple["Python", ...]
WHOLE = {"+": add, "-": sub, "*": mul, "//": floordiv}
MOST = 10**12  # of a number that is computed with
CONSTANTS: Mapping[str, Python] = {"True": True, "False": False, "None": None}


class Unsaid(Exception):
    """No layer here computes what the call does. The message ends the sentence "PyTorch's `…` …"."""


class Misread(Exception):
    """The tool takes no such call."""


@dataclass(frozen=True, slots=True)
class Given:
    """A call as the tool sees it. rank: the 2 of `Conv2d`, 0 where the name has none. shape: what flows in."""

    name: str
    rank: int
    shape: Shape
    values: Mapping[str, Python]

    def number(self, name: str) -> float:
        """A number that is no switch. Raises Misread."""
        value = self.values[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Misread(name)
        return value

    def whole(self, name: str) -> int:
        """Raises Misread."""
        return _whole(self.values[name])

    def flag(self, name: str) -> bool:
        """Raises Misread."""
        value = self.values[name]
        if not isinstance(value, bool):
            raise Misread(name)
        return value

    def each(self, name: str) -> tuple[int, ...]:
        """One whole number an axis: 3 and (3, 3) are the same. Raises Misread."""
        return per_axis(self.values[name], self.rank)

    def only(self, name: str, *usual: Python) -> None:
        """Raises Unsaid where a setting that has no word here is not as usual."""
        if self.values[name] not in usual:
            raise Unsaid(f"has `{name}={self.values[name]}`, which no layer here has")

    def needs_rank(self) -> None:
        """Raises Unsaid where what flows in has not as many sizes as the layer's name says."""
        if len(self.shape) - 1 != self.rank:
            raise Unsaid(
                f"works on {self.rank} size{'s' * (self.rank > 1)} and channels, and {hwc(self.shape)} flows in"
            )

    def needs_channels(self, name: str) -> None:
        """Raises Unsaid where a stated number of input channels is not that of what flows in."""
        count = self.whole(name)
        if count != self.shape[0]:
            raise Unsaid(f"is for {count} channels (`{name}`), and {self.shape[0]} flow in")


Read = Callable[[Given], list[Op]]


@dataclass(frozen=True)
class Layer:
    """A layer of a tool: its signature, as `kernel_size stride=1`, and the layers here that compute a call of it."""

    signature: str
    read: Read


@dataclass(frozen=True, eq=False)
class Tool:
    """layers: by name; `{n}` stands for 1, 2 and 3. ignored: arguments that change no value. absent: the tool's
    layers that nothing here computes."""

    name: str
    layers: Mapping[str, Layer]
    ignored: frozenset[str]
    absent: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def spelled(self) -> Mapping[str, tuple[Layer | None, int]]:
        """Every layer by its full name, with its number of sizes."""
        found: dict[str, tuple[Layer | None, int]] = dict.fromkeys(self.absent, (None, 0))
        for name, layer in self.layers.items():
            if "{n}" in name:
                found |= {name.replace("{n}", str(rank)): (layer, rank) for rank in (1, 2, 3)}
            else:
                found[name] = layer, _rank(name)
        return found

    @cached_property
    def loosely(self) -> Mapping[str, str]:
        """Names in any case, with or without underscores."""
        return {_loose(name): name for name in self.spelled}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a tool means by a call: layers here, or why there are none."""

    tool: str
    name: str
    ops: tuple[Op, ...] = ()
    refusal: str | None = None

    @property
    def text(self) -> str:
        """The layers as their source has them."""
        return " -> ".join(op.words() for op in self.ops)


def readings(call: ast.Call, shape: Shape | None, tools: tuple[Tool, ...]) -> list[Reading]:
    """What tools mean by a call on a value of this shape; [] where no tool takes it."""
    names = {tool: call.name for tool in tools if call.name in tool.spelled}
    if not names:
        loose = _loose(call.name)
        names = {tool: tool.loosely[loose] for tool in tools if loose in tool.loosely}
    found = [read(call, shape, tool, name) for tool, name in names.items()]
    return [reading for reading in found if reading is not None]


def read(call: ast.Call, shape: Shape | None, tool: Tool, name: str) -> Reading | None:
    """What a tool means by the arguments of a call, as of the layer that it calls so; None where it takes none such."""
    layer, rank = tool.spelled[name]
    if layer is None:
        return Reading(tool.name, name, refusal="has no equal here")
    try:
        values = _bound(call, layer.signature, tool.ignored)
        if shape is None:
            return Reading(tool.name, name, refusal="depends on what flows in, which the mistakes before it hide")
        ops = layer.read(Given(name, rank, shape, values))
        flows = shape
        for op in ops:
            flows = op.output((flows,))
    except Misread:
        return None
    except Unsaid as reason:
        return Reading(tool.name, name, refusal=str(reason))
    except (OpError, InvalidFields) as error:
        message = error.message if isinstance(error, OpError) else error.errors[0].message
        return Reading(tool.name, name, refusal=f"does not fit: {message}")
    return Reading(tool.name, name, tuple(ops))


def _rank(name: str) -> int:
    """`UpSampling2D` works on 2 sizes; 0 where a name does not say."""
    return next((int(digit) for digit in "123" if f"{digit}D" in name or name.endswith(f"{digit}d")), 0)


def _loose(name: str) -> str:
    return name.lower().replace("_", "")


def _bound(call: ast.Call, signature: str, ignored: frozenset[str]) -> dict[str, Python]:
    """The arguments by name, defaults filled in. Raises Misread."""
    order, defaults = _signature(signature)
    values = dict(defaults)
    for place, argument in enumerate(call.arguments):
        name = argument.name
        if name is None:
            if place >= len(order):
                raise Misread
            name = order[place]
        elif name in ignored:
            continue
        elif name not in order and name not in defaults:
            raise Misread
        values[name] = literal(argument.value)
    if not set(order) <= set(values):
        raise Misread
    return values


@cache
def _signature(text: str) -> tuple[tuple[str, ...], Mapping[str, Python]]:
    """`kernel_size stride=1 * bias=True`: the names in order, and the defaults. After `*` they need their names."""
    places, _, named = text.partition("*")
    defaults = dict(_default(word) for word in text.split() if "=" in word)
    required = [word for word in named.split() if "=" not in word]
    assert not required, required
    return tuple(word.partition("=")[0] for word in places.split()), defaults


def _default(word: str) -> tuple[str, Python]:
    name, _, value = word.partition("=")
    if value in CONSTANTS:
        return name, CONSTANTS[value]
    if value.startswith("'"):
        return name, value.strip("'")
    return name, float(value) if "." in value or "e" in value else int(value)


def literal(expr: ast.Expr) -> Python:
    """A value as Python has it. Raises Misread for what is computed, and for what only this language writes."""
    if expr.span.text in CONSTANTS:
        return CONSTANTS[expr.span.text]
    match expr:
        case ast.Number() | ast.String() | ast.Boolean():
            return expr.value
        case ast.Name(name="same" | "valid" as word):
            return word
        case ast.Tuple(items=(one,), grouping=True):
            return literal(one)
        case ast.Tuple():
            return tuple(map(literal, expr.items))
        case ast.Matrix(rows=(row,)):
            return tuple(map(literal, row))
        case ast.Prefix(operator="-", count=1, operand=ast.Number() as number):
            return -number.value
        case ast.Chain():
            return _computed(expr)
    raise Misread(expr.span.text)


def _computed(chain: ast.Chain) -> int:
    """`16 * 5 * 5`, of whole numbers. Raises Misread."""
    value = _whole(literal(chain.first))
    for sign, operand in chain.rest:
        other = _whole(literal(operand))
        if sign not in WHOLE or (sign == "//" and other == 0) or max(abs(value), abs(other)) > MOST:
            raise Misread(chain.span.text)
        value = WHOLE[sign](value, other)
    return value


# ---- what readers share


def made(name: str, **fields: Any) -> Op:
    """A layer here. Raises InvalidFields."""
    return OPS[name].of(fields)


def _whole(value: Python) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Misread(value)
    return value


def per_axis(value: Python, rank: int) -> tuple[int, ...]:
    """3 and (3, 3) on two axes are (3, 3). Raises Misread."""
    sides = value if isinstance(value, tuple) else (value,) * rank
    if len(sides) != rank:
        raise Misread(value)
    return tuple(map(_whole, sides))


def alike(values: tuple[int, ...]) -> int | tuple[int, ...]:
    """One number where all are equal."""
    return values[0] if len(set(values)) == 1 else values


def borders(sides: tuple[tuple[int, int], ...]) -> int | tuple[int, ...]:
    """(begin, end) of each axis as `pad` takes them. Raises Unsaid for what cuts away."""
    if min(map(min, sides), default=0) < 0:
        raise Unsaid("cuts positions away; `crop` and `slice` do that here")
    if all(begin == end for begin, end in sides):
        return alike(tuple(begin for begin, _ in sides))
    return tuple(size for pair in sides for size in pair)


def reshaped(shape: Shape) -> Op:
    """`reshape` to a shape."""
    return made("reshape", dims=(*shape[1:], shape[0]))


def chain(shape: Shape, *layers: Op) -> list[Op]:
    """The layers without those that leave a value of this shape as it is."""
    kept, flows = [], shape
    for op in layers:
        after = op.output((flows,))
        idle = after == flows and op.name in ("reshape", "flatten")
        if not idle and getattr(op, "order", None) != tuple(range(len(flows))):
            kept.append(op)
        flows = after
    return kept or [made("identity")]
