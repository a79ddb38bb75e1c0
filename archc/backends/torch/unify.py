"""Many uses of one block as one class: where the uses differ, the class takes an argument.

Anti-unification (Plotkin 1970): uses of one structure differ only in literals. A place whose literal is the same in
all of them stays that literal; places that vary alike share an argument; one that is always k times another is
written `k * width`, where both are numbers of one kind: that a stride and a padding agree in every use is chance.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from archc.backends.torch.lowered import Call, Code, Literal
from archc.backends.torch.names import argument_name, variable

SHORT = {"num_features": "channels", "num_channels": "channels", "upscale_factor": "factor"}
INFLOWS = frozenset({"in_channels", "in_features", "channels", "num_features"})
WINDOW: dict[str, set[str]] = {
    "kernel_size": {"kernel_size"},
    "stride": {"stride", "kernel_size"},
    "dilation": {"dilation"},
}
WINDOW |= {"padding": {"padding", "dilation"}, "output_padding": {"output_padding"}}
"""What each size of a window may follow from."""


DEFAULTS: Mapping[str, Literal] = MappingProxyType({"stride": 1, "padding": 0, "groups": 1, "dilation": 1})


@dataclass(slots=True)
class Arguments:
    """A constructor's arguments: for each its name and its value in every use, and as what it was first needed.
    switches: those that say whether something is there."""

    columns: dict[str, list[Literal]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    switches: set[str] = field(default_factory=set)

    def defaults(self) -> dict[str, Literal]:
        """A stride is 1 unless given, a padding 0, and what a use may have besides is not there."""
        usual = {name: DEFAULTS[name] for name, column in self.columns.items() if DEFAULTS.get(name) in column}
        return usual | {name: False for name in self.columns if name in self.switches}


def structure(call: Call) -> tuple[object, ...]:
    """A call without its literals: equal where two calls may be uses of one class."""
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
    """The call with other literals, in the order of `literals`."""
    arguments = []
    for argument in call.arguments:
        if isinstance(argument.value, Call):
            arguments.append(replace(argument, value=filled(argument.value, values)))
        elif isinstance(argument.value, Code):
            arguments.append(argument)
        else:
            arguments.append(replace(argument, value=next(values)))
    return replace(call, arguments=tuple(arguments))


def unify(
    uses: Sequence[Sequence[tuple[str, Call | None]]], known: Mapping[str, Sequence[Literal]]
) -> tuple[list[Call], Arguments]:
    """The members of the class, and its arguments.

    uses: for each use the (name, call) of its members, of one structure; None where this use lacks that one, which
    then is not in all of them. known: what the source calls some values of each use, a block's parameters.
    """
    arguments = Arguments()
    firsts = [next(call for _, call in column if call is not None) for column in zip(*uses, strict=True)]
    places: list[tuple[_Place, int, int]] = []
    for index, (name, _) in enumerate(uses[0]):
        rows = [
            None if call is None else [value for _, value in literals(call)] for _, call in (u[index] for u in uses)
        ]
        for place, (word, _) in enumerate(literals(firsts[index])):
            column = [LACKING if row is None else row[place] for row in rows]
            places.append((_Place(column, word, name), index, place))
    values: list[dict[int, Literal | Code]] = [{} for _ in firsts]
    for here, index, place in sorted(places, key=lambda found: found[0].order):
        values[index][place] = here.value(arguments, known)
    return [
        filled(call, iter([found[place] for place in range(len(found))]))
        for call, found in zip(firsts, values, strict=True)
    ], arguments


class _Lacking:
    """The literal of a member that is not there: any will do."""


LACKING = _Lacking()


def _equal(value: "Literal | _Lacking", other: "Literal | _Lacking") -> bool:
    return type(value) is type(other) and value == other


@dataclass(frozen=True, slots=True)
class _Place:
    """A literal of a member: its value in every use, what its constructor calls it, and the member's name."""

    column: Sequence["Literal | _Lacking"]
    word: str
    member: str

    @property
    def order(self) -> tuple[bool, bool]:
        """What is in every use tells more than what is not, and a number more than a shape."""
        return LACKING in self.column, any(isinstance(value, tuple) for value in self.column)

    def value(self, arguments: Arguments, known: Mapping[str, Sequence[Literal]]) -> "Literal | Code":
        """What is written there: a literal that is the same in all uses, else of the arguments if it can be, else of
        what the source knows, else a new argument."""
        some, *rest = (value for value in self.column if not isinstance(value, _Lacking))
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
        arguments.columns[name] = [some if isinstance(value, _Lacking) else value for value in self.column]
        arguments.words[name] = self.word
        return Code(name)

    def _may(self, word: str) -> bool:
        """Whether this may follow from an argument that stands for such a number."""
        return word in WINDOW[self.word] if self.word in WINDOW else word not in WINDOW

    def _candidates(
        self, bases: Mapping[str, Sequence[Literal]], others: Mapping[str, Sequence[Literal]]
    ) -> Iterator[tuple[str, str]]:
        """(expression, the name in it), the plainest first."""
        for name, base in (*bases.items(), *others.items()):
            if all(_equal(a, b) for a, b in self._pairs(base)):
                yield name, name
        if self.word in WINDOW:
            return
        for name, base in (*bases.items(), *others.items()):
            text = _multiple(name, self._pairs(base), SHORT.get(self.word, self.word) == name)
            if text is not None and not (name in others and "//" in text and self.word in INFLOWS):
                yield text, name

    def _halves(self, arguments: Arguments) -> Iterator[tuple[str, str]]:
        """A padding that keeps the size: `kernel_size // 2`."""
        for name, base in arguments.columns.items():
            if self.word == "padding" and arguments.words[name] == "kernel_size":
                pairs = [(a, b) for a, b in self._pairs(base) if type(a) is int and type(b) is int and b == a // 2]
                if len(pairs) == len(self._pairs(base)):
                    yield f"{name} // 2", name

    def _pairs(self, base: Sequence[Literal]) -> list[tuple[Literal, Literal]]:
        """The values of both in every use that has a value here."""
        return [(a, b) for a, b in zip(base, self.column, strict=True) if not isinstance(b, _Lacking)]

    def _tuple(self, bases: Mapping[str, Sequence[Literal]]) -> str | None:
        """`(channels, 1, 1)`, where each item is the same in all uses or follows from an argument."""
        rows = [value for value in self.column if isinstance(value, tuple)]
        lacking = sum(isinstance(value, _Lacking) for value in self.column)
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
    """`4 * name` or `name // 2`, where that is the value in every use; `name + 32` too, where they are `alike`,
    numbers of one kind."""
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
    """What such an expression is in every use."""
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
