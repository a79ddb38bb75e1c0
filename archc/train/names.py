"""Parameters by their names, as a recipe means them."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

import torch
from torch import nn

from archc.diagnostics import ArchError, Diagnostic


def named(module: nn.Module, patterns: Iterable[str], setting: str) -> dict[str, list[str]]:
    """Each pattern's parameters. Raises ArchError where it is of none."""
    names = [name for name, _ in module.named_parameters()]
    found = {pattern: [name for name in names if fnmatchcase(name, pattern)] for pattern in patterns}
    for pattern, held in found.items():
        if not held:
            close = get_close_matches(pattern, names, 1)
            help_text = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(names[:8])}, …"
            message = f"`{setting}`: the net has no parameter `{pattern}`"
            raise ArchError([Diagnostic("bad-setting", message, help=help_text)])
    return found


def freeze(module: nn.Module, patterns: Iterable[str]) -> None:
    """Parameters that are not to change."""
    for names in named(module, patterns, "freeze").values():
        for name in names:
            module.get_parameter(name).requires_grad_(False)


def start(module: nn.Module, biases: Mapping[str, float]) -> None:
    """Give parameters the one value that a recipe says. Raises ArchError where there is no such parameter."""
    with torch.no_grad():
        for pattern, names in named(module, biases, "init.biases").items():
            for name in names:
                module.get_parameter(name).fill_(biases[pattern])
