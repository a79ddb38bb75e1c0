"""`archc import`: a net in another notation as `.arch`."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def import_(
    source: Annotated[str, typer.Argument(metavar="FILE", help="ConvNetJS's layer_defs, .js or .json, or -.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Where to; a trainer goes beside it as .train.toml."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Write over files that are there.")] = False,
) -> int:
    """Print a ConvNetJS network as .arch, once both were seen to give the same layers."""
    import sys

    from archc.cli import terminal
    from archc.cli.one import messages
    from archc.elaborate.env import Failure
    from archc.files import write_text
    from archc.importers import is_convnetjs
    from archc.rewrite import rewritten
    from archc.sources import find_text

    try:
        text = find_text(source, sys.stdin)
    except Failure as failure:
        messages([failure.diagnostic])
        return 1
    if not is_convnetjs(text):
        raise typer.BadParameter(f"archc reads ConvNetJS's .js and .json, and `{source}` is neither")
    made = rewritten(text)
    messages(made.diagnostics)
    if made.text is None:
        return 1
    if output is None:
        recipe = "".join(f"# {line}\n" if line else "#\n" for line in (made.recipe or "").splitlines())
        terminal.out((f"{made.text}\n# The trainer, as a recipe:\n#\n{recipe}" if recipe else made.text).rstrip("\n"))
        return 0
    beside = output.with_suffix(".train.toml")
    there = [str(path) for path in (output, *([beside] if made.recipe else [])) if path.exists()]
    if there and not force:
        terminal.err(f"archc: {there[0]} is there already; --force writes over it")
        return 2
    write_text(output, made.text)
    if made.recipe:
        write_text(beside, made.recipe)
    return 0
