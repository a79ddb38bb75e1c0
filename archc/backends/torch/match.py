"""Which tensor of a file is which of a net's.

Names first, the net's or those that its source says others have for it; where a file has names of its own, the order
of its layers and their shapes. A layer that is not told from another by either is refused, not guessed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archc.renaming import Naming, renamed

COUNTER = "num_batches_tracked"  # batch norm's count of steps: no weight, and left out of some files

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
Layers = Sequence[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Pair:
    """One tensor of the net (`ours`) and of the file (`theirs`); reshaped where only sizes of 1 differ."""

    ours: str
    theirs: str
    shape: Shape
    reshaped: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """pairs: in the net's order. problems: a line for each tensor that has no partner or more than one.
    how: name, order, structure, none, or whose names they are."""

    how: str
    pairs: tuple[Pair, ...]
    problems: tuple[str, ...] = ()


def match(ours: Shapes, theirs: Shapes, ordered: bool = True, namings: Sequence[Naming] = ()) -> Match:
    """The pairs, or what stands against them. The net's are in the order of its state_dict; the file's too, if
    `ordered`: safetensors keeps none. namings: what others call the net's layers."""
    own = _by_name("name", ours, theirs, ours)
    if own is not None:
        return own
    named = [_by_name(naming.whose, ours, theirs, renamed(naming, ours)) for naming in namings]
    there = sorted((found for found in named if found is not None), key=lambda found: len(found.problems))
    if there and not there[0].problems:
        return there[0]
    mine, given = _weights(ours), _weights(theirs)
    found = _by_order(mine, given) if ordered else _by_structure(mine, given)
    return there[0] if found.problems and there else found


def _weights(shapes: Shapes) -> dict[str, Shape]:
    return {name: shape for name, shape in shapes.items() if name.rpartition(".")[2] != COUNTER}


def _prefixes(names: Shapes) -> Iterator[str]:
    """What all names begin with: `module.` of a wrapped model."""
    first = next(iter(names), "")
    end = first.find(".")
    while end != -1:
        prefix = first[: end + 1]
        if all(name.startswith(prefix) for name in names):
            yield prefix
        end = first.find(".", end + 1)


def _by_name(how: str, ours: Shapes, theirs: Shapes, names: Iterable[str]) -> Match | None:
    """names: what the file calls each tensor of the net. None where it has no more than half of them."""
    mine, given = _weights(ours), _weights(theirs)
    called = dict(zip(ours, names, strict=True))
    wanted = {called[name] for name in mine}
    for prefix in ("", *_prefixes(given)):
        if len(wanted & {name.removeprefix(prefix) for name in given}) * 2 > len(wanted) or not mine:
            break
    else:
        return None
    problems = []
    pairs = []
    for name, shape in mine.items():
        there = prefix + called[name]
        also = "" if called[name] == name else f" ({called[name]})"
        if there not in given:
            problems.append(f"{name}{also} {_sizes(shape)} is missing")
        elif not _fit(shape, given[there]):
            problems.append(f"{name}{also} is {_sizes(shape)} in the net and {_sizes(given[there])} in the file")
        else:
            pairs.append(Pair(name, there, shape, shape != given[there]))
    times = Counter(called[name] for name in mine)
    problems += [f"{there} would be {times[there]} tensors of the net" for there in times if times[there] > 1]
    extra = [name for name in given if name.removeprefix(prefix) not in wanted]
    problems += [f"{name.removeprefix(prefix)} {_sizes(given[name])} is not in the net" for name in extra]
    counters = [name for name in ours if name not in mine and theirs.get(prefix + called[name]) == ours[name]]
    pairs += [Pair(name, prefix + called[name], ours[name]) for name in counters]
    return Match(how, tuple(pairs), tuple(problems))


def _by_order(mine: Shapes, given: Shapes) -> Match:
    """Layer by layer. Where the orders part, the layers up to where they meet again are told apart by shape."""
    left, right = _layers(mine), _layers(given)
    if Counter(_kind(mine, names) for names in left) != Counter(_kind(given, names) for names in right):
        return Match("none", (), tuple(_unequal(mine, given, left, right)))
    pairs: list[Pair] = []
    for ours, theirs in _segments(mine, given, left, right):
        kinds = [_kind(mine, names) for names in ours]
        if len(ours) > 1 and len(set(kinds)) < len(kinds):
            return Match("none", (), (_disorder(mine, given, ours, theirs),))
        by_kind = {_kind(given, names): names for names in theirs}
        for kind, names in zip(kinds, ours, strict=True):
            pairs += [Pair(a, b, mine[a], mine[a] != given[b]) for a, b in zip(names, by_kind[kind], strict=True)]
    return Match("order", tuple(pairs))


