"""`archc draw`: a net as a picture."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from archc.cli.options import Depth, InputSizes, Param


class Style(StrEnum):
    """The kind of picture."""

    graph = "graph"
    table = "table"
    volumes = "volumes"
    vgg = "vgg"


class Level(StrEnum):
    """How much detail is drawn."""

    stage = "stage"
    block = "block"
    layer = "layer"


class Direction(StrEnum):
    """The direction of the net: top to bottom or left to right."""

    TB = "TB"
    LR = "LR"


class Theme(StrEnum):
    """The colours."""

    light = "light"
    dark = "dark"


class Engine(StrEnum):
    """The layout engine."""

    auto = "auto"
    own = "own"
    embedded = "embedded"
    dot = "dot"


class Shapes(StrEnum):
    """Which shapes are written on edges."""

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
            "--level",
            case_sensitive=False,
            help="How much detail is drawn. Default: the finest level that is easy to read.",
        ),
    ] = None,
    depth: Depth = None,
    unfold: Annotated[bool, typer.Option("--unfold", help="Draw every round of a repetition.")] = False,
    separate: Annotated[bool, typer.Option("--separate", help="Draw a box for every layer.")] = False,
    shapes: Annotated[Shapes, typer.Option("--shapes", case_sensitive=False, help="Shapes on edges.")] = Shapes.changes,
    params: Annotated[bool, typer.Option("--params", help="Write the parameters of every layer.")] = False,
    macs: Annotated[bool, typer.Option("--macs", help="Write the multiply-accumulates of every layer.")] = False,
    direction: Annotated[
        Direction, typer.Option("--direction", case_sensitive=False, help="The direction of the net.")
    ] = Direction.TB,
    theme: Annotated[Theme, typer.Option("--theme", case_sensitive=False, help="The colours.")] = Theme.light,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help="A title in place of the net's name.")
    ] = None,
    legend: Annotated[bool, typer.Option("--legend/--no-legend", help="Explain the colours.")] = True,
    engine: Annotated[
        Engine,
        typer.Option(
            "--engine",
            case_sensitive=False,
            help="The layout engine: archc's own, embedded Graphviz or installed Graphviz.",
        ),
    ] = Engine.auto,
    scale: Annotated[
        float, typer.Option("--scale", metavar="N", min=0.1, max=8.0, help="Pixels for each point of a PNG.")
    ] = 2.0,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="OTHER", help="Draw another net beside it, with the differences marked."),
    ] = None,
    param: Param = None,
    input: InputSizes = None,
) -> int:
    """Draw a network. As SVG, PNG, PDF, DOT, Mermaid, HTML or LaTeX; a net with an error is drawn up to it."""
    from archc.backends.diagram.place import BoxOptions
    from archc.cli.nets import compile_options
    from archc.cli.picture import PictureOptions, drawn

    options = PictureOptions(
        output=output,
        style=style.value,
        level=level.value if level else None,
        depth=depth,
        unfold=unfold,
        boxes=BoxOptions(shapes.value, params, macs, separate),
        down=direction is Direction.TB,
        theme=theme.value,
        title=title,
        legend=legend,
        engine=engine.value,
        scale=scale,
        against=against,
    )
    return drawn(targets, compile_options(input, param), options)
