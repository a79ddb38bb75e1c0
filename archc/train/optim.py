"""Optimisers: torch's, with decay of weights alone, max-norm, and clipping."""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from archc.train.eps_in_root import EpsInRoot
from archc.train.parameter_patterns import named
from archc.train.recipe import Optimizer

FUSED = frozenset({"sgd", "momentum", "nesterov", "adagrad", "adam", "adamw"})
FUSED_DEVICES = frozenset({"cpu", "cuda"})


def build(module: nn.Module, settings: Optimizer, fused: bool = True) -> torch.optim.Optimizer:
    """The optimiser of the parameters of a module. fused: use torch's fused kernel if it has one."""
    groups = _groups(module, settings)
    settings = settings.resolved()
    given: dict[str, Any] = {"lr": settings.lr}
    if settings.betas is not None:
        given["betas"] = settings.betas
    if settings.eps is not None:
        given["eps"] = settings.eps
    if settings.rho is not None:
        given["alpha" if settings.name == "rmsprop" else "rho"] = settings.rho
    if settings.momentum is not None:
        given["momentum"] = settings.momentum
    if (
        settings.name in FUSED
        and not settings.eps_in_root
        and fused
        and all(_fusible(parameter) for group in groups for parameter in group["params"])
    ):
        given["fused"] = True
    match settings.name:
        case "sgd" | "momentum":
            return torch.optim.SGD(groups, **given)
        case "nesterov":
            return torch.optim.SGD(groups, nesterov=True, **given)
        case "adagrad" | "rmsprop" if settings.eps_in_root:
            return EpsInRoot(groups, settings)
        case "adagrad":
            return torch.optim.Adagrad(groups, **given)
        case "rmsprop":
            return torch.optim.RMSprop(groups, **given)
        case "adadelta":
            return torch.optim.Adadelta(groups, **given)
        case "adam":
            return torch.optim.Adam(groups, **given)
        case "adamw":
            return torch.optim.AdamW(groups, **given)


def _groups(module: nn.Module, settings: Optimizer) -> list[dict[str, Any]]:
    """Groups of parameters by their decay and their factor of the rate, which each group keeps as `times`."""
    times = _by_name(module, settings.rates, "optimizer.rates")
    plain = settings.l2_decay if not isinstance(settings.l2_decay, dict) else 0.0
    each = _by_name(module, settings.l2_decay, "optimizer.l2_decay") if isinstance(settings.l2_decay, dict) else {}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            share = settings.decay + plain if settings.decay_all or decays(parameter) else 0.0
            share += each.get(name, 0.0)
            groups.setdefault((share, times.get(name, 1.0)), []).append(parameter)
    ordered = sorted(groups.items(), key=lambda item: -item[0][0])
    return [{"params": held, "weight_decay": share / many, "times": many} for (share, many), held in ordered]


def _by_name(module: nn.Module, patterns: Mapping[str, float], setting: str) -> dict[str, float]:
    """The number of each parameter, by patterns of names."""
    found = named(module, patterns, setting).items()
    return {name: patterns[pattern] for pattern, names in found for name in names}


def decays(parameter: Tensor) -> bool:
    """True for weights of layers; norms, biases and scales have one dimension."""
    return parameter.dim() >= 2


def _fusible(parameter: Tensor) -> bool:
    return parameter.is_floating_point() and parameter.device.type in FUSED_DEVICES


def before_step(module: nn.Module, settings: Optimizer) -> None:
    """Changes to the gradients before an update: l1 decay, then clipping."""
    trained = [parameter for parameter in module.parameters() if parameter.grad is not None]
    if settings.l1_decay:
        _shrink(module, settings, settings.l1_decay)
    if settings.clip_value is not None:
        nn.utils.clip_grad_value_(trained, settings.clip_value)
    if settings.clip_norm is not None:
        nn.utils.clip_grad_norm_(trained, settings.clip_norm)


@torch.no_grad()
def _shrink(module: nn.Module, settings: Optimizer, decay: float | Mapping[str, float]) -> None:
    """Add l1 decay to the gradients."""
    each = _by_name(module, decay, "optimizer.l1_decay") if isinstance(decay, Mapping) else None
    all_alike = 0.0 if isinstance(decay, Mapping) else decay
    for name, parameter in module.named_parameters():
        if parameter.grad is None:
            continue
        alike = all_alike if settings.decay_all or decays(parameter) else 0.0
        share = alike if each is None else each.get(name, 0.0)
        if share:
            parameter.grad.add_(parameter.sign(), alpha=share)


def after_step(parameters: Iterable[nn.Parameter], settings: Optimizer) -> None:
    """Max-norm: the incoming weights of a unit are scaled down if their norm is too large (Srivastava 2014)."""
    if settings.max_norm is not None:
        with torch.no_grad():
            for parameter in parameters:
                if decays(parameter):
                    parameter.copy_(parameter.renorm(2, 0, settings.max_norm))
