"""The compiler's options from those of a command, the one net that it works on, and diagnostics on standard error."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from archc.cli import terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archc.api import Net
    from archc.diagnostics import Diagnostic
    from archc.program import Options


def compile_options(input: str | None, params: list[str] | None, max_nodes: int | None = None) -> Options:
    """The compiler's options from those of a command. Raises typer's error for a value that is not allowed."""
    from archc.cli.option_values import parameter, sizes_option
    from archc.program import Options

    given = sizes_option(input)
    try:
        options = Options(given, dict(map(parameter, params or ())))
        return options if max_nodes is None else replace(options, max_nodes=max_nodes)
    except ValueError as error:
        import typer

        raise typer.BadParameter(str(error)) from None


def one_net(target: str, param: list[str] | None = None, input: str | None = None) -> Net | None:
    """The net of a target. None, after the errors are printed, if it has errors or the target holds several nets."""
    from archc.api import only
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
