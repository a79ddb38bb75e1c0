"""Initialisation of weights, reproducible by a seed."""

from collections.abc import Callable, Mapping
from math import isfinite, nan, sqrt
from types import MappingProxyType

import torch
from torch import Tensor, nn

from archc.graph import Graph
from archc.initialisations import ALIASES
from archc.spelling import close_words, suggestion

SLIP = 0.88  # the least similarity of a misspelt scheme; two schemes are less similar
Fill = Callable[[Tensor, torch.Generator | None, float], object]

SCHEMES: Mapping[str, Fill] = MappingProxyType(
    {
        "torch": lambda weight, generator, value: None,  # what torch's constructors gave
        "glorot_uniform": lambda weight, generator, value: nn.init.xavier_uniform_(weight, generator=generator),
        "glorot_normal": lambda weight, generator, value: nn.init.xavier_normal_(weight, generator=generator),
        "he_uniform": lambda weight, generator, value: nn.init.kaiming_uniform_(
            weight, nonlinearity="relu", generator=generator
        ),
        "he_normal": lambda weight, generator, value: nn.init.kaiming_normal_(
            weight, nonlinearity="relu", generator=generator
        ),
        "lecun_normal": lambda weight, generator, value: nn.init.kaiming_normal_(
            weight, nonlinearity="linear", generator=generator
        ),
        "dirac": lambda weight, generator, value: _dirac(weight, generator),
        "zeros": lambda weight, generator, value: nn.init.zeros_(weight),
        "constant": lambda weight, generator, value: nn.init.constant_(weight, value),
    }
)
"""Glorot & Bengio 2010, He et al. 2015, LeCun et al. 1998 (variance 1 / fan in); fans are counted as torch.nn.init
counts them."""


def initialise(
    module: nn.Module,
    graph: Graph,
    scheme: str = "torch",
    *,
    seed: int | None = None,
    zero_gamma: bool = False,
) -> None:
    """Initialise the weights of convolutions and matrix products; their biases become zero.

    scheme: one of SCHEMES, or `constant=0.01`. zero_gamma: the last norm of each residual branch starts at zero, so
    that the block starts as the identity (Goyal et al. 2017, section 5.1). Raises ValueError where there is no such
    scheme.
    """
    name, value = chosen(scheme)
    generator = torch.Generator().manual_seed(seed) if seed is not None else None
    state = module.state_dict()
    with torch.no_grad():
        for node in graph.nodes:
            if name == "torch" or not node.op.random_start:
                continue
            for tensor in node.op.parameters(node.input_shapes):
                target = state[f"{node.name}.{tensor.name}"]
                drawn = torch.empty(target.shape, dtype=target.dtype)
                if tensor.name.endswith("bias"):
                    drawn.zero_()
                elif getattr(node.op, "connections", None) is not None:
                    continue  # its weights have no fan in common; torch's own rule stays
                else:
                    SCHEMES[name](drawn, generator, value)
                target.copy_(drawn)
        if zero_gamma:
            for name in last_norms(graph):
                state[f"{name}.weight"].zero_()


def chosen(scheme: str) -> tuple[str, float]:
    """The name of a scheme, and the value of `constant=0.01`. Raises ValueError."""
    name, equals, text = scheme.lower().partition("=")
    if name not in SCHEMES:
        other = ALIASES.get(name.rstrip("_"))
        close = [other] if other is not None else close_words(name, SCHEMES, least=SLIP)
        raise ValueError(f"there is no initialisation `{name}`: {suggestion(close, SCHEMES)}")
    if (name == "constant") != bool(text if name == "constant" else equals):
        raise ValueError(
            "`constant` wants its value, as constant=0.01" if name == "constant" else f"`{name}` takes no value"
        )
    try:
        value = float(text or 0.0)
    except ValueError:
        value = nan
    if not isfinite(value):
        raise ValueError(f"`{text}` is no number to start with")
    return name, value


def _dirac(weight: Tensor, generator: torch.Generator | None) -> None:
    """torch's default, with the first filters of a convolution as the identity."""
    nn.init.kaiming_uniform_(weight, a=sqrt(5), generator=generator)
    if weight.dim() > 2:
        nn.init.dirac_(weight[: weight.shape[1]])


def last_norms(graph: Graph) -> list[str]:
    """The norm with a weight that ends the longest branch of each `add`."""
    found = []
    for node in graph.nodes:
        if node.op.pattern != "residual" or len(node.inputs) < 2:
            continue
        ends = [(_convolutions(graph, name, node.inputs), name) for name in node.inputs]
        count, name = max(ends)
        if count and graph[name].op.gain and graph[name].op.parameters(graph[name].input_shapes):
            found.append(name)
    return found


def _convolutions(graph: Graph, name: str, stops: tuple[str, ...]) -> int:
    """The number of convolutions on the branch that ends at `name`, back to a join, an input or one of `stops`."""
    count = 0
    first = True
    while True:
        node = graph[name]
        if node.op.category in ("join", "input") or (name in stops and not first):
            return count
        count += node.op.category == "conv"
        first = False
        name = node.inputs[0]
