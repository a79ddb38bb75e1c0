"""The application: its commands and their options, read by typer."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword
from typing import Annotated

import typer

from archc.version import VERSION

COMMANDS = (
    *("bench", "check", "demo", "diff", "draw", "eval", "expand", "export", "fmt", "import", "look", "predict"),
    *("runs", "solve", "specs", "train", "weights"),
)
"""Each is the module and the function of its name in this package; `import`, which Python has, is `import_`."""


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"archc {VERSION}\n")
        raise typer.Exit(0)


def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A declarative architecture compiler for convolutional networks."""


def build_app(commands: Sequence[str] = COMMANDS) -> typer.Typer:
    """The application with some of its commands: reading their options is most of what starting costs."""
    app = typer.Typer(
        name="archc",
        help="A declarative architecture compiler for convolutional networks.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name in commands:
        python = f"{name}_" if iskeyword(name) else name
        app.command(name)(getattr(import_module(f"archc.cli.{python}"), python))
    return app
