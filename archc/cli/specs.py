"""`archc specs`: the bundled networks."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from typing import Annotated

import typer


def specs(json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> int:
    """List the bundled networks."""
    import sys

    from archc.analysis import table
    from archc.cli import terminal
    from archc.program import bundled_specs

    found = bundled_specs()
    if json:
        rows = [{"name": spec.name, "file": spec.file.name, "about": spec.about} for spec in found]
        terminal.json({"schema": 1, "specs": rows})
        return 0
    pairs = list(zip(found, ["", *(spec.about for spec in found)], strict=False))
    columns = [
        table.Column("name", [spec.name for spec in found]),
        table.Column("file", [spec.file.name for spec in found]),
        table.Column("about", [_said_once(spec.about, before) for spec, before in pairs], shrinks_to=12),
    ]
    lines = table.lines(columns, terminal.width(sys.stdout), color=terminal.color(sys.stdout))
    terminal.out("\n".join([*lines, "", f"{len(found)} networks; `archc check NAME` shows one"]))
    return 0


def _said_once(about: str, before: str) -> str:
    return "" if about == before else about
