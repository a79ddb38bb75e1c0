"""The speed of an ONNX file: seconds for a call, and samples and operations in a second."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import numpy as np

from archc.serving.runtime import failed, run, session
from archc.serving.sizes import taken

MOST_VALUES = 2**28
"""The most numbers of an input: 2 GiB while it is drawn in float64."""
LEAST_RUNS = 5
MOST_RUNS = 1000
WARM_UP = 3
MOST_DIGITS = 18
ELEMENTS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds for each call, of a batch size and a number of threads."""

    batch: int
    threads: int
    runs: int
    median: float
    p95: float

    @property
    def per_second(self) -> float:
        """Samples in a second, at the median time."""
        return self.batch / self.median

    def flops(self, macs: int) -> float:
        """Operations in a second; a multiply-accumulate counts as two."""
        return 2 * macs * self.per_second


def macs_of(path: Path) -> int | None:
    """The multiply-accumulates in the metadata of a file; None if it has none."""
    said = session(path).get_modelmeta().custom_metadata_map.get("macs", "")
    return int(said) if said.isdecimal() and len(said) <= MOST_DIGITS else None


def measure(
    path: Path, batches: Sequence[int], threads: Sequence[int], seconds: float, sizes: tuple[int, ...] | None = None
) -> Iterator[Measured]:
    """The times of each batch size with each number of threads. seconds: for each of them. Raises ArchError."""
    for count in threads:
        running = session(path, threads=count)
        known = running.get_modelmeta().custom_metadata_map
        for batch in batches:
            given = {one.name: _input(one, batch, sizes, known, path) for one in running.get_inputs()}
            for _ in range(WARM_UP):
                run(path, running, given)
            yield _timed(running, given, batch, count, seconds)


def _timed(running: Any, given: dict[str, Any], batch: int, threads: int, seconds: float) -> Measured:
    times: list[float] = []
    end = perf_counter() + seconds
    while len(times) < LEAST_RUNS or (perf_counter() < end and len(times) < MOST_RUNS):
        start = perf_counter()
        running.run(None, given)
        times.append(perf_counter() - start)
    return Measured(batch, threads, len(times), median(times), quantiles(times, n=20)[-1])


def _input(one: Any, batch: int, sizes: tuple[int, ...] | None, known: Mapping[str, str], path: Path) -> Any:
    """Random inputs; open sizes are the given ones, else 224 or the nearest that the file takes."""
    if one.type not in ELEMENTS:
        raise failed(path, f"takes {one.type} as `{one.name}`, and archc feeds float32, float16 and uint8")
    axes = one.shape[1:-1] if one.type == "tensor(uint8)" else one.shape[2:]
    if sizes is not None and axes and not _may_be(sizes, axes):
        raise failed(path, f"takes inputs of {'x'.join(str(n) if isinstance(n, int) else '?' for n in axes)}")
    open_sizes = iter(sizes or ())
    dims = [batch] if not one.shape or not isinstance(one.shape[0], int) else [one.shape[0]]
    dims += [dim if isinstance(dim, int) else next(open_sizes, 224) for dim in one.shape[1:]]
    if one.type != "tensor(uint8)" and not all(isinstance(dim, int) for dim in one.shape[2:]):
        dims[2:] = taken(tuple(dims[2:]), known, path, asked=sizes is not None)
    if prod(dims) > MOST_VALUES:
        raise failed(path, f"takes `{one.name}` of {'x'.join(map(str, dims))}, {MOST_VALUES:,} values being the most")
    values = np.random.default_rng(0).standard_normal(dims)
    if one.type == "tensor(uint8)":
        return (values * 50 + 128).clip(0, 255).astype(np.uint8)
    return values.astype(ELEMENTS[one.type])


def _may_be(sizes: tuple[int, ...], axes: Sequence[Any]) -> bool:
    """Whether the axes are open or fixed at these sizes."""
    if len(sizes) != len(axes):
        return False
    return all(axis == size or not isinstance(axis, int) for axis, size in zip(axes, sizes, strict=True))
