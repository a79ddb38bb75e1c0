"""The application: its commands and their options, read by typer."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from enum import Enum
from importlib import import_module
from keyword import iskeyword
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperCommand, TyperGroup

from archc.cli.commands import COMMANDS, EXAMPLES, GROUPS, SUMMARIES
from archc.version import VERSION

REQUIRED = re.compile(r"\{([^{}]*)\}")
TYPE = re.compile(r" <[^<>]*>$")


class _Command(TyperCommand):
    """Its help names arguments as the documents do: `TARGET...`, without typer's braces and Python's types."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [_plain(piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        write = formatter.write_dl
        choices = {param.opts[0]: _choices(param) for param in self.get_params(ctx)}

        def listed(rows: Sequence[tuple[str, str]]) -> None:
            write(
                [(TYPE.sub("", name), _with(text, choices.get(name.split()[0].rstrip(","), ()))) for name, text in rows]
            )

        formatter.write_dl = listed
        super().format_options(ctx, formatter)
        formatter.write_dl = write


def _choices(param: Any) -> tuple[str, ...]:
    """The words that an option takes; () where it takes any."""
    kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
    kinds = [one for one in (kind, *get_args(kind)) if isinstance(one, type) and issubclass(one, Enum)]
    return tuple(str(choice.value) for one in kinds for choice in one)


def _with(text: str, choices: Sequence[str]) -> str:
    """The help of an option with the words that it takes, before its default."""
    if not choices:
        return text
    said, gap, default = text.partition("  [")
    return f"{said.rstrip('.')}: {', '.join(choices)}.{gap}{default}"


def _plain(piece: str) -> str:
    """`{TARGET}...` as `TARGET...`, and `{A B}...` as `A B`."""
    return REQUIRED.sub(lambda found: found[1], piece.removesuffix("...") if " " in piece else piece)


class _Grouped(TyperGroup):
    """Lists the commands under the headings of GROUPS."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for heading, names in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, SUMMARIES[name]) for name in names])


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"archc {VERSION}\n")
        raise typer.Exit(0)


def _options(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A declarative architecture compiler for convolutional networks."""


def build_app(commands: Sequence[str] = COMMANDS) -> typer.Typer:
    """The application with some of its commands: reading their options is most of what starting costs. Its own help
    names all of them.
    """
    app = typer.Typer(
        name="archc",
        help="A declarative architecture compiler for convolutional networks.",
        no_args_is_help=True,
        cls=_Grouped,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name in commands:
        python = f"{name}_" if iskeyword(name) else name
        examples = "\n".join(EXAMPLES[name])
        app.command(name, cls=_Command, epilog=f"\b\nExamples:\n{examples}")(
            getattr(import_module(f"archc.cli.{python}"), python)
        )
    return app
