"""Many uses of one block as one class: where the uses differ, the class takes an argument.

Anti-unification (Plotkin 1970): uses of one structure differ only in literals. A place whose literal is the same in
all of them stays that literal; places that vary alike share an argument; one that is always k times another is
written `k * width`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from archc.backends.torch.lowered import Call, Code, Literal
from archc.backends.torch.names import variable

SHORT = {"num_features": "channels", "num_channels": "channels", "upscale_factor": "factor"}


@dataclass(slots=True)
class Arguments:
    """A constructor's arguments: for each its name and its value in every use."""

    columns: dict[str, list[Literal]] = field(default_factory=dict)

    def defaults(self) -> dict[str, Literal]:
        """A stride is 1 unless given."""
        return {name: 1 for name, column in self.columns.items() if name == "stride" and 1 in column}


def structure(call: Call) -> tuple[object, ...]:
    """A call without its literals: equal where two calls may be uses of one class."""
    return (
        call.callee,
        call.only_if is not None,
        tuple((a.name, a.keyword, structure(a.value) if isinstance(a.value, Call) else None) for a in call.arguments),
    )


def literals(call: Call) -> Iterator[tuple[str, Literal]]:
    """(name of the argument, its literal), in order."""
    for argument in call.arguments:
        if isinstance(argument.value, Call):
            yield from literals(argument.value)
        elif not isinstance(argument.value, Code):
            yield argument.name, argument.value


def codes(call: Call) -> Iterator[tuple[str, Code]]:
    """(name of the argument, its expression), in order."""
    for argument in call.arguments:
        if isinstance(argument.value, Call):
            yield from codes(argument.value)
        elif isinstance(argument.value, Code):
            yield argument.name, argument.value


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
    members = []
    for index, (name, _) in enumerate(uses[0]):
        calls = [use[index][1] for use in uses]
        rows = [None if call is None else [value for _, value in literals(call)] for call in calls]
        first = next(call for call in calls if call is not None)
        values: list[Literal | Code] = []
        for place, (word, literal) in enumerate(literals(first)):
            column = [LACKING if row is None else row[place] for row in rows]
            same = all(value is LACKING or _equal(value, literal) for value in column)
            if same and None not in rows:
                values.append(literal)
            else:
                values.append(_expression(column, word, name, arguments, known, literal if same else LACKING))
        members.append(filled(first, iter(values)))
    return members, arguments


class _Lacking:
    """The literal of a member that is not there: any will do."""


LACKING = _Lacking()


def _equal(value: "Literal | _Lacking", other: "Literal | _Lacking") -> bool:
    return type(value) is type(other) and value == other


def _expression(
    column: Sequence["Literal | _Lacking"],
    word: str,
    member: str,
    arguments: Arguments,
    known: Mapping[str, Sequence[Literal]],
    constant: "Literal | _Lacking",
) -> "Literal | Code":
    for columns in (arguments.columns, known):
        for name, base in columns.items():
            text = _in_terms_of(variable(name), base, column, SHORT.get(word, word) == name)
            if text is not None:
                arguments.columns.setdefault(variable(name), list(base))
                return Code(text)
    if not isinstance(constant, _Lacking):
        return constant
    name = variable(SHORT.get(word, word))
    if name in arguments.columns or name in known:
        name = variable(f"{member}_{name}")
    count = 2
    stem = name
    while name in arguments.columns or name in known:
        name = f"{stem}{count}"
        count += 1
    some = next(value for value in column if not isinstance(value, _Lacking))
    arguments.columns[name] = [some if isinstance(value, _Lacking) else value for value in column]
    return Code(name)


def _in_terms_of(name: str, base: Sequence[Literal], column: Sequence["Literal | _Lacking"], alike: bool) -> str | None:
    """`name`, `4 * name` or `name // 2`, where that is the column in every use that has one; `name + 32` too, where
    they are `alike`, numbers of one kind."""
    pairs = [(a, b) for a, b in zip(base, column, strict=True) if not isinstance(b, _Lacking)]
    if all(_equal(a, b) for a, b in pairs):
        return name
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
