"""Fixes of maps that are a whole multiple too large or too small: a stride of a repetition or block.

The edits are proposals: each is tried before it is published.
"""

import re
from collections.abc import Iterator

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.elaborate.advice.size_fixes import MAX_STRIDE, set_argument
from archc.elaborate.graph_builder import GraphBuilder
from archc.graph import Node, Region
from archc.ops import Shape

MAX_PLACES = 3  # that are proposed, the nearest to the statement first
STRIDED = re.compile(r"[ \t]*/[ \t]*\d+\Z")


def with_stride_fixes(
    report: Diagnostic, stated: tuple[int, ...], node: Node | None, graph: GraphBuilder
) -> Diagnostic:
    """The report with strides of the repetitions and blocks that lead to a value, before the last fix."""
    if node is None or report.code != Code.SHAPE_REFUTED or len(node.shape) < 2:
        return report
    found = [*_fixes(stated[: len(node.shape) - 1], node, graph)]
    *others, last = report.fixes
    return report.with_fixes([*found, *others, last])


def _fixes(want: tuple[int, ...], node: Node, graph: GraphBuilder) -> Iterator[Fix]:
    sizes = node.shape[1:]
    step = _step(sizes, want)
    if step is not None:
        for kind, span in _regions(node, graph):
            yield _with_stride(kind, span, step)
    elif _step(want, sizes) is not None:
        for kind, span in _regions(node, graph, below=True):
            found = STRIDED.search(span.text) if kind == "repeat" else None
            if found is not None:
                place = Span(span.source, span.start + found.start(), span.end)
                yield Fix("leave the stride of the repetition out", (Edit(place, ""),))


def _step(sizes: Shape, want: tuple[int, ...]) -> int | None:
    """The stride that takes all sizes to those wanted, rounded up as a padded window does."""
    fitting = [s for s in range(2, MAX_STRIDE + 1) if tuple(-(-n // s) for n in sizes) == want]
    return fitting[0] if fitting else None


def _regions(node: Node, graph: GraphBuilder, below: bool = False) -> Iterator[tuple[str, Span]]:
    """(kind, span) of the repetitions and blocks along the way to a value, from its end to where its sizes come from.

    below: and the one that made them.
    """
    around = dict(_around(graph.root.closed(), ()))
    seen: set[Span] = set()
    at: Node | None = node
    while at is not None and len(seen) < MAX_PLACES:
        here = at.shape[1:] == node.shape[1:]
        if not here:
            return
        source = graph.index.get(at.inputs[0]) if at.inputs else None
        if below or source is None or source.shape[1:] == node.shape[1:]:
            for region in around[at.name]:
                if region.span is not None and region.kind in ("repeat", "block") and region.span not in seen:
                    seen.add(region.span)
                    yield region.kind, region.span
                    break  # what lies in it has its stride from it
        at = source


def _around(region: Region, above: tuple[Region, ...]) -> Iterator[tuple[str, tuple[Region, ...]]]:
    """The regions that each node stands in, the outermost first."""
    for item in region.items:
        if isinstance(item, Region):
            yield from _around(item, (*above, item))
        else:
            yield item.name, above


def _with_stride(kind: str, span: Span, step: int) -> Fix:
    if kind == "block":
        return set_argument(span, "stride", str(step))
    found = STRIDED.search(span.text)
    place = Span(span.source, span.start + found.start() if found is not None else span.end, span.end)
    return Fix(f"give the repetition a stride: `/{step}`", (Edit(place, f" /{step}"),))
