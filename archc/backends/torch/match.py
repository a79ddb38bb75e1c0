"""Which tensor of a file is which of a net's.

Names first, the net's or those that its source says others have for it. A file that has names of its own is matched by
the shapes of its layers, where its names and its modules leave one assignment: a shape that fits proves nothing about
values. What is open is named, with the rules that settle it, and nothing is loaded.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from archc.backends.torch.held import Shape, Shapes, fits, word
from archc.backends.torch.structure import by_structure
from archc.backends.torch.task import LACKING, Match, Pair, Task, prefixes, sizes
from archc.graph import Graph
from archc.renaming import Naming, renamed

__all__ = ["Match", "Pair", "match"]


def match(
    ours: Shapes, theirs: Shapes, ordered: bool = True, namings: Sequence[Naming] = (), graph: Graph | None = None
) -> Match:
    """The pairs, or what stands against them.

    The net's tensors are in the order of its state_dict; the file's too, if `ordered`: safetensors keeps none.
    namings: what others call the net's layers. graph: the net; without it none of its layers is known to run before
    another.
    """
    task = Task(ours, theirs, ordered, graph)
    found = _first(task, namings)
    if found.problems or not task.channels_last:
        return found
    lost = tuple(f"{said}, {LOST}" for said in task.maps.lost(pair.ours for pair in found.pairs))
    return Match("none", (), lost) if lost else Match("none", (), (SQUARE,)) if _square(task, found) else found


SQUARE = (
    "each `kernel` of the file is square, so that PyTorch's layout is not told from Keras's, which is the transposed"
)
LOST = "and in a file of `kernel`s, which has channels last, its values lie in an order that is not known"


def _first(task: Task, namings: Sequence[Naming]) -> Match:
    """By the net's names, by a naming's, or by structure: the first that holds."""
    own = _by_name(task, "name", task.ours)
    if own is not None:
        return own
    named = [_by_name(task, naming.whose, renamed(naming, task.ours)) for naming in namings]
    there = sorted(
        (found for found in named if found is not None), key=lambda found: (len(found.problems), len(found.notes))
    )
    if there and not there[0].problems:
        return there[0]
    tried = []
    for naming in namings:
        pinned = task.pinned(naming)
        if pinned:
            tried.append(replace(by_structure(task, task.mine, task.given, pinned), how=naming.whose))
    tried = tried or [by_structure(task, task.mine, task.given)]
    return next((found for found in tried if not found.problems), (there or tried)[0])


def _by_name(task: Task, how: str, names: Iterable[str]) -> Match | None:
    """names: what the file calls each tensor of the net. None where it has no more than half of them."""
    called = dict(zip(task.ours, map(word, names), strict=True))
    wanted = {called[name] for name in task.mine}
    for prefix in ("", *prefixes(task.given)):
        if len(wanted & {name.removeprefix(prefix) for name in task.given}) * 2 > len(wanted) or not task.mine:
            break
    else:
        return None
    times = Counter(called[name] for name in task.mine)
    twice = [f"{there} would be {times[there]} tensors of the net" for there in times if times[there] > 1]
    there = {name: prefix + called[name] for name in task.ours}
    missing = {name: shape for name, shape in task.mine.items() if there[name] not in task.given}
    extra = {name: shape for name, shape in task.given.items() if name.removeprefix(prefix) not in wanted}
    heads = task.heads(missing)
    notes = [f"{head} {LACKING}" for head in heads]
    missing = {name: shape for name, shape in missing.items() if not any(name in lost for lost in heads.values())}
    partners = {} if twice else _partners(task, missing, extra)
    if partners:
        notes += [f"{other} is taken for {name}: no other tensor is left" for name, other in partners.items()]
        there |= partners
        missing, extra = {}, {}
    pairs, problems = [], []
    for name, shape in task.mine.items():
        also = "" if called[name] == name else f" ({called[name]})"
        if name in missing:
            problems.append(f"{name}{also} {sizes(shape)} is missing")
        elif there[name] in task.given:
            pair = task.pair(name, there[name])
            if pair is None:
                given = sizes(task.given[there[name]])
                problems.append(f"{name}{also} is {sizes(shape)} in the net and {given} in the file")
            else:
                pairs.append(pair)
    problems += twice
    problems += [f"{name.removeprefix(prefix)} {sizes(shape)} is not in the net" for name, shape in extra.items()]
    pairs += task.counters(there)
    return Match(how, tuple(pairs), tuple(problems), tuple(notes))


def _partners(task: Task, missing: dict[str, Shape], extra: dict[str, Shape]) -> dict[str, str]:
    """For each tensor that is missing the one that is left over, where there is one way to pair them all."""
    if not missing or not extra:
        return {}
    found = by_structure(task, missing, extra, settle=False)
    words = {tensor.name: name for name, tensor in task.held.items()}
    there = {pair.ours: words[pair.theirs] for pair in found.pairs if pair.ours in missing}
    here = _modules(name for name in task.mine if name not in missing)
    known = _modules(name for name in task.given if name not in extra)
    whole = not _modules(there) & here and not _modules(there.values()) & known  # what is left of a layer is another
    return there if whole else {}  # tensor, as `weight_orig` and `running_std` are


def _modules(names: Iterable[str]) -> set[str]:
    return {name.rpartition(".")[0] for name in names} - {""}


def _square(task: Task, found: Match) -> bool:
    """Whether the weights that Keras's word calls transposed would fit as they are, all of them."""
    transposed = [pair for pair in found.pairs if pair.axes is not None and pair.view is None]
    raw = {tensor.name: tensor.raw for tensor in task.held.values()}
    return bool(transposed) and all(
        len(pair.shape) > 1 and fits(pair.shape, raw[pair.theirs]) and min(raw[pair.theirs]) > 1 for pair in transposed
    )
