"""`archc expand`: a net with its blocks, repetitions and parameters resolved."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from archc.cli.options import MAX_NODES, InputSizes, MaxNodes, Param, Target


def expand(
    target: Target,
    input: InputSizes = None,
    param: Param = None,
    max_nodes: MaxNodes = MAX_NODES,
) -> int:
    """Print a network as flat source: a line a layer, with its shape."""
    import sys

    from archc.cli import terminal
    from archc.cli.nets import compile_options, messages
    from archc.expand import expand as expanded
    from archc.program import compile_path

    compilation = compile_path(target, compile_options(input, param, max_nodes), sys.stdin)
    graphs = [net.graph for net in compilation.nets if net.graph is not None]
    terminal.out("\n".join(expanded(graph) for graph in graphs))
    messages(compilation.diagnostics)
    return 0 if compilation.ok else 1
