"""`archc explain`: what the code of a diagnostic means, with an example."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from archc.cli.options import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archc.diagnostics.catalogue import Entry

EXAMPLE = "example.arch"


LAYERS = "layers"


def explain(
    codes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CODE", help="As in `error[shape-refuted]`, or `layers` for a list of those. None: list all."
        ),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown.")] = False,
    json: Json = False,
) -> int:
    """Say what the code of a diagnostic means, with an example."""
    from archc.cli import terminal
    from archc.diagnostics import Trait
    from archc.diagnostics.catalogue import catalogue

    if codes == [LAYERS] and not (markdown or json):
        terminal.out(_layers())
        return 0
    entries = [_entry(code) for code in codes or ()] or list(catalogue().values())
    if markdown:
        terminal.out("\n\n".join(map(section, entries)))
    elif json:
        rows = [
            {
                "code": entry.code,
                "sentence": entry.sentence,
                "source": entry.source,
                "command": entry.command,
                "hides_what_follows": Trait.HIDES in entry.code.traits,
                "local": Trait.LOCAL in entry.code.traits,
            }
            for entry in entries
        ]
        terminal.json({"schema": 1, "codes": rows})
    elif codes:
        terminal.out("\n\n".join(map(explanation, entries)))
    else:
        terminal.out(_listed(entries))
    return 0


def _layers() -> str:
    """A line for each layer: its name and its arguments, the required ones first."""
    import sys

    from archc.analysis import table
    from archc.cli import terminal
    from archc.elaborate.fields import written_name
    from archc.ops import OPS

    shown = {name: op for name, op in sorted(OPS.items()) if name != "input"}
    columns = [
        table.Column("layer", [*shown]),
        table.Column(
            "arguments",
            [", ".join(written_name(op, field) for field in op.fields) for op in shown.values()],
            shrinks_to=12,
        ),
    ]
    lines = table.lines(columns, terminal.width(sys.stdout), color=terminal.color(sys.stdout))
    return "\n".join([*lines, "", f"{len(shown)} layers; for example `conv 3x3, 64, pad=1` or `fc 10`"])


def _entry(code: str) -> Entry:
    """Raises typer's error where there is no such code; the nearest ones are named."""
    from archc.diagnostics.catalogue import catalogue
    from archc.elaborate.advice.suggest import did_you_mean, nearest

    known = catalogue()
    name = code.rpartition("[")[2].rstrip(":]")  # as copied from a message: error[shape-refuted]:
    found = next((entry for each, entry in known.items() if each == name), None)
    if found is None:
        help = did_you_mean(nearest(name, known)) or "`archc explain` lists all codes"
        raise typer.BadParameter(f"there is no code `{name}`; {help}")
    return found


def explanation(entry: Entry) -> str:
    """The sentence, the example, and what archc says of it."""
    parts = [f"{entry.code}: {' '.join([entry.sentence, *entry.notes])}", _indented(_shown(entry))]
    said = reported(entry)
    return "\n\n".join([*parts, said] if said else parts)


def section(entry: Entry) -> str:
    """In Markdown, under a heading: the sentence, the example, and the message that it gives."""
    said = reported(entry).partition("\n")[0].partition(": ")[2]
    shown = f"```\n{_shown(entry)}\n```"
    parts = [f"### {entry.code}", " ".join([entry.sentence, *entry.notes]), shown, f"Reported: {said}." if said else ""]
    return "\n\n".join(part for part in parts if part)


@cache
def reported(entry: Entry) -> str:
    """The first diagnostic of the example; "" for a command, which is not run."""
    from archc.diagnostics.text import by_place, render
    from archc.program import compile_text

    if entry.source is None:
        return ""
    compiled = compile_text(entry.source, EXAMPLE)
    return render(min(compiled.diagnostics or compiled.infos, key=by_place))


def _shown(entry: Entry) -> str:
    """The source, or the command below the files that it needs."""
    from archc.diagnostics.visible import visible

    if entry.source is not None:
        return entry.source.rstrip()
    contents = [f"# {name}: {visible(line)}" for name, text in entry.files.items() for line in text.splitlines()]
    return "\n".join([*contents, entry.command or ""])


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())


def _listed(entries: Sequence[Entry]) -> str:
    """A line for each, to the width of the terminal."""
    import sys

    from archc.analysis import table
    from archc.cli import terminal

    columns = [
        table.Column("code", [entry.code for entry in entries]),
        table.Column("what it says", [entry.sentence for entry in entries], shrinks_to=12),
    ]
    lines = table.lines(columns, terminal.width(sys.stdout), color=terminal.color(sys.stdout))
    return "\n".join([*lines, "", f"{len(entries)} codes; `archc explain CODE` shows one"])
