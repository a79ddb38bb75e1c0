"""Matching of a file with other names than the net's, by shapes, numbers in names and modules; see `assign`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from archc.backends.torch.assign import Assignment, Candidates, assign
from archc.backends.torch.match_context import NOT_IN_FILE, Match, MatchContext, listing, shape_text
from archc.backends.torch.naming_rules import assignments, naming_rules
from archc.backends.torch.weight_layers import COUNTER, Shape, Shapes, WeightLayers, natural_key, squeezed
from archc.graph import Graph
from archc.renaming import Naming, rule_fault

MOST_RULES = 100
NUMBERED = "layers of one shape are taken to run in the order of the numbers in their names, which no file shows"


def match_by_structure(
    context: MatchContext, mine: Shapes, given: Shapes, pinned: Mapping[str, str] | None = None, settle: bool = True
) -> Match:
    """The match. mine, given: name → shape of tensors of the net and of the file. pinned: net's name → file's name,
    where it is known. settle: whether to search for rules that settle open layers."""
    given = _reshaped(context, mine, given)
    net, file = WeightLayers(mine), WeightLayers(given)
    if Counter(layer.kind for layer in net.layers) != Counter(layer.kind for layer in file.layers):
        return _headless(context, mine, given, pinned, settle) or Match("none", (), tuple(_without_partner(net, file)))
    pins = _places(net, file, pinned or {})
    if pins is None:
        return Match("none", (), ("the rules name layers of other shapes",))
    found = assign(net, file, context.flow, context.ordered, pins)
    if found.open:
        problems = [_open_text(net, file, known, found.reason) for known in found.open]
        help = _settling_rules(context, net, file, found) if settle else None
        return Match("none", (), tuple(problems), help=help)
    pairs = []
    for ours, theirs in sorted(found.pairs.items()):
        for name, there in _tensors(net, file, ours, theirs):
            pair = context.pair(name, there)
            if pair is None:
                said = (
                    f"{name} is {shape_text(mine[name])} in the net and {there} {shape_text(given[there])} in the file"
                )
                return Match("none", (), (said,))
            pairs.append(pair)
    modules = {net.layers[ours].name: file.layers[theirs].name for ours, theirs in found.pairs.items()}
    counters = ((name, name.removesuffix(f".{COUNTER}")) for name in context.ours if name not in context.net_weights)
    pairs += context.counters({name: f"{modules[module]}.{COUNTER}" for name, module in counters if module in modules})
    in_order = context.ordered and all(ours == theirs for ours, theirs in found.pairs.items())
    notes = (f"{NUMBERED}: {listing(found.numbered)}",) if found.numbered else ()
    return Match("order" if in_order else "structure", tuple(pairs), notes=notes)


def _headless(
    context: MatchContext, mine: Shapes, given: Shapes, pinned: Mapping[str, str] | None, settle: bool
) -> Match | None:
    """The match without heads for training only; None where there is none."""
    heads = context.heads(mine)
    bare = {name: shape for name, shape in mine.items() if not any(name in tensors for tensors in heads.values())}
    if not heads or not bare:
        return None
    found = match_by_structure(context, bare, given, pinned, settle)
    if not found.pairs and found.help is None:
        return None
    return replace(found, notes=(*found.notes, *(f"{head} {NOT_IN_FILE}" for head in heads)))


def _reshaped(context: MatchContext, mine: Shapes, given: Shapes) -> dict[str, Shape]:
    """The file's shapes. A weight over a whole map gets the net's shape where the file has none of that shape."""
    shapes = dict(given)
    known = {squeezed(shape) for shape in given.values()}
    for name, shape in mine.items():
        if squeezed(shape) not in known and context.maps.reads_whole(name, shape):
            shapes |= {there: shape for there, other in given.items() if context.maps.whole(name, shape, other)}
    return shapes


def _settling_rules(context: MatchContext, net: WeightLayers, file: WeightLayers, found: Assignment) -> str:
    """Help text with verified rules for each possible assignment."""
    classes = []
    for known in found.open:
        ours = sorted(known.ours, key=lambda place: (context.flow.index(net.layers[place].name), place))
        theirs = sorted(known.theirs, key=lambda place: natural_key(file.layers[place].name))
        if context.ordered:
            theirs.sort()
        if all(place in found.pairs for place in ours):
            theirs = [found.pairs[place] for place in ours]
        classes.append((ours, theirs))
    shown = []
    for pairs in assignments(classes):
        renames = [rename for ours, theirs in pairs for rename in _named(net, file, ours, theirs)]
        expected = {
            (name, context.stored[there].name)
            for ours, theirs in pairs
            for name, there in _tensors(net, file, ours, theirs)
        }
        for candidate in naming_rules(renames):
            if len(candidate) > MOST_RULES or any(rule_fault(rule) for rule in candidate):
                continue
            pinned = context.pinned(Naming("theirs", tuple(candidate)))
            made = match_by_structure(context, net.shapes, file.shapes, pinned, settle=False).pairs if pinned else ()
            if expected <= {(pair.ours, pair.theirs) for pair in made}:
                shown.append(", ".join(f'"{rule}"' for rule in candidate))
                break
    if not shown:
        first = _named(net, file, classes[0][0][0], classes[0][1][0])
        shown = [", ".join(f'"{name} -> {there}"' for name, there in first) + ", …"]
    return _help(shown, context.graph)


def _help(shown: list[str], graph: Graph | None) -> str:
    lines = [f"theirs = [{rules}]" for rules in shown]
    if graph is not None and graph.namings:
        return "say which in `weights { … }` of the source: " + ", or ".join(f"`{line}`" for line in lines)
    return "say which in the source: " + ", or ".join(f"`weights {{ {line} }}`" for line in lines)


def _places(net: WeightLayers, file: WeightLayers, pinned: Mapping[str, str]) -> dict[int, int] | None:
    """Pinned layers, index in the net → index in the file; None where their kinds differ."""
    here = {name: layer for layer in net.layers for name in layer.tensors.values()}
    there = {name: layer for layer in file.layers for name in layer.tensors.values()}
    pins: dict[int, int] = {}
    for ours, theirs in pinned.items():
        if ours in here and theirs in there:
            if here[ours].kind != there[theirs].kind:
                return None
            pins[here[ours].place] = there[theirs].place
    return pins if len(set(pins.values())) == len(pins) else None


def _tensors(net: WeightLayers, file: WeightLayers, ours: int, theirs: int) -> list[tuple[str, str]]:
    """The pairs of tensors of two layers of one kind: by shape, or by role where shapes are equal."""
    mine, given = net.layers[ours].tensors, file.layers[theirs].tensors
    shapes = {squeezed(file.shapes[name]): name for name in given.values()}
    alike = len(shapes) < len(given)
    return [
        (name, given[role] if alike and role in given else shapes[squeezed(net.shapes[name])])
        for role, name in mine.items()
    ]


def _named(net: WeightLayers, file: WeightLayers, ours: int, theirs: int) -> list[tuple[str, str]]:
    """(name, new name): of the layer, if its tensors have the same names in both; else of each tensor."""
    mine, given = net.layers[ours], file.layers[theirs]
    if mine.tensors.keys() == given.tensors.keys() and mine.name not in mine.tensors.values():
        return [(mine.name, given.name)]
    return _tensors(net, file, ours, theirs)


def _open_text(net: WeightLayers, file: WeightLayers, known: Candidates, reason: str) -> str:
    """The problem text of a class of layers that are not distinguished."""
    ours = listing([net.layers[place].name for place in known.ours])
    theirs = listing([file.layers[place].name for place in known.theirs], "or")
    shape = net.shapes[next(iter(net.layers[known.ours[0]].tensors.values()))]
    return f"{ours} {shape_text(shape)} may each be {theirs} of the file: {reason}"


def _without_partner(net: WeightLayers, file: WeightLayers) -> Iterator[str]:
    """A problem text for each layer without a partner of its kind."""
    for one, other, said in ((net, file, "has no partner in the file"), (file, net, "of the file is left over")):
        there = Counter(layer.kind for layer in other.layers)
        here = Counter(layer.kind for layer in one.layers)
        for layer in one.layers:
            if here[layer.kind] > there[layer.kind]:
                here[layer.kind] -= 1
                name = next(iter(layer.tensors.values()))
                yield f"{name} {shape_text(one.shapes[name])} {said}"
