"""Alignment of the components of two nets.

A component with a name of its own is aligned with that of the same name. One that is only numbered, as `conv3`, is
aligned by its signature, in order, since an inserted layer renumbers all that follow. What is left between two matches
is aligned by kind. A run of components that became a block is aligned with that block.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from archc.analysis.components import Component

Level = dict[str, Component]

LARGEST = 1_000_000
"""The most pairs of components that are compared. Beyond it they are aligned by name alone."""


def aligned(before: Level, after: Level) -> tuple[Level, Level, dict[str, str]]:
    """Both levels, in which a run that is a block on the other side is one component; and the pairs of names."""
    pairs = dict(_pairs(before, after))
    olds, news = set(pairs), set(pairs.values())
    before, taken = _gathered(before, olds, [part for name, part in after.items() if name not in news])
    after, given = _gathered(after, news, [part for name, part in before.items() if name not in olds])
    return before, after, {**pairs, **taken, **{new: old for old, new in given.items()}}


def _pairs(before: Level, after: Level) -> Iterator[tuple[str, str]]:
    """The aligned names, in the order of `before`."""
    named = {name for name in before.keys() & after.keys() if not (before[name].numbered and after[name].numbered)}
    olds, news = (_tokens(level, named) for level in (before, after))
    left, right = list(before), list(after)
    start = _alike(olds, news)
    end = _alike(olds[start:][::-1], news[start:][::-1])
    yield from zip(left[:start], right[:start], strict=True)
    yield from _between(
        left[start : len(left) - end],
        right[start : len(right) - end],
        (olds[start : len(olds) - end], news[start : len(news) - end]),
        (before, after),
        named,
    )
    yield from zip(left[len(left) - end :], right[len(right) - end :], strict=True)


def _between(
    left: list[str],
    right: list[str],
    tokens: tuple[list[str], list[str]],
    levels: tuple[Level, Level],
    named: set[str],
) -> Iterator[tuple[str, str]]:
    """The aligned names between the common start and the common end of both levels."""
    yield from ((name, name) for name in left if name in named)
    if len(left) * len(right) > LARGEST:
        here = set(right)
        yield from ((name, name) for name in left if name in here and name not in named)
        return
    matcher = SequenceMatcher(a=tokens[0], b=tokens[1], autojunk=False)
    for sign, i1, i2, j1, j2 in matcher.get_opcodes():
        olds = [name for name in left[i1:i2] if name not in named]
        news = [name for name in right[j1:j2] if name not in named]
        if sign == "equal":
            yield from zip(olds, news, strict=True)
        elif sign == "replace":
            yield from _by_kind(olds, news, *levels)


def _by_kind(olds: list[str], news: list[str], before: Level, after: Level) -> Iterator[tuple[str, str]]:
    kinds = [_kind(before[name]) for name in olds], [_kind(after[name]) for name in news]
    for i, j, size in SequenceMatcher(a=kinds[0], b=kinds[1], autojunk=False).get_matching_blocks():
        yield from zip(olds[i : i + size], news[j : j + size], strict=True)


def _kind(part: Component) -> str:
    return f"{part.stem} {'layer' if part.leaf else 'block'}"


def _tokens(level: Level, named: set[str]) -> list[str]:
    return [f"@{name}" if name in named else part.signature() for name, part in level.items()]


def _alike(olds: Sequence[str], news: Sequence[str]) -> int:
    """The length of the common prefix."""
    return next(
        (n for n, (old, new) in enumerate(zip(olds, news, strict=False)) if old != new), min(len(olds), len(news))
    )


def _gathered(level: Level, known: set[str], blocks: list[Component]) -> tuple[Level, dict[str, str]]:
    """The level with each run that equals the children of one of `blocks` as one component; and the pairs of names."""
    pairs: dict[str, str] = {}
    items = list(level.items())
    signs = [None if name in known else part.signature() for name, part in items]
    for block in blocks if len(blocks) * len(level) <= LARGEST else ():
        inside = [part.signature() for part in block.children.values()]
        size = len(inside)
        place = next((n for n in range(len(signs)) if size > 1 and signs[n : n + size] == inside), None)
        if place is None:
            continue
        whole = _whole([part for _, part in items[place : place + size]])
        items[place : place + size] = [(whole.name, whole)]
        signs[place : place + size] = [None]
        pairs[whole.name] = block.name
    return dict(items), pairs


def _whole(run: list[Component]) -> Component:
    first, last = run[0], run[-1]
    children = {part.name: part for part in run}
    name = f"{first.name} … {last.name}"
    params, macs = sum(part.params for part in run), sum(part.macs for part in run)
    return Component(name, name, "", last.node, params, macs, last.seen, children)
