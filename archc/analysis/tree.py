"""A graph as a tree of rows, with equal neighbours folded: what the table shows.

A row is a layer, a block with its total, or several equal neighbours (`×3`) with their total. Neighbours are equal
where their layers, inner names, shapes and connections are.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import field

from archc.analysis.cost import Cost, cost
from archc.analysis.fold import Part, fold
from archc.analysis.receptive_field import ReceptiveField
from archc.analysis.table import clip
from archc.graph import Graph, Node, Region
from archc.records import dataclass

LONGEST_CALL = 60


@dataclass(slots=True)
class Row:
    """name: the last part of the full name. words: the layer or the call. count: how many are folded.

    A folded row has the costs of all, its children those of one. first_field is the receptive field of the
    first of the folded, last_field that of the last. line: where it is written; a block, where it is called.
    levels: how many blocks this row stands for, one within the other.
    """

    name: str
    full: str
    words: str
    cost: Cost
    last: Node
    first_field: ReceptiveField
    last_field: ReceptiveField
    line: int
    count: int = 1
    children: list["Row"] = field(default_factory=list)
    train_only: bool = False
    levels: int = 1


class Tree:
    """Makes the rows of a graph."""

    def __init__(self, graph: Graph, fields: Mapping[str, ReceptiveField]) -> None:
        self.graph = graph
        self.fields = fields
        self._words: dict[int, str] = {}
        self._costs: dict[tuple[int, tuple[tuple[int, ...], ...]], Cost] = {}
        self._inference = {node.name for node in graph.inference_nodes}

    def rows(self) -> list[Row]:
        """The top level."""
        return list(map(self._row, fold(self.graph.root, self._key)))

    def _key(self, item: Node | Region) -> Hashable:
        return call(item) if isinstance(item, Region) else (self._words_of(item), item.input_shapes, item.shape)

    def _words_of(self, node: Node) -> str:
        known = self._words.get(id(node.op))
        if known is None:
            known = self._words[id(node.op)] = node.op.words()
        return known

    def _row(self, part: Part) -> Row:
        if isinstance(part.item, Node):
            row = self._layer(part, part.item)
        else:
            row = self._block(part, part.item, list(map(self._row, part.parts)))
        if part.others:
            row.count = part.count
            row.cost = total([row.cost] * row.count)
            row.last = _last(part.others[-1].item)
            row.last_field = self.fields[row.last.name]
        return _merged(row)

    def _block(self, part: Part, region: Region, children: list[Row]) -> Row:
        last = _last(region)
        field = self.fields[last.name]
        return Row(
            part.name + part.until,
            region.name + part.until,
            call(region) or _sequence(children),
            total(row.cost for row in children),
            last,
            field,
            field,
            region.span.line if region.span is not None else children[-1].line,
            children=children,
            train_only=all(row.train_only for row in children),
        )

    def _layer(self, part: Part, node: Node) -> Row:
        key = (id(node.op), node.input_shapes)
        if key not in self._costs:
            self._costs[key] = cost(node)
        field = self.fields[node.name]
        train_only = node.name not in self._inference
        name, full, line = part.name + part.until, node.name + part.until, node.span.line
        return Row(name, full, self._words_of(node), self._costs[key], node, field, field, line, train_only=train_only)


def _last(item: Node | Region) -> Node:
    """The last node in it."""
    while isinstance(item, Region):
        item = item.items[-1]
    return item


def _sequence(children: list[Row]) -> str:
    """The layers under a label or a group, in short: `conv -> bn -> relu`."""
    kinds = [child.words.partition(" ")[0].partition("(")[0] for child in children]
    return " -> ".join(kinds) if len(kinds) <= 4 else f"{' -> '.join(kinds[:3])} -> …"


def _merged(row: Row) -> Row:
    """One row for a block whose only child is another block, or a fold of equal ones."""
    if len(row.children) != 1:
        return row
    (inner,) = row.children
    if inner.count > 1:
        if row.count > 1 or row.name.isdigit():
            return row
        row.count, row.words = inner.count, inner.words
        row.first_field = inner.first_field
    else:
        row.name, row.full = f"{row.name}.{inner.name}", f"{row.full}.{inner.name}"
        row.words = row.words if inner.children and row.words else inner.words
    row.children = inner.children
    row.levels += inner.levels
    return row


def total(costs: Iterable[Cost]) -> Cost:
    """The sum."""
    params = trainable = buffers = macs = flops = 0
    for one in costs:
        params += one.params
        trainable += one.params_trainable
        buffers += one.buffers
        macs += one.macs
        flops += one.flops
    return Cost(params, trainable, buffers, macs, flops)


def call(region: Region) -> str:
    """A block's call as written; "" for a label or a group."""
    if region.kind in ("repeat", "for"):
        text = " ".join(region.span.text.split()) if region.span is not None else ""
        if region.span is not None and "{" not in text and len(text) <= LONGEST_CALL:
            return text
        return f"{region.title} x {region.count}" if region.count is not None else region.title
    if region.kind == "block":
        arguments = clip(" ".join(region.arguments.split()), LONGEST_CALL)
        return f"{region.title}({arguments})" if arguments else region.title
    return ""


def rows_shown(rows: list[Row], depth: int) -> int:
    """How many lines the rows take when blocks are open down to `depth`."""
    return sum(1 + (rows_shown(row.children, depth - row.levels) if depth > row.levels else 0) for row in rows)


def height(rows: list[Row]) -> int:
    """The depth at which nothing is closed."""
    return max(((row.levels if row.children else 1) + height(row.children) for row in rows), default=0)
