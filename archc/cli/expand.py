"""`archc expand`: a net with its blocks, repetitions and parameters resolved."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from typing import Annotated

import typer

from archc.cli.options import InputSizes, MaxNodes, Param


def expand(
    target: Annotated[str, typer.Argument(metavar="FILE|NAME[::NET]", help="A source, a bundled name, or -.")],
    input: InputSizes = None,
    param: Param = None,
    max_nodes: MaxNodes = 1_000_000,
) -> int:
    """Print a network as flat source: a line a layer, with its shape."""
    import sys

    from archc.cli import terminal
    from archc.cli.check import options
    from archc.cli.one import messages
    from archc.expand import expand as expanded
    from archc.program import compile_path

    compilation = compile_path(target, options(input, param or [], max_nodes), sys.stdin)
    graphs = [net.graph for net in compilation.nets if net.graph is not None]
    terminal.out("\n".join(expanded(graph) for graph in graphs))
    messages(compilation.diagnostics)
    return 0 if compilation.ok else 1
