"""The partial order in which the layers of a net run. Layers of parallel branches are not ordered."""

from collections.abc import Sequence

from archc.graph import Graph


class ExecutionOrder:
    """A layer runs before another if a path leads from it to the other."""

    def __init__(self, graph: Graph | None) -> None:
        """graph: None for a net without one, whose layers are not ordered."""
        nodes = () if graph is None else graph.nodes
        self._index = {node.name: index for index, node in enumerate(nodes)}
        self._readers: list[list[int]] = [[] for _ in nodes]
        for index, node in enumerate(nodes):
            for source in node.inputs:
                self._readers[self._index[source]].append(index)
        self._known: dict[tuple[int, int], bool] = {}
        self._steps: dict[tuple[str, ...], list[list[int]]] = {}

    def index(self, layer: str) -> int:
        """The index of a layer's node; -1 without one. `attention1.out_proj` belongs to the node `attention1`."""
        while layer and layer not in self._index:
            layer = layer.rpartition(".")[0]
        return self._index.get(layer, -1)

    def before(self, one: str, other: str) -> bool:
        """Whether a path leads from `one` to `other`."""
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
        """Indices into `layers`, grouped into steps: each layer of a step runs before all of the next step."""
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
