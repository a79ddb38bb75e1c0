"""A graph as a torch.nn.Module, made from the classes of its generated source.

The module runs the text that `archc export` writes, so both compute the same bit for bit. To PyTorch it is ordinary
code: compile, export, hooks, autocast and deepcopy work on it.
"""

import linecache
from collections import OrderedDict
from contextlib import nullcontext
from functools import cache
from typing import Any

import torch
from torch import nn

from archc.backends.torch import layers
from archc.backends.torch.initialise import initialise
from archc.backends.torch.plan import plan
from archc.backends.torch.write import classes
from archc.graph import Graph, without_softmax


def build(
    graph: Graph,
    *,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    logits: bool = False,
    init: str = "torch",
    seed: int | None = None,
    zero_gamma: bool = False,
) -> nn.Module:
    """The net, its weights as they start.

    Its state_dict has the names of the graph's nodes. It takes (N, C, n…) and gives the net's output, or a dict of
    outputs by name where there are several; heads that are only for training are there only in training.
    logits: leave out a softmax that ends the net. init, zero_gamma: see initialise. seed: the same weights each
    time; without one they depend on torch's own generator. Raises ValueError where `init` is none.
    """
    graph = without_softmax(graph) if logits else graph
    planned = plan(graph)
    made = _classes(classes(planned), graph.name)[planned.classes[-1].name]
    with torch.random.fork_rng(enabled=seed is not None), torch.device(device) if device else nullcontext():
        if seed is not None:
            torch.manual_seed(seed)
        module = made()
        initialise(module, graph, init, seed=seed, zero_gamma=zero_gamma)
    return module if dtype is None else module.to(dtype)


@cache
def _classes(text: str, net: str) -> dict[str, type[nn.Module]]:
    """The classes that the text defines, by name; the same for the same text."""
    file = f"<archc {net} {abs(hash(text)):x}>"
    scope: dict[str, Any] = {**vars(layers), "__name__": f"archc.generated.{net}", "OrderedDict": OrderedDict}
    given = set(scope)
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)  # tracebacks show its lines
    exec(compile(text, file, "exec"), scope)
    made = {name: value for name, value in scope.items() if name not in given and isinstance(value, type)}
    for name, value in made.items():
        value.__reduce_ex__ = _reduce(text, net, name)  # type: ignore[method-assign]
    return made


def _reduce(text: str, net: str, name: str) -> Any:
    """A __reduce_ex__ with which a pickle makes the class anew from its text, since it cannot be imported."""

    def reduce(module: nn.Module, protocol: object) -> tuple[object, ...]:
        return _empty, (text, net, name), module.__dict__

    return reduce


def _empty(text: str, net: str, name: str) -> nn.Module:
    made = _classes(text, net)[name]
    return made.__new__(made)
