"""The one assignment of a file's layers to a net's that shapes, names and nesting leave, or the layers they leave open.

Layers of one kind, which hold tensors of the same shapes, start as one class. A class is parted by numbers in names
where its layers run one after another, and by modules: one of the file is one of the net where a layer of theirs is
known to be the same and both hold the same kinds. What is then alone in its class is settled; that is the proof that no
other assignment fits. The order of a .pth is that in which modules were made, not in which they run: it may contradict,
and confirm what modules leave uncertain, but parts no class.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from archc.backends.torch.flow import Flow
from archc.backends.torch.held import Side
from archc.backends.torch.numbered import Series, doubtful, sorted_by_numbers


@dataclass(frozen=True, slots=True)
class Class:
    """Layers of the net and as many of the file of which none is told from another, by their places."""

    ours: tuple[int, ...]
    theirs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Assigned:
    """pairs: of the net's places to the file's, where some are open the likeliest. open: classes of more than one.
    why: what leaves them open. numbered: the names in the file whose numbers alone tell layers apart, with `#` for
    a number."""

    pairs: Mapping[int, int]
    open: tuple[Class, ...] = ()
    why: str = ""
    numbered: tuple[str, ...] = ()


def assign(net: Side, file: Side, flow: Flow, ordered: bool, pins: Mapping[int, int]) -> Assigned:
    """net, file: of which the kinds are the same. ordered: whether the file's order is that of its modules. pins: what
    is known of the net's places."""
    search = _Search(net, file, flow, pins)
    found = search.part(modules=True, unsure=set())
    unsure, unshown = doubtful(net, file, flow, found.used, ordered)
    if unsure:
        found = search.part(modules=True, unsure=unsure)
    if found.crossed:
        return Assigned({}, tuple(found.crossed), "numbers in names and what they lie in contradict each other")
    if found.open:
        return Assigned(found.pairs, tuple(found.open), "names and what they lie in do not tell them apart")
    bare = search.part(modules=False, unsure=unsure)
    free = {ours: theirs for ours, theirs in found.pairs.items() if ours not in pins}
    if bare.open and not _same_holders(net, file, free, bare.open):
        steps = [flow.steps([net.layers[place].name for place in known.ours]) for known in bare.open]
        if not ordered or any(len(step) > 1 for of_one in steps for step in of_one):
            return Assigned(found.pairs, tuple(bare.open), "the file's modules are not the net's")
    if ordered:
        against = [known for known in search.classes() if _contradicted(net, flow, known, found.pairs, pins)]
        if against:
            return Assigned(found.pairs, tuple(against), "the order of the file contradicts its names")
    numbered = sorted(f"{module}.{words}".lstrip(".") for module, words in unshown & found.used)
    return Assigned(found.pairs, numbered=tuple(numbered))


def _same_holders(net: Side, file: Side, pairs: Mapping[int, int], told: Iterable[Class]) -> bool:
    """Whether each module that directly holds such a layer holds the same layers in the net and in the file."""
    back = {theirs: ours for ours, theirs in pairs.items()}
    ours = {net.holder(place) for known in told for place in known.ours if place in pairs}
    theirs = {file.holder(place) for known in told for place in known.theirs if place in back}
    there: dict[str, set[str]] = {}
    here: dict[str, set[str]] = {}
    for place, other in pairs.items():
        there.setdefault(net.holder(place), set()).add(file.holder(other))
    for place, other in back.items():
        here.setdefault(file.holder(place), set()).add(net.holder(other))
    return all(len(there[module]) == 1 for module in ours) and all(len(here[module]) == 1 for module in theirs)


def _contradicted(net: Side, flow: Flow, known: Class, pairs: Mapping[int, int], pins: Mapping[int, int]) -> bool:
    """Whether two layers of one kind that run one after another stand the other way round in the file."""
    free = [place for place in known.ours if place not in pins]
    steps = flow.steps([net.layers[place].name for place in free])
    spans = [sorted(pairs[free[place]] for place in step) for step in steps]
    return any(one[-1] > other[0] for one, other in pairwise(spans))


@dataclass
class _Parted:
    """How far classes were parted, by what numbered names, and those that modules and numbers part otherwise."""

    pairs: dict[int, int] = field(default_factory=dict)
    open: list[Class] = field(default_factory=list)
    used: set[Series] = field(default_factory=set)
    crossed: list[Class] = field(default_factory=list)


