"""Every bundled net compiled in one process, beside torchvision's model of that name built on the meta device.

A file is read once for all its nets, as `archc check` does; a net's time is its file's, shared by their sizes.
"""

import gc
import statistics
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from archc.program import compile_path
from archc.resources import specs_folder
from tests.bench.borrowed import theirs
from tests.bench.process import Row

MOST = 5.0  # milliseconds a net
ROUNDS = 3
TWINS = {  # ours → torchvision's, where the names differ; None where one name means two networks
    "alexnet": None,
    "alexnet_torchvision": "alexnet",
    "googlenet": None,
    "googlenet_bn": "googlenet",
}


def specs() -> list[Row]:
    """Milliseconds a net: median, mean and worst, and the sum of those that torchvision has too."""
    took = bundled()
    worst = max(took, key=lambda name: took[name])
    median, mean = statistics.median(took.values()), statistics.mean(took.values())
    rows = [
        Row(f"{len(took)} bundled nets, median", f"{median:.2f} ms a net", f"< {MOST:g} ms", median < MOST),
        Row(f"{len(took)} bundled nets, mean", f"{mean:.2f} ms a net", f"< {MOST:g} ms", mean < MOST),
        Row("the slowest of them", f"{worst}, {took[worst]:.1f} ms"),
    ]
    built = {name: _least(build) for name in took if (build := twin(name)) is not None}
    if not built:
        return [*rows, Row("torchvision's models on the meta device", "no torchvision")]
    ours, others = (statistics.median(times[name] for name in built) for times in (took, built))
    figures = f"{ours:.2f} and {others:.2f} ms, ratio {others / ours:.1f}"
    return [*rows, Row(f"archc and torchvision on meta, median of {len(built)}", figures)]


def bundled() -> dict[str, float]:
    """Net → milliseconds, the least of several rounds."""
    took: dict[str, float] = {}
    for path in sorted(specs_folder().glob("*.arch")):
        compiled = compile_path(str(path)).nets
        nodes = {net.name: len(net.partial) for net in compiled}
        whole = _least(partial(compile_path, str(path)))
        took |= {name: whole * count / sum(nodes.values()) for name, count in nodes.items()}
    return took


def twin(name: str) -> Callable[[], Any] | None:
    """What builds torchvision's model of this net without memory for its weights."""
    other = TWINS.get(name, name)
    build = theirs(other) if other is not None else None
    if build is None:
        return None

    def on_meta() -> Any:
        with torch.device("meta"):
            return build()

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            on_meta()
    except (AttributeError, RuntimeError):  # there is none of that name, or it computes its widths with tensors
        return None
    return on_meta


def _least(do: Callable[[], Any]) -> float:
    """Milliseconds, with the collector off as the command line has it."""
    gc.disable()
    try:
        times = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            do()
            times.append(time.perf_counter() - started)
    finally:
        gc.enable()
    return min(times) * 1e3
