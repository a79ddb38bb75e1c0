"""The order of layers by numbers in their names: `features.3` runs before `features.5`, `conv1` before `conv2`.

A name that is only a number is an index into a list of layers. A number after a word may also decrease along the net,
as in `up4`, `up3`, … of a decoder. Such numbers are used where shapes elsewhere show that they increase.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from archc.backends.torch.execution_order import ExecutionOrder
from archc.backends.torch.weight_layers import Kind, WeightLayers, natural_key

Series = tuple[str, str]
"""(module, name) of numbered names, both with `#` for each number."""
NUMBER = re.compile(r"\d+")
MOST_COMPARED = 8
_Groups = dict[tuple[str, str], dict[tuple[int, ...], set[Kind]]]


def compared(one: str, other: str) -> tuple[Series, bool] | None:
    """(series, whether the first number is less) of two names that differ first in a number; else None."""
    left, right = one.split("."), other.split(".")
    for depth, (mine, theirs) in enumerate(zip(left, right, strict=False)):
        if mine != theirs:
            words = NUMBER.sub("#", mine)
            if words != NUMBER.sub("#", theirs):
                return None
            lesser = [int(n) for n in NUMBER.findall(mine)] < [int(n) for n in NUMBER.findall(theirs)]
            return (NUMBER.sub("#", ".".join(left[:depth])), words), lesser
    return None


def sorted_by_numbers(names: Sequence[str]) -> tuple[list[int], set[Series]] | None:
    """Indices into `names` by increasing numbers, and the series used; None where numbers do not order all names."""
    order = sorted(range(len(names)), key=lambda place: natural_key(names[place]))
    used: set[Series] = set()
    for one, other in pairwise(order):
        found = compared(names[one], names[other])
        if found is None or not found[1]:
            return None
        used.add(found[0])
    return order, used


def doubtful_series(
    net: WeightLayers, file: WeightLayers, flow: ExecutionOrder, asked: Collection[Series], ordered: bool
) -> tuple[set[Series], set[Series]]:
    """(series that may not increase along the net, series of the rest that shapes do not show to increase).

    For some names of a series shapes show the order. A series whose names alternate with those of an increasing one
    (`bn1`, `bn2` with `conv1`, `conv2`) increases too. Without evidence the order of the file decides, if `ordered`.
    """
    ours: dict[Kind, list[str]] = {}
    for layer in net.layers:
        ours.setdefault(layer.kind, []).append(layer.name)
    groups = _groups(file)
    votes: dict[Series, set[bool]] = {}
    for (module, words), members in groups.items():
        numbers = sorted(members)
        for one, other in pairwise(numbers):
            left, right = ([name for kind in members[n] for name in ours.get(kind, ())] for n in (one, other))
            for found, rises in ((_before(flow, left, right), True), (_before(flow, right, left), False)):
                if found:
                    votes.setdefault((NUMBER.sub("#", module), words), set()).add(rises)
    sure = {series for series, found in votes.items() if found == {True}}
    falling = {series for series, found in votes.items() if False in found}
    with_one = {
        (module, words)
        for module, words in asked
        for other_module, others in sure
        if module == other_module and _alternate(groups, ours, flow, module, words, others)
    }
    plain = {series for series in asked if series[1] == "#"}
    unsure = set(asked) & falling if ordered else set(asked) - ((sure | with_one | plain) - falling)
    return unsure, set(asked) - unsure - sure - with_one


def _groups(file: WeightLayers) -> _Groups:
    """(module, name without numbers) → numbers → the kinds of their layers."""
    groups: _Groups = {}
    for layer in file.layers:
        for module, name in _numbered(layer.name):
            members = groups.setdefault((module, NUMBER.sub("#", name)), {})
            members.setdefault(tuple(map(int, NUMBER.findall(name))), set()).add(layer.kind)
    return groups


def _before(flow: ExecutionOrder, ones: Sequence[str], others: Sequence[str]) -> bool:
    """Whether each of the first runs before each of the others. Of many only the first and the last are compared."""
    ends = [names if len(names) <= MOST_COMPARED else [names[0], names[-1]] for names in (ones, others)]
    return bool(ones and others) and all(flow.before(one, other) for one in ends[0] for other in ends[1])


def _alternate(
    groups: _Groups, ours: Mapping[Kind, Sequence[str]], flow: ExecutionOrder, module: str, words: str, others: str
) -> bool:
    """Whether two series have the same numbers in each module and shapes do not contradict that they alternate."""
    places = {place for place, name in groups if name == words and NUMBER.sub("#", place) == module}
    for place in places:
        mine, theirs = groups[place, words], groups.get((place, others), {})
        numbers = sorted(mine)
        if numbers != sorted(theirs):
            return False
        for one, other in pairwise(numbers):
            for late, early in ((mine[one], theirs[other]), (theirs[one], mine[other])):
                left, right = ([name for kind in kinds for name in ours.get(kind, ())] for kinds in (early, late))
                if _before(flow, left, right):
                    return False
    return bool(places)


def _numbered(name: str) -> Iterator[tuple[str, str]]:
    """(module, name) for each numbered part of a layer's name."""
    parts = name.split(".")
    for depth, part in enumerate(parts):
        if NUMBER.search(part):
            yield ".".join(parts[:depth]), part
