"""What `archc check` prints: data to standard output, messages to standard error, the verdict last."""

# ruff: noqa: PLC0415  (what a command alone needs is imported when it runs)

import sys
from collections.abc import Sequence

from archc.cli import terminal
from archc.cli.one import messages
from archc.diagnostics import Diagnostic
from archc.program import CompiledNet, Options, compile_path
from archc.records import dataclass

MOST_TABLES = 2


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked for; without options, what stands here."""

    format: str = "text"
    depth: int | None = None
    batch: int = 1
    explain: str | None = None
    quiet: bool = False
    infos: bool = True


def report(targets: Sequence[str], options: Options, asked: Report) -> int:
    """Check the targets and print what was found. The exit code."""
    compiled: list[CompiledNet] = []
    diagnostics: list[Diagnostic] = []
    for target in targets:
        compilation = compile_path(target, options, sys.stdin)
        compiled += compilation.nets
        diagnostics += compilation.diagnostics
        diagnostics += compilation.infos if asked.infos else ()
        diagnostics += _untold(compilation.nets) if compilation.ok else ()
    nets = [net for net in compiled if net.graph is not None]
    failed = any(diagnostic.severity == "error" for diagnostic in diagnostics)
    code = 1 if failed else 0
    if asked.format in ("json", "github", "sarif"):
        _machine(nets, diagnostics, asked)
        return code
    if diagnostics and not failed:  # warnings first, so that the verdict stays last
        messages(diagnostics)
    if asked.explain is not None:
        code = _explained(nets, asked.explain) or code
    elif not asked.quiet and (nets or _side_by_side(compiled, asked)):
        terminal.out(_people(nets, compiled, asked))
    if failed:
        messages(diagnostics)
    return code


def _untold(nets: Sequence[CompiledNet]) -> Sequence[Diagnostic]:
    """What is wrong with a source's `train { … }`."""
    told = nets[0].told if nets else None
    if told is None:
        return ()
    from archc.diagnostics import ArchError
    from archc.train.settings import recipe_of

    try:
        recipe_of(told.tables, place=told.place)
    except ArchError as error:
        return error.diagnostics
    return ()


def _machine(nets: Sequence[CompiledNet], diagnostics: Sequence[Diagnostic], asked: Report) -> None:
    if asked.format == "github":
        from archc.diagnostics.github import annotations

        terminal.out(annotations(diagnostics))
    elif asked.format == "sarif":
        from archc.diagnostics.sarif import sarif

        terminal.out(sarif(diagnostics))
    else:
        from archc.analysis.json_document import document

        terminal.json(document(nets, diagnostics, asked.batch))


def _side_by_side(compiled: Sequence[CompiledNet], asked: Report) -> list[CompiledNet]:
    """The nets that are shown a line each: those too of which a stated figure does not hold."""
    whole = [net for net in compiled if net.whole is not None]
    return whole if len(whole) > MOST_TABLES and asked.depth is None and asked.format == "text" else []


def _people(nets: Sequence[CompiledNet], compiled: Sequence[CompiledNet], asked: Report) -> str:
    if asked.format in ("csv", "markdown"):
        from archc.analysis.markdown_csv import csv_text, markdown

        return csv_text(nets) if asked.format == "csv" else "\n\n".join(markdown(net, asked.depth) for net in nets)
    from archc.analysis.compare import comparison
    from archc.analysis.summary import summary

    width, color = terminal.width(sys.stdout), terminal.color(sys.stdout)
    beside = _side_by_side(compiled, asked)
    if beside:
        return comparison(beside, width=width, color=color, batch=asked.batch)
    tables = (summary(net, depth=asked.depth, width=width, color=color, batch=asked.batch) for net in nets)
    return "\n\n".join(tables)


def _explained(nets: Sequence[CompiledNet], name: str) -> int:
    """Print the layer of each net that has it; 2 where none has."""
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
