"""The application: its commands and their options, read by typer."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from archc.version import VERSION

GROUPS = {
    "Look": ("check", "draw", "diff", "expand", "explain", "look", "specs"),
    "Change": ("fmt", "import", "solve"),
    "Build": ("export", "weights", "predict", "eval", "bench"),
    "Train": ("train", "runs", "demo"),
}
"""The commands as `archc --help` groups them."""
COMMANDS = tuple(name for names in GROUPS.values() for name in names)
"""Each is the module and the function of its name in this package; `import`, which Python has, is `import_`."""
EXAMPLES = {
    "bench": ("archc bench net.onnx", "archc bench net.onnx --batch 1,8 --threads 1,2"),
    "check": ("archc check resnet34", "archc check net.arch --input 160x160 -p classes=10"),
    "demo": ("archc demo", "archc demo FOLDER --seed 1"),
    "diff": ("archc diff resnet18 resnet34", "archc diff old.arch new.arch --markdown"),
    "draw": ("archc draw resnet34", "archc draw vgg -o vgg.png --style vgg"),
    "eval": ("archc eval net.onnx photos/", "archc eval net.arch photos/ --weights net.safetensors"),
    "expand": ("archc expand lenet5", "archc expand vgg::D"),
    "explain": ("archc explain shape-refuted", "archc explain"),
    "export": ("archc export net.arch -o net.py", "archc export resnet50 --weights resnet50.pth -o resnet50.onnx"),
    "fmt": ("archc fmt net.arch", "archc fmt --check *.arch"),
    "import": ("archc import net.onnx -o net.arch", "archc import demo.js"),
    "look": (
        "archc look lenet5 --weights W.safetensors --image I.png -o maps.png",
        "archc look lenet5 --weights W.safetensors --what filters -o filters.png",
    ),
    "predict": ("archc predict net.onnx photo.jpg", "archc predict net.onnx photos/ --top 3 --json"),
    "runs": ("archc runs", "archc runs runs/a runs/b"),
    "solve": ("archc solve net.arch", "archc solve net.arch -i"),
    "specs": ("archc specs", "archc specs resnet"),
    "train": ("archc train lenet5 --data mnist", "archc train net.arch --data photos/ --set epochs=30 --gpu"),
    "weights": ("archc weights map resnet50 resnet50.pth", "archc weights map resnet50 resnet50.pth -o W.safetensors"),
}


REQUIRED = re.compile(r"\{([^{}]*)\}")
TYPE = re.compile(r" <[^<>]*>$")


class _Command(TyperCommand):
    """Its help names arguments as the documents do: `TARGET...`, without typer's braces and Python's types."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [_plain(piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        write = formatter.write_dl
        formatter.write_dl = lambda rows: write([(TYPE.sub("", name), text) for name, text in rows])
        super().format_options(ctx, formatter)
        formatter.write_dl = write


def _plain(piece: str) -> str:
    """`{TARGET}...` as `TARGET...`, and `{A B}...` as `A B`."""
    return REQUIRED.sub(lambda found: found[1], piece.removesuffix("...") if " " in piece else piece)


class _Grouped(TyperGroup):
    """Lists the commands under the headings of GROUPS."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        for heading, names in GROUPS.items():
            known = [(name, self.commands[name].get_short_help_str(200)) for name in names if name in self.commands]
            if known:
                with formatter.section(heading):
                    formatter.write_dl(known)


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
    """The application with some of its commands: reading their options is most of what starting costs."""
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
