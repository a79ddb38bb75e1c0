"""Parameters by patterns of their names."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

import torch
from torch import nn

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.spelling import close_words, suggestion


def named(module: nn.Module, patterns: Iterable[str], setting: str, buffers: bool = False) -> dict[str, list[str]]:
    """The parameters of each pattern. Raises ArchError if a pattern matches none.

    buffers: whether a pattern may match a buffer instead.
    """
    names = [name for name, _ in module.named_parameters()]
    held_back = [name for name, _ in module.named_buffers()] if buffers else []
    found = {pattern: [name for name in names if fnmatchcase(name, pattern)] for pattern in patterns}
    for pattern, matches in found.items():
        if not matches and not any(fnmatchcase(name, pattern) for name in held_back):
            help_text = suggestion(close_words(pattern, names), [*names[:8], "…"])
            message = f"`{setting}`: the net has no parameter `{pattern}`"
            raise ArchError([Diagnostic(Code.BAD_SETTING, message, help=help_text)])
    return found


def freeze(module: nn.Module, patterns: Iterable[str]) -> list[nn.Module]:
    """Freeze parameters, and return the norms that are frozen with them, which keep and use their statistics.

    A norm is frozen if all of its parameters are, or if its statistics are named.
    """
    patterns = tuple(patterns)
    for names in named(module, patterns, "freeze", buffers=True).values():
        for name in names:
            module.get_parameter(name).requires_grad_(False)
    return [one for name, one in module.named_modules() if _is_norm(one) and _frozen(one, name, patterns)]


def _is_norm(module: nn.Module) -> bool:
    return getattr(module, "running_mean", None) is not None


def _frozen(norm: nn.Module, name: str, patterns: Iterable[str]) -> bool:
    own = list(norm.parameters(recurse=False))
    if own and not any(parameter.requires_grad for parameter in own):
        return True
    return any(fnmatchcase(f"{name}.running_mean", pattern) for pattern in patterns)


def start(module: nn.Module, biases: Mapping[str, float]) -> None:
    """Set parameters to the values of a recipe. Raises ArchError if there is no such parameter."""
    with torch.no_grad():
        for pattern, names in named(module, biases, "init.biases").items():
            for name in names:
                module.get_parameter(name).fill_(biases[pattern])