class _Search:
    def __init__(self, net: Side, file: Side, flow: Flow, pins: Mapping[int, int]) -> None:
        self.net, self.file, self.flow, self.pins = net, file, flow, pins

    def classes(self) -> list[Class]:
        """By kind, without those that hold one layer."""
        mine = _by_kind(self.net)
        theirs = _by_kind(self.file)
        return [Class(places, theirs[kind]) for kind, places in mine.items() if len(places) > 1]

    def part(self, modules: bool, unsure: set[Series]) -> _Parted:
        """unsure: numbered names that are no evidence."""
        result = _Parted()
        ours = [0] * len(self.net.layers)
        theirs = [0] * len(self.file.layers)
        classes: list[Class] = []
        mine, given = _by_kind(self.net), _by_kind(self.file)
        pinned = set(self.pins.values())
        for kind, places in mine.items():
            classes.append(
                Class(
                    tuple(place for place in places if place not in self.pins),
                    tuple(place for place in given[kind] if place not in pinned),
                )
            )
        classes = [known for known in classes if known.ours]
        classes += [Class((place,), (other,)) for place, other in self.pins.items()]
        waiting = list(range(len(classes)))
        for index, known in enumerate(classes):
            _mark(ours, theirs, known, index)
        matched: set[tuple[str, str]] = set()
        while waiting:
            index = waiting.pop()
            known = classes[index]
            if len(known.ours) == 1:
                result.pairs[known.ours[0]] = known.theirs[0]
                if modules:
                    for pair in self._matches(known.ours[0], known.theirs[0]):
                        if pair not in matched:
                            matched.add(pair)
                            divided = self._divide(classes, ours, theirs, *pair)
                            if divided is None:
                                result.crossed += self._within(pair[0])
                            waiting += divided or []
                continue
            parts = self._by_numbers(known, unsure, result.used)
            if len(parts) > 1:
                classes[index] = parts[0]
                added = [index, *range(len(classes), len(classes) + len(parts) - 1)]
                classes += parts[1:]
                for place in added:
                    _mark(ours, theirs, classes[place], place)
                waiting += added
        result.open = [known for known in classes if len(known.ours) > 1]
        return result

    def _by_numbers(self, known: Class, unsure: set[Series], used: set[Series]) -> list[Class]:
        """Where the file's numbers give all an order: as many for each step of the net's as it has layers."""
        order = sorted_by_numbers([self.file.layers[place].name for place in known.theirs])
        if order is None or order[1] & unsure:
            return [known]
        steps = self.flow.steps([self.net.layers[place].name for place in known.ours])
        if len(steps) == 1:
            return [known]
        used |= order[1]
        parts, start = [], 0
        for step in steps:
            there = order[0][start : start + len(step)]
            start += len(step)
            parts.append(
                Class(tuple(known.ours[place] for place in step), tuple(known.theirs[place] for place in there))
            )
        return parts

    def _matches(self, place: int, other: int) -> Iterable[tuple[str, str]]:
        """Modules around a layer of both sides that hold the same kinds of layers."""
        around = {len(self.file.inside[module]): module for module in self.file.above(other)}
        for module in self.net.above(place):
            there = around.get(len(self.net.inside[module]))
            if there is not None and self.net.signatures[module] == self.file.signatures[there]:
                yield module, there

    def _within(self, module: str) -> list[Class]:
        """The classes, by kind, of the layers in a module; none where what is pinned crosses it: that is said."""
        mine = set(self.net.inside[module])
        if mine.intersection(self.pins):
            return []
        return [known for known in self.classes() if mine.intersection(known.ours)]

    def _divide(
        self, classes: list[Class], ours: list[int], theirs: list[int], module: str, there: str
    ) -> list[int] | None:
        """Part the classes that these modules cut. The new ones; None where they cut one otherwise than it was."""
        mine, given = self.net.inside[module], self.file.inside[there]
        counts = Counter(ours[place] for place in mine)
        if counts != Counter(theirs[place] for place in given):
            return None
        inner, outer = set(mine), set(given)
        added = []
        for index, count in counts.items():
            known = classes[index]
            if count == len(known.ours):
                continue
            classes[index] = Class(
                tuple(place for place in known.ours if place not in inner),
                tuple(place for place in known.theirs if place not in outer),
            )
            classes.append(
                Class(
                    tuple(place for place in known.ours if place in inner),
                    tuple(place for place in known.theirs if place in outer),
                )
            )
            _mark(ours, theirs, classes[-1], len(classes) - 1)
            added += [index, len(classes) - 1]
        return added


def _mark(ours: list[int], theirs: list[int], known: Class, index: int) -> None:
    for place in known.ours:
        ours[place] = index
    for place in known.theirs:
        theirs[place] = index


def _by_kind(side: Side) -> dict[object, tuple[int, ...]]:
    found: dict[object, list[int]] = {}
    for layer in side.layers:
        found.setdefault(layer.kind, []).append(layer.place)
    return {kind: tuple(places) for kind, places in found.items()}
