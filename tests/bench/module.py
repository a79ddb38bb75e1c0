"""A built module against its hand-written twin: time to build, forward, training step, memory of the step.

Both run in this process, in turns, so that what else the machine does falls on both; the median of the ratios counts.
On a GPU the same in bfloat16, channels last.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

import archc
from tests.bench.process import Row
from tests.bench.twins import TWINS

ROUNDS = 15
TARGET = 1.02
NETS = {"resnet50": (8, 128), "densenet121": (4, 128), "mobilenet_v2": (8, 128)}  # batch, height and width
ON_GPU = {"resnet50": (128, 224), "densenet121": (96, 224), "mobilenet_v2": (128, 224)}

Run = Callable[[], object]
Pair = tuple[nn.Module, nn.Module]


def module() -> list[Row]:
    """The rows."""
    rows = [row for name, sizes in NETS.items() for row in _net(name, *sizes, "cpu")]
    if torch.cuda.is_available():
        rows += [row for name, sizes in ON_GPU.items() for row in _net(name, *sizes, "cuda")]
    net = archc.load("resnet152")
    return [*rows, _row("resnet152, build", (net.torch, TWINS["resnet152"]), 1.0, rounds=7)]


def _net(name: str, batch: int, size: int, device: str) -> Iterator[Row]:
    torch.manual_seed(0)
    pair = (archc.load(name).torch(logits=True, device=device), TWINS[name]().to(device))
    pair[1].load_state_dict(dict(zip(pair[1].state_dict(), pair[0].state_dict().values(), strict=True)))
    x = torch.randn(batch, 3, size, size, device=device)
    what = name
    if device != "cpu":
        what = f"{name}, bf16 channels_last"
        x = x.to(memory_format=torch.channels_last)
        for part in pair:
            part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    memory = _memory_on_gpu if device == "cuda" else _memory
    yield _row(f"{what}, training step, eager", _both(_step, pair, pair, x), TARGET)
    held = [memory(run) for run in _both(_step, pair, pair, x)]
    ratio = held[0] / held[1]
    yield Row(f"{what}, peak memory of the step", f"{ratio:.4f} of the twin's", f"{TARGET}", ratio <= TARGET)
    yield _row(f"{what}, forward, eager", _both(_forward, pair, pair, x), TARGET)
    compiled = [torch.compile(part, fullgraph=True) for part in pair]
    yield _row(f"{what}, training step, compiled", _both(_step, compiled, pair, x), TARGET)
    yield _row(f"{what}, forward, compiled", _both(_forward, compiled, pair, x), TARGET)
    torch._dynamo.reset()


def _both(make: Callable[..., Run], called: Any, pair: Pair, x: Tensor) -> tuple[Run, Run]:
    return make(called[0], pair[0], x), make(called[1], pair[1], x)


def _forward(called: Callable[[Tensor], Tensor], part: nn.Module, x: Tensor) -> Run:
    part.eval()

    def run() -> object:
        with torch.no_grad(), torch.autocast(x.device.type, torch.bfloat16, enabled=x.is_cuda):
            return called(x)

    return run


def _step(called: Callable[[Tensor], Tensor], part: nn.Module, x: Tensor) -> Run:
    part.train()
    optimizer = torch.optim.SGD(part.parameters(), lr=0.0)
    labels = torch.arange(len(x), device=x.device)

    def run() -> object:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(x.device.type, torch.bfloat16, enabled=x.is_cuda):
            loss = nn.functional.cross_entropy(called(x), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return None

    return run


def _row(what: str, pair: tuple[Run, Run], target: float, rounds: int = ROUNDS) -> Row:
    for run in pair:
        run()
        run()
    ratios = []
    for number in range(rounds):
        times = {}
        for run in pair if number % 2 else reversed(pair):
            start = time.perf_counter()
            run()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times[run] = time.perf_counter() - start
        ratios.append(times[pair[0]] / times[pair[1]])
    ratio = statistics.median(ratios)
    return Row(what, f"{ratio:.3f} of the twin's", f"{target}", ratio <= target)


def _memory(run: Run) -> int:
    """The most bytes that the allocator had given out at once since the run began."""
    run()
    with torch.profiler.profile(profile_memory=True) as profile:
        run()
    held = peak = 0
    for event in profile.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            peak = max(peak, held)
    return peak


def _memory_on_gpu(run: Run) -> int:
    run()
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated()
