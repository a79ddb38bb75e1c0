"""Matching of the tensors of a file with those of a net.

Names are tried first: those of the net, and those that its source gives as a naming of another library. A file with
other names is matched by structure, if shapes, names and modules leave exactly one assignment. Otherwise the open
layers are reported with rules that would settle them, and nothing is loaded.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from archc.backends.torch.match_context import NOT_IN_FILE, Match, MatchContext, Pair, prefixes, shape_text
from archc.backends.torch.match_structure import match_by_structure
from archc.backends.torch.weight_layers import Shape, Shapes, equal_without_ones, torch_name
from archc.graph import Graph
from archc.renaming import Naming, renamed

__all__ = ["Match", "Pair", "match_weights"]


def match_weights(
    ours: Shapes, theirs: Shapes, ordered: bool = True, namings: Sequence[Naming] = (), graph: Graph | None = None
) -> Match:
    """The pairs of tensors, or the problems.

    ours, theirs: name → shape, in the order of the state_dict. ordered: whether the file has that order; safetensors
    has not. namings: names of the net's layers in other libraries. graph: the net; without it its layers are not
    ordered.
    """
    context = MatchContext(ours, theirs, ordered, graph)
    found = _best_match(context, namings)
    if found.problems or not context.channels_last:
        return found
    lost = tuple(f"{said}, {LOST}" for said in context.maps.lost(pair.ours for pair in found.pairs))
    return Match("none", (), lost) if lost else Match("none", (), (SQUARE,)) if _only_square(context, found) else found


SQUARE = (
    "each `kernel` of the file is square, so that PyTorch's layout is not told from Keras's, which is the transposed"
)
LOST = "and in a file of `kernel`s, which has channels last, its values lie in an order that is not known"


def _best_match(context: MatchContext, namings: Sequence[Naming]) -> Match:
    """The match by the net's names, by a naming or by structure: the first without problems."""
    own = _match_by_name(context, "name", context.ours)
    if own is not None:
        return own
    named = [_match_by_name(context, naming.whose, renamed(naming, context.ours)) for naming in namings]
    there = sorted(
        (found for found in named if found is not None), key=lambda found: (len(found.problems), len(found.notes))
    )
    if there and not there[0].problems:
        return there[0]
    tried = []
    for naming in namings:
        pinned = context.pinned(naming)
        if pinned:
            tried.append(
                replace(
                    match_by_structure(context, context.net_weights, context.file_weights, pinned), how=naming.whose
                )
            )
    tried = tried or [match_by_structure(context, context.net_weights, context.file_weights)]
    return next((found for found in tried if not found.problems), (there or tried)[0])


def _match_by_name(context: MatchContext, how: str, names: Iterable[str]) -> Match | None:
    """The match by names; None where the file has at most half of them. names: the expected names in the file."""
    called = dict(zip(context.ours, map(torch_name, names), strict=True))
    wanted = {called[name] for name in context.net_weights}
    for prefix in ("", *prefixes(context.file_weights)):
        if (
            len(wanted & {name.removeprefix(prefix) for name in context.file_weights}) * 2 > len(wanted)
            or not context.net_weights
        ):
            break
    else:
        return None
    times = Counter(called[name] for name in context.net_weights)
    twice = [f"{there} would be {times[there]} tensors of the net" for there in times if times[there] > 1]
    there = {name: prefix + called[name] for name in context.ours}
    missing = {name: shape for name, shape in context.net_weights.items() if there[name] not in context.file_weights}
    extra = {name: shape for name, shape in context.file_weights.items() if name.removeprefix(prefix) not in wanted}
    heads = context.heads(missing)
    notes = [f"{head} {NOT_IN_FILE}" for head in heads]
    missing = {name: shape for name, shape in missing.items() if not any(name in lost for lost in heads.values())}
    partners = {} if twice else _partners(context, missing, extra)
    if partners:
        notes += [f"{other} is taken for {name}: no other tensor is left" for name, other in partners.items()]
        there |= partners
        missing, extra = {}, {}
    pairs, problems = [], []
    for name, shape in context.net_weights.items():
        also = "" if called[name] == name else f" ({called[name]})"
        if name in missing:
            problems.append(f"{name}{also} {shape_text(shape)} is missing")
        elif there[name] in context.file_weights:
            pair = context.pair(name, there[name])
            if pair is None:
                given = shape_text(context.file_weights[there[name]])
                problems.append(f"{name}{also} is {shape_text(shape)} in the net and {given} in the file")
            else:
                pairs.append(pair)
    problems += twice
    problems += [f"{name.removeprefix(prefix)} {shape_text(shape)} is not in the net" for name, shape in extra.items()]
    pairs += context.counters(there)
    return Match(how, tuple(pairs), tuple(problems), tuple(notes))


def _partners(context: MatchContext, missing: dict[str, Shape], extra: dict[str, Shape]) -> dict[str, str]:
    """Missing tensor → left-over tensor, where there is exactly one way to pair them all; else {}."""
    if not missing or not extra:
        return {}
    found = match_by_structure(context, missing, extra, settle=False)
    words = {tensor.name: name for name, tensor in context.stored.items()}
    there = {pair.ours: words[pair.theirs] for pair in found.pairs if pair.ours in missing}
    here = _modules(name for name in context.net_weights if name not in missing)
    known = _modules(name for name in context.file_weights if name not in extra)
    # a part of a layer that is left over is another tensor, as `weight_orig` and `running_std` are
    whole = not _modules(there) & here and not _modules(there.values()) & known
    return there if whole else {}


def _modules(names: Iterable[str]) -> set[str]:
    return {name.rpartition(".")[0] for name in names} - {""}


def _only_square(context: MatchContext, found: Match) -> bool:
    """Whether all weights that are transposed because of Keras's name `kernel` would also fit without it."""
    transposed = [pair for pair in found.pairs if pair.axes is not None and pair.view is None]
    raw = {tensor.name: tensor.stored_shape for tensor in context.stored.values()}
    return bool(transposed) and all(
        len(pair.shape) > 1 and equal_without_ones(pair.shape, raw[pair.theirs]) and min(raw[pair.theirs]) > 1
        for pair in transposed
    )
