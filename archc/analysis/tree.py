"""A graph as a tree of blocks, with equal neighbours folded: what the table shows.

A row is a layer, a block with its total, or several equal neighbours (`×3`) with theirs. Neighbours are equal
where their layers, names inside, shapes and wiring are, so that any one stands for all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field

from archc.analysis.cost import Cost, cost
from archc.analysis.field import Field
from archc.analysis.table import clip
from archc.graph import Graph, Node, Scope
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
    first_field: Field
    last_field: Field
    line: int
    count: int = 1
    children: list["Row"] = field(default_factory=list)
    train_only: bool = False
    levels: int = 1
    signature: int = -1


class _Open:
    """A scope while its nodes are read."""

    __slots__ = ("children", "full")

    def __init__(self, full: str) -> None:
        self.full = full
        self.children: list[Row] = []


class Tree:
    """Reads the nodes in order; a scope is closed when a node outside it comes."""

    def __init__(self, graph: Graph, fields: Mapping[str, Field]) -> None:
        self.graph = graph
        self.fields = fields
        self._words: dict[int, str] = {}
        self._costs: dict[tuple[int, tuple[tuple[int, ...], ...]], Cost] = {}
        self._signatures: dict[object, int] = {}
        self._inference = {node.name for node in graph.inference_nodes}

    def rows(self) -> list[Row]:
        """The top level."""
        stack = [_Open("")]
        for node in self.graph.nodes:
            path = node.name.split(".")
            while stack[-1].full and not node.name.startswith(stack[-1].full + "."):
                self._close(stack)
            depth = stack[-1].full.count(".") + 1 if stack[-1].full else 0
            for end in range(depth + 1, len(path)):
                full = ".".join(path[:end])
                if full in self.graph.scopes:
                    stack.append(_Open(full))
            stack[-1].children.append(self._leaf(node, stack[-1].full))
        while len(stack) > 1:
            self._close(stack)
        return self._folded(stack[0].children)

    def _close(self, stack: list[_Open]) -> None:
        closed = stack.pop()
        above = stack[-1].full
        scope = self.graph.scopes[closed.full]
        children = self._folded(closed.children)
        name = closed.full[len(above) + 1 :] if above else closed.full
        row = self._block(scope, name, children)
        parts = tuple((child.signature, child.count) for child in children)
        row.signature = self._interned((_own_name(name), call(scope), parts))
        stack[-1].children.append(_merged(row))

    def _block(self, scope: Scope, name: str, children: list[Row]) -> Row:
        last = children[-1]
        return Row(
            name,
            scope.name,
            call(scope) or _sequence(children),
            total(row.cost for row in children),
            last.last,
            last.last_field,
            last.last_field,
            scope.span.line if scope.span is not None else last.line,
            children=children,
            train_only=all(row.train_only for row in children),
        )

    def _leaf(self, node: Node, scope: str) -> Row:
        key = (id(node.op), node.input_shapes)
        if key not in self._costs:
            self._costs[key] = cost(node)
        if key[0] not in self._words:
            self._words[key[0]] = node.op.words()
        words = self._words[key[0]]
        name = node.name[len(scope) + 1 :] if scope else node.name
        wiring: tuple[str | None, ...] = ()
        if scope and not name.isdigit():
            inside = f"{scope}."
            wiring = tuple(source[len(scope) :] if source.startswith(inside) else None for source in node.inputs)
        field = self.fields[node.name]
        train_only = node.name not in self._inference
        row = Row(name, node.name, words, self._costs[key], node, field, field, node.span.line, train_only=train_only)
        if scope or name.isdigit():  # a label of the top level has no like
            row.signature = self._interned((_own_name(name), words, node.input_shapes, node.shape, wiring))
        return row

    def _interned(self, key: object) -> int:
        return self._signatures.setdefault(key, len(self._signatures))

    @staticmethod
    def _folded(rows: list[Row]) -> list[Row]:
        """Runs of equal neighbours as one row each. Only numbered ones fold: other names say something."""
        result: list[Row] = []
        for row in rows:
            before = result[-1] if result else None
            if before is not None and before.signature == row.signature and row.name.isdigit():
                before.count += 1
                before.cost = total((before.cost, row.cost))
                before.name = f"{before.name.partition('–')[0]}–{row.name}"
                before.last, before.last_field = row.last, row.last_field
            else:
                result.append(row)
        return result


def _sequence(children: list[Row]) -> str:
    """What a label or a group stands for, in short: `conv -> bn -> relu`."""
    kinds = [child.words.partition(" ")[0].partition("(")[0] for child in children]
    return " -> ".join(kinds) if len(kinds) <= 4 else f"{' -> '.join(kinds[:3])} -> …"


def _own_name(name: str) -> str:
    """What tells a row from its neighbours; numbers do not."""
    return "" if name.isdigit() else name


def _merged(row: Row) -> Row:
    """A block that holds nothing but another, or nothing but equal ones, is one row with it."""
    if len(row.children) != 1:
        return row
    (inner,) = row.children
    if inner.count > 1:
        if row.name.isdigit():
            return row
        row.count, row.words = inner.count, inner.words
        row.first_field = inner.first_field
    else:
        row.name, row.full = f"{row.name}.{inner.name}", inner.full
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


def call(scope: Scope) -> str:
    """A block as it was called; nothing for a label or a group."""
    if scope.kind in ("repeat", "for"):
        text = " ".join(scope.span.text.split()) if scope.span is not None else ""
        if scope.span is not None and "{" not in text and len(text) <= LONGEST_CALL:
            return text
        return f"{scope.title} x {scope.count}" if scope.count is not None else scope.title
    if scope.kind == "block":
        arguments = clip(" ".join(scope.arguments.split()), LONGEST_CALL)
        return f"{scope.title}({arguments})" if arguments else scope.title
    return ""


def rows_shown(rows: list[Row], depth: int) -> int:
    """How many lines the rows take when blocks are open down to `depth`."""
    return sum(1 + (rows_shown(row.children, depth - row.levels) if depth > row.levels else 0) for row in rows)


def height(rows: list[Row]) -> int:
    """The depth at which nothing is closed."""
    return max(((row.levels if row.children else 1) + height(row.children) for row in rows), default=0)
