"""`archc specs`: the bundled networks."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from archc.cli.options import Json

if TYPE_CHECKING:
    from pathlib import Path

    from archc.graph import Graph
    from archc.sources import BundledSpec


def specs(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORD", help="Only those whose name or description has each word.")
    ] = None,
    json: Json = False,
) -> int:
    """List the bundled networks."""
    import sys

    from archc.analysis import table
    from archc.analysis.figures import human
    from archc.cli import terminal

    found = _known(_named(words or []))
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
        from archc.cli.usage_errors import near
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


def _known(specs: list[BundledSpec]) -> list[_Known]:
    """Each with its figures. A file is read once for all that are in it."""
    from archc.program import compile_path

    of_file: dict[Path, list[str]] = {}
    for spec in specs:
        of_file.setdefault(spec.file, []).append(spec.name)
    graphs: dict[str, Graph | None] = {}
    for file, names in of_file.items():
        nets = compile_path(str(file) if len(names) > 1 else names[0]).nets
        graphs |= {net.name: net.graph for net in nets}
    return [_Known(spec, graphs[spec.name]) for spec in specs]


class _Known:
    """A bundled network with its figures. input: height × width × channels. year: of its publication, where stated."""

    def __init__(self, spec: BundledSpec, graph: Graph | None) -> None:
        from archc.analysis.cost import totals
        from archc.ops import hwc

        assert graph is not None, spec.name
        year = re.search(r"\b(?:19|20)\d\d\b", spec.about)
        self.spec = spec
        self.params = totals(graph).params
        self.input = hwc(graph.inputs[0].shape)
        self.year = int(year[0]) if year else None


def _said_once(about: str, before: str) -> str:
    return "" if about == before else about
