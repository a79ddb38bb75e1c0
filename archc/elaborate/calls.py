"""What the name of a step stands for: a layer, a block, another net, the input."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

from archc.diagnostics import Code, Diagnostic, Span
from archc.elaborate import advice
from archc.elaborate.bind import bind_op
from archc.elaborate.call_stack import Frame
from archc.elaborate.env import BlockDefinition, Ends, Env, Failure, Label, Lost, NetDefinition
from archc.elaborate.fields import Bound
from archc.elaborate.inputs import input_shape
from archc.elaborate.nodes import Nodes
from archc.elaborate.parameters import bind_block, given_words
from archc.elaborate.record import ElaborationOptions, Record
from archc.elaborate.region_builder import RegionBuilder
from archc.elaborate.values import LOST, START, Symbol, Value, Wire, describe, plain
from archc.ops import OPS, Input, Op
from archc.syntax import ast

WORD_ENDS = re.compile(r"\w\Z")  # `Un` of `Unflatten`, where `flatten` is tried for it
KERAS_INPUTS = {"Input", "InputLayer"}


class Calls(Record, ABC):
    """Walks the calls of an elaboration. A method takes the value that flows in and returns the one that flows out."""

    def __init__(self, options: ElaborationOptions) -> None:
        super().__init__(options)
        self.layers = Nodes(self)

    @abstractmethod
    def run(self, statements: tuple[ast.Statement, ...], inflow: Wire, env: Env, region: RegionBuilder) -> Wire:
        """All statements of a body in turn."""

    def with_caller(self, diagnostic: Diagnostic) -> Diagnostic:
        """The report, labelled with the call of the block in which the mistake lies."""
        inside = self.calls and diagnostic.code != Code.RECURSION
        return advice.call_stack.with_caller(diagnostic, self.calls[-1]) if inside else diagnostic

    def call(
        self, call: ast.Call, current: Wire, env: Env, region: RegionBuilder, label: str | None, stride: int | None
    ) -> Wire:
        name = self.meaning(call, env)
        definition = env.block(name)
        if call.name_span.end - call.name_span.start != len(call.name) and _is_prefixed(call):
            if advice.foreign_calls.is_python(call):
                return self._foreign(call, current, env, region, label, stride)
            if definition is not None or name in OPS:
                self.report(advice.step_errors.with_modules(call))
        if call.variant is not None or (definition is None and name not in OPS):
            net = self._net_called(call, name, env)
            if net is not None:
                return self._net(net, call, current, env, region, label, stride)
        if definition is not None:
            return self._block(definition, call, current, env, region, label, stride)
        if name == Input.name:
            return self._input(call, env, region, label)
        if name not in OPS:
            return self._foreign(call, current, env, region, label, stride)
        try:
            bound = bind_op(OPS[name], call, env, current, stride)
        except Failure as failure:
            words = (
                advice.unknown_layers.two_words(call, OPS) if failure.diagnostic.code == Code.UNKNOWN_ARGUMENT else None
            )
            if words is not None or not failure.meant:
                raise Failure(words) if words is not None else failure from None
            self.report(self.with_caller(failure.diagnostic))
            return self.layers.go_on(failure.meant, current, call, region)
        extra = self._joined(call, bound) if bound.wires else ()
        if bound.op.category == "join":
            self._warn_of_no_effect(call, bound, (current, *extra), env)
        try:
            return self.layers.layer(bound, call.span, call.name_span, (current, *extra), region, label)
        except Failure as failure:
            raise self.join_failure(failure, ast.Join(call, call.span, ()), (current, *extra)) from None

    def _foreign(
        self, call: ast.Call, current: Wire, env: Env, region: RegionBuilder, label: str | None, stride: int | None
    ) -> Wire:
        """Report an unknown layer; continue with the layers that another framework means by it, or with the only near
        name."""
        if call.name in KERAS_INPUTS:
            mistake, stated = advice.unknown_layers.keras_input(call, None if current is START else current.shape or ())
            self.report(mistake)
            if current is not START or stated is None:
                return current if current is not START else LOST
            return self.layers.input(stated, call.span, region, label)
        found = advice.foreign_calls.meanings(call, current.shape)
        mistake = self.with_caller(advice.step_errors.unknown_layer(call, env, found, current.shape))
        self.report(mistake)
        if ops := advice.foreign_calls.first_layers(found):
            return self.layers.go_on(ops, current, call, region)
        return self.recover(call, mistake, current, env, region, label, stride)

    @staticmethod
    def meaning(call: ast.Call, env: Env) -> str:
        """The name that is called: a parameter whose value is a layer's name stands for that layer."""
        value = env.value(call.name)
        if isinstance(value, Symbol):
            return value.name
        if value is not None and env.block(call.name) is None and call.name not in OPS:
            raise Failure(
                Diagnostic(Code.NOT_A_LAYER, f"`{call.name}` is {describe(value)}, not a layer", call.name_span)
            )
        return call.name

    def join_failure(self, failure: Failure, join: ast.Join, wires: tuple[Wire, ...]) -> Failure:
        """The failure of a join, with the arithmetic of its branches."""
        if not self.options.proposes or self.reported(failure.diagnostic):
            return failure
        return Failure(
            advice.join_errors.with_branch_sizes(failure.diagnostic, join, wires, self), recovered=failure.recovered
        )

    def _warn_of_no_effect(self, call: ast.Call, bound: Bound, wires: tuple[Wire, ...], env: Env) -> None:
        """A join of one value, and a `concat` of one with itself."""
        if len(wires) == 1 and wires[0].shape is not None and bound.op.inputs[0] == 1:
            self.report(advice.no_effect.joins_nothing(call, wires[0], env))
        given = [argument.span for argument in call.arguments if argument.name is None][-len(wires) + 1 :]
        if len(given) == len(wires) - 1:
            self.warn_of_twice(bound.op, [*zip(wires, (call.name_span, *given), strict=True)], call)

    def warn_of_twice(self, op: Op, places: Sequence[tuple[Wire, Span]], call: ast.Call) -> None:
        """A value that is stacked with itself says nothing new: along another axis it tiles the map."""
        names = [wire.node for wire, _ in places if wire.node is not None]
        if op.joins == "channels" and len({*names}) < len(names):
            self.report(advice.no_effect.joined_twice(call, places))

    @staticmethod
    def _joined(call: ast.Call, bound: Bound) -> tuple[Wire, ...]:
        if bound.op.inputs[1] == 1:
            raise Failure(advice.step_errors.takes_one_value(bound.op.name, call))
        return bound.wires

    def recover(
        self,
        step: ast.Step,
        mistake: Diagnostic,
        current: Wire,
        env: Env,
        region: RegionBuilder,
        label: str | None,
        stride: int | None,
    ) -> Wire:
        """Continue after a mistake as if it were mended: with the only near name, or without the wrong argument."""
        if not isinstance(step, ast.Call):
            return LOST
        self.lost = True
        try:
            other = advice.recovery.renamed(step, mistake)
            if other is not None:
                return self.call(other, current, env, region, label, stride)
            if advice.recovery.keeps_shape(step, mistake, current):
                return current
            bare = advice.recovery.without_argument(step, mistake)
            if bare is None or bare.name not in OPS or env.block(bare.name) is not None:
                return LOST
            op = bind_op(OPS[bare.name], bare, env, current, stride).op
            return advice.recovery.unsure(op, current)
        except (Failure, Lost):
            return LOST

    # ---- the input, blocks and nets

    def _input(self, call: ast.Call, env: Env, region: RegionBuilder, label: str | None) -> Wire:
        entered = self.calls[-1] if self.calls else None
        if entered is not None and not entered.is_net:
            raise Failure(
                Diagnostic(Code.INPUT_IN_BLOCK, "a block works on what flows in; `input` belongs to a net", call.span)
            )
        if entered is not None and entered.inflow is not START:
            return entered.inflow  # a net called as a step works on what flows in
        try:
            shape = input_shape(call, env, self.options.input_sizes)
        except Failure as failure:
            if not failure.meant:
                raise
            self.report(self.with_caller(failure.diagnostic))
            shape = failure.meant[0].output(())
        return self.layers.input(shape, call.span, region, label)

    def _block(
        self,
        definition: BlockDefinition,
        call: ast.Call,
        current: Wire,
        env: Env,
        region: RegionBuilder,
        label: str | None,
        stride: int | None,
    ) -> Wire:
        given = bind_block(definition, call, env, current, stride)
        self.enter(Frame(definition.name, call.name_span, current, library=definition.library))
        try:
            inner = definition.home.child(seals_labels=True)
            inner.values.update(given)
            if current is not START:
                inner.labels["in"] = Label(current, call.span, names_nodes=True, used=True)
            arguments = ", ".join(argument.span.text for argument in call.arguments)
            name = region.next_name(definition.name, label)
            shown = given_words(definition, call, given, stride)
            inside = region.inside(
                name, "block", definition.name, call.span, arguments, parameters=plain(given), given=shown
            )
            inside.reserve(definition.block.body.statements)
            end = self.run(definition.block.body.statements, current, inner, inside)
            if not definition.library:
                ends = Ends("block", definition.block.body.span)
                env.ended |= {word: (made.span, ends) for word, made in inner.labels.items() if word != "in"}
            return end
        finally:
            self.leave()

    @staticmethod
    def _net_called(call: ast.Call, name: str, env: Env) -> NetDefinition | None:
        """The net that a call means: `vgg[D]`, or a net's name where no block has it."""
        if call.variant is not None:
            known = env.net_names()
            definition = env.net(name, call.variant)
            if definition is None:
                raise Failure(
                    advice.step_errors.no_variant(
                        call, [variant for table, variant in known if table == name and variant]
                    )
                )
            return definition
        return env.net(name, None)

    def _net(
        self,
        definition: NetDefinition,
        call: ast.Call,
        current: Wire,
        env: Env,
        region: RegionBuilder,
        label: str | None,
        stride: int | None,
    ) -> Wire:
        """Walk the body of another net. At the start of a net its own input is used; elsewhere what flows in."""
        net = definition.net
        block = definition.as_block()
        given = bind_block(block, call, env, current, stride)
        mutes = current is not START or not _by_default(block, given, env)
        self.enter(Frame(net.name, call.name_span, current, is_net=True, mutes_claims=mutes))
        try:
            inner = definition.home.child(seals_labels=True)
            inner.values.update(given)
            if label is not None or current is not START:
                region = region.inside(
                    region.next_name(net.name, label), "block", net.name, call.span, parameters=plain(given)
                )
            region.reserve(net.body.statements)
            return self.run(net.body.statements, current, inner, region)
        finally:
            self.leave()


def _is_prefixed(call: ast.Call) -> bool:
    """Whether something of another language stands before the name: `F.relu`."""
    before = call.name_span.text.removesuffix(call.name)
    return before not in ("", call.name_span.text) and not WORD_ENDS.search(before)


def _by_default(block: BlockDefinition, given: dict[str, Value], env: Env) -> bool:
    """Whether a net is called with its default parameters, for which its figures are stated."""
    bare = ast.Call(block.block.name_span, block.name, block.block.name_span, ())
    try:
        return bind_block(block, bare, env, START) == given
    except (Failure, Lost):
        return False
