"""`archc specs`: the bundled networks."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from archc.sources import BundledSpec


def specs(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORD", help="Only those whose name or description has each word.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> int:
    """List the bundled networks."""
    import sys

    from archc.analysis import table
    from archc.analysis.figures import human
    from archc.cli import terminal

    found = [_Known(spec) for spec in _named(words or [])]
    if json:
        rows = [
            {
                "name": one.spec.name,
                "file": one.spec.file.name,
                "about": one.spec.about,
                "params": one.params,
                "input": one.input,
                "year": one.year,
            }
            for one in found
        ]
        terminal.json({"schema": 1, "specs": rows})
        return 0
    if not found:
        from archc.cli.usage import near
        from archc.program import bundled_specs

        names = [name for spec in bundled_specs() for name in (spec.name, spec.file.stem)]
        meant = near(words[0], names) if words and len(words) == 1 else ""
        terminal.note(f"archc: no bundled network has {' and '.join(f'`{word}`' for word in words or [])}{meant}")
        return 1
    pairs = list(zip(found, ["", *(one.spec.about for one in found)], strict=False))
    columns = [
        table.Column("name", [one.spec.name for one in found]),
        table.Column("params", [human(one.params) for one in found], right=True),
        table.Column("input", [one.input for one in found]),
        table.Column("year", [str(one.year or "") for one in found]),
        table.Column("about", [_said_once(one.spec.about, before) for one, before in pairs], shrinks_to=12),
    ]
    lines = table.lines(columns, terminal.width(sys.stdout), color=terminal.color(sys.stdout))
    count = f"{len(found)} network{'s' * (len(found) != 1)}"
    terminal.out("\n".join([*lines, "", f"{count}; `archc check NAME` shows one"]))
    return 0


def _named(words: list[str]) -> list[BundledSpec]:
    """The bundled networks that have each word in their name, their file's name or its description."""
    from archc.program import bundled_specs

    def text(spec: BundledSpec) -> str:
        return f"{spec.name} {spec.file.stem} {spec.about}".lower()

    return [spec for spec in bundled_specs() if all(word.lower() in text(spec) for word in words)]


class _Known:
    """A bundled network with its figures. input: height × width × channels. year: of its publication, where stated."""

    def __init__(self, spec: BundledSpec) -> None:
        from archc.analysis.cost import totals
        from archc.ops import hwc
        from archc.program import compile_path

        graph = compile_path(spec.name).nets[0].graph
        assert graph is not None, spec.name
        year = re.search(r"\b(?:19|20)\d\d\b", spec.about)
        self.spec = spec
        self.params = totals(graph).params
        self.input = hwc(graph.inputs[0].shape)
        self.year = int(year[0]) if year else None


def _said_once(about: str, before: str) -> str:
    return "" if about == before else about
