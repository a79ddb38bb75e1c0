"""A built module against torchvision's own: time to build, forward, training step, memory of the step.

Both run in this process, in turns, so that what else the machine does falls on both; the median of the ratios counts.
"""

import importlib.util
import statistics
import sys
import time
import types
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from typing import Any

import torch
from torch import nn

import archc
from tests.bench.process import Row

ROUNDS = 15
TARGET = 1.02
MEMORY = 1.02
NETS = {"resnet50": (8, 128), "densenet121": (4, 128), "mobilenet_v2": (8, 128)}


def theirs(name: str) -> Callable[[], nn.Module] | None:
    """torchvision's constructor; its networks are plain Python, so its compiled operators need not load."""
    models = torchvision("models")
    return None if models is None else lambda: getattr(models, name)(weights=None)


def torchvision(part: str) -> Any:
    """A module of torchvision, or None where there is none."""
    try:
        return importlib.import_module(f"torchvision.{part}")
    except ImportError:
        return None
    except RuntimeError:  # operators of another build of torch
        return _without_operators(part)


def _without_operators(wanted: str) -> Any:
    for part in [part for part in sys.modules if part.partition(".")[0] == "torchvision"]:
        del sys.modules[part]
    found = importlib.util.find_spec("torchvision")
    if found is None or found.submodule_search_locations is None:
        return None
    package = types.ModuleType("torchvision")
    package.__path__ = list(found.submodule_search_locations)
    package.__spec__ = ModuleSpec("torchvision", None, is_package=True)
    extension = types.ModuleType("torchvision.extension")
    vars(extension).update(_HAS_OPS=False, _has_ops=lambda: False, _assert_has_ops=lambda: None)
    sys.modules |= {"torchvision": package, "torchvision.extension": extension}
    try:
        return importlib.import_module(f"torchvision.{wanted}")
    except Exception as error:
        print(f"  torchvision.{wanted} cannot be imported: {error}")
        return None


def module() -> list[Row]:
    """The rows."""
    rows = []
    for name, (batch, size) in NETS.items():
        peer = theirs(name)
        if peer is None:
            return [Row(f"{name} against torchvision's", "torchvision is not there")]
        torch.manual_seed(0)
        pair = (archc.load(name).torch(logits=True), peer())
        pair[1].load_state_dict(dict(zip(pair[1].state_dict(), pair[0].state_dict().values(), strict=True)))
        x = torch.randn(batch, 3, size, size)
        for part in pair:
            part.train()
        rows.append(_row(f"{name}, training step, eager", [_step(part, x) for part in pair], TARGET))
        rows.append(_memory(f"{name}, memory held for the step", pair, x))
        for part in pair:
            part.eval()
        rows.append(_row(f"{name}, forward, eager", [_forward(part, x) for part in pair], TARGET))
        compiled = [torch.compile(part, fullgraph=True) for part in pair]
        rows.append(_row(f"{name}, forward, compiled", [_forward(part, x) for part in compiled], TARGET))
        torch._dynamo.reset()
    net = archc.load("resnet152")
    peer = theirs("resnet152")
    if peer is not None:
        rows.append(_row("resnet152, build", [net.torch, peer], 1.0, rounds=5))
    return rows


def _forward(part: Callable[..., Any], x: torch.Tensor) -> Callable[[], object]:
    def run() -> object:
        with torch.no_grad():
            return part(x)

    return run


def _step(part: nn.Module, x: torch.Tensor) -> Callable[[], object]:
    optimizer = torch.optim.SGD(part.parameters(), lr=0.0)
    labels = torch.arange(len(x))

    def run() -> object:
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(part(x), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return None

    return run


def _row(what: str, pair: list[Callable[[], object]], target: float, rounds: int = ROUNDS) -> Row:
    for run in pair:
        run()
        run()
    ratios = []
    for number in range(rounds):
        times = {}
        for run in pair if number % 2 else reversed(pair):
            start = time.perf_counter()
            run()
            times[run] = time.perf_counter() - start
        ratios.append(times[pair[0]] / times[pair[1]])
    ratio = statistics.median(ratios)
    return Row(what, f"{ratio:.3f} of torchvision's", f"{target}", ratio <= target)


def _memory(what: str, pair: tuple[nn.Module, nn.Module], x: torch.Tensor) -> Row:
    """Bytes of distinct storages that autograd keeps between forward and backward."""
    held = []
    for part in pair:
        storages: dict[int, int] = {}

        def keep(tensor: torch.Tensor, storages: dict[int, int] = storages) -> torch.Tensor:
            storage = tensor.untyped_storage()
            storages[storage.data_ptr()] = storage.nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            output = part(x)
        held.append(sum(storages.values()))
        del output
    ratio = held[0] / held[1]
    return Row(what, f"{ratio:.3f} of torchvision's", f"{MEMORY}", ratio <= MEMORY)
