"""Anti-unification (Plotkin 1970) of the uses of a block: one class, with an argument where the uses differ.

Uses of one structure differ only in literals. A literal that is the same in all uses stays. Literals that vary in the
same way share an argument. One that is always k times another is written `k * width`, if both are numbers of one kind:
a stride that equals a padding in every use is a coincidence.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from archc.backends.torch.lowered import Call, Code, Literal
from archc.backends.torch.python_names import argument_name, variable

SHORT = {"num_features": "channels", "num_channels": "channels", "upscale_factor": "factor"}
INPUT_WIDTHS = frozenset({"in_channels", "in_features", "channels", "num_features"})
WINDOW: dict[str, set[str]] = {
    "kernel_size": {"kernel_size"},
    "stride": {"stride", "kernel_size"},
    "dilation": {"dilation"},
}
WINDOW |= {"padding": {"padding", "dilation"}, "output_padding": {"output_padding"}}
"""Field of a window → the fields that its value may be derived from."""


DEFAULTS: Mapping[str, Literal] = MappingProxyType({"stride": 1, "padding": 0, "groups": 1, "dilation": 1})


@dataclass(slots=True)
class Arguments:
    """The arguments of a constructor. columns: name → its value in every use. words: name → the parameter that it was
    introduced for. switches: the yes-or-no arguments for optional members."""

    columns: dict[str, list[Literal]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    switches: set[str] = field(default_factory=set)

    def defaults(self) -> dict[str, Literal]:
        """Default values: stride 1, padding 0, and False for optional members."""
        usual = {name: DEFAULTS[name] for name, column in self.columns.items() if DEFAULTS.get(name) in column}
        return usual | {name: False for name in self.columns if name in self.switches}


def structure(call: Call) -> tuple[object, ...]:
    """A call without its literals: equal for calls that may be anti-unified."""
    return (
        call.callee,
        call.only_if is not None,
        tuple((a.name, a.keyword, structure(a.value) if isinstance(a.value, Call) else None) for a in call.arguments),
    )


def leaves(call: Call) -> Iterator[tuple[str, Literal | Code]]:
    """(name of the argument, its literal or expression), in order."""
    for argument in call.arguments:
        if isinstance(argument.value, Call):
            yield from leaves(argument.value)
        else:
            yield argument.name, argument.value


def literals(call: Call) -> Iterator[tuple[str, Literal]]:
    """The leaves that are literals."""
    yield from ((name, value) for name, value in leaves(call) if not isinstance(value, Code))


def codes(call: Call) -> Iterator[Code]:
    """The leaves that are expressions."""
    yield from (value for _, value in leaves(call) if isinstance(value, Code))


def filled(call: Call, values: Iterator["Literal | Code"]) -> Call:
    """The call with these values for its literals, in the order of `literals`."""
    arguments = []
    for argument in call.arguments:
        if isinstance(argument.value, Call):
            arguments.append(replace(argument, value=filled(argument.value, values)))
        elif isinstance(argument.value, Code):
            arguments.append(argument)
        else:
            arguments.append(replace(argument, value=next(values)))
    return replace(call, arguments=tuple(arguments))


def anti_unify(
    uses: Sequence[Sequence[tuple[str, Call | None]]], known: Mapping[str, Sequence[Literal]]
) -> tuple[list[Call], Arguments]:
    """The members of the class, and its arguments.

    uses: for each use (name, call) of its members, all of one structure; the call is None where the use lacks the
    member. known: parameter of the block → its value in each use.
    """
    arguments = Arguments()
    firsts = [next(call for _, call in column if call is not None) for column in zip(*uses, strict=True)]
    places: list[tuple[_Place, int, int]] = []
    for index, (name, _) in enumerate(uses[0]):
        rows = [
            None if call is None else [value for _, value in literals(call)] for _, call in (u[index] for u in uses)
        ]
        for place, (word, _) in enumerate(literals(firsts[index])):
            column = [ABSENT if row is None else row[place] for row in rows]
            places.append((_Place(column, word, name), index, place))
    values: list[dict[int, Literal | Code]] = [{} for _ in firsts]
    for here, index, place in sorted(places, key=lambda found: found[0].order):
        values[index][place] = here.value(arguments, known)
    return [
        filled(call, iter([found[place] for place in range(len(found))]))
        for call, found in zip(firsts, values, strict=True)
    ], arguments


class _Absent:
    """The literal of an absent member: it equals any value."""


ABSENT = _Absent()


def _equal(value: "Literal | _Absent", other: "Literal | _Absent") -> bool:
    return type(value) is type(other) and value == other


@dataclass(frozen=True, slots=True)
class _Place:
    """A literal of a member: its value in every use, its parameter's name, and the member's name."""

    column: Sequence["Literal | _Absent"]
    word: str
    member: str

    @property
    def order(self) -> tuple[bool, bool]:
        """The sort key: literals present in every use first, then numbers before shapes."""
        return ABSENT in self.column, any(isinstance(value, tuple) for value in self.column)

    def value(self, arguments: Arguments, known: Mapping[str, Sequence[Literal]]) -> "Literal | Code":
        """The literal, if it is the same in all uses; else an expression of the arguments or of the block's parameters;
        else a new argument."""
        some, *rest = (value for value in self.column if not isinstance(value, _Absent))
        same = all(_equal(value, some) for value in rest)
        if same and len(rest) + 1 == len(self.column):
            return some
        bases = {name: base for name, base in arguments.columns.items() if self._may(arguments.words[name])}
        others = {
            argument_name(name): base for name, base in known.items() if argument_name(name) not in arguments.columns
        }
        for text, name in (*self._candidates(bases, others), *self._halves(arguments)):
            if name in others:
                arguments.columns[name] = list(others[name])
                arguments.words[name] = self.word
            return Code(text)
        if same:
            return some
        if (items := self._tuple(bases)) is not None:
            return Code(items)
        name = self._new_name({*arguments.columns, *others})
        arguments.columns[name] = [some if isinstance(value, _Absent) else value for value in self.column]
        arguments.words[name] = self.word
        return Code(name)

    def _may(self, word: str) -> bool:
        """Whether it may be derived from an argument introduced for the parameter `word`."""
        return word in WINDOW[self.word] if self.word in WINDOW else word not in WINDOW

    def _candidates(
        self, bases: Mapping[str, Sequence[Literal]], others: Mapping[str, Sequence[Literal]]
    ) -> Iterator[tuple[str, str]]:
        """(expression, name in it), the simplest first."""
        for name, base in (*bases.items(), *others.items()):
            if all(_equal(a, b) for a, b in self._pairs(base)):
                yield name, name
        if self.word in WINDOW:
            return
        for name, base in (*bases.items(), *others.items()):
            text = _multiple(name, self._pairs(base), SHORT.get(self.word, self.word) == name)
            if text is not None and not (name in others and "//" in text and self.word in INPUT_WIDTHS):
                yield text, name

    def _halves(self, arguments: Arguments) -> Iterator[tuple[str, str]]:
        """(expression, name) for a padding that keeps the size: `kernel_size // 2`."""
        for name, base in arguments.columns.items():
            if self.word == "padding" and arguments.words[name] == "kernel_size":
                pairs = [(a, b) for a, b in self._pairs(base) if type(a) is int and type(b) is int and b == a // 2]
                if len(pairs) == len(self._pairs(base)):
                    yield f"{name} // 2", name

    def _pairs(self, base: Sequence[Literal]) -> list[tuple[Literal, Literal]]:
        """(value of `base`, own value) for every use that has the member."""
        return [(a, b) for a, b in zip(base, self.column, strict=True) if not isinstance(b, _Absent)]

    def _tuple(self, bases: Mapping[str, Sequence[Literal]]) -> str | None:
        """`(channels, 1, 1)`, if each item is the same in all uses or follows from an argument; else None."""
        rows = [value for value in self.column if isinstance(value, tuple)]
        lacking = sum(isinstance(value, _Absent) for value in self.column)
        if len({len(row) for row in rows}) != 1 or len(rows) + lacking != len(self.column):
            return None
        items = []
        for at, first in enumerate(rows[0]):
            column = [value[at] if isinstance(value, tuple) else value for value in self.column]
            if all(row[at] == first for row in rows):
                items.append(repr(first))
                continue
            found = next(replace(self, column=column)._candidates(bases, {}), None)
            if found is None:
                return None
            items.append(found[0])
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"

    def _new_name(self, taken: set[str]) -> str:
        stem = variable(SHORT.get(self.word, self.word))
        if stem in taken:
            stem = variable(f"{self.member}_{stem}")
        name, count = stem, 2
        while name in taken:
            name = f"{stem}{count}"
            count += 1
        return name


def _multiple(name: str, pairs: Sequence[tuple[Literal, Literal]], alike: bool) -> str | None:
    """`4 * name` or `name // 2`, if that is the value in every use; also `name + 32`, if both are numbers of one kind
    (alike). Else None."""
    whole = [(a, b) for a, b in pairs if type(a) is int and type(b) is int and a > 0 and b > 0]
    if len(whole) != len(pairs) or len({a for a, _ in whole}) == 1:
        return None
    times, rest = divmod(whole[0][1], whole[0][0])
    if rest == 0 and all(b == times * a for a, b in whole):
        return f"{times} * {name}"
    parts, rest = divmod(whole[0][0], whole[0][1])
    if rest == 0 and all(a == parts * b for a, b in whole):
        return f"{name} // {parts}"
    more = whole[0][1] - whole[0][0]
    if alike and more > 0 and all(b == a + more for a, b in whole):
        return f"{name} + {more}"
    return None


def value_of(text: str, columns: Mapping[str, Sequence[Literal]]) -> list[Literal]:
    """The value of an expression of `_multiple` or of a name in every use."""
    if " * " in text:
        times, _, name = text.partition(" * ")
        return [int(times) * value for value in columns[name] if isinstance(value, int)]
    if " + " in text:
        name, _, more = text.partition(" + ")
        return [value + int(more) for value in columns[name] if isinstance(value, int)]
    name, _, parts = text.partition(" // ")
    if parts:
        return [value // int(parts) for value in columns[name] if isinstance(value, int)]
    return list(columns[text])
