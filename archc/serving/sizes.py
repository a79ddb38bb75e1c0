"""The input sizes that one ONNX file can serve."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from archc.backends.onnx.size_dependence import depends_on_size
from archc.diagnostics import ArchError, Code, Diagnostic
from archc.graph import Graph
from archc.ops import hwc

STEPS = (1, 2, 4, 8, 16, 32, 64, 128)
"""The steps between sizes that are tried in turn: a U-Net of four levels takes every 16th size."""
TIMES = (1, 2, 3, 5, 7, 16, 32)
"""The numbers of steps by which the tried sizes are larger: odd, even, and divisible by 32."""
KEY = "sizes"
"""The key of the file's metadata."""

At = Callable[[tuple[int, ...]], Graph | None]
"""From input sizes to the net at these sizes; None if it has errors there."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes least, least + step, least + 2·step, … on each axis."""

    least: tuple[int, ...]
    step: int

    def take(self, sizes: tuple[int, ...]) -> bool:
        pairs = zip(sizes, self.least, strict=True)
        return all(size >= least and (size - least) % self.step == 0 for size, least in pairs)

    def nearest(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        pairs = zip(sizes, self.least, strict=True)
        return tuple(least + max(0, round((size - least) / self.step)) * self.step for size, least in pairs)

    def text(self) -> str:
        """`12x12, larger by multiples of 16`"""
        return f"{_x(self.least)} and larger" + (f", by multiples of {self.step}" if self.step > 1 else "")

    def to_json(self) -> str:
        return json.dumps({"least": self.least, "step": self.step})


def known_sizes(known: Mapping[str, str], name: str, rank: int) -> Sizes | None:
    """The sizes in a file's metadata; None if it has none. Raises ArchError if they cannot be read."""
    if KEY not in known:
        return None
    try:
        held = json.loads(known[KEY])
        made = Sizes(tuple(held["least"]), held["step"])
        right = len(made.least) == rank and all(type(n) is int and n > 0 for n in (*made.least, made.step))
    except (ValueError, TypeError, KeyError, RecursionError):
        right = False
    if not right:
        raise ArchError([Diagnostic(Code.BAD_METADATA, f"the metadata `{KEY}` of `{name}` cannot be read", file=name)])
    return made


def taken(sizes: tuple[int, ...], known: Mapping[str, str], path: Path, asked: bool) -> tuple[int, ...]:
    """The sizes, if the file takes them, else the nearest that it takes. asked: then other sizes raise ArchError."""
    takes = known_sizes(known, path.name, len(sizes))
    if takes is None or takes.take(sizes):
        return sizes
    nearest = takes.nearest(sizes)
    if asked:
        message = f"takes no inputs of {_x(sizes)}: it takes {takes.text()}"
        help = f"the nearest: --input {_x(nearest)}"
        raise ArchError([Diagnostic(Code.BAD_ONNX, f"`{path.name}` {message}", help=help, file=str(path))])
    return nearest


def check_sizes(graph: Graph, at: At) -> tuple[Graph, Sizes]:
    """The net at another size, for which the file is the same, and the sizes for which it is.

    Raises ArchError, which names the layer, where the file would be another at some other size.
    """
    if len(graph.inputs) != 1 or len(graph.inputs[0].shape) == 1:
        raise _failed(graph, "the net takes a vector or several inputs, and --dynamic-size opens one map's sizes")
    sizes = graph.inputs[0].shape[1:]
    step, found = _step(sizes, at)
    if not found:
        larger = _x(tuple(size + STEPS[-1] for size in sizes))
        message = f"the net checks at {_x(sizes)}, and not at {larger} nor at the other sizes that were tried"
        raise _failed(graph, message, f"`archc check … --input {larger}` says what it refuses there")
    for changed in found:
        name = depends_on_size(graph, changed)
        if name is not None:
            node = graph[name]
            message = f"`{name}` ({node.op.words()}) is written for an input of {hwc(graph.inputs[0].shape)}"
            given = _x(changed.inputs[0].shape[1:])
            raise _failed(graph, message, f"at {given} it would be another; `avgpool global` takes any size")
    return found[0], Sizes(_least(graph, step, at), step)


def _step(sizes: tuple[int, ...], at: At) -> tuple[int, list[Graph]]:
    """The smallest step for which the net has no errors at larger sizes, and the nets there; no nets for none."""
    for step in STEPS:
        found = []
        for more in (step * times for times in TIMES):
            grown = [tuple(size + more for size in sizes)]
            if len(sizes) > 1:
                grown += [(*sizes[:axis], sizes[axis] + more, *sizes[axis + 1 :]) for axis in range(len(sizes))]
            found += [at(one) for one in grown]
            if found[-len(grown) :].count(None):
                break
        if None not in found:
            return step, [one for one in found if one is not None]
    return 1, []


def _least(graph: Graph, step: int, at: At) -> tuple[int, ...]:
    """The smallest sizes, the same number of steps below on every axis, for which the file is the same."""
    sizes = graph.inputs[0].shape[1:]
    low, high = 0, (min(sizes) - 1) // step
    while low < high:
        middle = (low + high + 1) // 2
        changed = at(tuple(size - middle * step for size in sizes))
        if changed is not None and depends_on_size(graph, changed) is None:
            low = middle
        else:
            high = middle - 1
    return tuple(size - low * step for size in sizes)


def _x(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes))


def _failed(graph: Graph, message: str, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic(Code.FIXED_SIZE, message, help=help, file=graph.name)])
