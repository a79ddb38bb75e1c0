"""A call in another framework's words: its name looked up, its arguments bound to the framework's signature."""

import ast as python
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from inspect import Parameter, Signature
from math import prod
from typing import Any, NamedTuple

from archc.elaborate.advice.python_values import Misread, Python, literal, whole
from archc.ops import OPS, Op, Shape, hwc
from archc.syntax import ast


class Unsaid(Exception):
    """No layer here computes what the call does. The message ends the sentence "PyTorch's `…` …"."""


class Given(NamedTuple):
    """A call as the framework sees it, on a value of a shape. values: every argument of its signature."""

    name: str
    shape: Shape
    values: Mapping[str, Python]

    @property
    def rank(self) -> int:
        """The 2 of `Conv2d` and `Conv2DTranspose`; 0 where the name has none."""
        return next((int(n) for n in "123" if f"{n}D" in self.name or self.name.endswith(f"{n}d")), 0)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape without its channels."""
        return self.shape[1:]

    def whole(self, name: str) -> int:
        """Raises Misread."""
        return whole(self.values[name])

    def number(self, name: str) -> float:
        """A number that is no switch. Raises Misread."""
        value = self.values[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Misread(name)
        return value

    def each(self, name: str) -> tuple[int, ...]:
        """One whole number an axis: 3 and (3, 3) are the same. Raises Misread."""
        return per_axis(self.values[name], len(self.sizes))

    def only(self, name: str, *usual: Python) -> None:
        """Raises Unsaid where an argument has another value than these."""
        if self.values[name] not in usual:
            raise Unsaid(has(name, self.values[name]))

    def needs_rank(self) -> None:
        """Raises Unsaid where what flows in has not as many sizes as the name says."""
        if len(self.sizes) != self.rank:
            raise Unsaid(
                f"works on {self.rank} size{'s' * (self.rank > 1)} and channels, and {hwc(self.shape)} flows in"
            )

    def axis(self, name: str) -> int:
        """An argument as an axis counted from the batch, which is 0. Raises Misread."""
        return self.as_axis(self.values[name])

    def as_axis(self, value: Python) -> int:
        """Raises Misread where there is no such axis."""
        count = len(self.shape) + 1
        if isinstance(value, bool) or not isinstance(value, int) or not -count <= value < count:
            raise Misread(value)
        return value % count


class Framework:
    """signatures: lines such as `Conv{n}d(in_channels, out_channels, kernel_size, stride=1)`, of one or more names;
    `{n}` is 1, 2 and 3. absent: layers that nothing here computes. ignored: arguments that change no value.
    layers: the layers here that compute a call. Raises Unsaid, Misread."""

    def __init__(
        self, name: str, signatures: Iterable[str], absent: str, ignored: str, layers: Callable[[Given], Sequence[Op]]
    ) -> None:
        self.name = name
        self.layers = layers
        self.parameters: dict[str, str | None] = dict.fromkeys(absent.split())
        """Every layer with its parameters as Python writes them; None for an absent one."""
        for line in signatures:
            self.parameters |= dict.fromkeys(names(line), line[line.index("(") + 1 : -1])
        self._loosely = {loose(name): name for name in self.parameters}
        self._ignored = frozenset(ignored.split())

    def spelled(self, word: str) -> str | None:
        """The layer of this name in any case, with or without underscores."""
        return word if word in self.parameters else self._loosely.get(loose(word))

    def given(self, name: str, arguments: Sequence[ast.Argument], shape: Shape) -> Given:
        """The arguments of a call by name, with the defaults. Raises Misread."""
        places = [literal(one.value) for one in arguments if one.name is None]
        named = {one.name: literal(one.value) for one in arguments if one.name and one.name not in self._ignored}
        values = bound(self.parameters[name] or "", places, named)
        return Given(name, shape, {key: value for key, value in values.items() if key not in self._ignored})


def names(line: str) -> list[str]:
    """`Conv1d`, `Conv2d` and `Conv3d` of `Conv{n}d(…)`."""
    return [
        name.replace("{n}", n) for name in line[: line.index("(")].split() for n in ("123" if "{n}" in name else "1")
    ]


def loose(name: str) -> str:
    """`max_pool2d` and `MaxPool2d` as one."""
    return name.lower().replace("_", "")


def bound(parameters: str, places: Sequence[Python], named: Mapping[str, Python]) -> dict[str, Python]:
    """Arguments by name, with the defaults. Raises Misread where Python or a default's type refuses them."""
    told = signature(parameters)
    try:
        found = told.bind(*places, **named)
    except TypeError:
        raise Misread(parameters) from None
    found.apply_defaults()
    if not all(_fits(value, told.parameters[name].default) for name, value in found.arguments.items()):
        raise Misread(parameters)
    return found.arguments


@cache
def signature(parameters: str) -> Signature:
    """Of `kernel_size, stride=1, *, bias=True`."""
    made = python.parse(f"lambda {parameters}: 0", mode="eval").body
    assert isinstance(made, python.Lambda)
    told, usual = made.args, [None] * len(made.args.args) + made.args.defaults
    places = [(one, Parameter.POSITIONAL_OR_KEYWORD) for one in told.args]
    named = [(one, Parameter.KEYWORD_ONLY) for one in told.kwonlyargs]
    defaults = [*usual[len(told.defaults) :], *told.kw_defaults]
    return Signature(
        [
            Parameter(one.arg, kind, default=python.literal_eval(default) if default else Parameter.empty)
            for (one, kind), default in zip([*places, *named], defaults, strict=True)
        ]
    )


def _fits(value: Python, default: Any) -> bool:
    """A switch takes a switch, and a number or a word no switch."""
    if isinstance(default, bool):
        return isinstance(value, bool)
    return not (isinstance(default, int | float | str) and default is not Parameter.empty and isinstance(value, bool))


# ---- values


def has(name: str, value: Python) -> str:
    """What is said of an argument that nothing here has."""
    return f"has `{name}={value!r}`, which no layer here has"


def per_axis(value: Python, rank: int) -> tuple[int, ...]:
    """3 and (3, 3) on two axes are (3, 3). Raises Misread."""
    sides = value if isinstance(value, tuple) else (value,) * rank
    if len(sides) != rank:
        raise Misread(value)
    return tuple(map(whole, sides))


def complete(sizes: tuple[int, ...], total: int) -> tuple[int, ...]:
    """Sizes with the number that -1 stands for, of so many values. Raises Misread."""
    known = prod(size for size in sizes if size != -1)
    if sizes.count(-1) > 1 or known < 1 or total % known:
        raise Misread(sizes)
    found = tuple(total // known if size == -1 else size for size in sizes)
    if prod(found) != total:
        raise Misread(sizes)
    return found


def alike(values: tuple[Any, ...]) -> Any:
    """One number where all are equal."""
    return values[0] if len(set(values)) == 1 else values


def borders(sides: Sequence[tuple[int, int]]) -> int | tuple[int, ...]:
    """(begin, end) of each axis as `pad` takes them. Raises Unsaid for what cuts away."""
    if min(map(min, sides), default=0) < 0:
        raise Unsaid("cuts positions away; `crop` and `slice` do that here")
    if all(begin == end for begin, end in sides):
        return alike(tuple(begin for begin, _ in sides))  # type: ignore[no-any-return]
    return tuple(size for pair in sides for size in pair)


def made(name: str, **fields: Any) -> Op:
    """A layer here. Raises InvalidFields."""
    return OPS[name].of(fields)
