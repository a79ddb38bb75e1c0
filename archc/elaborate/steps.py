"""One step of a path: a layer, a block, a join, a repetition, a value brought back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archc.diagnostics import Code, Diagnostic
from archc.diagnostics import Label as Mark
from archc.elaborate.advice.argument_errors import no_stride, spaced_window
from archc.elaborate.advice.foreign_calls import meanings, meant, pasted
from archc.elaborate.advice.join_errors import with_partings
from archc.elaborate.advice.name_errors import find_label, unknown_label
from archc.elaborate.advice.no_effect import hides_loop_names, joined_twice, joins_nothing, stacks_channels
from archc.elaborate.advice.recovery import keeps_shape, renamed, unsure, without_argument
from archc.elaborate.advice.shape_errors import with_projections
from archc.elaborate.advice.step_errors import (
    from_label,
    lone_branch,
    no_variant,
    unknown_layer,
    with_modules,
)
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.elaborate.advice.unknown_layers import keras_input, two_words
from archc.elaborate.bind import Bound, bind_op
from archc.elaborate.call_stack import Entered
from archc.elaborate.clone_repetition import Marks, Round
from archc.elaborate.env import BlockDefinition, Ends, Env, Failure, Label, Lost, NetDefinition
from archc.elaborate.evaluate import whole
from archc.elaborate.inputs import input_shape
from archc.elaborate.naming import Place
from archc.elaborate.nodes import Nodes
from archc.elaborate.parameters import bind_block, given_words
from archc.elaborate.values import LOOP_NAMES, LOST, START, Symbol, Value, Wire, describe, plain
from archc.ops import OPS, Input
from archc.syntax import ast

if TYPE_CHECKING:
    from archc.elaborate.build import Builder

WORD_ENDS = re.compile(r"\w\Z")  # `Un` of `Unflatten`, where `flatten` is tried for it


KERAS_INPUTS = {"Input", "InputLayer"}


class StepRunner:
    """Runs steps on behalf of a builder."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.nodes = Nodes(builder)

    def run(
        self,
        step: ast.Step,
        current: Wire,
        env: Env,
        place: Place,
        label: str | None = None,
        stride: int | None = None,
    ) -> Wire:
        """The value after a step; LOST where it does not fit, with the reason reported."""
        self.builder.tick(step.span)
        try:
            match step:
                case ast.Call():
                    return self._call(step, current, env, place, label, stride)
                case ast.Join():
                    return self._join(step, current, env, place, label, stride)
                case ast.Group():
                    return self._group(step, current, env, place, label, stride)
                case ast.Reference():
                    return self._reference(step, env, stride)
                case ast.Repeated():
                    return self._repeated(step, current, env, place, label)
        except Failure as failure:
            self.builder.report(self._with_callers(failure.diagnostic))
            if failure.onward is not None:
                return failure.onward
            return self._as_meant(step, failure.diagnostic, current, env, place, label, stride)
        except Lost:
            self.builder.lose(step.span)
        return LOST

    def _as_meant(
        self,
        step: ast.Step,
        mistake: Diagnostic,
        current: Wire,
        env: Env,
        place: Place,
        label: str | None,
        stride: int | None,
    ) -> Wire:
        """Go on as though the step bore the only name that it can mean, or lacked the argument that is wrong."""
        if not isinstance(step, ast.Call):
            return LOST
        self.builder.lost = True
        try:
            other = renamed(step, mistake)
            if other is not None:
                return self._call(other, current, env, place, label, stride)
            if keeps_shape(step, mistake, current):
                return current
            bare = without_argument(step, mistake)
            if bare is None or bare.name not in OPS or env.block(bare.name) is not None:
                return LOST
            op = bind_op(OPS[bare.name], bare, env, current, stride).op
            return unsure(op, current)
        except (Failure, Lost):
            return LOST

    def _with_callers(self, diagnostic: Diagnostic) -> Diagnostic:
        """Say from where the block was called in which the mistake lies."""
        if not self.builder.calls or diagnostic.code == Code.RECURSION:
            return diagnostic
        entered = self.builder.calls[-1]
        label = Mark(entered.span, f"in `{entered.name}`, called here")
        return Diagnostic(
            diagnostic.code,
            diagnostic.message,
            diagnostic.span,
            diagnostic.severity,
            (*diagnostic.labels, label),
            diagnostic.notes,
            diagnostic.help,
            diagnostic.fixes,
        )

    # ---- what a name stands for

    def _call(
        self, call: ast.Call, current: Wire, env: Env, place: Place, label: str | None, stride: int | None
    ) -> Wire:
        name = self._meaning(call, env)
        definition = env.block(name)
        before = call.name_span.text.removesuffix(call.name)
        if before not in ("", call.name_span.text) and not WORD_ENDS.search(before):  # what another language has there
            if pasted(call):
                return self._foreign(call, current, env, place, label, stride)
            if definition is not None or name in OPS:
                self.builder.report(with_modules(call))
        if call.variant is not None or (definition is None and name not in OPS):
            net = self._net_called(call, name, env)
            if net is not None:
                return self._net(net, call, current, env, place, label, stride)
        if definition is not None:
            return self._block(definition, call, current, env, place, label, stride)
        if name == Input.name:
            return self._input(call, env, place, label)
        if name not in OPS:
            return self._foreign(call, current, env, place, label, stride)
        try:
            bound = bind_op(OPS[name], call, env, current, stride)
        except Failure as failure:
            words = two_words(call, OPS) if failure.diagnostic.code == Code.UNKNOWN_ARGUMENT else None
            if words is not None or not failure.meant:
                raise Failure(words) if words is not None else failure from None
            self.builder.report(self._with_callers(failure.diagnostic))
            return self.nodes.go_on(failure.meant, current, call, place)
        extra = self._joined(call, bound) if bound.wires else ()
        if bound.op.category == "join":
            self._warn_of_idle(call, bound, (current, *extra), env)
        try:
            return self.nodes.layer(bound, call.span, call.name_span, (current, *extra), place, label)
        except Failure as failure:
            join = ast.Join(call, call.span, ())
            report = with_partings(failure.diagnostic, join, (current, *extra), self.builder)
            raise Failure(report, onward=failure.onward) from None

    def _foreign(
        self, call: ast.Call, current: Wire, env: Env, place: Place, label: str | None, stride: int | None
    ) -> Wire:
        """Report a name that is no layer here, and go on as another framework means it, or as the only name that it can
        mean."""
        if call.name in KERAS_INPUTS:
            mistake, stated = keras_input(call, None if current is START else current.shape or ())
            self.builder.report(mistake)
            if current is not START or stated is None:
                return current if current is not START else LOST
            return self.nodes.add(Input(shape=stated), stated, call.span, (), (), place, label or "input")
        found = meanings(call, current.shape)
        mistake = self._with_callers(unknown_layer(call, env, found, current.shape))
        self.builder.report(mistake)
        if ops := meant(found):
            return self.nodes.go_on(ops, current, call, place)
        return self._as_meant(call, mistake, current, env, place, label, stride)

    @staticmethod
    def _meaning(call: ast.Call, env: Env) -> str:
        """A parameter that holds a layer's name stands for that layer."""
        value = env.value(call.name)
        if isinstance(value, Symbol):
            return value.name
        if value is not None and env.block(call.name) is None and call.name not in OPS:
            raise Failure(
                Diagnostic(Code.NOT_A_LAYER, f"`{call.name}` is {describe(value)}, not a layer", call.name_span)
            )
        return call.name

    def _warn_of_idle(self, call: ast.Call, bound: Bound, wires: tuple[Wire, ...], env: Env) -> None:
        """A join of one value, and a `concat` of one with itself."""
        if len(wires) == 1 and wires[0].shape is not None and bound.op.inputs[0] == 1:
            self.builder.report(joins_nothing(call, wires[0], env))
        given = [argument.span for argument in call.arguments if argument.name is None][-len(wires) + 1 :]
        if stacks_channels(bound.op) and len(given) == len(wires) - 1:
            places = list(zip(wires, (call.name_span, *given), strict=True))
            twice = joined_twice(call.name, places, call.name_span)
            if twice is not None:
                self.builder.report(twice)

    @staticmethod
    def _joined(call: ast.Call, bound: Bound) -> tuple[Wire, ...]:
        if bound.op.inputs[1] == 1:
            raise Failure(
                Diagnostic(
                    Code.WRONG_ARGUMENTS,
                    f"`{bound.op.name}` works on one value, the one that flows in",
                    next(a.span for a in call.arguments if isinstance(a.value, ast.Reference | ast.Name)),
                    help=f"to begin from a label: @label -> {bound.op.name}",
                    fixes=from_label(call),
                )
            )
        return bound.wires

    # ---- nodes

    def _input(self, call: ast.Call, env: Env, place: Place, label: str | None) -> Wire:
        entered = self.builder.calls[-1] if self.builder.calls else None
        if entered is not None and not entered.is_net:
            raise Failure(
                Diagnostic(Code.INPUT_IN_BLOCK, "a block works on what flows in; `input` belongs to a net", call.span)
            )
        if entered is not None and entered.inflow is not START:
            return entered.inflow  # a net called as a step works on what flows in
        shape = input_shape(call, env, self.builder.settings.input_sizes)
        return self.nodes.add(Input(shape=shape), shape, call.span, (), (), place, label or Input.name)

    # ---- composites

    def _block(
        self,
        definition: BlockDefinition,
        call: ast.Call,
        current: Wire,
        env: Env,
        place: Place,
        label: str | None,
        stride: int | None,
    ) -> Wire:
        given = bind_block(definition, call, env, current, stride)
        self.builder.enter(Entered(definition.name, call.name_span, current, library=definition.library))
        try:
            inner = definition.home.child(seals_labels=True)
            inner.values.update(given)
            if current is not START:
                inner.labels["in"] = Label(current, call.span, names_nodes=True, used=True)
            arguments = ", ".join(argument.span.text for argument in call.arguments)
            name = place.next_name(definition.name, label)
            shown = given_words(definition, call, given, stride)
            inside = place.inside(
                name, "block", definition.name, call.span, arguments, parameters=plain(given), given=shown
            )
            inside.reserve(definition.block.body.statements)
            end = self.builder.run(definition.block.body.statements, current, inner, inside)
            if not definition.library:
                ends = Ends("block", definition.block.body.span)
                env.ended |= {word: (made.span, ends) for word, made in inner.labels.items() if word != "in"}
            return end
        finally:
            self.builder.leave()

    @staticmethod
    def _net_called(call: ast.Call, name: str, env: Env) -> NetDefinition | None:
        """The net that a call means: `vgg[D]`, or a net's name where no block has it."""
        if call.variant is not None:
            known = env.net_names()
            definition = env.net(name, call.variant)
            if definition is None:
                raise Failure(no_variant(call, [variant for table, variant in known if table == name and variant]))
            return definition
        return env.net(name, None)

    def _net(
        self,
        definition: NetDefinition,
        call: ast.Call,
        current: Wire,
        env: Env,
        place: Place,
        label: str | None,
        stride: int | None,
    ) -> Wire:
        """Walk another net's body. At the start of a net it brings its input; elsewhere it takes what flows in."""
        net = definition.net
        block = definition.as_block()
        given = bind_block(block, call, env, current, stride)
        mutes = current is not START or not _by_default(block, given, env)
        self.builder.enter(Entered(net.name, call.name_span, current, is_net=True, mutes_claims=mutes))
        try:
            inner = definition.home.child(seals_labels=True)
            inner.values.update(given)
            if label is not None or current is not START:
                place = place.inside(
                    place.next_name(net.name, label), "block", net.name, call.span, parameters=plain(given)
                )
            place.reserve(net.body.statements)
            return self.builder.run(net.body.statements, current, inner, place)
        finally:
            self.builder.leave()

    def _join(
        self, join: ast.Join, current: Wire, env: Env, place: Place, label: str | None, stride: int | None
    ) -> Wire:
        name = self._meaning(join.call, env)
        if name not in OPS or OPS[name].category != "join":
            joins = [op.name for op in OPS.values() if op.category == "join"]
            close = nearest(name, joins, synonyms=True)
            raise Failure(
                Diagnostic(
                    Code.NOT_A_JOIN,
                    f"`{name}` does not join branches",
                    join.call.name_span,
                    help=did_you_mean(close) or f"branches are joined by {', '.join(joins)}",
                    fixes=renames(join.call.name_span, close),
                )
            )
        if stride is not None:
            raise Failure(no_stride(name, join.call.name_span))
        bound = bind_op(OPS[name], join.call, env, current)
        if label is not None:
            place, label = place.inside(place.full(label), "label", label, join.span), None
        for branch in join.branches:
            place.reserve(branch.body)
        ends = [self._branch(branch, current, env, place) for branch in join.branches]
        wires = (*ends, *bound.wires)
        if len(wires) == 1:
            self.builder.report(lone_branch(join))
        if stacks_channels(bound.op):
            places = [(end, branch.span) for end, branch in zip(ends, join.branches, strict=True)]
            twice = joined_twice(name, places, join.call.name_span)
            if twice is not None:
                self.builder.report(twice)
        try:
            return self.nodes.layer(bound, join.call.span, join.call.name_span, wires, place, label)
        except Failure as failure:
            report = with_projections(failure.diagnostic, join.branches, wires)
            raise Failure(with_partings(report, join, wires, self.builder), onward=failure.onward) from None

    def _branch(self, branch: ast.Branch, current: Wire, env: Env, place: Place) -> Wire:
        inner = env.child(ends=Ends("branch", branch.span))
        end = self.builder.run(branch.body, current, inner, place)
        env.close(inner)
        return end

    def _group(
        self, group: ast.Group, current: Wire, env: Env, place: Place, label: str | None, stride: int | None
    ) -> Wire:
        if stride is None:
            return self.builder.sequence(group.sequence, current, env, place, label)
        first, *rest = group.sequence.steps
        current = self.run(first, current, env, place, None, stride)
        for step in rest:
            current = self.run(step, current, env, place)
        return current

    def _reference(self, reference: ast.Reference, env: Env, stride: int | None) -> Wire:
        if stride is not None:
            raise Failure(no_stride(f"@{reference.label}", reference.span))
        wire = find_label(reference.label, env)
        if wire is None:
            raise Failure(unknown_label(reference, env))
        return wire

    def _counts(self, step: ast.Step) -> bool:
        """Whether a step asks for its round. A loop may come here often, and the step be long."""
        found = self.builder.counting.get(id(step))
        if found is None:
            found = self.builder.counting[id(step)] = bool(ast.named(LOOP_NAMES, step))
        return found

    def _repeated(self, repeated: ast.Repeated, current: Wire, env: Env, place: Place, label: str | None) -> Wire:
        count = whole(repeated.count, env, current, "a repetition")
        stride = whole(repeated.stride, env, current, "a stride", 1) if repeated.stride is not None else None
        step = repeated.step
        slip = spaced_window(repeated) if isinstance(step, ast.Call) and step.name in OPS else None
        if slip is not None and slip.severity == "error":
            raise Failure(slip)
        if slip is not None:
            self.builder.report(slip)
        title = step.name if isinstance(step, ast.Call) else "join" if isinstance(step, ast.Join) else "group"
        kind = step.name if isinstance(step, ast.Call) else title
        full = place.next_name(kind, label)
        scope = place.inside(full, "repeat", title, repeated.span, count=count)
        last: Round | None = None
        counts = self._counts(step)  # what differs from round to round is walked
        hidden = hides_loop_names(step, repeated.count.span, env) if counts else None
        if hidden is not None:
            self.builder.report(hidden)
        for index in range(count):
            name, inner = scope.full(str(index)), env
            if counts:
                inner = env.child()
                inner.values.update(first=index == 0, last=index == count - 1, index=index)
            elif last is not None and last.fits(current, env):
                copied = last.again(name, current)
                if copied is not None:
                    current = copied
                    continue
            since, inflow = Marks(self.builder, scope), current
            given = stride if index == 0 else None
            if isinstance(step, ast.Group):
                inside = scope.inside(name, "group", str(index), step.span)
                current = self.run(step, current, inner, inside, None, given)
            else:
                current = self.run(step, current, inner, scope, str(index), given)
            if given is None and index + 1 < count:
                last = Round(self.builder, since, scope, name, inflow, current)
        return current


def _by_default(block: BlockDefinition, given: dict[str, Value], env: Env) -> bool:
    """Whether a net is called with just the parameters that its stated figures are for."""
    bare = ast.Call(block.block.name_span, block.name, block.block.name_span, ())
    try:
        return bind_block(block, bare, env, START) == given
    except (Failure, Lost):
        return False
