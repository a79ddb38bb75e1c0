"""A labelled join that one value reaches at its end alone: its branch is drawn beside the line, with no frame.

    add { | | @one -> conv 1x1, 128 }

In a frame the net's own line would be an arc about the branch.
"""

from archc.backends.diagram.model import Box, Cluster, Drawing, Edge

Item = Box | Cluster


def loosen(drawing: Drawing) -> None:
    """Take such frames away. A block or a repetition keeps its own."""
    order = {box.id: place for place, box in enumerate(drawing.boxes())}
    drawing.children = _loose(drawing.children, drawing.edges, order)


def _loose(items: list[Item], edges: list[Edge], order: dict[str, int]) -> list[Item]:
    result: list[Item] = []
    for item in items:
        if isinstance(item, Box):
            result.append(item)
            continue
        item.children = _loose(item.children, edges, order)
        bare = not item.call and item.count == 1  # a mark is on its boxes too
        result += item.children if bare and _passed_by(item, edges, order) else [item]
    return result


def _passed_by(cluster: Cluster, edges: list[Edge], order: dict[str, int]) -> bool:
    """Whether values of two boxes come in, and the later goes to nothing but what ends another's branch."""
    inside = {box.id for box in cluster.boxes()}
    entering = [edge for edge in edges if edge.head.id in inside and edge.tail.id not in inside]
    tails = {edge.tail.id for edge in entering}
    if len(tails) < 2:
        return False
    latest = max(tails, key=order.__getitem__)
    fed = {edge.head.id for edge in edges if edge.head.id in inside and edge.tail.id in inside}
    return all(edge.head.id in fed for edge in entering if edge.tail.id == latest)
