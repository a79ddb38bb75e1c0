"""Calls as text, over several lines where one is too long, laid out as the formatters of the day do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from archc.backends.torch.lowered import Argument, Call, Code, Literal

WIDTH = 88
INDENT = "    "
LIST = "["  # the callee of a list
SEQUENTIAL = "nn.Sequential"
LEAST_RUN = 3  # neighbours that are written as a loop


def assigned(before: str, value: Call, after: str = "") -> Iterator[str]:
    """`before`, the value and `after`."""
    text = written(value)
    if len(before) + len(text) + len(after) <= WIDTH:
        yield f"{before}{text}{after}"
        return
    indent = before[: len(before) - len(before.lstrip())]
    if value.only_if is not None:
        yield f"{before}("
        if len(indent) + len(INDENT) + len(text) <= WIDTH:
            yield from (f"{indent}{INDENT}{text}", f"{indent}){after}")
            return
        yield from assigned(f"{indent}{INDENT}", Call(value.callee, value.arguments))
        yield f"{indent}{INDENT}if {value.only_if.text}"
        yield f"{indent}{INDENT}else nn.Identity()"
        yield f"{indent}){after}"
        return
    open_, close = _brackets(value)
    items = list(_items(value))
    flat = ", ".join(map(_flat, items))
    if value.callee != LIST and len(indent) + len(INDENT) + len(flat) <= WIDTH and _fits_one_line(items):
        yield from (f"{before}{open_}", f"{indent}{INDENT}{flat}", f"{indent}{close}{after}")
        return
    yield f"{before}{open_}"
    for item in items:
        if isinstance(item, str):
            yield from statement(f"{indent}{INDENT}{item}", ",")
        else:
            yield from assigned(f"{indent}{INDENT}{item[0]}", item[1], ",")
    yield f"{indent}{close}{after}"


def wrapped(before: str, items: Sequence[str], after: str) -> Iterator[str]:
    """A bracket that opens in `before` and closes in `after`, with what stands in it."""
    flat = ", ".join(items)
    indent = before[: len(before) - len(before.lstrip())]
    if len(before) + len(flat) + len(after) <= WIDTH:
        yield f"{before}{flat}{after}"
    elif len(indent) + len(INDENT) + len(flat) <= WIDTH:
        yield from (before, f"{indent}{INDENT}{flat}", f"{indent}{after}")
    else:
        yield before
        for item in items:
            yield f"{indent}{INDENT}{item},"
        yield f"{indent}{after}"


def statement(line: str, after: str = "") -> Iterator[str]:
    """A line and what follows it; a bracket at its end that is too long has its items below it."""
    if len(line) + len(after) <= WIDTH or not line.endswith((")", "}")):
        yield f"{line}{after}"
        return
    depth, at = 0, len(line)
    for index in range(len(line) - 1, -1, -1):
        depth += (line[index] in ")]}") - (line[index] in "([{")
        if depth == 0:
            at = index
            break
    yield from wrapped(line[: at + 1], _split(line[at + 1 : -1].rstrip(",")), line[-1] + after)


def _split(text: str) -> list[str]:
    """At the commas that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    return [*parts, text[start:].strip()]


def numbered(calls: Mapping[str, Call], callee: str) -> Call:
    """Modules by number; a number left out by an empty repetition is nn.Identity()."""
    count = max(map(int, calls)) + 1
    items = (calls.get(str(number), Call("nn.Identity")) for number in range(count))
    return Call(callee, tuple(Argument("", item, keyword=False) for item in items))


def sequential(calls: Mapping[str, Call]) -> Call:
    """nn.Sequential of modules by name."""
    if all(name.isdigit() for name in calls):
        return numbered(calls, SEQUENTIAL)
    named = Call("OrderedDict", tuple(Argument(name, call) for name, call in calls.items()))
    return Call(SEQUENTIAL, (Argument("", named, keyword=False),))


def written(value: Call) -> str:
    """The call on one line."""
    open_, close = _brackets(value)
    text = f"{open_}{', '.join(map(_flat, _items(value)))}{close}"
    return f"{text} if {value.only_if.text} else nn.Identity()" if value.only_if is not None else text