def _segments(mine: Shapes, given: Shapes, left: Layers, right: Layers) -> Iterator[tuple[Layers, Layers]]:
    """The shortest stretches that hold the same kinds of layers on both sides."""
    surplus: Counter[object] = Counter()
    open_ = start = 0
    for index, (names, others) in enumerate(zip(left, right, strict=True)):
        for kind, step in ((_kind(mine, names), 1), (_kind(given, others), -1)):
            open_ += abs(surplus[kind] + step) - abs(surplus[kind])
            surplus[kind] += step
        if not open_:
            yield left[start : index + 1], right[start : index + 1]
            start = index + 1


def _by_structure(mine: Shapes, given: Shapes) -> Match:
    """Layers of one shape in the order of their names, `layer2` before `layer10`, where they then lie in equal
    blocks: those that share a module in the file share one in the net."""
    mine = _regrouped(mine)
    given = _regrouped(dict(sorted(given.items(), key=lambda item: _natural(item[0]))))
    left, right = _layers(mine), _layers(given)
    kinds = Counter(_kind(mine, names) for names in left)
    if kinds != Counter(_kind(given, names) for names in right):
        return Match("none", (), tuple(_unequal(mine, given, left, right)))
    queues: dict[object, list[tuple[str, ...]]] = {}
    for names in right:
        queues.setdefault(_kind(given, names), []).append(names)
    pairs = []
    blocks: dict[str, str] = {}
    for names in left:
        others = queues[_kind(mine, names)].pop(0)
        ours, theirs = _block(names[0]), _block(others[0])
        if kinds[_kind(mine, names)] > 1 and blocks.setdefault(ours, theirs) != theirs:
            problem = f"{names[0]} would be {others[0]}, of another block than its neighbours"
            return Match("none", (), (f"{problem}; the file has neither the net's names nor an order",))
        pairs += [Pair(a, b, mine[a], mine[a] != given[b]) for a, b in zip(names, others, strict=True)]
    return Match("structure", tuple(pairs))


def _regrouped(shapes: Shapes) -> dict[str, Shape]:
    """Each layer's tensors by their names: weight after bias, whatever the file has."""
    modules: dict[str, list[str]] = {}
    for name in shapes:
        modules.setdefault(name.rpartition(".")[0], []).append(name)
    return {name: shapes[name] for names in modules.values() for name in sorted(names)}


def _block(name: str) -> str:
    """What a layer lies in: `layer1.0` for `layer1.0.conv1.weight`."""
    return name.rpartition(".")[0].rpartition(".")[0]


def _natural(name: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def _layers(shapes: Shapes) -> list[tuple[str, ...]]:
    """Names that stand together in one module."""
    layers: list[list[str]] = []
    last = None
    for name in shapes:
        module = name.rpartition(".")[0]
        if module != last or not layers:
            layers.append([])
        layers[-1].append(name)
        last = module
    return [tuple(names) for names in layers]


def _kind(shapes: Shapes, names: Sequence[str]) -> tuple[Shape, ...]:
    return tuple(_core(shapes[name]) for name in names)


def _core(shape: Shape) -> Shape:
    """Without sizes of 1 at the end: a linear layer is a convolution of width 1."""
    while len(shape) > 2 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _fit(one: Shape, other: Shape) -> bool:
    return _core(one) == _core(other)


def _unequal(
    mine: Shapes, given: Shapes, left: Sequence[tuple[str, ...]], right: Sequence[tuple[str, ...]]
) -> Iterator[str]:
    ours, theirs = Counter(_kind(mine, names) for names in left), Counter(_kind(given, names) for names in right)
    for names in left:
        kind = _kind(mine, names)
        if ours[kind] > theirs[kind]:
            ours[kind] -= 1
            yield f"{names[0]} {_sizes(mine[names[0]])} has no partner in the file"
    ours = Counter(_kind(mine, names) for names in left)
    for names in right:
        kind = _kind(given, names)
        if theirs[kind] > ours[kind]:
            theirs[kind] -= 1
            yield f"{names[0]} {_sizes(given[names[0]])} of the file is left over"


def _disorder(mine: Shapes, given: Shapes, left: Layers, right: Layers) -> str:
    """Where the orders part, and two layers that shapes do not tell apart."""
    counts = Counter(_kind(mine, names) for names in left)
    twins = [names[0] for names in left if counts[_kind(mine, names)] > 1][:2]
    return (
        f"{left[0][0]} {_sizes(mine[left[0][0]])} stands where the file has {right[0][0]} "
        f"{_sizes(given[right[0][0]])}, and shapes alone do not tell {' from '.join(twins)}"
    )


def _sizes(shape: Shape) -> str:
    return f"({', '.join(map(str, shape))})"
