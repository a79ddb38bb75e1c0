"""Which layers of a net run before which: a path leads from one to the other. Layers side by side have no order."""

from collections.abc import Sequence

from archc.graph import Graph


class Flow:
    """The order of a net's layers along its values."""

    def __init__(self, graph: Graph | None) -> None:
        """Without a graph no layer is known to run before another."""
        nodes = () if graph is None else graph.nodes
        self._index = {node.name: index for index, node in enumerate(nodes)}
        self._readers: list[list[int]] = [[] for _ in nodes]
        for index, node in enumerate(nodes):
            for source in node.inputs:
                self._readers[self._index[source]].append(index)
        self._known: dict[tuple[int, int], bool] = {}
        self._steps: dict[tuple[str, ...], list[list[int]]] = {}

    def index(self, layer: str) -> int:
        """Where a layer stands among the nodes: `attention1.out_proj` is of the node `attention1`; -1 if nowhere."""
        while layer and layer not in self._index:
            layer = layer.rpartition(".")[0]
        return self._index.get(layer, -1)

    def before(self, one: str, other: str) -> bool:
        """Whether the other gets what this one gives."""
        start, end = self.index(one), self.index(other)
        if not -1 < start < end:
            return False
        if (start, end) not in self._known:
            self._known[start, end] = self._reaches(start, end)
        return self._known[start, end]

    def _reaches(self, start: int, end: int) -> bool:
        seen = {start}
        waiting = [start]
        while waiting:
            for reader in self._readers[waiting.pop()]:
                if reader == end:
                    return True
                if reader < end and reader not in seen:
                    seen.add(reader)
                    waiting.append(reader)
        return False

    def steps(self, layers: Sequence[str]) -> list[list[int]]:
        """Places in `layers`, in steps: each layer of a step runs before each of the next. Those side by side are
        one step."""
        key = tuple(layers)
        if key not in self._steps:
            self._steps[key] = self._made(layers)
        return self._steps[key]

    def _made(self, layers: Sequence[str]) -> list[list[int]]:
        order = sorted(range(len(layers)), key=lambda place: self.index(layers[place]))
        found: list[list[int]] = []
        for place in order:
            step = [place]
            while found and not all(self.before(layers[one], layers[other]) for one in found[-1] for other in step):
                step = found.pop() + step
            found.append(step)
        return found
