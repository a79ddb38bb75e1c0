"""The spine: the boxes on every longest path through a net, which a picture should align."""

from collections.abc import Callable

from archc.backends.diagram.model import Drawing, Edge


def spine(drawing: Drawing, counts: Callable[[Edge], bool] = lambda edge: True) -> set[str]:
    """The ids of the boxes. counts: whether a path may use an edge."""
    edges = [edge for edge in drawing.edges if not edge.train_only and counts(edge)]
    order = _ordered(drawing, edges)
    before = _longest_paths(order, edges, forward=True)
    after = _longest_paths(order[::-1], edges, forward=False)
    whole = {name: before[name][0] + after[name][0] for name in order}
    longest = max(whole.values(), default=0)
    ways = sum(after[name][1] for name in order if whole[name] == longest and before[name][0] == 0)
    return {name for name in order if whole[name] == longest and before[name][1] * after[name][1] == ways}


def longest(drawing: Drawing) -> int:
    """The number of boxes on the longest path."""
    order = _ordered(drawing, drawing.edges)
    return 1 + max((count for count, _ in _longest_paths(order, drawing.edges, forward=True).values()), default=-1)


def _ordered(drawing: Drawing, edges: list[Edge]) -> list[str]:
    """The ids of the boxes in topological order."""
    waits: dict[str, int] = {box.id: 0 for box in drawing.boxes()}
    readers: dict[str, list[str]] = {}
    for edge in edges:
        waits[edge.head.id] += 1
        readers.setdefault(edge.tail.id, []).append(edge.head.id)
    ready = [name for name, count in waits.items() if count == 0]
    for name in ready:
        for reader in readers.get(name, []):
            waits[reader] -= 1
            if waits[reader] == 0:
                ready.append(reader)
    return ready


def _longest_paths(order: list[str], edges: list[Edge], forward: bool) -> dict[str, tuple[int, int]]:
    """For each box the length of the longest path to it (forward) or from it, and the number of such paths."""
    best = dict.fromkeys(order, (0, 1))
    leading: dict[str, list[str]] = {}
    for edge in edges:
        start, end = (edge.tail.id, edge.head.id) if forward else (edge.head.id, edge.tail.id)
        leading.setdefault(end, []).append(start)
    for name in order:
        found = [best[start] for start in leading.get(name, []) if start in best]
        if found:
            longest = max(length for length, _ in found)
            best[name] = (longest + 1, sum(count for length, count in found if length == longest))
    return best
