"""Loops: neighbours in a list of modules that are equal, or differ in one number that forms a progression.

A loop is a Call like any other, so that uses of a block that differ in a number of repetitions can share a class.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archc.backends.torch.anti_unify import leaves, structure
from archc.backends.torch.lowered import Argument, Call, Code, Literal

LOOP = "*"  # the callee of a loop; its arguments are a module and a count
EVEN = "+"  # the callee of a progression (start, step), which replaces a number in a loop's module
LEAST_RUN = 3  # the least length of a progression
MOST_PARTS = 1000

Leaf = Literal | Code


def fold_runs(arguments: Sequence[Argument], least: int) -> Iterator[Argument]:
    """The list with its runs of at least `least` equal neighbours, and its progressions, as loops."""
    index = 0
    while index < len(arguments):
        item = arguments[index].value
        same = index + 1
        while same < len(arguments) and arguments[same] == arguments[index]:
            same += 1
        length = same - index
        if not isinstance(item, Call) or item.callee == LOOP:
            yield from arguments[index:same]
        elif length > 1 or not (even := _even(arguments[index:])):
            yield from [_loop(item, length)] if length >= least else arguments[index:same]
        else:
            item, length = even
            yield _loop(item, length)
        index += length


def _loop(item: Call, count: int) -> Argument:
    times = Argument("count", count, keyword=False)
    return Argument("", Call(LOOP, (Argument("", item, keyword=False), times)), keyword=False)


def _even(arguments: Sequence[Argument]) -> tuple[Call, int] | None:
    """(module with EVEN in place of the one number that differs, length) of the progression at the start, or None."""
    calls: list[Call] = []
    for argument in arguments:
        if not isinstance(argument.value, Call) or (calls and structure(argument.value) != structure(calls[0])):
            break
        calls.append(argument.value)
    if len(calls) < LEAST_RUN:
        return None
    rows = [list(leaves(call)) for call in calls]
    varying = [place for place, (a, b) in enumerate(zip(rows[0], rows[1], strict=True)) if a != b]
    if len(varying) != 1:
        return None
    (place,) = varying
    rest = [[*row[:place], *row[place + 1 :]] for row in rows]
    length = next((n for n, row in enumerate(rest) if row != rest[0]), len(rows))
    found = _progression(rows[0][place][0], [row[place][1] for row in rows[:length]])
    return None if found is None else (_with_leaf(calls[0], place, found[0])[0], found[1])


def _with_leaf(call: Call, place: int, value: Call) -> tuple[Call, int]:
    """The call with the leaf of index `place` replaced, and the index relative to the leaves after the call."""
    arguments = []
    for argument in call.arguments:
        if isinstance(argument.value, Call):
            inner, place = _with_leaf(argument.value, place, value)
            arguments.append(replace(argument, value=inner))
        else:
            arguments.append(replace(argument, value=value) if place == 0 else argument)
            place -= 1
    return replace(call, arguments=tuple(arguments)), place


def _progression(name: str, values: Sequence[Leaf]) -> tuple[Call, int] | None:
    """(EVEN call, length) of the progression at the start of the values, or None."""
    if all(type(value) is float for value in values):
        return _of_parts([value for value in values if isinstance(value, float)])
    parts = [_number(value) for value in values]
    if parts[0] is None or parts[1] is None:
        return None
    (base, start), step = parts[0], parts[1][1] - parts[0][1]
    length = next((n for n, part in enumerate(parts) if part != (base, start + n * step)), len(parts))
    if length < LEAST_RUN or step < 1:
        return None
    return Call(EVEN, (Argument(name, values[0]), Argument("step", step))), length


def _of_parts(values: Sequence[float]) -> tuple[Call, int] | None:
    """A progression `0.1 * n / 17` that gives each value exactly, or None."""
    step = values[1] - values[0]
    found = []
    for parts in range(1, MOST_PARTS) if step > 0 else ():
        whole, first = float(f"{step * parts:.6g}"), round(values[0] / step)
        if all(value == whole * n / parts for n, value in enumerate(values, first)):
            found.append((len(repr(whole)), parts, whole, first))
    if not found:
        return None
    _, parts, whole, first = min(found)
    return Call(EVEN, (Argument("", whole), Argument("first", first), Argument("parts", parts))), len(values)


def _number(value: "Leaf | None") -> tuple[str, int] | None:
    """(`channels`, 32) for `channels + 32`, ("", 32) for 32; None for other expressions."""
    if type(value) is int:
        return "", value
    if isinstance(value, Code):
        name, _, more = value.text.partition(" + ")
        return (name, int(more or 0)) if name.isidentifier() and (more or "0").isdigit() else None
    return None


def loop_text(loop: Call) -> tuple[Call, str, str]:
    """(module, loop variable, iterable): `DenseStep(n)`, `n`, `range(64, 256, 32)`."""
    item, count = (argument.value for argument in loop.arguments)
    assert isinstance(item, Call)
    assert not isinstance(count, Call)
    numbers = [f"range({count.text if isinstance(count, Code) else count})"]
    item, even = _with_counter(item, count, numbers)
    return item, "n" if even else "_", numbers[-1]


def _with_counter(call: Call, count: Leaf, numbers: list[str]) -> tuple[Call, bool]:
    """The call with expressions of `n` for its progressions, and whether it has one.

    numbers: receives the range of n where it does not start at 0.
    """
    arguments = []
    found = False
    for argument in call.arguments:
        value = argument.value
        if isinstance(value, Call) and value.callee == EVEN:
            text, range_ = _counter(value, count)
            numbers += [range_] if range_ else []
            value, found = Code(text), True
        elif isinstance(value, Call):
            value, inner = _with_counter(value, count, numbers)
            found = found or inner
        arguments.append(replace(argument, value=value))
    return replace(call, arguments=tuple(arguments)), found


def _counter(even: Call, count: Leaf) -> tuple[str, str]:
    """(expression of n, range of n or "" for `range(count)`)."""
    start, *rest = (argument.value for argument in even.arguments)
    if len(rest) == 2:
        first, parts = rest
        assert isinstance(first, int)
        assert isinstance(count, int)
        return f"{start} * n" + (
            f" / {parts}" if parts != 1 else ""
        ), f"range({first}, {first + count})" if first else ""
    (step,) = rest
    if isinstance(start, int) and isinstance(count, int) and isinstance(step, int):
        return "n", f"range({start}, {start + step * count}, {step})"
    name, more = start.text if isinstance(start, Code) else f"{start}", 0
    if isinstance(start, Code) and (parts_ := _number(start)) is not None and isinstance(step, int):
        name, more = parts_ if parts_[1] % step == 0 and isinstance(count, int) else (start.text, 0)
        if more and isinstance(count, int):
            return f"{name} + {step} * n", f"range({more // step}, {more // step + count})"
    return f"{name} + {step.text if isinstance(step, Code) else step} * n", ""
