"""Rules for `weights { … }` that settle an open assignment: a list for each possible assignment."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product
from math import prod

NUMBER = re.compile(r"\d+")
LETTERS = "nijkabcdefgh"
MOST_PERMUTED = 3
MOST_READINGS = 8


def assignments(classes: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Iterator[list[tuple[int, int]]]:
    """The possible assignments of open classes, as (ours, theirs) pairs; the first takes both in their order.

    Where there are more than MOST_READINGS, all classes are permuted alike, as one file would be. Classes of more than
    MOST_PERMUTED layers are not permuted.
    """
    ways = [
        list(permutations(range(len(ours)))) if len(ours) <= MOST_PERMUTED else [tuple(range(len(ours)))]
        for ours, _ in classes
    ]
    if prod(map(len, ways)) <= MOST_READINGS:
        settled = list(product(*ways))
    else:
        settled = [tuple(way[number % len(way)] for way in ways) for number in range(max(map(len, ways)))]
    for orders in settled:
        yield [
            (ours[place], theirs[there])
            for (ours, theirs), order in zip(classes, orders, strict=True)
            for place, there in enumerate(order)
        ]


def naming_rules(pairs: Sequence[tuple[str, str]]) -> Iterator[list[str]]:
    """Lists of rules that rename each first name to the second, the shortest list first.

    They use `{n}` for numbers in which names differ; then a rule for each pair; then intermediate names, in case a rule
    would match the result of another.
    """
    yield [rule for group in _groups(pairs) for rule in _general(group)]
    yield [f"^{ours} -> {theirs}" for ours, theirs in pairs]
    ways = [(ours, f"settled{number}", theirs) for number, (ours, theirs) in enumerate(pairs)]
    yield [f"^{ours} -> {way}" for ours, way, _ in ways] + [f"^{way} -> {theirs}" for _, way, theirs in ways]


def _groups(pairs: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """The pairs grouped by their names without numbers."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for ours, theirs in pairs:
        found.setdefault((NUMBER.sub("#", ours), NUMBER.sub("#", theirs)), []).append((ours, theirs))
    return list(found.values())


def _general(group: list[tuple[str, str]]) -> list[str]:
    """The fewest rules for pairs that differ only in numbers, where the file's numbers follow from the net's."""
    mine = list(zip(*([int(number) for number in NUMBER.findall(ours)] for ours, _ in group), strict=True))
    given = list(zip(*([int(number) for number in NUMBER.findall(theirs)] for _, theirs in group), strict=True))
    varied = [place for place, column in enumerate(mine) if len(set(column)) > 1]
    named = dict(zip(varied, LETTERS, strict=False))
    there = [str(c[0]) if len(set(c)) == 1 else _number_rule(c, mine, named) for c in given]
    said = [number for number in there if number is not None]
    if len(said) == len(there) and len(named) == len(varied):
        here = [f"{{{named[place]}}}" if place in named else str(column[0]) for place, column in enumerate(mine)]
        return [f"^{_with_numbers(group[0][0], here)} -> {_with_numbers(group[0][1], said)}"]
    if not varied:
        return [f"^{ours} -> {theirs}" for ours, theirs in group]
    least = min(varied, key=lambda place: len(set(mine[place])))
    parts: dict[int, list[tuple[str, str]]] = {}
    for number, pair in zip(mine[least], group, strict=True):
        parts.setdefault(number, []).append(pair)
    return [rule for part in parts.values() for rule in _general(part)]


def _number_rule(column: Sequence[int], mine: Sequence[Sequence[int]], named: Mapping[int, str]) -> str | None:
    for place, name in named.items():
        more = {there - here for there, here in zip(column, mine[place], strict=True)}
        if len(more) == 1:
            (by,) = more
            return f"{{{name}}}" if by == 0 else f"{{{name}{by:+d}}}"
    return None


def _with_numbers(name: str, numbers: Sequence[str]) -> str:
    given = iter(numbers)
    return NUMBER.sub(lambda _: next(given), name)
