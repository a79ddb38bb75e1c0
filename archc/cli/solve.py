"""`archc solve`: a source with its holes filled."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from typing import Annotated

import typer

from archc.cli.options import MAX_NODES, MaxNodes, Target


def solve(
    target: Target,
    in_place: Annotated[bool, typer.Option("--in-place", "-i", help="Write the result into the file.")] = False,
    max_nodes: MaxNodes = MAX_NODES,
) -> int:
    """Fill every `?` of a source from what it states. Comments and layout are kept."""
    import sys

    from archc.cli.nets import messages
    from archc.files import write_text
    from archc.fill import fill
    from archc.program import Options, compile_path

    compilation = compile_path(target, Options(max_nodes=max_nodes), sys.stdin)
    diagnostics = list(compilation.diagnostics)
    text = ""
    if compilation.ok and compilation.source is not None:
        text, clashes = fill(compilation.source, compilation.nets)
        diagnostics += clashes
    messages(diagnostics)
    if any(diagnostic.severity == "error" for diagnostic in diagnostics):
        return 1
    assert compilation.source is not None
    if not in_place:
        sys.stdout.write(text)
        return 0
    if compilation.source.path is None:
        raise typer.BadParameter("--in-place needs a file, not standard input")
    if text == compilation.source.text:
        return 0
    write_text(compilation.source.path, text)
    return 0
