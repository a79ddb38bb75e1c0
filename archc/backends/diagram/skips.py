"""Skip connections: edges beside a longer path."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from archc.backends.diagram.model import Box, Drawing, Edge

POINT = re.compile(r"(1×)*1 conv,|1-D conv 1,")  # a window of one place


def mark_skips(drawing: Drawing, sums: AbstractSet[str]) -> None:
    """Mark each edge whose head can be reached by a longer path; a crop on the edge does not matter.

    sums: the names of the layers that end residual blocks.
    """
    order = {box.id: place for place, box in enumerate(drawing.boxes())}
    after: dict[str, list[Edge]] = {}
    arriving: dict[str, int] = {}
    for edge in drawing.edges:
        after.setdefault(edge.tail.id, []).append(edge)
        arriving[edge.head.id] = arriving.get(edge.head.id, 0) + 1
    for edge in drawing.edges:
        ways = after.get(edge.head.id, [])
        through = all(line.color in ("shape", "other") for line in edge.head.lines) and len(ways) == 1
        end = ways[0].head if through and arriving[edge.head.id] == 1 else edge.head
        if arriving[end.id] > 1 and len(after[edge.tail.id]) > 1 and _has_longer_path(edge, end, after, order):
            edge.skip = True
            if end is not edge.head:
                ways[0].skip = True
    for edge in drawing.edges:
        if len(after[edge.tail.id]) > 1 and not edge.skip:
            _mark_projection(edge, after, arriving, order, sums)


def _mark_projection(
    first: Edge,
    after: Mapping[str, list[Edge]],
    arriving: Mapping[str, int],
    order: Mapping[str, int],
    sums: AbstractSet[str],
) -> None:
    """Mark a projection shortcut, as ResNet has them: windows of size 1 only, up to the sum that ends the block."""
    chain = [first]
    while arriving[chain[-1].head.id] == 1 and len(after.get(chain[-1].head.id, [])) == 1 and _narrow(chain[-1].head):
        chain += after[chain[-1].head.id]
    end = chain[-1].head
    if len(chain) < 2 or end.lines[0].node not in sums or arriving[end.id] < 2:
        return
    if _longest_path(first, end, after, order) > len(chain):
        for edge in chain:
            edge.projects = True


def _narrow(box: Box) -> bool:
    return box.kind == "layers" and all(line.color != "conv" or POINT.match(line.text) for line in box.lines)


def _longest_path(first: Edge, end: Box, after: Mapping[str, list[Edge]], order: Mapping[str, int]) -> int:
    """The number of edges of the longest path that does not begin with `first`."""
    far = {edge.head.id: 1 for edge in after[first.tail.id] if edge is not first}
    waiting = {order[name]: name for name in far}
    while waiting:
        name = waiting.pop(min(waiting))
        for edge in after.get(name, []) if name != end.id else ():
            if order[edge.head.id] <= order[end.id]:
                far[edge.head.id] = max(far.get(edge.head.id, 0), far[name] + 1)
                waiting[order[edge.head.id]] = edge.head.id
    return far.get(end.id, 0)


def _has_longer_path(edge: Edge, end: Box, after: Mapping[str, list[Edge]], order: Mapping[str, int]) -> bool:
    limit = order[end.id]
    waiting = [other.head for other in after[edge.tail.id] if other is not edge]
    seen: set[str] = set()
    while waiting:
        box = waiting.pop()
        if box is end:
            return True
        if box.id in seen or order[box.id] > limit:
            continue
        seen.add(box.id)
        waiting += [other.head for other in after.get(box.id, [])]
    return False
