"""The info of biases that the norm after them subtracts again."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Source, Span, apply_edits
from archc.elaborate import advice
from archc.graph import Graph, Node

NO_BIAS = "bias=no"
MAX_LABELS = 2  # other places that are shown


def cancelled_biases(
    graphs: Sequence[Graph], arms: AbstractSet[Span], source: Source, frozen: bool
) -> Iterator[Diagnostic]:
    """One report for each net, or for the nets that share a layer, of layers whose bias a norm subtracts again.

    A layer is reported if every net that has it subtracts its bias, and the source gives it no `bias=…`. graphs: all
    nets of the source. arms: the bodies of the `if`s that were taken. A norm in such a body may be absent for other
    parameters, so the bias before it is not reported. frozen: the recipe freezes some layers. Nothing is reported
    then, because a frozen norm subtracts the mean of earlier values.
    """
    kept: set[Span] = set()
    found: dict[Span, tuple[Node, Node]] = {}
    users: dict[Span, set[int]] = {}
    for number, graph in enumerate(() if frozen else graphs):
        cancelled = dict(_cancelled(graph, source, arms))
        for node in graph.nodes:
            if node.name not in cancelled:
                kept.add(node.span)
                continue
            found.setdefault(node.span, (node, cancelled[node.name]))
            users.setdefault(node.span, set()).add(number)
    for places in _together({span: nets for span, nets in users.items() if span not in kept}):
        yield _report(places, *found[places[0]])


def with_biases_said(text: str, infos: Sequence[Diagnostic]) -> str:
    """The text with `bias=yes` in each of these places."""
    edits = [edit for info in infos for edit in info.fixes[0].edits]
    return apply_edits(text, [Edit(edit.span, edit.text.replace(NO_BIAS, "bias=yes")) for edit in edits])


def _together(users: Mapping[Span, AbstractSet[int]]) -> list[list[Span]]:
    """Groups of places, each in the order of the text: two places that one net has are in one group."""
    groups: list[tuple[AbstractSet[int], list[Span]]] = []
    for span, nets in users.items():
        shared = [group for group in groups if group[0] & nets]
        groups = [group for group in groups if not group[0] & nets]
        places = [span, *(one for _, spans in shared for one in spans)]
        groups.append((set(nets).union(*(one for one, _ in shared)), places))
    return [sorted(places, key=lambda span: span.start) for _, places in groups]


def _report(places: Sequence[Span], layer: Node, norm: Node) -> Diagnostic:
    first, *others = places
    more = f", and {len(others)} more like it" if others else ""
    return Diagnostic(
        Code.CANCELLED_BIAS,
        f"`{norm.name}` subtracts the mean of each channel, and with it the bias of `{layer.name}`{more}",
        first,
        severity="info",
        labels=tuple(Label(span, "and this one") for span in others[:MAX_LABELS]),
        help="`bias=yes` keeps it, as for weights that have one",
        fixes=(Fix(f"write `{NO_BIAS}`", tuple(advice.step_errors.new_argument(span, NO_BIAS) for span in places)),),
    )


def _cancelled(graph: Graph, source: Source, arms: AbstractSet[Span]) -> Iterator[tuple[str, Node]]:
    """Layers by name, with the norm after each, where nothing but such norms reads the value."""
    norms: dict[str, Node] = {}
    used = {output.node for output in graph.outputs}
    for node in graph.nodes:
        if not node.op.cancels_bias(node.input_shapes):
            used.update(node.inputs)
            continue
        layer = graph[node.inputs[0]]
        fields = layer.op.given
        if layer.op.adds_bias and "bias" not in fields and layer.span.source is source:
            norms[layer.name] = node
    for name, norm in norms.items():
        if name not in used and not any(_in(norm.span, arm) and not _in(graph[name].span, arm) for arm in arms):
            yield name, norm


def _in(span: Span, arm: Span) -> bool:
    return span.source is arm.source and arm.start <= span.start and span.end <= arm.end
