"""One step of a path: a call, a join, a group, a repetition, a value brought back."""

from abc import abstractmethod

from archc.elaborate import advice
from archc.elaborate.bind import bind_op
from archc.elaborate.calls import Calls
from archc.elaborate.clone_repetition import Checkpoint, Iteration
from archc.elaborate.env import Ends, Env, Failure, Lost
from archc.elaborate.evaluate import whole
from archc.elaborate.region_builder import RegionBuilder
from archc.elaborate.values import LOOP_NAMES, LOST, Wire
from archc.ops import OPS
from archc.syntax import ast


class Steps(Calls):
    """Walks the steps of an elaboration."""

    @abstractmethod
    def sequence(
        self, sequence: ast.Sequence, current: Wire, env: Env, region: RegionBuilder, label: str | None = None
    ) -> Wire:
        """The steps of a path in turn."""

    def step(
        self,
        step: ast.Step,
        current: Wire,
        env: Env,
        region: RegionBuilder,
        label: str | None = None,
        stride: int | None = None,
    ) -> Wire:
        """Walk a step; return its value. A mistake is reported, and the value is then as far as known, or LOST."""
        self.tick(step.span)
        try:
            match step:
                case ast.Call():
                    return self.call(step, current, env, region, label, stride)
                case ast.Join():
                    return self._join(step, current, env, region, label, stride)
                case ast.Group():
                    return self._group(step, current, env, region, label, stride)
                case ast.Reference():
                    return self._reference(step, env, stride)
                case ast.Repeated():
                    return self._repeated(step, current, env, region, label)
        except Failure as failure:
            self.report(self.with_caller(failure.diagnostic))
            if failure.recovered is not None:
                return failure.recovered
            if isinstance(step, ast.Call):
                return self.recover(step, failure.diagnostic, current, env, region, label, stride)
        except Lost:
            self.lose(step.span)
        return LOST

    def _join(
        self, join: ast.Join, current: Wire, env: Env, region: RegionBuilder, label: str | None, stride: int | None
    ) -> Wire:
        name = self.meaning(join.call, env)
        if name not in OPS or OPS[name].category != "join":
            raise Failure(advice.step_errors.not_a_join(name, join.call))
        if stride is not None:
            raise Failure(advice.argument_errors.no_stride(name, join.call.name_span))
        bound = bind_op(OPS[name], join.call, env, current)
        if label is not None:
            region, label = region.inside(region.full(label), "label", label, join.span), None
        for branch in join.branches:
            region.reserve(branch.body)
        ends = [self._branch(branch, current, env, region) for branch in join.branches]
        wires = (*ends, *bound.wires)
        if len(wires) == 1:
            self.report(advice.step_errors.lone_branch(join))
        places = [(end, branch.span) for end, branch in zip(ends, join.branches, strict=True)]
        self.warn_of_twice(bound.op, places, join.call)
        try:
            return self.layers.layer(bound, join.call.span, join.call.name_span, wires, region, label)
        except Failure as failure:
            report = advice.shape_errors.with_projections(failure.diagnostic, join.branches, wires)
            raise self.join_failure(Failure(report, recovered=failure.recovered), join, wires) from None

    def _branch(self, branch: ast.Branch, current: Wire, env: Env, region: RegionBuilder) -> Wire:
        inner = env.child(ends=Ends("branch", branch.span))
        end = self.run(branch.body, current, inner, region)
        env.close(inner)
        return end

    def _group(
        self, group: ast.Group, current: Wire, env: Env, region: RegionBuilder, label: str | None, stride: int | None
    ) -> Wire:
        if stride is None:
            return self.sequence(group.sequence, current, env, region, label)
        first, *rest = group.sequence.steps
        current = self.step(first, current, env, region, None, stride)
        for step in rest:
            current = self.step(step, current, env, region)
        return current

    def _reference(self, reference: ast.Reference, env: Env, stride: int | None) -> Wire:
        if stride is not None:
            raise Failure(advice.argument_errors.no_stride(f"@{reference.label}", reference.span))
        wire = env.find_label(reference.label)
        if wire is None:
            raise Failure(advice.name_errors.unknown_label(reference, env))
        return wire

    def _warn_of_spaces(self, repeated: ast.Repeated) -> None:
        """`maxpool 2 x 2`, which is a window of 2, twice."""
        slip = advice.argument_errors.spaced_window(repeated)
        if slip is not None and slip.severity == "error":
            raise Failure(slip)
        if slip is not None:
            self.report(slip)

    def _counts(self, step: ast.Step) -> bool:
        """Whether a step uses `first`, `last` or `index`. Cached: loops ask often, and steps are long."""
        found = self.counting.get(id(step))
        if found is None:
            found = self.counting[id(step)] = bool(ast.named(LOOP_NAMES, step))
        return found

    def _repeated(
        self, repeated: ast.Repeated, current: Wire, env: Env, region: RegionBuilder, label: str | None
    ) -> Wire:
        count = whole(repeated.count, env, current, "a repetition")
        stride = whole(repeated.stride, env, current, "a stride", 1) if repeated.stride is not None else None
        step = repeated.step
        if isinstance(step, ast.Call) and step.name in OPS and _of_two_numbers(repeated, step):
            self._warn_of_spaces(repeated)
        title = step.name if isinstance(step, ast.Call) else "join" if isinstance(step, ast.Join) else "group"
        kind = step.name if isinstance(step, ast.Call) else title
        full = region.next_name(kind, label)
        scope = region.inside(full, "repeat", title, repeated.span, count=count)
        last: Iteration | None = None
        counts = self._counts(step)  # what differs from round to round is walked
        if counts and any("index" in scope.values for scope in env.label_scopes()):
            self.report(advice.no_effect.hides_loop_names(step, repeated.count.span))
        for index in range(count):
            name, inner = scope.full(str(index)), env
            if counts:
                inner = env.child()
                inner.values.update(first=index == 0, last=index == count - 1, index=index)
            elif last is not None and last.fits(current, env):
                copied = last.clone(name, current)
                if copied is not None:
                    current = copied
                    continue
            since, inflow = Checkpoint(self, scope), current
            given = stride if index == 0 else None
            if isinstance(step, ast.Group):
                inside = scope.inside(name, "group", str(index), step.span)
                current = self.step(step, current, inner, inside, None, given)
            else:
                current = self.step(step, current, inner, scope, str(index), given)
            if given is None and index + 1 < count:
                last = Iteration(self, since, scope, name, inflow, current)
        return current


def _of_two_numbers(repeated: ast.Repeated, step: ast.Call) -> bool:
    """`maxpool 2 x 2`"""
    given = [argument.value for argument in step.arguments]
    return isinstance(repeated.count, ast.Number) and [*map(type, given)] == [ast.Number]
