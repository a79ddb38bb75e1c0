"""From the outline to boxes and clusters: which regions are open, and which layers share a box."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field
from itertools import count, pairwise

from archc.analysis.cost import cost
from archc.analysis.figures import plural
from archc.analysis.fold import Part
from archc.analysis.tree import total
from archc.backends.diagram.block_names import flattened_loops, is_loop_round, label, nesting, titles, unwrapped
from archc.backends.diagram.model import Box, Cluster, Line, Mark, boxes_in
from archc.backends.diagram.notation import cost_text, shape_range_text
from archc.backends.diagram.outline import Outline
from archc.backends.diagram.text import clean
from archc.graph import Graph, Node
from archc.records import dataclass

JOINS_BOX = ("norm", "activation", "other", "shape")
MOST_LINES = 7
LEVELS = {"stage": 1, "block": 2, "layer": 64}
Item = Box | Cluster


@dataclass(frozen=True, slots=True)
class BoxOptions:
    """The content of boxes beside the layers. shapes: `changes`, `all` or `none`. separate: one layer per box."""

    shapes: str = "changes"
    params: bool = False
    macs: bool = False
    separate: bool = False


class Uses:
    """How often each value is read, and which nodes serve inference."""

    def __init__(self, graph: Graph) -> None:
        self.readers = Counter(source for node in graph.nodes for source in node.inputs)
        self.readers.update(output.node for output in graph.outputs)
        self.inference = {node.name for node in graph.inference_nodes}


@dataclass(slots=True, eq=False)
class Placer:
    """Makes the items of a level. owner: drawn layer → its box, filled by `place`. whole: the innermost blocks stay
    closed."""

    tree: Outline
    options: BoxOptions
    marks: Mapping[str, Mark]
    uses: Uses
    whole: bool = False
    owner: dict[str, Box] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=count)

    def place(self, depth: int) -> list[Item]:
        """The top level, with regions open down to a depth. A region that is the whole net does not count."""
        items = self._items(unwrapped(self.tree.parts), depth - 1)
        for box in boxes_in(items):
            self.owner.update(dict.fromkeys(box.nodes, box))
        return items

    def _items(self, parts: list[Part], depth: int) -> list[Item]:
        """The items of a region whose own regions are open down to `depth`."""
        made = [item for part in flattened_loops(parts) for item in self._item(part, depth)]
        return made if self.options.separate else self._stacked(made)

    def _item(self, part: Part, depth: int) -> list[Item]:
        if part.node is not None:
            return [self._layer(part, part.node)]
        chain, times = nesting(part)
        inner = chain[-1]
        levels = max(1, sum(not is_loop_round(one) for one in chain))
        if (depth < levels or (self.whole and self._is_innermost(chain))) and not self._is_small(inner):
            return [self._closed(part, chain, times)]
        items = self._items(inner.parts, depth - levels)
        if len(items) == 1 and isinstance(items[0], Box) and items[0].count == 1:
            box = items[0]
            box.count, box.name = times, part.item.name
            box.label = label(part) or box.label
            box.nodes = list(dict.fromkeys([*box.nodes, *part.nodes])) if times > 1 else box.nodes
            return [box]
        title, words = titles(chain, times, self.tree.given)
        return [
            Cluster(
                f"c{next(self._ids)}", part.item.name, clean(title), clean(words), items, times, self._mark(part.nodes)
            )
        ]

    def _is_innermost(self, chain: list[Part]) -> bool:
        """Whether it is a block without blocks inside."""
        return any(one.region is not None and one.region.kind == "block" for one in chain) and not self._holds(
            chain[-1]
        )

    def _holds(self, part: Part) -> bool:
        """Whether it contains blocks or repetitions that are more than one box."""
        inside = [(child, child.region) for child in part.parts if child.region is not None]
        return any(
            (region.kind != "label" and not self._is_small(child)) or self._holds(child) for child, region in inside
        )

    def _is_small(self, part: Part) -> bool:
        """Whether its contents are one box of layers, which says more than a closed block."""
        if len(part.nodes) > MOST_LINES * max(part.count, 1):
            return False
        items = Placer(self.tree, self.options, self.marks, self.uses)._items(part.parts, 1)
        return len(items) == 1 and isinstance(items[0], Box) and items[0].kind == "layers" and items[0].count == 1

    def _layer(self, part: Part, node: Node) -> Box:
        category = node.op.category
        last = self.tree.graph[self.tree.last[node.name]]
        note = ""
        if self.options.params or self.options.macs:
            one = cost(node)
            note = cost_text(one.params, one.macs, self.options.params, self.options.macs)
        text = node.op.caption(node.input_shapes, node.shape)
        if category in ("conv", "fc") and node.shape[0] != last.shape[0]:
            text = text.replace(f", {node.shape[0]}", f", {node.shape[0]}…{last.shape[0]}", 1)
        mark = self.marks.get(node.name, "")
        line = Line(clean(text), category, node.name, category in JOINS_BOX, note, mark)
        box = Box(
            f"n{next(self._ids)}", part.item.name, "input" if category == "input" else "layers", [line], [node.name]
        )
        box.shape, box.count, box.mark = self._shape(node), part.count, mark
        box.label, box.nodes = label(part), list(part.nodes)
        box.train_only = node.name not in self.uses.inference
        return box

    def _shape(self, node: Node, inputs: tuple[tuple[int, ...], ...] | None = None) -> str:
        """The output shape; "" where the options leave it out."""
        if self.options.shapes == "none":
            return ""
        before = node.input_shapes if inputs is None else inputs
        last = self.tree.graph[self.tree.last[node.name]]
        if self.options.shapes == "changes" and before and before[0] == node.shape and last.shape == node.shape:
            return ""
        return shape_range_text(node.shape, last.shape)

    def _closed(self, part: Part, chain: list[Part], times: int) -> Box:
        """A block as one box: its name, its call, the number of its layers."""
        graph = self.tree.graph
        inside = [graph[name] for name in part.nodes]
        title, words = titles(chain, times, self.tree.given)
        title = title or part.name + part.until
        costs = total(map(cost, inside))
        lines = [Line(clean(title), "block", part.item.name)]
        if words and words != title:
            lines.append(Line(clean(words), "block", part.item.name, True))
        said = cost_text(costs.params, costs.macs, self.options.params, self.options.macs)
        each = len(inside) // times
        lines.append(Line(f"{plural(each, 'layer')} each" if times > 1 else plural(each, "layer"), "block", "", True))
        if said:
            lines.append(Line(said, "block", "", True))
        box = Box(f"n{next(self._ids)}", part.item.name, "block", lines, list(part.nodes))
        box.count, box.mark = times, self._mark(part.nodes)
        box.strip = tuple(node.op.category for node in inside[:each])
        box.train_only = all(node.name not in self.uses.inference for node in inside)
        first, last = inside[0], inside[-1]
        if self.options.shapes == "all" or (
            self.options.shapes == "changes" and first.input_shapes[:1] != (last.shape,)
        ):
            box.shape = shape_range_text(last.shape, last.shape)
        return box

    def _mark(self, names: list[str]) -> Mark:
        """The mark of a block: that of all its layers; else `error` or `changed`."""
        found = {self.marks.get(name, "") for name in names}
        if len(found) == 1:
            return found.pop()
        return "error" if "error" in found else "changed"

    def _stacked(self, items: list[Item]) -> list[Item]:
        """Layers that only the next one reads share its box: conv, BN, ReLU."""
        ends: dict[str, Box] = {}
        result: list[Item] = []
        for item in items:
            above = self._above(item, ends)
            if above is not None and isinstance(item, Box):
                del ends[above.lines[-1].node]
                above.lines += item.lines
                above.nodes += item.nodes
                above.shape = self._outcome(above)
                ends[above.lines[-1].node] = above
                continue
            result.append(item)
            if isinstance(item, Box) and item.kind == "layers" and item.count == 1:
                ends[item.lines[-1].node] = item
        return result

    def _above(self, item: Item, ends: dict[str, Box]) -> Box | None:
        """The box that this item is appended to; None if it has a box of its own."""
        if not isinstance(item, Box) or item.kind != "layers" or item.count > 1:
            return None
        if not all(line.minor for line in item.lines):
            return None
        first = self.tree.graph[item.lines[0].node]
        if len(first.inputs) != 1:
            return None
        above = ends.get(first.inputs[0])
        if above is None or len(above.lines) + len(item.lines) > MOST_LINES or above.train_only != item.train_only:
            return None
        if above.mark != item.mark and "error" not in (above.mark, item.mark):
            return None  # a layer that was added or removed has its own box
        return above if self.uses.readers[first.inputs[0]] == 1 else None

    def _outcome(self, box: Box) -> str:
        """The output shapes within a box: `6×6×256 → 9216` for a pool that is flattened."""
        graph = self.tree.graph
        inside = [graph[line.node] for line in box.lines]
        ends = [node for node, after in pairwise(inside) if node.shape != after.shape]
        shapes = [self._shape(node, inside[0].input_shapes) for node in (*ends, inside[-1])]
        return " → ".join(shape for shape in shapes if shape)
