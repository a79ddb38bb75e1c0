"""Calls as Python text, broken over several lines where needed, in the style of common formatters."""

from collections.abc import Iterator, Mapping, Sequence

from archc.backends.torch.loops import LOOP, fold_runs, loop_text
from archc.backends.torch.lowered import Argument, Call, Code, Literal

WIDTH = 88
INDENT = "    "
LIST = "["  # the callee of a list
SEQUENTIAL = "nn.Sequential"


def assignment(before: str, value: Call, after: str = "") -> Iterator[str]:
    """The lines of `before`, the value and `after`."""
    text = call_text(value)
    if len(before) + len(text) + len(after) <= WIDTH:
        yield f"{before}{text}{after}"
        return
    indent = before[: len(before) - len(before.lstrip())]
    if value.only_if is not None:
        yield f"{before}("
        if len(indent) + len(INDENT) + len(text) <= WIDTH:
            yield from (f"{indent}{INDENT}{text}", f"{indent}){after}")
            return
        yield from assignment(f"{indent}{INDENT}", Call(value.callee, value.arguments))
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
            yield from _line(f"{indent}{INDENT}{item}")
        else:
            yield from assignment(f"{indent}{INDENT}{item[0]}", item[1], ",")
    yield f"{indent}{close}{after}"


def _line(item: str) -> Iterator[str]:
    """The lines of an item of a list with its comma; a long comprehension has its `for` on a line of its own."""
    at = item.rfind(" for ")
    if len(item) < WIDTH or at < 0 or not item.lstrip().startswith("*("):
        yield from statement(item, ",")
        return
    indent = item[: len(item) - len(item.lstrip())]
    yield f"{indent}*("
    yield from statement(f"{indent}{INDENT}{item[len(indent) + 2 : at]}")
    yield from (f"{indent}{INDENT}{item[at + 1 : -1]}", f"{indent}),")


def wrapped(before: str, items: Sequence[str], after: str) -> Iterator[str]:
    """The lines of a bracket that opens in `before` and closes in `after`, with its items."""
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
    """The lines of a statement and `after`; the items of a final bracket that is too long are on lines of their own."""
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
    """The text split at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    return [*parts, text[start:].strip()]


def numbered(calls: Mapping[str, Call], callee: str) -> Call:
    """A list of modules by number. A missing number, of an empty repetition, becomes nn.Identity()."""
    count = max(map(int, calls)) + 1
    items = (calls.get(str(number), Call("nn.Identity")) for number in range(count))
    return Call(callee, tuple(Argument("", item, keyword=False) for item in items))


def sequential(calls: Mapping[str, Call]) -> Call:
    """nn.Sequential of modules by name."""
    if all(name.isdigit() for name in calls):
        return numbered(calls, SEQUENTIAL)
    named = Call("OrderedDict", tuple(Argument(name, call) for name, call in calls.items()))
    return Call(SEQUENTIAL, (Argument("", named, keyword=False),))


def call_text(value: Call) -> str:
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
    return item if isinstance(item, str) else f"{item[0]}{call_text(item[1])}"


def _fits_one_line(items: Sequence[Item]) -> bool:
    """Lists of modules have a line each."""
    return all(isinstance(item, str) and not item.startswith("*") for item in items)


def _brackets(value: Call) -> tuple[str, str]:
    return (LIST, "]") if value.callee == LIST else (f"{value.callee}(", ")")


def _items(value: Call) -> Iterator[Item]:
    """The arguments as items. Equal neighbours in a list of modules become one comprehension."""
    arguments = [argument for argument in value.arguments if not _at_default(argument)]
    for argument in fold_runs(arguments, 2) if value.callee in (SEQUENTIAL, LIST) else arguments:
        name = f"{argument.name}=" if argument.keyword else ""
        if not isinstance(argument.value, Call):
            yield f"{name}{literal(argument.value)}"
        elif argument.value.callee != LOOP:
            yield name, argument.value
        elif argument.value.arguments[1].value == 1:
            yield name, loop_text(argument.value)[0]
        else:
            item, counter, numbers = loop_text(argument.value)
            yield f"*({call_text(item)} for {counter} in {numbers})"


def _at_default(argument: Argument) -> bool:
    value, default = argument.value, argument.default
    if isinstance(value, Call | Code) or default is Code:
        return False
    return type(value) is type(default) and value == default
