"""Assignment of a file's layers to a net's by shapes, names and nesting, by partition refinement.

Layers of one kind, whose tensors have the same shapes, start as one class. A class is divided in two ways: by the
numbers in names, where its layers run one after another; and by modules, where a module of the file corresponds to one
of the net: they contain the same kinds of layers, and one layer of both is known to be the same. A class of one layer
is assigned, which proves that no other assignment fits. Classes of several layers stay open.

The order of a .pth is that in which modules were constructed, which is not always that in which they run. It can refute
an assignment or confirm one that modules leave uncertain, but it divides no class.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from archc.backends.torch.execution_order import ExecutionOrder
from archc.backends.torch.numbered_names import Series, doubtful_series, sorted_by_numbers
from archc.backends.torch.weight_layers import WeightLayers


@dataclass(frozen=True, slots=True)
class Candidates:
    """Indices of layers of the net (ours) and as many of the file (theirs) that are not distinguished so far."""

    ours: tuple[int, ...]
    theirs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """pairs: index in the net → index in the file; the likeliest, where classes are open. open: classes of several
    layers. reason: why they are open. numbered: names in the file, with `#` for a number, in which only the number
    distinguishes layers."""

    pairs: Mapping[int, int]
    open: tuple[Candidates, ...] = ()
    reason: str = ""
    numbered: tuple[str, ...] = ()


def assign(
    net: WeightLayers, file: WeightLayers, flow: ExecutionOrder, ordered: bool, pins: Mapping[int, int]
) -> Assignment:
    """The assignment. net and file must have the same kinds of layers.

    ordered: the file's order is that of its modules. pins: index in the net → index in the file, where it is known.
    """
    search = _Search(net, file, flow, pins)
    found = search.part(modules=True, unsure=set())
    unsure, unshown = doubtful_series(net, file, flow, found.used, ordered)
    if unsure:
        found = search.part(modules=True, unsure=unsure)
    if found.contradictory:
        return Assignment({}, tuple(found.contradictory), "numbers in names and what they lie in contradict each other")
    if found.open:
        return Assignment(found.pairs, tuple(found.open), "names and what they lie in do not tell them apart")
    bare = search.part(modules=False, unsure=unsure)
    free = {ours: theirs for ours, theirs in found.pairs.items() if ours not in pins}
    if bare.open and not _same_holders(net, file, free, bare.open):
        steps = [flow.steps([net.layers[place].name for place in known.ours]) for known in bare.open]
        if not ordered or any(len(step) > 1 for of_one in steps for step in of_one):
            return Assignment(found.pairs, tuple(bare.open), "the file's modules are not the net's")
    if ordered:
        against = [known for known in search.classes() if _contradicted(net, flow, known, found.pairs, pins)]
        if against:
            return Assignment(found.pairs, tuple(against), "the order of the file contradicts its names")
    numbered = sorted(f"{module}.{words}".lstrip(".") for module, words in unshown & found.used)
    return Assignment(found.pairs, numbered=tuple(numbered))


def _same_holders(net: WeightLayers, file: WeightLayers, pairs: Mapping[int, int], told: Iterable[Candidates]) -> bool:
    """Whether each module that directly contains such a layer contains the same layers in the net and in the file."""
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


def _contradicted(
    net: WeightLayers, flow: ExecutionOrder, known: Candidates, pairs: Mapping[int, int], pins: Mapping[int, int]
) -> bool:
    """Whether the file has two layers of one kind in the reverse order of their execution."""
    free = [place for place in known.ours if place not in pins]
    steps = flow.steps([net.layers[place].name for place in free])
    spans = [sorted(pairs[free[place]] for place in step) for step in steps]
    return any(one[-1] > other[0] for one, other in pairwise(spans))


@dataclass
class _Partition:
    """A state of the refinement. pairs: assigned layers. open: classes of several layers. used: the numbered names that
    divided classes. contradictory: classes that modules and numbers divide differently."""

    pairs: dict[int, int] = field(default_factory=dict)
    open: list[Candidates] = field(default_factory=list)
    used: set[Series] = field(default_factory=set)
    contradictory: list[Candidates] = field(default_factory=list)


class _Search:
    def __init__(self, net: WeightLayers, file: WeightLayers, flow: ExecutionOrder, pins: Mapping[int, int]) -> None:
        self.net, self.file, self.flow, self.pins = net, file, flow, pins

    def classes(self) -> list[Candidates]:
        """The initial classes by kind, without those of one layer."""
        mine = _by_kind(self.net)
        theirs = _by_kind(self.file)
        return [Candidates(places, theirs[kind]) for kind, places in mine.items() if len(places) > 1]

    def part(self, modules: bool, unsure: set[Series]) -> _Partition:
        """The refined partition. modules: whether modules divide classes. unsure: numbered names that are not used."""
        result = _Partition()
        ours = [0] * len(self.net.layers)
        theirs = [0] * len(self.file.layers)
        classes: list[Candidates] = []
        mine, given = _by_kind(self.net), _by_kind(self.file)
        pinned = set(self.pins.values())
        for kind, places in mine.items():
            classes.append(
                Candidates(
                    tuple(place for place in places if place not in self.pins),
                    tuple(place for place in given[kind] if place not in pinned),
                )
            )
        classes = [known for known in classes if known.ours]
        classes += [Candidates((place,), (other,)) for place, other in self.pins.items()]
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
                                result.contradictory += self._within(pair[0])
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

    def _by_numbers(self, known: Candidates, unsure: set[Series], used: set[Series]) -> list[Candidates]:
        """The class divided by steps of the net's execution, if numbers in the file's names order all its layers."""
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
                Candidates(tuple(known.ours[place] for place in step), tuple(known.theirs[place] for place in there))
            )
        return parts

    def _matches(self, place: int, other: int) -> Iterable[tuple[str, str]]:
        """(module of the net, of the file) that enclose a pair of layers and contain the same kinds of layers."""
        around = {len(self.file.inside[module]): module for module in self.file.enclosing(other)}
        for module in self.net.enclosing(place):
            there = around.get(len(self.net.inside[module]))
            if there is not None and self.net.signatures[module] == self.file.signatures[there]:
                yield module, there

    def _within(self, module: str) -> list[Candidates]:
        """The initial classes of the layers in a module; [] where it contains a pinned layer."""
        mine = set(self.net.inside[module])
        if mine.intersection(self.pins):
            return []
        return [known for known in self.classes() if mine.intersection(known.ours)]

    def _divide(
        self, classes: list[Candidates], ours: list[int], theirs: list[int], module: str, there: str
    ) -> list[int] | None:
        """Divide the classes by whether a layer is in these modules. The indices of the changed classes; None where the
        modules contain different numbers of layers of a class."""
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
            classes[index] = Candidates(
                tuple(place for place in known.ours if place not in inner),
                tuple(place for place in known.theirs if place not in outer),
            )
            classes.append(
                Candidates(
                    tuple(place for place in known.ours if place in inner),
                    tuple(place for place in known.theirs if place in outer),
                )
            )
            _mark(ours, theirs, classes[-1], len(classes) - 1)
            added += [index, len(classes) - 1]
        return added


def _mark(ours: list[int], theirs: list[int], known: Candidates, index: int) -> None:
    for place in known.ours:
        ours[place] = index
    for place in known.theirs:
        theirs[place] = index


def _by_kind(side: WeightLayers) -> dict[object, tuple[int, ...]]:
    found: dict[object, list[int]] = {}
    for layer in side.layers:
        found.setdefault(layer.kind, []).append(layer.place)
    return {kind: tuple(places) for kind, places in found.items()}