def literal(value: "Literal | Code | Call") -> str:
    """A value as Python writes it."""
    if isinstance(value, Code):
        return value.text
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)


Item = str | tuple[str, Call]


def _flat(item: Item) -> str:
    return item if isinstance(item, str) else f"{item[0]}{written(item[1])}"


def _fits_one_line(items: Sequence[Item]) -> bool:
    """Lists of modules have a line each."""
    return all(isinstance(item, str) and not item.startswith("*") for item in items)


def _brackets(value: Call) -> tuple[str, str]:
    return (LIST, "]") if value.callee == LIST else (f"{value.callee}(", ")")


def _items(value: Call) -> Iterator[Item]:
    """The arguments; equal neighbours in a list of modules are one line."""
    arguments = [argument for argument in value.arguments if not _at_default(argument)]
    index = 0
    while index < len(arguments):
        argument = arguments[index]
        same = index + 1
        while value.callee in (SEQUENTIAL, LIST) and same < len(arguments) and arguments[same] == argument:
            same += 1
        name = f"{argument.name}=" if argument.keyword else ""
        if not isinstance(argument.value, Call):
            yield f"{name}{literal(argument.value)}"
        elif same - index > 1:
            yield f"*({written(argument.value)} for _ in range({same - index}))"
        elif value.callee in (SEQUENTIAL, LIST) and (run := _progression(arguments[index:])):
            text, length = run
            yield text
            same = index + length
        else:
            yield name, argument.value
        index = same


def _progression(arguments: Sequence[Argument]) -> tuple[str, int] | None:
    """Neighbours whose one number grows by the same step, as `*(DenseStep(n) for n in range(64, 256, 32))`, and how
    many they are."""
    rows = [_numbers(argument.value) for argument in arguments]
    if len(rows) < LEAST_RUN or rows[0] is None or rows[1] is None:
        return None
    rest, first = rows[0]
    varying = [place for place, (a, b) in enumerate(zip(first, rows[1][1], strict=False)) if a != b]
    if len(varying) != 1 or rest != rows[1][0]:
        return None
    (place,) = varying
    step = rows[1][1][place] - first[place]
    length = 0
    while length < len(rows) and rows[length] == (
        rest,
        (*first[:place], first[place] + step * length, *first[place + 1 :]),
    ):
        length += 1
    call = arguments[0].value
    if length < LEAST_RUN or step < 1 or not isinstance(call, Call):
        return None
    slots = [argument for argument in call.arguments if _number(argument.value) is not None]
    name, start = _number(slots[place].value) or ("", 0)
    counter, numbers = "n", f"range({start}, {start + step * length}, {step})"
    if name:
        if start % step:
            return None
        counter = f"{name} + {step} * n"
        numbers = f"range({start // step}, {start // step + length})" if start else f"range({length})"
    changed = (replace(a, value=Code(counter)) if a is slots[place] else a for a in call.arguments)
    return f"*({written(replace(call, arguments=tuple(changed)))} for n in {numbers})", length


def _numbers(value: "Literal | Code | Call") -> tuple[object, tuple[int, ...]] | None:
    """A call without calls in it: what is no number, and its numbers."""
    if not isinstance(value, Call) or any(isinstance(argument.value, Call) for argument in value.arguments):
        return None
    parts = [(argument, _number(argument.value)) for argument in value.arguments]
    rest = tuple((a.name, a.value) if number is None else (a.name, number[0]) for a, number in parts)
    return (value.callee, value.only_if, rest), tuple(number[1] for _, number in parts if number is not None)


def _number(value: "Literal | Code | Call") -> tuple[str, int] | None:
    """(`channels`, 32) for `channels + 32`; a plain number has no name."""
    if type(value) is int:
        return "", value
    if isinstance(value, Code):
        name, _, more = value.text.partition(" + ")
        return (name, int(more or 0)) if name.isidentifier() and (more or "0").isdigit() else None
    return None


def _at_default(argument: Argument) -> bool:
    value, default = argument.value, argument.default
    if isinstance(value, Call | Code) or default is Code:
        return False
    return type(value) is type(default) and value == default
