"""`archc fmt`: sources in the one layout."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from archc.diagnostics import Diagnostic, Source


def fmt(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Sources, or - for stdin to stdout.")],
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 where a file would change.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")] = False,
) -> int:
    """Rewrite sources in the one layout. Indentation, spaces, aligned tables; comments stay."""
    import sys

    from archc.cli import terminal
    from archc.cli.nets import messages

    code, changed = 0, 0
    for name in files:
        source, formatted, diagnostics = _formatted(name)
        if diagnostics:
            messages(diagnostics)
            code = max(code, 1)
            continue
        assert source is not None
        if name == "-" and not (check or diff):
            sys.stdout.write(formatted)
            continue
        if formatted == source.text:
            continue
        changed += 1
        if diff:
            _show(source, formatted)
        if check or diff:
            terminal.note(f"{name}: would change")
            code = max(code, 1)
        elif not _write(source, formatted, name):
            code = 2
    if changed and not (check or diff) and not code:
        sys.stderr.write(f"{changed} of {len(files)} rewritten\n")
    return code


def _formatted(name: str) -> tuple[Source | None, str, list[Diagnostic]]:
    """A source and its layout; the tree before and after is compared before anything is written."""
    import sys

    from archc.diagnostics import Code, Diagnostic, Source
    from archc.elaborate.env import Failure
    from archc.sources import find_text
    from archc.syntax import parse
    from archc.syntax.format import format_source, same_tree

    try:
        source = find_text(name, sys.stdin)
    except Failure as failure:
        return None, "", [failure.diagnostic]
    file, errors = parse(source)
    if errors:
        return source, "", errors
    formatted = format_source(source)
    again = Source(source.name, formatted)
    after, after_errors = parse(again)
    if after_errors or not same_tree(file, after) or format_source(again) != formatted:
        report = Diagnostic(
            Code.FORMAT_REFUSED,
            f"`{name}` was left as it is: its layout could not be changed safely",
            help="please report it with the file",
            file=name,
        )
        return source, "", [report]
    return source, formatted, []


def _show(source: Source, formatted: str) -> None:
    import sys
    from difflib import unified_diff

    lines = unified_diff(
        source.text.splitlines(keepends=True), formatted.splitlines(keepends=True), source.name, source.name
    )
    sys.stdout.writelines(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _write(source: Source, formatted: str, name: str) -> bool:
    from archc.cli import terminal
    from archc.files import write_text

    assert source.path is not None
    try:
        write_text(source.path, formatted)
    except OSError as error:
        terminal.note(f"archc: {name}: {error.strerror or error}")
        return False
    return True
