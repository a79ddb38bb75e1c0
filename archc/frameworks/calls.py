"""A call in the notation of another framework: its name looked up, its arguments bound to a signature."""

import ast as python
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from inspect import Parameter, Signature
from math import prod
from typing import Any, NamedTuple

from archc.elaborate.advice.python_values import Misread, Python, literal, whole
from archc.ops import OPS, Op, Shape, hwc
from archc.syntax import ast


class NoEquivalent(Exception):
    """No layer here computes the same as the call. The message continues the sentence "PyTorch's `…` …"."""


class Given(NamedTuple):
    """A call with its arguments bound, on a value of a shape. values: every argument of the signature."""

    name: str
    shape: Shape
    values: Mapping[str, Python]

    @property
    def rank(self) -> int:
        """The 2 of `Conv2d` and `Conv2DTranspose`; 0 if the name has no such number."""
        return next((int(n) for n in "123" if f"{n}D" in self.name or self.name.endswith(f"{n}d")), 0)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The shape without its channels."""
        return self.shape[1:]

    def whole(self, name: str) -> int:
        """An argument as an integer. Raises Misread."""
        return whole(self.values[name])

    def number(self, name: str) -> float:
        """An argument as a number; True and False are not numbers. Raises Misread."""
        value = self.values[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Misread(name)
        return value

    def each(self, name: str) -> tuple[int, ...]:
        """One integer for each axis: 3 and (3, 3) are the same. Raises Misread."""
        return per_axis(self.values[name], len(self.sizes))

    def only(self, name: str, *usual: Python) -> None:
        """Raises NoEquivalent if an argument has another value than these."""
        if self.values[name] not in usual:
            raise NoEquivalent(has(name, self.values[name]))

    def needs_rank(self) -> None:
        """Raises NoEquivalent if the number of spatial axes is not the one in the name."""
        if len(self.sizes) != self.rank:
            raise NoEquivalent(
                f"works on {self.rank} size{'s' * (self.rank > 1)} and channels, and {hwc(self.shape)} flows in"
            )

    def axis(self, name: str) -> int:
        """An argument as an axis, where the batch is axis 0. Raises Misread."""
        return self.as_axis(self.values[name])

    def as_axis(self, value: Python) -> int:
        """A value as an axis, where the batch is axis 0. Raises Misread if there is no such axis."""
        count = len(self.shape) + 1
        if isinstance(value, bool) or not isinstance(value, int) or not -count <= value < count:
            raise Misread(value)
        return value % count


class Framework:
    """A framework and its layers.

    signatures: lines such as `Conv{n}d(in_channels, out_channels, kernel_size, stride=1)`, with one or more names;
    `{n}` is 1, 2 and 3. absent: layers that have no equivalent here. ignored: arguments that do not change values.
    layers: the equivalent layers here of a call; raises NoEquivalent, Misread.
    """

    def __init__(
        self, name: str, signatures: Iterable[str], absent: str, ignored: str, layers: Callable[[Given], Sequence[Op]]
    ) -> None:
        self.name = name
        self.layers = layers
        self.parameters: dict[str, str | None] = dict.fromkeys(absent.split())
        """The parameters of each layer in Python's notation; None for an absent layer."""
        for line in signatures:
            self.parameters |= dict.fromkeys(names(line), line[line.index("(") + 1 : -1])
        self._loosely = {loose(name): name for name in self.parameters}
        self._ignored = frozenset(ignored.split())

    def spelled(self, word: str) -> str | None:
        """The layer with this name, ignoring case and underscores."""
        return word if word in self.parameters else self._loosely.get(loose(word))

    def given(self, name: str, arguments: Sequence[ast.Argument], shape: Shape) -> Given:
        """The call with its arguments by name, defaults filled in. Raises Misread."""
        places = [literal(one.value) for one in arguments if one.name is None]
        named = {one.name: literal(one.value) for one in arguments if one.name and one.name not in self._ignored}
        values = bound(self.parameters[name] or "", places, named)
        return Given(name, shape, {key: value for key, value in values.items() if key not in self._ignored})


