"""Adds a node for each layer, or reports why the layer does not take its inputs."""

from collections.abc import Sequence
from math import prod

from archc.diagnostics import Code, Diagnostic, Span
from archc.elaborate import advice
from archc.elaborate.effort import A_NODE, effort
from archc.elaborate.env import Failure
from archc.elaborate.fields import Bound
from archc.elaborate.record import Record
from archc.elaborate.region_builder import RegionBuilder
from archc.elaborate.values import LOST, START, Wire
from archc.graph import Node
from archc.ops import Input, Op, OpError, Shape, hwc
from archc.syntax import ast

MAX_EXTENT = 10**12
MAX_VALUES = 10**15


class Nodes:
    """Adds nodes to a record."""

    def __init__(self, record: Record) -> None:
        self.record = record
        # What repeated layers come to again. Equal layers are one object, which is kept, so that its id stays its own.
        self._shapes: dict[tuple[int, tuple[Shape, ...]], tuple[Op, Shape]] = {}
        self._denied: set[tuple[str, Shape | None, int]] = set()  # by a layer that declares another number
        self._possible: dict[object, tuple[Op, Wire, OpError | None]] = {}

    def layer(
        self,
        bound: Bound,
        span: Span,
        name_span: Span,
        wires: tuple[Wire, ...],
        region: RegionBuilder,
        label: str | None,
    ) -> Wire:
        """Apply an op to its inputs; return its value. Raises Failure where it does not take them."""
        op = bound.op
        shapes = tuple([wire.shape for wire in wires if wire.shape is not None])
        inputs = tuple([wire.node for wire in wires if wire.node is not None])
        least, _ = op.inputs
        if len(wires) < least:
            raise Failure(
                Diagnostic(
                    Code.MISSING_BRANCH,
                    f"`{op.name}` joins at least {least} values, and here is {len(wires)}",
                    name_span,
                    help=f"{op.name} {{ | … | … }} or {op.name} @label",
                )
            )
        if len(shapes) < len(wires):
            if any(wire is START for wire in wires):
                raise Failure(advice.step_errors.no_input(name_span))
            self.record.lose(name_span)
            made, misfit = self._possible_output(op, wires)
            if misfit is not None:
                raise Failure(self._shape_error(misfit, bound, span, name_span, wires), recovered=made)
            return made
        known = self._shapes.get((id(op), shapes))
        if known is None:
            try:
                known = self._shapes[id(op), shapes] = op, _bounded(op.output(shapes), span)
            except OpError as error:
                self.record.refusing, self.record.refused = op, shapes
                plain = advice.recovery.undeclared(op, shapes) if op.category != "join" else None
                recovered = None if plain is None else self.add(*plain, span, inputs, shapes, region, label)
                if self._reported_before(error, op, wires) and recovered is not None:
                    self.record.lost = True
                    return recovered
                report = self._shape_error(error, bound, span, name_span, wires)
                other = (
                    advice.recovery.second_error(op, error.field, shapes)
                    if error.field in ("in_channels", "in_features")
                    else None
                )
                if other is not None:
                    self.record.report(self._shape_error(other, bound, span, name_span, wires))
                way = self.record.way(name_span, 0, joins=True) if advice.recovery.alternatives(op, wires) > 1 else 0
                raise Failure(
                    report, recovered=recovered or advice.recovery.after_shape_error(op, error, wires, way)
                ) from None
        return self.add(*known, span, inputs, shapes, region, label)

    def input(self, shape: Shape, span: Span, region: RegionBuilder, label: str | None) -> Wire:
        """An input of the net."""
        return self.add(Input(shape=shape), _bounded(shape, span), span, (), (), region, label or Input.name)

    def _reported_before(self, error: OpError, op: Op, wires: tuple[Wire, ...]) -> bool:
        """Whether an earlier layer declares the same wrong channels of this value: the two are one mistake."""
        node = self.record.index.get(wires[0].node or "")
        if error.field not in ("in_channels", "in_features") or node is None:
            return False
        made_by = self.record.origin(node, sizes=False)
        denied = made_by.name if made_by else node.name, wires[0].shape, getattr(op, error.field)
        if denied in self._denied:
            return True
        self._denied.add(denied)
        return False

    def _possible_output(self, op: Op, wires: tuple[Wire, ...]) -> tuple[Wire, OpError | None]:
        """The output of an op for inputs of unknown shape, and its error if it takes no shape that they may have."""
        key = id(op), tuple([(wire.shape, wire.possible) for wire in wires])
        if key not in self._possible:
            self._possible[key] = (
                op,
                advice.recovery.possible_output(op, wires),
                advice.recovery.certain_error(op, wires),
            )
        return self._possible[key][1:]

    def go_on(self, ops: Sequence[Op], current: Wire, call: ast.Call, region: RegionBuilder) -> Wire:
        """Add the layers that a reported call means, so that later layers are checked against their shape."""
        for op in ops:
            current = self.layer(Bound(op, (), {}), call.span, call.name_span, (current,), region, None)
        return current if ops else LOST

    def add(
        self,
        op: Op,
        shape: Shape,
        span: Span,
        inputs: tuple[str, ...],
        shapes: tuple[Shape, ...],
        region: RegionBuilder,
        label: str | None,
    ) -> Wire:
        """Append a node whose shape is known."""
        record = self.record
        name = region.next_name(op.name, label)
        if name in record.index:
            raise Failure(advice.step_errors.named_twice(name, span, record.index[name].span))
        node = Node(name, op, inputs, shapes, shape, span)
        record.nodes.append(node)
        region.items.append(node)
        effort.get().allowed += A_NODE
        record.index[name] = node
        return Wire(name, shape, span)

    def _shape_error(
        self, error: OpError, bound: Bound, span: Span, name_span: Span, wires: tuple[Wire, ...]
    ) -> Diagnostic:
        """The error of an op as a diagnostic at the argument that it is about."""
        where = bound.spans.get(error.field or "", name_span)
        fixes = [
            advice.step_errors.repair_fix(bound, span, repair.field, repair.value, repair.message)
            for repair in error.repairs
        ]
        report = Diagnostic(error.code, error.message, where, notes=error.notes, help=error.help, fixes=tuple(fixes))
        return advice.shape_errors.with_causes(report, error, bound.op, wires, self.record)


def _bounded(shape: Shape, span: Span) -> Shape:
    """The shape. Raises Failure where no memory could hold it."""
    if max(shape) > MAX_EXTENT or prod(shape) > MAX_VALUES:
        raise Failure(Diagnostic(Code.LIMIT_NUMBER, f"this gives {hwc(shape)}, beyond any memory", span))
    return shape
