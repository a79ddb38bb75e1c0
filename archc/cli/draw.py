"""`archc draw`: a net as a picture."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from archc.cli.options import Depth, InputSizes, Param


class Style(StrEnum):
    """What kind of picture."""

    graph = "graph"
    table = "table"
    volumes = "volumes"
    vgg = "vgg"


class Level(StrEnum):
    """How much of the net is open."""

    stage = "stage"
    block = "block"
    layer = "layer"


class Direction(StrEnum):
    """Where the net flows: top to bottom or left to right."""

    TB = "TB"
    LR = "LR"


class Theme(StrEnum):
    """The colours."""

    light = "light"
    dark = "dark"


class Engine(StrEnum):
    """What lays a graph out."""

    auto = "auto"
    own = "own"
    embedded = "embedded"
    dot = "dot"


class Shapes(StrEnum):
    """Which shapes are written."""

    changes = "changes"
    all = "all"
    none = "none"


def draw(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET", help="A net; --style table and vgg take several.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="The file to write; an existing file is overwritten: .svg .png .pdf .dot .mmd .html, of a table "
            ".tex; - is standard output. Default: NET.svg.",
        ),
    ] = None,
    style: Annotated[
        Style, typer.Option("--style", case_sensitive=False, help="A graph, the paper's table, volumes, or VGG's bars")
    ] = (Style.graph),
    level: Annotated[
        Level | None,
        typer.Option(
            "--level", case_sensitive=False, help="How much is open; the finest that is easy to read without it."
        ),
    ] = None,
    depth: Depth = None,
    unfold: Annotated[bool, typer.Option("--unfold", help="Draw every repetition.")] = False,
    separate: Annotated[bool, typer.Option("--separate", help="A box for every layer.")] = False,
    shapes: Annotated[Shapes, typer.Option("--shapes", case_sensitive=False, help="Shapes on edges.")] = Shapes.changes,
    params: Annotated[bool, typer.Option("--params", help="Parameters of every layer.")] = False,
    macs: Annotated[bool, typer.Option("--macs", help="Multiply-accumulates of every layer.")] = False,
    direction: Annotated[
        Direction, typer.Option("--direction", case_sensitive=False, help="Where the net flows.")
    ] = Direction.TB,
    theme: Annotated[Theme, typer.Option("--theme", case_sensitive=False, help="The colours.")] = Theme.light,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="In place of the net's name.")] = None,
    legend: Annotated[bool, typer.Option("--legend/--no-legend", help="What the colours mean.")] = True,
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine", case_sensitive=False, help="What lays it out: archc's own, Graphviz embedded or installed."
        ),
    ] = Engine.auto,
    scale: Annotated[
        float, typer.Option("--scale", metavar="N", min=0.1, max=8.0, help="Pixels to a point in a PNG.")
    ] = 2.0,
    against: Annotated[
        str | None, typer.Option("--against", metavar="OTHER", help="Beside another net, with what differs marked.")
    ] = None,
    param: Param = None,
    input: InputSizes = None,
) -> int:
    """Draw a network. As SVG, PNG, PDF, DOT, Mermaid, HTML or LaTeX; one that does not check, up to the mistake."""
    from archc.backends.diagram.place import BoxOptions
    from archc.cli.check import options
    from archc.cli.picture import Asked, drawn

    return drawn(
        targets,
        options(input, param or [], 1_000_000),
        Asked(
            output,
            style.value,
            level.value if level else None,
            depth,
            unfold,
            BoxOptions(shapes.value, params, macs, separate),
            direction is Direction.TB,
            theme.value,
            title,
            legend,
            engine.value,
            scale,
            against,
        ),
    )
