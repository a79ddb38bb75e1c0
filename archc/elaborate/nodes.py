"""A layer on what flows into it: one node more, or the reason why it does not take that."""

from collections.abc import Sequence
from math import prod

from archc.diagnostics import Diagnostic, Span
from archc.elaborate.bind import Bound
from archc.elaborate.env import Failure, Lost
from archc.elaborate.misfits import explained
from archc.elaborate.naming import Place
from archc.elaborate.record import Record
from archc.elaborate.refusals import named_twice, no_input, repair_fix
from archc.elaborate.values import LOST, START, Wire
from archc.graph import Node
from archc.ops import Op, OpError, Shape, hwc
from archc.syntax import ast

MAX_EXTENT = 10**12
MAX_VALUES = 10**15


class Nodes:
    """Adds nodes to a record."""

    def __init__(self, record: Record) -> None:
        self.record = record
        # What repeated layers come to again. Equal layers are one object, which is kept, so that its id stays its own.
        self._shapes: dict[tuple[int, tuple[Shape, ...]], tuple[Op, Shape]] = {}

    def layer(
        self, bound: Bound, span: Span, name_span: Span, wires: tuple[Wire, ...], place: Place, label: str | None
    ) -> Wire:
        """Put an op on its inputs."""
        op = bound.op
        shapes = tuple([wire.shape for wire in wires if wire.shape is not None])
        if len(shapes) < len(wires):
            if any(wire is START for wire in wires):
                raise Failure(no_input(name_span))
            raise Lost
        least, _ = op.inputs
        if len(wires) < least:
            raise Failure(
                Diagnostic(
                    "missing-branch",
                    f"`{op.name}` joins at least {least} values, and here is {len(wires)}",
                    name_span,
                    help=f"{op.name} {{ | … | … }} or {op.name} @label",
                )
            )
        known = self._shapes.get((id(op), shapes))
        if known is None:
            try:
                known = self._shapes[id(op), shapes] = op, op.output(shapes)
            except OpError as error:
                self.record.refusing, self.record.refused = op, shapes
                raise Failure(self._misfit(error, bound, span, name_span, wires)) from None
        inputs = tuple([wire.node for wire in wires if wire.node is not None])
        return self.add(op, known[1], span, inputs, shapes, place.name(op.name, label))

    def go_on(self, ops: Sequence[Op], current: Wire, call: ast.Call, place: Place) -> Wire:
        """After a reported call, the layers that were meant, so that what follows is held against their shape."""
        for op in ops:
            current = self.layer(Bound(op, (), {}), call.span, call.name_span, (current,), place, None)
        return current if ops else LOST

    def add(
        self, op: Op, shape: Shape, span: Span, inputs: tuple[str, ...], shapes: tuple[Shape, ...], name: str
    ) -> Wire:
        """Append a node. Its shape has been worked out."""
        record = self.record
        if max(shape) > MAX_EXTENT or prod(shape) > MAX_VALUES:
            raise Failure(Diagnostic("limit-number", f"this gives {hwc(shape)}, beyond any memory", span))
        if name in record.index:
            raise Failure(named_twice(name, span, record.index[name].span))
        node = Node(name, op, inputs, shapes, shape, span)
        record.nodes.append(node)
        record.index[name] = node
        return Wire(name, shape, span)

    def _misfit(self, error: OpError, bound: Bound, span: Span, name_span: Span, wires: tuple[Wire, ...]) -> Diagnostic:
        """An op's complaint, on the argument it is about."""
        where = bound.spans.get(error.field or "", name_span)
        fixes = [repair_fix(bound, span, repair.field, repair.value, repair.message) for repair in error.repairs]
        report = Diagnostic(error.code, error.message, where, notes=error.notes, help=error.help, fixes=tuple(fixes))
        return explained(report, error, bound.op, wires, self.record)
