"""From a target on the command line to checked nets: read, parse, elaborate, try the fixes."""

from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import TextIO

from archc.diagnostics import MAX_REPORTS, Code, Diagnostic, Fix, Source, Span, Trait
from archc.elaborate.advice.suggest import did_you_mean, nearest
from archc.elaborate.cancelled_biases import cancelled_biases
from archc.elaborate.effort import counted
from archc.elaborate.env import Failure
from archc.elaborate.files import Files
from archc.elaborate.net import counted_steps, elaborate
from archc.elaborate.record import ElaborationOptions, Work
from archc.elaborate.settings import FileSettings
from archc.elaborate.values import Value
from archc.graph import Graph
from archc.records import dataclass
from archc.sources import bundled_specs, find, library, read, used
from archc.trials import with_tried_fixes

__all__ = [
    "Compilation",
    "CompiledNet",
    "Options",
    "bundled_specs",
    "compile_path",
    "compile_source",
    "compile_text",
]


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    """The options of a compilation; see `ElaborationOptions`."""

    input_sizes: tuple[int, ...] | None = None
    parameters: Mapping[str, Value] = field(default_factory=dict)
    max_nodes: int = 1_000_000

    @property
    def elaboration(self) -> ElaborationOptions:
        return ElaborationOptions(self.input_sizes, self.parameters, self.max_nodes)


@dataclass(frozen=True, slots=True, eq=False)
class CompiledNet:
    """A net of a source. graph is None where it did not check; partial holds it up to the mistakes."""

    name: str
    file: str
    graph: Graph | None
    partial: Graph
    span: Span
    as_written: bool
    checked: int
    variant: str | None = None  # the column's header, where the net is one of a table
    filled: tuple[tuple[Span, int], ...] = ()  # each hole's place and the value found for it
    training: FileSettings | None = None  # what `train { … }` sets
    refuted: int = 0  # statements that do not hold, where nothing else is wrong: partial is whole then

    @property
    def whole(self) -> Graph | None:
        """The graph of all layers, also where a statement about it does not hold."""
        return self.partial if self.refuted else self.graph


@dataclass(frozen=True, slots=True, eq=False)
class Compilation:
    """The nets of a target with their diagnostics. infos: notes on code that is right and could be better."""

    source: Source | None
    nets: tuple[CompiledNet, ...]
    diagnostics: tuple[Diagnostic, ...]
    infos: tuple[Diagnostic, ...] = ()
    effort: int = 0  # what was computed besides layers, in units of elaborate.effort

    @property
    def ok(self) -> bool:
        """Whether there are no errors; warnings may be."""
        return all(diagnostic.severity != "error" for diagnostic in self.diagnostics)


def compile_path(target: str, options: Options | None = None, stdin: TextIO | None = None) -> Compilation:
    """Compile FILE|NAME[::NET]; `-` is `stdin`."""
    try:
        found = find(target, stdin)
    except Failure as failure:
        return Compilation(None, (), (failure.diagnostic,))
    return _compile_source(found.source, found.net, options or Options())


def compile_text(
    text: str, name: str = "<text>", options: Options | None = None, net: str | None = None
) -> Compilation:
    """Compile a text."""
    return _compile_source(Source(name, text), net, options or Options())


def compile_source(source: Source, chosen: str | None = None, options: Options | None = None) -> Compilation:
    """Compile a source."""
    return _compile_source(source, chosen, options or Options())


def _compile_source(source: Source, chosen: str | None, options: Options) -> Compilation:
    elaboration = options.elaboration
    compilation = _once(source, chosen, elaboration)
    found = (*compilation.diagnostics, *compilation.infos)
    if not any(diagnostic.fixes for diagnostic in found):
        return compilation
    trying = replace(elaboration, proposes=False)

    def check(edited: Source) -> tuple[Diagnostic, ...]:
        tried = _once(edited, chosen, trying)
        return *tried.diagnostics, *tried.infos

    nodes = sum(len(net.partial) for net in compilation.nets)
    tried = with_tried_fixes(found, source, nodes, compilation.effort, check)
    infos = tuple(one for one in tried if one.severity == "info" and one.fixes)  # a stated figure may want it as it is
    return replace(compilation, diagnostics=tuple(one for one in tried if one.severity != "info"), infos=infos)


def _once(source: Source, chosen: str | None, elaboration: ElaborationOptions) -> Compilation:
    with counted() as effort:
        return replace(_compile_once(source, chosen, elaboration), effort=effort.spent)


