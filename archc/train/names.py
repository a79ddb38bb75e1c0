"""Parameters by their names, as a recipe means them."""

from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase

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
