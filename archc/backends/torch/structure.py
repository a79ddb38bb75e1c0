"""A file that has names of its own, matched by shapes, numbers in names and modules; see `assign`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from archc.backends.torch.assign import Assigned, Class, assign
from archc.backends.torch.held import COUNTER, Shape, Shapes, Side, core, natural
from archc.backends.torch.settle import readings, rules
from archc.backends.torch.task import LACKING, Match, Task, listed, sizes
from archc.graph import Graph
from archc.renaming import Naming, rule_fault

MOST_RULES = 100
NUMBERED = "layers of one shape are taken to run in the order of the numbers in their names, which no file shows"


def by_structure(
    task: Task, mine: Shapes, given: Shapes, pinned: Mapping[str, str] | None = None, settle: bool = True
) -> Match:
    """mine, given: tensors of the net and of the file. pinned: what the file calls some of the net's. settle: whether
    the rules that settle what is open are looked for."""
    given = _reshaped(task, mine, given)
    net, file = Side(mine), Side(given)
    if Counter(layer.kind for layer in net.layers) != Counter(layer.kind for layer in file.layers):
        return _headless(task, mine, given, pinned, settle) or Match("none", (), tuple(_unequal(net, file)))
    pins = _places(net, file, pinned or {})
    if pins is None:
        return Match("none", (), ("the rules name layers of other shapes",))
    found = assign(net, file, task.flow, task.ordered, pins)
    if found.open:
        problems = [_open(net, file, known, found.why) for known in found.open]
        help = _settled(task, net, file, found) if settle else None
        return Match("none", (), tuple(problems), help=help)
    pairs = []
    for ours, theirs in sorted(found.pairs.items()):
        for name, there in _tensors(net, file, ours, theirs):
            pair = task.pair(name, there)
            if pair is None:
                said = f"{name} is {sizes(mine[name])} in the net and {there} {sizes(given[there])} in the file"
                return Match("none", (), (said,))
            pairs.append(pair)
    modules = {net.layers[ours].name: file.layers[theirs].name for ours, theirs in found.pairs.items()}
    counters = ((name, name.removesuffix(f".{COUNTER}")) for name in task.ours if name not in task.mine)
    pairs += task.counters({name: f"{modules[module]}.{COUNTER}" for name, module in counters if module in modules})
    in_order = task.ordered and all(ours == theirs for ours, theirs in found.pairs.items())
    notes = (f"{NUMBERED}: {listed(found.numbered)}",) if found.numbered else ()
    return Match("order" if in_order else "structure", tuple(pairs), notes=notes)


def _headless(task: Task, mine: Shapes, given: Shapes, pinned: Mapping[str, str] | None, settle: bool) -> Match | None:
    """The match without the heads that are for training alone; None where that is none either."""
    heads = task.heads(mine)
    bare = {name: shape for name, shape in mine.items() if not any(name in tensors for tensors in heads.values())}
    if not heads or not bare:
        return None
    found = by_structure(task, bare, given, pinned, settle)
    if not found.pairs and found.help is None:
        return None
    return replace(found, notes=(*found.notes, *(f"{head} {LACKING}" for head in heads)))


def _reshaped(task: Task, mine: Shapes, given: Shapes) -> dict[str, Shape]:
    """The file's shapes, with that of a layer over a whole map as the net has it, where the file has none of this
    shape."""
    shapes = dict(given)
    known = {core(shape) for shape in given.values()}
    for name, shape in mine.items():
        if core(shape) not in known and task.maps.reads_whole(name, shape):
            shapes |= {there: shape for there, other in given.items() if task.maps.whole(name, shape, other)}
    return shapes


def _settled(task: Task, net: Side, file: Side, found: Assigned) -> str:
    """The rules for each way to read the file, seen to give it; the first of them where they are too many."""
    classes = []
    for known in found.open:
        ours = sorted(known.ours, key=lambda place: (task.flow.index(net.layers[place].name), place))
        theirs = sorted(known.theirs, key=lambda place: natural(file.layers[place].name))
        if task.ordered:
            theirs.sort()
        if all(place in found.pairs for place in ours):
            theirs = [found.pairs[place] for place in ours]
        classes.append((ours, theirs))
    shown = []
    for pairs in readings(classes):
        renames = [rename for ours, theirs in pairs for rename in _named(net, file, ours, theirs)]
        expected = {
            (name, task.held[there].name) for ours, theirs in pairs for name, there in _tensors(net, file, ours, theirs)
        }
        for candidate in rules(renames):
            if len(candidate) > MOST_RULES or any(rule_fault(rule) for rule in candidate):
                continue
            pinned = task.pinned(Naming("theirs", tuple(candidate)))
            made = by_structure(task, net.shapes, file.shapes, pinned, settle=False).pairs if pinned else ()
            if expected <= {(pair.ours, pair.theirs) for pair in made}:
                shown.append(", ".join(f'"{rule}"' for rule in candidate))
                break
    if not shown:
        first = _named(net, file, classes[0][0][0], classes[0][1][0])
        shown = [", ".join(f'"{name} -> {there}"' for name, there in first) + ", …"]
    return _said(shown, task.graph)


def _said(shown: list[str], graph: Graph | None) -> str:
    lines = [f"theirs = [{rules}]" for rules in shown]
    if graph is not None and graph.namings:
        return "say which in `weights { … }` of the source: " + ", or ".join(f"`{line}`" for line in lines)
    return "say which in the source: " + ", or ".join(f"`weights {{ {line} }}`" for line in lines)


def _places(net: Side, file: Side, pinned: Mapping[str, str]) -> dict[int, int] | None:
    """The layers of tensors that are known; None where they are of other kinds."""
    here = {name: layer for layer in net.layers for name in layer.tensors.values()}
    there = {name: layer for layer in file.layers for name in layer.tensors.values()}
    pins: dict[int, int] = {}
    for ours, theirs in pinned.items():
        if ours in here and theirs in there:
            if here[ours].kind != there[theirs].kind:
                return None
            pins[here[ours].place] = there[theirs].place
    return pins if len(set(pins.values())) == len(pins) else None


def _tensors(net: Side, file: Side, ours: int, theirs: int) -> list[tuple[str, str]]:
    """The tensors of two layers of one kind: by shape, and where shapes are equal by what they are."""
    mine, given = net.layers[ours].tensors, file.layers[theirs].tensors
    shapes = {core(file.shapes[name]): name for name in given.values()}
    alike = len(shapes) < len(given)
    return [
        (name, given[role] if alike and role in given else shapes[core(net.shapes[name])])
        for role, name in mine.items()
    ]


def _named(net: Side, file: Side, ours: int, theirs: int) -> list[tuple[str, str]]:
    """What is renamed to what: the layer where its tensors have the same words, else each tensor."""
    mine, given = net.layers[ours], file.layers[theirs]
    if mine.tensors.keys() == given.tensors.keys() and mine.name not in mine.tensors.values():
        return [(mine.name, given.name)]
    return _tensors(net, file, ours, theirs)


def _open(net: Side, file: Side, known: Class, why: str) -> str:
    """Layers that are not told apart."""
    ours = listed([net.layers[place].name for place in known.ours])
    theirs = listed([file.layers[place].name for place in known.theirs], "or")
    shape = net.shapes[next(iter(net.layers[known.ours[0]].tensors.values()))]
    return f"{ours} {sizes(shape)} may each be {theirs} of the file: {why}"


def _unequal(net: Side, file: Side) -> Iterator[str]:
    """Layers without a partner of their kind."""
    for one, other, said in ((net, file, "has no partner in the file"), (file, net, "of the file is left over")):
        there = Counter(layer.kind for layer in other.layers)
        here = Counter(layer.kind for layer in one.layers)
        for layer in one.layers:
            if here[layer.kind] > there[layer.kind]:
                here[layer.kind] -= 1
                name = next(iter(layer.tensors.values()))
                yield f"{name} {sizes(one.shapes[name])} {said}"
