"""Selection of a state_dict from a checkpoint. Where there are several, the user has to choose; none is guessed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from torch import Tensor

Tensors = dict[str, Tensor]

NO_WEIGHTS = re.compile(r"optim|sched|scaler|rng|hyper|loops|callbacks_state", re.I)
"""Keys of a checkpoint whose values contain no weights."""
AVERAGE = re.compile(r"(?:^|[_.\-])(?:ema|swa|averaged?|teacher|shadow)(?:$|[_.\-])|ema$", re.I)
MOST_DEPTH = 6
MOST_NAMED = 12
MOST_WORDS = 40
TOP = "(the top)"  # what `--tensors` calls the tensors without a key or prefix
COUNT = "n_averaged"  # the counter of updates of torch.optim.swa_utils.AveragedModel


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Why no state_dict is selected. message: a clause that follows the file's name. help: how to select one."""

    message: str
    help: str


def select_state_dict(held: object, chosen: str | None) -> Tensors | Ambiguous:
    """The only state_dict in a result of torch.load, or the chosen one.

    chosen: the keys that lead to it, joined by dots (`state_dict_ema`, `callbacks.EMA.state`), or the prefix of the
    names of its tensors (`model_ema` for `model_ema.conv1.weight`).
    """
    found = dict(_state_dicts(held))
    if chosen in found and isinstance(_at(held, chosen), list):
        return Ambiguous(f"has `{chosen}` as a list, without names", "save them under the names of the parameters")
    if chosen is not None:
        return _named_state_dict(held, found, chosen)
    if len(found) > 1 and "" in found:
        inside = max(len(tensors) for path, tensors in found.items() if path)
        if len(found[""]) < inside:  # a generator state or a counter beside the weights
            del found[""]
    if len(found) > 1:
        return _ambiguous({path or TOP: tensors for path, tensors in found.items()})
    return without_average(next(iter(found.values()), {}))


def without_average(tensors: Tensors, chosen: str | None = None) -> Tensors | Ambiguous:
    """The tensors of one model. Ambiguous where a model and its average are under two prefixes."""
    if chosen is not None:
        return _named_state_dict(tensors, {"": tensors}, chosen)
    average = _average(tensors)
    if average is not None:
        begun = {name.partition(".")[0] for name in _outside(tensors, average)}
        return _ambiguous(dict.fromkeys([average, begun.pop() if len(begun) == 1 else TOP], tensors))
    return _unwrapped(tensors)


def _average(tensors: Tensors) -> str | None:
    """The prefix of an average of the weights, whose tensors have the names and shapes of others; None without one."""
    found = dict.fromkeys(prefix for name in tensors for prefix in _average_prefixes(name))
    return next((prefix for prefix in islice(found, MOST_NAMED) if _repeated(tensors, prefix)), None)


def _average_prefixes(name: str) -> Iterator[str]:
    """`model.ema` of `model.ema.conv1.weight`."""
    words = name.split(".")[:-1]
    for depth, word in enumerate(words[:MOST_DEPTH], 1):
        if AVERAGE.search(word):
            yield ".".join(words[:depth])


def _repeated(tensors: Tensors, prefix: str) -> bool:
    """Whether the tensors under the prefix have the names and shapes of those under one other prefix."""
    begins: dict[tuple[str, tuple[int, ...]], set[str]] = {}
    for name, tensor in _outside(tensors, prefix).items():
        for end in _ends(name):
            begins.setdefault((end, tensor.shape), set()).add(name.removesuffix(end))
    begin = f"{prefix}."
    part = {name.removeprefix(begin): tensor for name, tensor in tensors.items() if name.startswith(begin)}
    found = [
        begins.get((name.removeprefix("module."), tensor.shape), set())
        for name, tensor in part.items()
        if name != COUNT
    ]
    return bool(found) and bool(set.intersection(*found))


def _outside(tensors: Tensors, prefix: str) -> Tensors:
    """The tensors whose names do not begin with the prefix and a dot."""
    return {name: tensor for name, tensor in tensors.items() if not name.startswith(f"{prefix}.")}


def _ends(name: str) -> Iterator[str]:
    """The name, and its rest after each of its first dots."""
    for _ in range(MOST_WORDS):
        yield name
        name = name.partition(".")[2]
        if not name:
            return


def _state_dicts(held: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, Tensors]]:
    """(path of keys, tensors) of every mapping that contains tensors."""
    if not isinstance(held, Mapping) or depth > MOST_DEPTH:
        return
    direct = _tensors(held)
    if direct:
        yield path, direct
    for key, value in held.items():
        if not isinstance(key, str) or (NO_WEIGHTS.search(key) and not AVERAGE.search(key)):
            continue
        there = f"{path}.{key}" if path else key
        yield from _state_dicts(value, there, depth + 1)
        if isinstance(value, list) and AVERAGE.search(there):
            listed = {str(place): each for place, each in enumerate(value) if isinstance(each, Tensor)}
            yield from [(there, listed)] if listed else []


def _named_state_dict(held: object, found: Mapping[str, Tensors], chosen: str) -> Tensors | Ambiguous:
    if chosen == TOP and "" in found:
        average = _average(found[""])
        return _unwrapped(found[""] if average is None else _outside(found[""], average))
    at = _at(held, chosen)
    named = _tensors(at)
    if named:
        return _unwrapped(named)
    inside = dict(_state_dicts(at, chosen))
    if len(inside) == 1:
        return _unwrapped(next(iter(inside.values())))
    begun = []
    for path, tensors in found.items():
        prefix = chosen.removeprefix(f"{path}.") if path else chosen
        part = {name[len(prefix) + 1 :]: one for name, one in tensors.items() if name.startswith(f"{prefix}.")}
        begun += [part] if part else []
    if len(begun) == 1:
        return _unwrapped(begun[0])
    if begun or inside:
        return _ambiguous(inside or {path: tensors for path, tensors in found.items() if path})
    listed = _listed({path: tensors for path, tensors in found.items() if path})
    return Ambiguous(
        f"holds no tensors `{chosen}`", f"it holds {listed}" if listed else "all its tensors lie at the top"
    )


def _at(held: object, keys: str) -> object:
    for key in keys.split("."):
        held = held.get(key) if isinstance(held, Mapping) else None
    return held


def _ambiguous(found: Mapping[str, Tensors]) -> Ambiguous:
    average = next((name for name in found if AVERAGE.search(name)), None)
    chosen = average or next(iter(found))
    said = f"`--tensors {chosen}` takes one of them"
    if average is not None:
        said = f"`--tensors {chosen}` takes the average of the weights over training; another takes what it is of"
    return Ambiguous(f"holds more than one state_dict: {_listed(found)}", said)


def _listed(found: Mapping[str, Tensors]) -> str:
    named = list(found)[:MOST_NAMED]
    more = len(found) - len(named)
    return ", ".join([*named, *([f"and {more} more"] if more > 0 else [])])


def _tensors(held: object) -> Tensors:
    if not isinstance(held, Mapping):
        return {}
    return {str(name): value for name, value in held.items() if isinstance(value, Tensor)}


def _unwrapped(tensors: Tensors) -> Tensors:
    """The tensors without the counter of AveragedModel, if that is what they are of."""
    rest = {name: tensor for name, tensor in tensors.items() if name != COUNT}
    return rest if rest and all(name.startswith("module.") for name in rest) else tensors
