"""Once a net is walked: what flows nowhere, what was stated of the whole, and the graph."""

from collections.abc import Iterator
from types import MappingProxyType

from archc.analysis.cost import Totals, totals
from archc.diagnostics import Diagnostic, Edit, Fix, Span
from archc.elaborate import claims
from archc.elaborate.build import Builder
from archc.elaborate.refusals import named_within
from archc.elaborate.remedies import with_group_fixes, with_input_fixes
from archc.elaborate.suggest import did_you_mean, nearest, renames
from archc.elaborate.values import Value, Wire
from archc.graph import Graph, Node, Output, needed
from archc.ops import hwc
from archc.syntax import ast


def finish(net: ast.Net, builder: Builder, end: Wire) -> Graph:
    """The graph of a walked net; what is wrong with the whole of it is reported to the builder."""
    outputs = list(builder.outputs)
    if end.node is not None and end.shape is not None:
        outputs.insert(0, Output("output", end.node))
    graph = Graph(
        net.name,
        tuple(builder.nodes),
        tuple(outputs),
        MappingProxyType(builder.scopes),
        MappingProxyType({name: label.wire.node for name, label in builder.labels if label.wire.node}),
    )
    clean = all(diagnostic.severity != "error" for diagnostic in builder.diagnostics)
    if clean and not graph.inputs:
        builder.report(
            Diagnostic(
                "missing-input",
                f"net `{net.name}` has no `input`",
                net.name_span,
                help="begin with its height x width x channels, for example `input 224x224x3`",
            )
        )
        return graph
    if clean and len(graph.nodes) == len(graph.inputs):
        builder.report(Diagnostic("empty-net", f"net `{net.name}` has no layers", net.name_span))
        return graph
    if clean:
        for diagnostic in (*_dead(graph), *_within_layers(builder)):
            builder.report(diagnostic)
    _unused_labels(builder)
    if clean and builder.settings.as_written:
        _expectations(builder, graph)
    elif clean:
        _known_metrics(builder)
    return graph


def _dead(graph: Graph) -> Iterator[Diagnostic]:
    """Values that are computed and reach no output, by the last layer of each."""
    alive = {node.name for node in needed(graph.nodes, (output.node for output in graph.outputs))}
    used = {name for node in graph.nodes for name in node.inputs}
    for node in graph.nodes:
        if node.name not in alive and node.name not in used:
            yield Diagnostic(
                "dead-branch",
                f"the value of `{node.name}` ({hwc(node.shape)}) is computed and never used",
                node.span,
                help="bring it back with @label, join it, make it an `output`, or remove it",
            )


def _within_layers(builder: Builder) -> Iterator[Diagnostic]:
    """Layers whose names say that they lie in another layer: `v` and `v.a`, of which a module can own one alone."""
    if not any("." in name for name, _ in builder.labels):
        return
    for node in builder.nodes:
        end = node.name.find(".")
        while end != -1:
            owner = builder.index.get(node.name[:end])
            if owner is not None:
                yield named_within(node.name, node.span, owner.name, owner.span)
            end = node.name.find(".", end + 1)


def _unused_labels(builder: Builder) -> None:
    """A label that neither names a layer nor is brought back says nothing."""
    for name, label in builder.labels:
        if not label.used and not label.names_nodes:
            builder.report(
                Diagnostic(
                    "unused-label",
                    f"nothing uses the label `{name}`, and it names no layer",
                    label.span,
                    severity="warning",
                    help=f"bring it back with `@{name}`, or remove it",
                    fixes=(Fix("remove it", (Edit(_with_colon(label.span), ""),)),),
                )
            )


def _with_colon(span: Span) -> Span:
    text = span.source.text
    end = span.end
    while end < len(text) and text[end] in " \t:":
        end += 1
    return Span(span.source, span.start, end)


def metrics(figures: Totals) -> dict[str, int]:
    """What `expect` can be asked of a net."""
    return {
        "params": figures.params,
        "macs": figures.macs,
        "flops": figures.flops,
        "depth": figures.depth,
    }


def _known_metrics(builder: Builder) -> list[tuple[ast.Expect, Value | None]]:
    """Expectations of something that is known; the others are reported."""
    known = ("params", "macs", "flops", "depth", "output")
    result = []
    for statement, value in builder.expectations:
        if statement.metric in known:
            result.append((statement, value))
            continue
        close = nearest(statement.metric, known, synonyms=True)
        builder.report(
            Diagnostic(
                "unknown-metric",
                f"nothing called `{statement.metric}` is known of a net",
                statement.metric_span,
                help=did_you_mean(close) or f"expect one of {', '.join(known)}",
                fixes=renames(statement.metric_span, close),
            )
        )
    return result


def _expectations(builder: Builder, graph: Graph) -> None:
    figures = metrics(totals(graph))
    for statement, value in _known_metrics(builder):
        if statement.metric == "output":
            _expect_output(builder, graph[graph.outputs[0].node], statement, value)
            continue
        computed = figures[statement.metric]
        holds = claims.figure_holds(computed, statement.stated)
        if holds is None:
            if value == computed:
                builder.claims_held += 1
                continue
            builder.report(claims.value_refuted(statement.metric, computed, value, statement.stated.span))
        elif holds:
            builder.claims_held += 1
        else:
            refuted = claims.figure_refuted(statement.metric, computed, statement.stated)
            builder.report(with_group_fixes(refuted, statement.metric, computed, statement.stated, graph))


def _expect_output(builder: Builder, node: Node, statement: ast.Expect, value: Value | None) -> None:
    stated = statement.stated.value
    known = stated.value if isinstance(stated, ast.Number) else value
    sizes = claims.stated_sizes(known if known is not None else 0, stated)
    if isinstance(sizes, Diagnostic):
        builder.report(sizes)
    elif claims.shape_holds(sizes, node.shape):
        builder.claims_held += 1
    else:
        sized_by = builder.origin(node, sizes=True)
        refuted = claims.shape_refuted(sizes, stated.span, node, sized_by, node.shape)
        builder.report(with_input_fixes(refuted, sizes, node, builder.index))
