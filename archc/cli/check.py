"""`archc check`: shapes, parameters and costs of nets, or their errors."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from archc.cli.options import MAX_NODES, Depth, InputSizes, MaxNodes, Param

if TYPE_CHECKING:
    pass


class Format(StrEnum):
    """The format of the output."""

    text = "text"
    json = "json"
    markdown = "markdown"
    csv = "csv"
    github = "github"
    sarif = "sarif"


def check(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET", help="Sources, folders of them, bundled names (`archc specs`), or - for stdin."
        ),
    ],
    input: InputSizes = None,
    param: Param = None,
    batch: Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Batch size of the memory figures.")] = 1,
    depth: Depth = None,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="LAYER", help="Show the arithmetic of one layer.")
    ] = None,
    format: Annotated[
        Format, typer.Option("--format", case_sensitive=False, help="Format of the output.")
    ] = Format.text,
    json: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Short for --format markdown.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Short for --format csv.")] = False,
    max_nodes: MaxNodes = MAX_NODES,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing for nets without errors.")] = False,
    info: Annotated[
        bool | None,
        typer.Option(
            "--info/--no-info",
            help="Report possible improvements too. Default: yes, except with -q and --format github.",
        ),
    ] = None,
) -> int:
    """Check shapes, parameters, costs and what is stated of them."""
    from archc.cli.nets import compile_options
    from archc.cli.report import ReportOptions, report
    from archc.cli.targets import expanded

    flags = [one for one, given in ((Format.json, json), (Format.markdown, markdown), (Format.csv, csv)) if given]
    if len(flags) > 1 or (flags and format not in (Format.text, flags[0])):
        raise typer.BadParameter("choose one format")
    chosen = flags[0] if flags else format
    if explain is not None and chosen is not Format.text:
        raise typer.BadParameter("--explain prints text; --json has the figures of every layer")
    infos = info if info is not None else chosen is not Format.github and not quiet
    return report(
        expanded(files),
        compile_options(input, param, max_nodes),
        ReportOptions(chosen.value, depth, batch, explain, quiet, infos),
    )