def names(line: str) -> list[str]:
    """The names of a line: `Conv1d`, `Conv2d` and `Conv3d` of `Conv{n}d(…)`."""
    return [
        name.replace("{n}", n) for name in line[: line.index("(")].split() for n in ("123" if "{n}" in name else "1")
    ]


def loose(name: str) -> str:
    """A name without case and underscores: the same for `max_pool2d` and `MaxPool2d`."""
    return name.lower().replace("_", "")


def bound(parameters: str, places: Sequence[Python], named: Mapping[str, Python]) -> dict[str, Python]:
    """Arguments by name, defaults filled in. Raises Misread if they do not fit the parameters or their types."""
    expected = signature(parameters)
    try:
        arguments = expected.bind(*places, **named)
    except TypeError:
        raise Misread(parameters) from None
    arguments.apply_defaults()
    if not all(_fits(value, expected.parameters[name].default) for name, value in arguments.arguments.items()):
        raise Misread(parameters)
    return arguments.arguments


@cache
def signature(parameters: str) -> Signature:
    """The signature of a parameter list such as `kernel_size, stride=1, *, bias=True`."""
    made = python.parse(f"lambda {parameters}: 0", mode="eval").body
    assert isinstance(made, python.Lambda)
    listed, usual = made.args, [None] * len(made.args.args) + made.args.defaults
    places = [(one, Parameter.POSITIONAL_OR_KEYWORD) for one in listed.args]
    named = [(one, Parameter.KEYWORD_ONLY) for one in listed.kwonlyargs]
    defaults = [*usual[len(listed.defaults) :], *listed.kw_defaults]
    return Signature(
        [
            Parameter(one.arg, kind, default=python.literal_eval(default) if default else Parameter.empty)
            for (one, kind), default in zip([*places, *named], defaults, strict=True)
        ]
    )


def _fits(value: Python, default: Any) -> bool:
    """A bool parameter takes a bool; a number or a string does not."""
    if isinstance(default, bool):
        return isinstance(value, bool)
    return not (isinstance(default, int | float | str) and default is not Parameter.empty and isinstance(value, bool))


# ---- values


def has(name: str, value: Python) -> str:
    """The message for an argument that has no equivalent here."""
    return f"has `{name}={value!r}`, which no layer here has"


def per_axis(value: Python, rank: int) -> tuple[int, ...]:
    """One integer for each axis: 3 on two axes is (3, 3). Raises Misread."""
    sides = value if isinstance(value, tuple) else (value,) * rank
    if len(sides) != rank:
        raise Misread(value)
    return tuple(map(whole, sides))


def complete(sizes: tuple[int, ...], total: int) -> tuple[int, ...]:
    """Sizes with -1 replaced, so that their product is `total`. Raises Misread."""
    known = prod(size for size in sizes if size != -1)
    if sizes.count(-1) > 1 or known < 1 or total % known:
        raise Misread(sizes)
    found = tuple(total // known if size == -1 else size for size in sizes)
    if prod(found) != total:
        raise Misread(sizes)
    return found


def alike(values: tuple[Any, ...]) -> Any:
    """One number if all are equal, else the tuple."""
    return values[0] if len(set(values)) == 1 else values


def borders(sides: Sequence[tuple[int, int]]) -> int | tuple[int, ...]:
    """(begin, end) of each axis in the form that `pad` takes. Raises NoEquivalent if positions are cut away."""
    if min(map(min, sides), default=0) < 0:
        raise NoEquivalent("cuts positions away; `crop` and `slice` do that here")
    if all(begin == end for begin, end in sides):
        return alike(tuple(begin for begin, _ in sides))  # type: ignore[no-any-return]
    return tuple(size for pair in sides for size in pair)


def made(name: str, **fields: Any) -> Op:
    """A layer of archc. Raises InvalidFields."""
    return OPS[name].of(fields)
