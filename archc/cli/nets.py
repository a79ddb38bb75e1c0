"""The one net that a command works on, and diagnostics on standard error."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from archc.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archc.api import Net
    from archc.diagnostics import Diagnostic


def one_net(target: str, param: list[str] | None = None, input: str | None = None) -> Net | None:
    """The net of a target. None, after the errors are printed, if it has errors or the target holds several nets."""
    from archc.api import only
    from archc.cli.check import compile_options
    from archc.diagnostics import ArchError

    try:
        net = only(target, compile_options(input, param), sys.stdin)
    except ArchError as error:
        messages(error.diagnostics)
        return None
    messages(net.warnings)
    return net


def messages(diagnostics: Iterable[Diagnostic]) -> None:
    """Print diagnostics to standard error. The last line is the command that explains their codes."""
    from archc.diagnostics.text import explained_by, render_all

    listed = list(diagnostics)
    if listed:
        width, wrap = terminal.width(sys.stderr), sys.stderr.isatty()
        text = render_all(listed, color=terminal.color(sys.stderr), width=width, wrap=wrap)
        terminal.err(f"{text}\n{'' if len(listed) > 1 else chr(10)}{explained_by(listed)}")
