"""`archc diff`: two nets compared by block."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from archc.cli.options import Json

if TYPE_CHECKING:
    from archc.graph import Graph
    from archc.program import CompiledNet

GIT_ARGUMENTS = 7  # path old-file old-hex old-mode new-file new-hex new-mode


def diff(
    targets: Annotated[
        list[str],
        typer.Argument(metavar="A B", help="Two sources or bundled names, ::NET to choose one; or git's seven."),
    ],
    json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="A Markdown table.")] = False,
) -> int:
    """Tell what makes net B out of net A. Layers added, removed, changed; exit 1 where they differ."""
    import sys

    from archc.analysis import diff as differ
    from archc.analysis import diff_report
    from archc.cli import terminal
    from archc.cli.nets import messages
    from archc.program import compile_path

    as_git = len(targets) == GIT_ARGUMENTS
    if as_git:
        targets = [targets[1], targets[4]]
    if len(targets) != 2:
        raise typer.BadParameter("name two nets to compare")
    nets: list[list[CompiledNet]] = []
    for target in targets:
        if target == "/dev/null":
            nets.append([])
            continue
        compilation = compile_path(target, stdin=sys.stdin)
        if not compilation.ok:
            messages(compilation.diagnostics)
            return 0 if as_git else 1
        nets.append(list(compilation.nets))
    results = [differ.diff(old, new) for old, new in _matched(*nets)]
    if json:
        terminal.json({"schema": 1, "nets": [diff_report.record(r) for r in results]})
    else:
        terminal.out("\n".join(diff_report.text(r, terminal.width(sys.stdout), markdown) for r in results))
    same = all(result.same for result in results)
    return 0 if same or as_git else 1


def _matched(before: list[CompiledNet], after: list[CompiledNet]) -> list[tuple[Graph, Graph]]:
    """Nets of one name; two lone nets whatever they are called; what has no partner against nothing."""
    from archc.graph import Graph as Net
    from archc.graph import Region

    if len(before) == len(after) == 1:
        return [(before[0].partial, after[0].partial)]
    old, new = ({net.name: net.partial for net in nets} for nets in (before, after))
    names = list(dict.fromkeys([*old, *new]))
    return [(old.get(name, Net(name, Region(), ())), new.get(name, Net(name, Region(), ()))) for name in names]
