"""What must hold of any source whatever: it checks, or what is wrong is said, each time with its place."""

import json
from collections.abc import Sequence

from archc.diagnostics import Diagnostic, Source
from archc.diagnostics.github import annotations
from archc.diagnostics.record import record
from archc.diagnostics.text import render_all
from archc.expand import expand
from archc.program import Compilation, Options, compile_source, compile_text
from archc.syntax import parse
from archc.syntax.format import format_source, same_tree

MAX_NODES = 5_000
MOST_REPORTS = 50


def checked(source: Source, arch: bool = True) -> Compilation:
    """Compile a source and hold the result to that. arch: it is in our notation."""
    compilation = compile_source(source, options=Options(max_nodes=MAX_NODES))
    sound(compilation.diagnostics)
    if compilation.ok:
        assert compilation.nets
        for net in compilation.nets:
            assert net.graph is not None
            again = compile_text(expand(net.graph), options=Options(max_nodes=MAX_NODES))
            assert again.ok, ("expanded, it does not check", render_all(again.diagnostics, color=False))
    elif not compilation.diagnostics:
        raise AssertionError("nothing is said of what is wrong")
    if arch:
        laid_out(source)
    return compilation


def sound(diagnostics: Sequence[Diagnostic]) -> None:
    """Few, each once, in the text, and such that every output can show them."""
    assert len(diagnostics) <= MOST_REPORTS
    placed = [diagnostic for diagnostic in diagnostics if diagnostic.span is not None]
    for diagnostic in diagnostics:
        assert diagnostic.message
        assert diagnostic.span is not None or diagnostic.code in ("no-net", "limit-source")
    spans = [diagnostic.span for diagnostic in placed if diagnostic.span is not None]
    assert all(0 <= span.start <= span.end <= len(span.source.text) for span in spans)
    places = {(d.code, id(d.span.source), d.span.start, d.span.end) for d in placed if d.span is not None}
    assert len(places) == len(placed)
    render_all(diagnostics, color=False, width=100)
    annotations(diagnostics)
    json.dumps([record(diagnostic) for diagnostic in diagnostics], ensure_ascii=False).encode()


def laid_out(source: Source) -> None:
    """A text without syntax errors has one layout, which means the same and stays as it is."""
    file, errors = parse(source)
    if errors:
        return
    formatted = format_source(source)
    again = Source(source.name, formatted)
    after, after_errors = parse(again)
    assert not after_errors, "the layout does not parse"
    assert same_tree(file, after), "the layout means something else"
    assert format_source(again) == formatted, "the layout changes when it is laid out again"
