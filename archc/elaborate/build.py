"""Statements to nodes: the walk through a net's body that makes its graph.

Every method takes the value that flows in and returns the one that flows out. A mistake is
reported where it is found; values that depend on it have no shape and are not checked.
"""

from dataclasses import replace

from archc.analysis.cost import node_totals
from archc.diagnostics import Code, Diagnostic, Span
from archc.diagnostics import Label as Mark
from archc.elaborate import advice, claims
from archc.elaborate.bounds import bind_loop
from archc.elaborate.duplicates import repeated_parameters
from archc.elaborate.effort import effort
from archc.elaborate.env import BlockDefinition, Ends, Env, Failure, Label, Lost
from archc.elaborate.evaluate import evaluate, truth, whole
from archc.elaborate.record import ElaborationOptions
from archc.elaborate.region_builder import RegionBuilder, has_labels
from archc.elaborate.steps import Steps
from archc.elaborate.values import LOST, START, Wire
from archc.graph import Output
from archc.ops import Shape
from archc.syntax import ast


class Builder(Steps):
    """One elaboration of one net."""

    def __init__(self, options: ElaborationOptions) -> None:
        super().__init__(options)
        self._output_spans: dict[str, Span] = {}

    # ---- statements

    def run(self, statements: tuple[ast.Statement, ...], inflow: Wire, env: Env, region: RegionBuilder) -> Wire:
        """Walk all statements in turn; return the value that flows out."""
        current = inflow
        try:
            if statements:
                effort.get().spend(len(statements), statements[0].span)
        except Failure as failure:
            self.report(failure.diagnostic)
            return LOST
        for statement in statements:
            if isinstance(statement, ast.Block):
                self._define(statement, env)
        for statement in statements:
            try:
                current = self._statement(statement, current, env, region)
            except Failure as failure:
                self.report(failure.diagnostic)
                current = self._after_failure(statement, current)
            except Lost:
                self.lose(statement.span)
                current = self._after_failure(statement, current)
        return current

    def _define(self, block: ast.Block, env: Env) -> None:
        for diagnostic in repeated_parameters(block):
            self.report(diagnostic)
        earlier = env.blocks.get(block.name)
        if earlier is not None and earlier.home is env:
            self.report(
                advice.step_errors.given_twice_as("blocks", block.name, block.name_span, earlier.block.name_span)
            )
        env.blocks[block.name] = BlockDefinition(block, env)

    @staticmethod
    def _after_failure(statement: ast.Statement, current: Wire) -> Wire:
        moves = isinstance(statement, ast.Flow | ast.If | ast.Stage)
        return LOST if moves else current

    def _statement(self, statement: ast.Statement, current: Wire, env: Env, region: RegionBuilder) -> Wire:
        match statement:
            case ast.Flow():
                return self._flow(statement, current, env, region)
            case ast.Let():
                if env.ends is not None and env.hides(statement.name):
                    self.report(advice.no_effect.let_without_effect(statement, env.ends))
                try:
                    env.values[statement.name] = evaluate(statement.value, env, current)
                except (Failure, Lost):
                    env.values[statement.name] = LOST  # so that a mistake in it is not reported at each use
                    raise
            case ast.If():
                for condition, body in statement.arms:
                    if truth(condition, env, current):
                        self.arms.add(body.span)
                        return self.run(body.statements, current, env, region)
                if statement.orelse is not None:
                    self.arms.add(statement.orelse.span)
                    return self.run(statement.orelse.statements, current, env, region)
            case ast.Expect():
                self._expect(statement, current, env)
            case ast.Output():
                self._output(statement, current, env, region)
            case ast.Stage():
                return self._stage(statement, current, env, region)
            case ast.Block():
                pass
        return current

    def _stage(self, stage: ast.Stage, current: Wire, env: Env, region: RegionBuilder) -> Wire:
        """Walk the rows of a table under one name, and check the figures that they state."""
        before = len(self.nodes)
        if stage.label is not None:
            region = region.inside(region.full(stage.label), "stage", stage.label, stage.span)
        current = self.run(stage.statements, current, env, region)
        if current.shape is not None and self.holds_claims:
            figures = node_totals(self.nodes[before:])
            for claim in stage.claims:
                computed = getattr(figures, claim.metric)
                if claims.figure_holds(computed, claim.stated) is False:
                    refuted = advice.claim_errors.figure_refuted(claim.metric, computed, claim.stated)
                    self.report(advice.claim_fixes.with_macs_fixes(refuted, claim, figures.macs))
                else:
                    self.claims_held += 1
        return current

    def _flow(self, flow: ast.Flow, current: Wire, env: Env, region: RegionBuilder) -> Wire:
        label = flow.label
        if label is not None and label in env.labels:
            earlier = env.labels[label]
            raise Failure(advice.step_errors.label_twice(flow, earlier))
        before = len(self.nodes)
        match flow.what:
            case ast.Sequence() as sequence:
                result = self.sequence(sequence, current, env, region, label)
            case ast.Repeat() as repeat:
                result = self._repeat(repeat, current, env, region, label)
            case ast.For() as loop:
                result = self._for(loop, current, env, region, label)
        if flow.asserted is not None:
            result = self._assert_shape(flow.asserted, result, env)
        if label is not None:
            made = Label(
                result, flow.label_span or flow.span, names_nodes=len(self.nodes) > before or makes_nodes(flow)
            )
            made.used = result.shape is None
            env.labels[label] = made
            self.labels.append((label, made))
        return result

    def _repeat(self, repeat: ast.Repeat, current: Wire, env: Env, region: RegionBuilder, label: str | None) -> Wire:
        count = whole(repeat.count, env, current, "a repetition")
        scope = region.inside(region.next_name("repeat", label), "repeat", "repeat", repeat.span, count=count)
        for index in range(count):
            self.tick(repeat.span)
            inner = env.child(ends=Ends("round", repeat.body.span))
            inner.values.update(first=index == 0, last=index == count - 1, index=index)
            current = self._iteration(repeat.body, current, inner, scope, index)
            env.close(inner)
        return current

    def _for(self, loop: ast.For, current: Wire, env: Env, region: RegionBuilder, label: str | None) -> Wire:
        values = evaluate(loop.values, env, current)
        if not isinstance(values, list | tuple):
            raise Failure(advice.step_errors.not_a_list(loop.values.span))
        # A list has differing items: their layers are numbered on, unless labels need a scope of their own.
        scope = None
        if label is not None or has_labels(loop.body.statements):
            scope = region.inside(region.next_name("for", label), "for", "for", loop.span, count=len(values))
        for index, value in enumerate(values):
            self.tick(loop.span)
            inner = env.child(ends=Ends("round", loop.body.span))
            bind_loop(inner, loop, value, index, len(values))
            if scope is None:
                current = self.run(loop.body.statements, current, inner, region)
            else:
                current = self._iteration(loop.body, current, inner, scope, index)
            env.close(inner)
        return current

    def _iteration(self, body: ast.Body, current: Wire, env: Env, scope: RegionBuilder, index: int) -> Wire:
        inside = scope.inside(scope.full(str(index)), "label", str(index), body.span)
        inside.reserve(body.statements)
        return self.run(body.statements, current, env, inside)

    # ---- paths

    def sequence(
        self, sequence: ast.Sequence, current: Wire, env: Env, region: RegionBuilder, label: str | None = None
    ) -> Wire:
        """Walk the steps of a path, and check the shape that it states. The label of a single layer is its name."""
        if label is not None and sum(not isinstance(step, ast.Reference) for step in sequence.steps) > 1:
            region = region.inside(region.full(label), "label", label, sequence.span)
            label = None
        before: ast.Reference | None = None
        for step in sequence.steps:
            value = step if isinstance(step, ast.Reference) else None
            if value is not None and before is not None:
                self.report(advice.no_effect.dropped(before, value))
            current = self.step(step, current, env, region, label if value is None else None)
            before = value
        if sequence.asserted is not None:
            current = self._assert_shape(sequence.asserted, current, env)
        return current

    def _assert_shape(self, stated: ast.Stated, current: Wire, env: Env) -> Wire:
        try:
            value = evaluate(stated.value, env, current)
        except Failure as failure:
            self.report(failure.diagnostic)
            return current
        except Lost:
            return current
        sizes = claims.stated_sizes(value, stated.value)
        if isinstance(sizes, Diagnostic):
            self.report(sizes)
            return current
        if current.shape is None:  # go on from what the source says
            if current is not START:
                self.lose(stated.span)
            return current if current is START else advice.recovery.stated(sizes, current)
        if not self.holds_claims:
            return current
        if claims.shape_holds(sizes, current.shape):
            self.claims_held += 1
        else:
            self.shape_differs(sizes, current.shape, stated.span, current)
            trusted = claims.trusted(sizes, current.shape)
            if trusted != current.shape and self.way(stated.span, 0):
                return replace(current, shape=trusted)
        return current

    def shape_differs(self, stated: tuple[int, ...], shape: Shape, span: Span, wire: Wire) -> None:
        """Report a stated shape that is not the computed one."""
        node = self.index.get(wire.node or "")
        sized_by = self.origin(node, sizes=True) if node else None
        refuted = advice.claim_errors.shape_refuted(stated, span, node, sized_by, shape, proposes=self.options.proposes)
        if self.options.proposes and not self.reported(refuted):
            refuted = advice.stride_fixes.with_stride_fixes(
                advice.claim_fixes.with_input_fixes(refuted, stated, node, self.index), stated, node, self
            )
        self.report(refuted)

    # ---- what a net says of itself

    def _expect(self, statement: ast.Expect, current: Wire, env: Env) -> None:
        if not self.holds_claims:
            return
        value = None
        if not isinstance(statement.stated.value, ast.Number):
            value = evaluate(statement.stated.value, env, current)
        self.expectations.append((statement, value))

    def _output(self, statement: ast.Output, current: Wire, env: Env, region: RegionBuilder) -> None:
        train_only = False
        for argument in statement.arguments:
            value = evaluate(argument.value, env, current)
            if argument.name != "train_only" or not isinstance(value, bool):
                raise Failure(Diagnostic(Code.UNKNOWN_ARGUMENT, "an output takes only `train_only=yes`", argument.span))
            train_only = value
        if statement.name in self._output_spans or statement.name == "output":
            earlier = self._output_spans.get(statement.name)
            raise Failure(
                Diagnostic(
                    Code.NAME_TWICE,
                    f"there is already an output `{statement.name}`",
                    statement.name_span,
                    labels=(Mark(earlier, "here for the first time"),) if earlier is not None else (),
                    help="choose another name" if earlier else "the value at the end of the net is called `output`",
                )
            )
        self._output_spans[statement.name] = statement.name_span
        inside = region.inside(region.full(statement.name), "label", statement.name, statement.span)
        wire = self.sequence(statement.sequence, current, env, inside)
        if wire.node is not None and wire.shape is not None:
            self.outputs.append(Output(statement.name, wire.node, train_only))


def makes_nodes(flow: ast.Flow) -> bool:
    """Whether a labelled path can hold layers, even if it made none this time."""
    if not isinstance(flow.what, ast.Sequence):
        return True
    return any(not isinstance(step, ast.Reference) for step in flow.what.steps)
