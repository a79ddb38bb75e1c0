"""Labelled joins whose main input enters only at their end are drawn without a frame, their branch beside the spine.

    add { | | @one -> conv 1x1, 128 }

Inside a frame, the edge of the main input would be an arc around the branch.
"""

from archc.backends.diagram.model import Box, Cluster, Drawing, Edge

Item = Box | Cluster


def remove_frames(drawing: Drawing) -> None:
    """Remove such frames. Blocks and repetitions keep theirs."""
    order = {box.id: place for place, box in enumerate(drawing.boxes())}
    drawing.children = _unframed(drawing.children, drawing.edges, order)


def _unframed(items: list[Item], edges: list[Edge], order: dict[str, int]) -> list[Item]:
    result: list[Item] = []
    for item in items:
        if isinstance(item, Box):
            result.append(item)
            continue
        item.children = _unframed(item.children, edges, order)
        bare = not item.call and item.count == 1  # a mark is on its boxes too
        result += item.children if bare and _passed_by(item, edges, order) else [item]
    return result


def _passed_by(cluster: Cluster, edges: list[Edge], order: dict[str, int]) -> bool:
    """Whether values of two boxes enter, and the later one goes only to boxes that end a branch."""
    inside = {box.id for box in cluster.boxes()}
    entering = [edge for edge in edges if edge.head.id in inside and edge.tail.id not in inside]
    tails = {edge.tail.id for edge in entering}
    if len(tails) < 2:
        return False
    latest = max(tails, key=order.__getitem__)
    fed = {edge.head.id for edge in edges if edge.head.id in inside and edge.tail.id in inside}
    return all(edge.head.id in fed for edge in entering if edge.tail.id == latest)
