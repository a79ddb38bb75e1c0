"""`archc check`: shapes, parameters and costs of nets, or what is wrong with them."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from archc.cli.options import Depth, InputSizes, MaxNodes, Param

if TYPE_CHECKING:
    from archc.program import Options


class Format(StrEnum):
    """What is printed."""

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
    batch: Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Samples that memory is counted for.")] = 1,
    depth: Depth = None,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="LAYER", help="The arithmetic of one layer.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", case_sensitive=False, help="What to print.")] = Format.text,
    json: Annotated[bool, typer.Option("--json", help="As --format json.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="As --format markdown.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="As --format csv.")] = False,
    max_nodes: MaxNodes = 1_000_000,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing of nets that check.")] = False,
    info: Annotated[
        bool | None,
        typer.Option(
            "--info/--no-info",
            help="Also report what could be written better. Default: yes, except with -q and --format github.",
        ),
    ] = None,
) -> int:
    """Check shapes, parameters, costs and what is stated of them."""
    from archc.cli.report import Report, report
    from archc.cli.targets import expanded

    asked = [one for one, wanted in ((Format.json, json), (Format.markdown, markdown), (Format.csv, csv)) if wanted]
    if len(asked) > 1 or (asked and format not in (Format.text, asked[0])):
        raise typer.BadParameter("choose one format")
    chosen = asked[0] if asked else format
    if explain is not None and chosen is not Format.text:
        raise typer.BadParameter("--explain prints text; --json has the figures of every layer")
    infos = info if info is not None else chosen is not Format.github and not quiet
    return report(
        expanded(files),
        options(input, param or [], max_nodes),
        Report(chosen.value, depth, batch, explain, quiet, infos),
    )


def options(input: str | None, params: list[str], max_nodes: int) -> Options:
    """What the options say to the compiler. Raises typer's error where a value does not fit."""
    from archc.cli.values import parameter, sizes
    from archc.program import Options

    try:
        given = sizes(input) if input is not None else None
        return Options(given, dict(map(parameter, params)), max_nodes)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
