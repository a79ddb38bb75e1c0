"""Finishes a walked net: its graph, values that are not used, and the figures stated of the whole."""

from collections.abc import Iterator
from types import MappingProxyType

from archc.analysis.cost import Totals, totals
from archc.diagnostics import Code, Diagnostic
from archc.elaborate import advice, claims
from archc.elaborate.record import Record
from archc.elaborate.values import Value, Wire
from archc.graph import Graph, Node, Output, needed
from archc.syntax import ast


def finish(net: ast.Net, record: Record, end: Wire, parameters: tuple[tuple[str, int | str], ...]) -> Graph:
    """Return the graph of a walked net; mistakes of the net as a whole are reported to the record."""
    outputs = list(record.outputs)
    if end.node is not None and end.shape is not None:
        outputs.insert(0, Output("output", end.node))
    graph = Graph(
        net.name,
        record.root.closed(),
        tuple(outputs),
        MappingProxyType({name: label.wire.node for name, label in record.labels if label.wire.node}),
        parameters,
        record.options.namings,
    )
    clean = not record.lost and all(diagnostic.severity != "error" for diagnostic in record.diagnostics)
    if clean and not graph.inputs:
        record.report(advice.whole_net.net_without_input(net))
        return graph
    if clean and len(graph.nodes) == len(graph.inputs):
        record.report(Diagnostic(Code.EMPTY_NET, f"net `{net.name}` has no layers", net.name_span))
        return graph
    if clean:
        for diagnostic in (*_dead(graph), *_within_layers(record)):
            record.report(diagnostic)
    _unused_labels(record)
    if clean and record.options.as_written:
        _expectations(record, graph)
    elif clean:
        _known_metrics(record)
    return graph


def _dead(graph: Graph) -> Iterator[Diagnostic]:
    """A diagnostic for each value that reaches no output, at its last layer."""
    alive = {node.name for node in needed(graph.nodes, (output.node for output in graph.outputs))}
    used = {name for node in graph.nodes for name in node.inputs}
    for node in graph.nodes:
        if node.name not in alive and node.name not in used:
            yield advice.whole_net.dead_branch(node)


def _within_layers(record: Record) -> Iterator[Diagnostic]:
    """A diagnostic for each layer named as if inside another layer: `v.a` beside `v`. No module can hold both."""
    if not any("." in name for name, _ in record.labels):
        return
    for node in record.nodes:
        end = node.name.find(".")
        while end != -1:
            owner = record.index.get(node.name[:end])
            if owner is not None:
                yield advice.step_errors.named_within(node.name, node.span, owner.name, owner.span)
            end = node.name.find(".", end + 1)


def _unused_labels(record: Record) -> None:
    """Report labels that name no layer and are not used."""
    for name, label in record.labels:
        if not label.used and not label.names_nodes:
            record.report(advice.whole_net.unused_label(name, label.span))


def metrics(figures: Totals) -> dict[str, int]:
    """The figures that `expect` can state, by name."""
    return {
        "params": figures.params,
        "macs": figures.macs,
        "flops": figures.flops,
        "depth": figures.depth,
    }


def _known_metrics(record: Record) -> list[tuple[ast.Expect, Value | None]]:
    """The expectations of known figures; the others are reported."""
    known = ("params", "macs", "flops", "depth", "output")
    result = []
    for statement, value in record.expectations:
        if statement.metric in known:
            result.append((statement, value))
            continue
        record.report(advice.whole_net.unknown_metric(statement, known))
    return result


def _expectations(record: Record, graph: Graph) -> None:
    figures = metrics(totals(graph))
    for statement, value in _known_metrics(record):
        if statement.metric == "output":
            _expect_output(record, graph[graph.outputs[0].node], statement, value)
            continue
        computed = figures[statement.metric]
        holds = claims.figure_holds(computed, statement.stated)
        if holds is None:
            if value == computed:
                record.claims_held += 1
                continue
            record.report(advice.claim_errors.value_refuted(statement.metric, computed, value, statement.stated.span))
        elif holds:
            record.claims_held += 1
        else:
            refuted = advice.claim_errors.figure_refuted(statement.metric, computed, statement.stated)
            refuted = advice.claim_fixes.with_group_fixes(refuted, statement.metric, computed, statement.stated, graph)
            record.report(advice.claim_fixes.with_macs_fixes(refuted, statement, figures["macs"]))


def _expect_output(record: Record, node: Node, statement: ast.Expect, value: Value | None) -> None:
    stated = statement.stated.value
    known = stated.value if isinstance(stated, ast.Number) else value
    sizes = claims.stated_sizes(known if known is not None else 0, stated)
    if isinstance(sizes, Diagnostic):
        record.report(sizes)
    elif claims.shape_holds(sizes, node.shape):
        record.claims_held += 1
    else:
        sized_by = record.origin(node, sizes=True)
        refuted = advice.claim_errors.shape_refuted(sizes, stated.span, node, sized_by, node.shape)
        record.report(advice.claim_fixes.with_input_fixes(refuted, sizes, node, record.index))
