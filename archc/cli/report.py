"""The output of `archc check`: data to standard output, messages to standard error, the verdict last."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

import sys
from collections.abc import Sequence

from archc.cli import terminal
from archc.cli.nets import messages
from archc.diagnostics import Diagnostic
from archc.program import CompiledNet, Options, compile_path
from archc.records import dataclass

MOST_TABLES = 2


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """The options of `archc check` that concern its output, with their defaults."""

    format: str = "text"
    depth: int | None = None
    batch: int = 1
    explain: str | None = None
    quiet: bool = False
    infos: bool = True


def report(targets: Sequence[str], compiling: Options, options: ReportOptions) -> int:
    """Check the targets and print the result. The exit code: 1 if there are errors."""
    compiled: list[CompiledNet] = []
    diagnostics: list[Diagnostic] = []
    for target in targets:
        compilation = compile_path(target, compiling, sys.stdin)
        compiled += compilation.nets
        diagnostics += compilation.diagnostics
        diagnostics += compilation.infos if options.infos else ()
        diagnostics += _recipe_errors(compilation.nets) if compilation.ok else ()
    nets = [net for net in compiled if net.graph is not None]
    failed = any(diagnostic.severity == "error" for diagnostic in diagnostics)
    code = 1 if failed else 0
    if options.format in ("json", "github", "sarif"):
        _print_document(nets, diagnostics, options)
        return code
    if diagnostics and not failed:  # warnings first, so that the verdict stays last
        messages(diagnostics)
    if options.explain is not None:
        code = _explained(nets, options.explain) or code
    elif not options.quiet and (nets or _side_by_side(compiled, options)):
        terminal.out(_text(nets, compiled, options))
    if failed:
        messages(diagnostics)
    return code


def _recipe_errors(nets: Sequence[CompiledNet]) -> Sequence[Diagnostic]:
    """The errors in a source's `train { … }`."""
    recipe = nets[0].training if nets else None
    if recipe is None:
        return ()
    from archc.diagnostics import ArchError
    from archc.train.settings import recipe_of

    try:
        recipe_of(recipe.tables, place=recipe.place)
    except ArchError as error:
        return error.diagnostics
    return ()


def _print_document(nets: Sequence[CompiledNet], diagnostics: Sequence[Diagnostic], options: ReportOptions) -> None:
    if options.format == "github":
        from archc.diagnostics.github import annotations

        terminal.out(annotations(diagnostics))
    elif options.format == "sarif":
        from archc.diagnostics.sarif import sarif

        terminal.out(sarif(diagnostics))
    else:
        from archc.analysis.json_document import document

        terminal.json(document(nets, diagnostics, options.batch))


def _side_by_side(compiled: Sequence[CompiledNet], options: ReportOptions) -> list[CompiledNet]:
    """The nets of a comparison, one line for each; also those with a stated figure that is wrong."""
    whole = [net for net in compiled if net.whole is not None]
    return whole if len(whole) > MOST_TABLES and options.depth is None and options.format == "text" else []


def _text(nets: Sequence[CompiledNet], compiled: Sequence[CompiledNet], options: ReportOptions) -> str:
    if options.format in ("csv", "markdown"):
        from archc.analysis.markdown_csv import csv_text, markdown

        return csv_text(nets) if options.format == "csv" else "\n\n".join(markdown(net, options.depth) for net in nets)
    from archc.analysis.compare import comparison
    from archc.analysis.summary import summary

    width, color = terminal.width(sys.stdout), terminal.color(sys.stdout)
    beside = _side_by_side(compiled, options)
    if beside:
        return comparison(beside, width=width, color=color, batch=options.batch)
    tables = (summary(net, depth=options.depth, width=width, color=color, batch=options.batch) for net in nets)
    return "\n\n".join(tables)


def _explained(nets: Sequence[CompiledNet], name: str) -> int:
    """Print the layer of each net that has it. The exit code: 2 if none has."""
    from archc.analysis.explain import NoSuchLayer, explain, find

    found: list[str] = []
    missing: NoSuchLayer | None = None
    for net in nets:
        assert net.graph is not None
        try:
            text = explain(net.graph, find(net.graph, name))
        except NoSuchLayer as error:
            missing = error
            continue
        found.append(f"{net.name}\n{text}" if len(nets) > 1 else text)
    if found:
        terminal.out("\n\n".join(found))
        return 0
    if missing is None:
        return 0
    messages([missing.diagnostic])
    return 2
