"""Each optimiser and schedule against torch's own, step by step."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim import lr_scheduler

from archc.train import optim
from archc.train.average import Average
from archc.train.recipe import Optimizer, Schedule
from archc.train.schedule import Rate

Made = Callable[[Any], torch.optim.Optimizer]

PAIRS: dict[str, tuple[dict[str, Any], Made]] = {
    "sgd": ({"name": "sgd", "lr": 0.1}, lambda p: torch.optim.SGD(p, 0.1)),
    "sgd with momentum": (
        {"name": "sgd", "lr": 0.1, "momentum": 0.8},
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.8),
    ),
    "momentum": ({"name": "momentum", "lr": 0.1}, lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
    "nesterov": ({"name": "nesterov", "lr": 0.1}, lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True)),
    "adagrad": ({"name": "adagrad"}, torch.optim.Adagrad),
    "rmsprop": (
        {"name": "rmsprop", "lr": 0.01, "rho": 0.9, "momentum": 0.5},
        lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9, momentum=0.5),
    ),
    "adadelta": (
        {"name": "adadelta", "rho": 0.95, "eps": 1e-8},
        lambda p: torch.optim.Adadelta(p, 1.0, rho=0.95, eps=1e-8),
    ),
    "adam": ({"name": "adam", "betas": [0.8, 0.95]}, lambda p: torch.optim.Adam(p, 1e-3, betas=(0.8, 0.95))),
    "adamw": (
        {"name": "adamw", "decay_all": True, "weight_decay": 0.1},
        lambda p: torch.optim.AdamW(p, weight_decay=0.1),
    ),
    "l2": (
        {"name": "sgd", "lr": 0.1, "l2_decay": 0.1, "decay_all": True},
        lambda p: torch.optim.SGD(p, 0.1, weight_decay=0.1),
    ),
}


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 9, bias=False), nn.BatchNorm1d(9), nn.ReLU(), nn.Linear(9, 3))


def steps(module: nn.Module, optimizer: torch.optim.Optimizer, after: Callable[[], None] | None = None) -> None:
    generator = torch.Generator().manual_seed(1)
    for _ in range(5):
        x, y = torch.randn(8, 6, generator=generator), torch.randint(0, 3, (8,), generator=generator)
        nn.functional.cross_entropy(module(x), y).backward()  # type: ignore[no-untyped-call]
        if after is not None:
            after()
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("fused", [False, True])
def test_optimisers(name: str, fused: bool) -> None:
    settings, theirs = PAIRS[name]
    left, right = net(), net()
    steps(left, optim.build(left, Optimizer.model_validate(settings), fused=fused))
    steps(right, theirs(right.parameters()))
    for one, other in zip(left.parameters(), right.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5 if fused else 0, atol=1e-7 if fused else 0)


def test_decay_is_of_weights_alone() -> None:
    module = net()
    made = optim.build(module, Optimizer(name="adamw", weight_decay=0.1))
    decayed, rest = made.param_groups
    assert [parameter.dim() for parameter in decayed["params"]] == [2, 2]
    assert decayed["weight_decay"] == 0.1 and rest["weight_decay"] == 0
    assert len(decayed["params"]) + len(rest["params"]) == len(list(module.parameters()))


def test_l1_decay_clipping_and_max_norm() -> None:
    settings = Optimizer(name="sgd", lr=1.0, l1_decay=0.25)
    module = nn.Linear(2, 2)
    module.weight.data = torch.tensor([[1.0, -2.0], [0.0, 3.0]])
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optim.before_step(module, settings)
    assert module.weight.grad is not None and module.bias.grad is not None
    assert module.weight.grad.tolist() == [[0.25, -0.25], [0.0, 0.25]]
    assert module.bias.grad.tolist() == [0, 0]

    module.weight.grad = torch.full((2, 2), 3.0)
    optim.before_step(module, Optimizer(clip_norm=1.0))
    assert module.weight.grad.norm().item() == pytest.approx(1, abs=1e-4)
    module.weight.grad = torch.full((2, 2), 3.0)
    optim.before_step(module, Optimizer(clip_value=0.5))
    assert module.weight.grad.max().item() == 0.5

    optim.after_step(module.parameters(), Optimizer(max_norm=2.0))
    norms = module.weight.norm(dim=1)
    assert norms[0].item() == pytest.approx(2, abs=1e-4) and norms[1].item() == pytest.approx(2, abs=1e-4)


EPOCH, TOTAL = 7, 42


def torch_rates(make: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler], each_epoch: bool) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1)
    scheduler = make(optimizer)
    rates = []
    for update in range(TOTAL):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if not each_epoch or update % EPOCH == EPOCH - 1:
            scheduler.step()
    return rates


SCHEDULES: dict[str, tuple[Schedule, Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler], bool]] = {
    "constant": (Schedule(name="constant"), lambda o: lr_scheduler.ConstantLR(o, 1.0), False),
    "step": (Schedule(name="step", every=2, gamma=0.3), lambda o: lr_scheduler.StepLR(o, 2, 0.3), True),
    "milestones": (Schedule(name="step", at=(1, 4)), lambda o: lr_scheduler.MultiStepLR(o, [1, 4]), True),
    "cosine": (
        Schedule(name="cosine", final=0.1),
        lambda o: lr_scheduler.CosineAnnealingLR(o, TOTAL, eta_min=0.01),
        False,
    ),
    "one_cycle": (
        Schedule(name="one_cycle"),
        lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=TOTAL, cycle_momentum=False),
        False,
    ),
    "triangle": (
        Schedule(name="triangle", rise=0.25, start_divisor=5, final=0.2),
        lambda o: lr_scheduler.CyclicLR(o, 0.02, 0.1, 10, TOTAL - 10, cycle_momentum=False),
        False,
    ),
    "warmup": (
        Schedule(name="constant", warmup=2),
        lambda o: lr_scheduler.LinearLR(o, 1 / (2 * EPOCH), 1.0, 2 * EPOCH - 1),
        False,
    ),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name: str) -> None:
    settings, theirs, each_epoch = SCHEDULES[name]
    rate = Rate(settings, 0.1, TOTAL, EPOCH)
    assert [rate(update) for update in range(TOTAL)] == pytest.approx(torch_rates(theirs, each_epoch), rel=1e-9)


def test_plateau() -> None:
    losses = [1.0, 0.9, 0.9, 0.9, 0.89999, 0.95, 0.5, 0.6, 0.6, 0.6, 0.6, 0.1]
    rate = Rate(Schedule(name="plateau", patience=2, gamma=0.5), 0.1, 10, 1)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
    for loss in losses:
        rate.observe(loss)
        scheduler.step(loss)
        assert rate(0) == pytest.approx(optimizer.param_groups[0]["lr"])
    other = Rate(rate.settings, 0.1, 10, 1)
    other.load(rate.state())
    assert other(3) == rate(3) < 0.1


@pytest.mark.parametrize("total", [1, 2, 3])
@pytest.mark.parametrize("name", ["constant", "step", "cosine", "one_cycle", "triangle", "plateau"])
def test_the_shortest_runs_have_a_rate(name: Any, total: int) -> None:
    rate = Rate(Schedule(name=name), 0.1, total, 1)
    assert all(math.isfinite(rate(update)) and 0 <= rate(update) <= 0.1 for update in range(total))


def test_the_average_follows_the_weights() -> None:
    module = net()
    average = Average(module, 0.9)
    optimizer = torch.optim.SGD(module.parameters(), 0.5)
    expected: list[Tensor] = [parameter.detach().clone() for parameter in module.parameters()]
    for update in range(4):
        steps(module, optimizer)
        average.update(module)
        decay = min(0.9, (1 + update) / (10 + update))
        expected = [decay * held + (1 - decay) * now for held, now in zip(expected, module.parameters(), strict=True)]
    for (name, _), wanted in zip(module.named_parameters(), expected, strict=True):
        torch.testing.assert_close(average.weights[name], wanted.detach())
    assert torch.equal(average.weights["1.running_mean"], module.state_dict()["1.running_mean"])
    own = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    with average.applied(module):
        assert torch.equal(module.state_dict()["0.weight"], average.weights["0.weight"])
    assert all(torch.equal(own[name], tensor) for name, tensor in module.state_dict().items())