def _compile_once(source: Source, chosen: str | None, elaboration: ElaborationOptions) -> Compilation:
    root = source.path.parent if source.path is not None else Path.cwd()

    def read_used(target: str, inside: Source) -> Source:
        path = used(target, inside, root)
        return read(path, path.name)

    opened = Files(read_used, library()).open(source)
    diagnostics = _without_gaps(opened.diagnostics)
    everything = list(opened.own_nets)
    nets = [definition for definition in everything if chosen is None or chosen in definition.called]
    if not nets and not diagnostics:
        called = [name for definition in everything for name in definition.called]
        diagnostics.append(_nothing_chosen(called, chosen, source))
    compiled = []
    elaboration = replace(elaboration, namings=opened.namings)
    broken = any(diagnostic.severity == "error" for diagnostic in opened.diagnostics)
    if opened.gaps:
        elaboration = replace(elaboration, work=Work(0))  # a tree with gaps has no holes to solve
    arms: set[Span] = set()
    try:
        steps = counted_steps(nets, elaboration)
    except Failure as failure:
        return Compilation(source, (), _distinct([*diagnostics, failure.diagnostic]))
    for definition in nets:
        if len(diagnostics) >= MAX_REPORTS:
            break
        result = elaborate(definition.net, definition.home, elaboration, steps.get(id(definition.net)))
        arms |= result.arms
        diagnostics += [d for d in result.diagnostics if not (opened.gaps and _follows(d, opened.gaps, source))]
        compiled.append(
            CompiledNet(
                definition.net.name,
                source.name,
                result.graph if result.ok and not broken else None,
                result.graph,
                definition.net.name_span,
                elaboration.as_written,
                result.claims_held,
                definition.variant,
                result.filled,
                opened.training,
                0 if broken else result.refuted,
            )
        )
    found = Compilation(source, tuple(compiled), _distinct(diagnostics))
    if not found.ok or not elaboration.as_written or len(nets) < len(everything):
        return found  # what the other nets make of a layer is not known
    frozen = opened.training is not None and "freeze" in opened.training.tables
    return replace(found, infos=tuple(cancelled_biases([net.partial for net in compiled], arms, source, frozen)))


def _without_gaps(diagnostics: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    """The diagnostics without those that follow from a syntax error in the same row of a table."""
    spans = [d.span for d in diagnostics if d.span is not None and Trait.TEXT in d.code.traits]
    lines = {(id(span.source), span.line) for span in spans}
    files = {source for source, _ in lines}
    left = {
        d for d in diagnostics if Trait.ROWS in d.code.traits and d.span and (id(d.span.source), d.span.line) in lines
    }
    left |= {d for d in diagnostics if d.code == Code.NO_COLUMNS and d.span and id(d.span.source) in files}
    return [d for d in diagnostics if d not in left]


def _follows(diagnostic: Diagnostic, earlier: tuple[Diagnostic, ...], source: Source) -> bool:
    """After a syntax error the tree has gaps: only diagnostics that cannot come from one are kept."""
    span = diagnostic.span
    if span is None or span.source is not source:
        return True
    if any(d.span is not None and d.span.source is source and d.span.line == span.line for d in earlier):
        return True
    if diagnostic.code == Code.UNKNOWN_LAYER:  # its block may be what could not be read
        return f"block {span.text}" in source.text or any(_may_hide(d, span.text, source) for d in earlier)
    return Trait.LOCAL not in diagnostic.code.traits


def _may_hide(diagnostic: Diagnostic, name: str, source: Source) -> bool:
    """Whether the text that could not be read may define the block of this name."""
    span = diagnostic.span
    return (
        span is None
        or span.source is not source
        or Trait.FILES in diagnostic.code.traits
        or name in source.line(span.line)
    )


def _nothing_chosen(names: list[str], chosen: str | None, source: Source) -> Diagnostic:
    if chosen is not None:
        close = nearest(chosen, names)
        listed = f"it has {', '.join(names)}" if names else None
        return Diagnostic(
            Code.NO_SUCH_NET,
            f"`{source.name}` has no net `{chosen}`",
            help=did_you_mean(close) or listed,
            file=source.name,
        )
    empty = not source.text.strip()
    return Diagnostic(
        Code.NO_NET,
        f"`{source.name}` is empty" if empty else f"`{source.name}` holds no net",
        help="a net is `net name { input 32x32x3 … }`",
        file=source.name,
    )


def _distinct(diagnostics: list[Diagnostic]) -> tuple[Diagnostic, ...]:
    """One report for each place and kind, in the order of the source."""
    seen: dict[tuple[str, object, int, int], Diagnostic] = {}
    for diagnostic in diagnostics:
        span = diagnostic.span
        missing = (
            diagnostic.code == Code.UNKNOWN_LAYER and not diagnostic.fixes
        )  # a block that was left out, not a slip
        key: tuple[str, object, int, int] = (diagnostic.message, None, 0, 0)
        if span is not None and not missing:
            key = (diagnostic.code, id(span.source), span.start, span.end)
        seen[key] = _with_fixes_of(seen[key], diagnostic) if key in seen else diagnostic
    return tuple(sorted(seen.values(), key=lambda d: d.span.start if d.span else -1)[:MAX_REPORTS])


def _with_fixes_of(first: Diagnostic, other: Diagnostic) -> Diagnostic:
    """The report of one net with the fixes of another for the same place: those of one name are one, in both cells."""
    others: dict[str, list[Fix]] = {}
    for fix in other.fixes:
        others.setdefault(fix.message, []).append(fix)
    fixes = []
    for fix in first.fixes:
        also = others[fix.message].pop(0).edits if others.get(fix.message) else ()
        fixes.append(Fix(fix.message, tuple(dict.fromkeys((*fix.edits, *also)))))
    return first.with_fixes(fixes)
