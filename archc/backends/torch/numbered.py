"""What numbers in names say of an order: `features.3` runs before `features.5`, `conv1` before `conv2`.

A name that is a number alone is a place in a list of layers. A number after a word may also fall along the net, as in
`up4`, `up3`, … of a decoder: it counts where shapes show elsewhere that the same words rise.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from archc.backends.torch.flow import Flow
from archc.backends.torch.held import Kind, Side, natural

Series = tuple[str, str]
"""Numbered names of one kind: what they lie in and the name, both with `#` for a number."""
NUMBER = re.compile(r"\d+")
MOST_COMPARED = 8
_Groups = dict[tuple[str, str], dict[tuple[int, ...], set[Kind]]]


def compared(one: str, other: str) -> tuple[Series, bool] | None:
    """By what series the names are told apart, and whether the first has the lesser number; None if by no number."""
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
    """Places in `names` as their numbers rise, and the series that say so; None where some have no such order."""
    order = sorted(range(len(names)), key=lambda place: natural(names[place]))
    used: set[Series] = set()
    for one, other in pairwise(order):
        found = compared(names[one], names[other])
        if found is None or not found[1]:
            return None
        used.add(found[0])
    return order, used


def doubtful(
    net: Side, file: Side, flow: Flow, asked: Collection[Series], ordered: bool
) -> tuple[set[Series], set[Series]]:
    """Of these series, those that may not rise along the net; and those of the others that no shapes show to rise.

    Shapes show of some names of a series that it rises, or that it falls. One whose names alternate with those of a
    series that rises (`bn1`, `bn2` with `conv1`, `conv2`) rises with it. Where shapes show nothing, the order of the
    file does, if it is `ordered`.
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
        if module == other_module and _alike(groups, ours, flow, module, words, others)
    }
    plain = {series for series in asked if series[1] == "#"}
    unsure = set(asked) & falling if ordered else set(asked) - ((sure | with_one | plain) - falling)
    return unsure, set(asked) - unsure - sure - with_one


def _groups(file: Side) -> _Groups:
    """By what they lie in and their words: the kinds of the layers of each number."""
    groups: _Groups = {}
    for layer in file.layers:
        for module, name in _numbered(layer.name):
            members = groups.setdefault((module, NUMBER.sub("#", name)), {})
            members.setdefault(tuple(map(int, NUMBER.findall(name))), set()).add(layer.kind)
    return groups


def _before(flow: Flow, ones: Sequence[str], others: Sequence[str]) -> bool:
    """Whether each of the first runs before each of the others; of many, whether those at the ends do."""
    ends = [names if len(names) <= MOST_COMPARED else [names[0], names[-1]] for names in (ones, others)]
    return bool(ones and others) and all(flow.before(one, other) for one in ends[0] for other in ends[1])


def _alike(
    groups: _Groups, ours: Mapping[Kind, Sequence[str]], flow: Flow, module: str, words: str, others: str
) -> bool:
    """Whether two series have the same numbers in each module, and shapes leave room for them to alternate."""
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
    """The numbered names on the way to a layer, each with what it lies in."""
    parts = name.split(".")
    for depth, part in enumerate(parts):
        if NUMBER.search(part):
            yield ".".join(parts[:depth]), part
