"""Counts the steps that a source expands to, before it is expanded.

The count is a lower bound and exact wherever control flow does not depend on what flows: repetitions
multiply, a block called twice with equal arguments is counted once, and of an `if` that cannot be
decided yet the smaller arm counts. Every step counts one, a layer or not, so that blocks which expand
to nothing are bounded as well.
"""

from archc.diagnostics import Code, Diagnostic, Span
from archc.elaborate.effort import A_STEP, effort
from archc.elaborate.env import BlockDefinition, Env, Failure, Lost, Open
from archc.elaborate.evaluate import evaluate, truth, whole
from archc.elaborate.parameters import bind_block
from archc.elaborate.values import LOOP_NAMES, LOST, Symbol, Value, describe
from archc.ops import OPS
from archc.syntax import ast

MAX_NODES = 1_000_000
MAX_DEPTH = 64
MAX_DOUBLED = 1000
MAX_CALLS = 20_000  # different calls counted; what is beyond them is bounded while it is walked
COUNTED_TIMES, UNCOUNTED = 4, 5  # a walk takes up to so many steps for one counted, and a fifth of the limit besides
DECIDES = (ast.If, ast.For, ast.Repeat, ast.Repeated, ast.Block, ast.Choice)


class TooMany(Exception):
    """Raised where the count passes its limit, at this span."""

    def __init__(self, span: Span, count: int) -> None:
        super().__init__(count)
        self.span = span
        self.count = count


class Counter:
    """Counts steps; `limit` ends the count early."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.memory: dict[tuple[int, int, str], int] = {}
        self.homes: list[Env] = []  # kept, as keys hold their identity
        self.plain: dict[int, bool] = {}
        self.nets: dict[int, BlockDefinition] = {}  # as the blocks that their calls walk
        self.turning: dict[int, bool] = {}  # by its first statement, whether a body asks for its round
        self.active: list[ast.Block] = []  # being counted
        self.depth = 0
        self.doubled = 0  # bodies counted for two repetitions; nested, that would grow exponentially

    def body(self, statements: tuple[ast.Statement, ...], env: Env) -> int:
        """Steps in these statements. Raises TooMany."""
        total = 0
        if statements:
            effort.get().spend(len(statements), statements[0].span)
        for statement in statements:
            if isinstance(statement, ast.Block):
                env.blocks[statement.name] = BlockDefinition(statement, env)
        for statement in statements:
            span = statement.span
            try:
                total += self._statement(statement, env)
            except Failure as failure:
                if failure.diagnostic.code == Code.LIMIT_VALUES:
                    raise
                total += 1
            except (Lost, Open):
                total += 1
            if total > self.limit:
                raise TooMany(span, total)
        return total

    def _statement(self, statement: ast.Statement, env: Env) -> int:
        match statement:
            case ast.Let():
                try:
                    env.values[statement.name] = evaluate(statement.value, env, LOST)
                except (Lost, Open):
                    env.values[statement.name] = LOST  # it depends on what flows; an outer name is not meant
                return 0
            case ast.If():
                return self._if(statement, env)
            case ast.Flow(what=ast.Sequence() as sequence):
                return self._sequence(sequence, env)
            case ast.Flow(what=ast.Repeat() as repeat):
                return self._times(repeat.count, repeat.body.statements, env)
            case ast.Flow(what=ast.For() as loop):
                return self._for(loop, env)
            case ast.Output():
                return self._sequence(statement.sequence, env)
            case ast.Stage():
                return self.body(statement.statements, env)
            case _:
                return 0

    def _if(self, statement: ast.If, env: Env) -> int:
        bodies = [body.statements for _, body in statement.arms]
        bodies.append(statement.orelse.statements if statement.orelse else ())
        try:
            for condition, body in statement.arms:
                if truth(condition, env, LOST):
                    return self.body(body.statements, env)
            return self.body(bodies[-1], env)
        except (Lost, Open):
            allowed = effort.get().allowed
            least = min(self.body(body, env.child()) for body in bodies)
            effort.get().allowed = allowed + A_STEP * least  # an arm that is not taken allows nothing
            return least

    def _for(self, loop: ast.For, env: Env) -> int:
        values = evaluate(loop.values, env, LOST)
        total = 0
        for index, value in enumerate(values if isinstance(values, list | tuple) else ()):
            inner = env.child()
            bind_loop(inner, loop, value, index, len(values) if isinstance(values, list | tuple) else 0)
            total += 1 + self.body(loop.body.statements, inner)
            self._check(total, loop.values.span)
        return total

    def _times(self, count: ast.Expr, statements: tuple[ast.Statement, ...], env: Env) -> int:
        number = whole(count, env, LOST, "a repetition")
        if number == 0:
            return 0
        self._check(number, count.span)
        once = self._iteration(statements, env, 0, number)
        if number > 1 and statements and self._turns(statements) and self.doubled < MAX_DOUBLED:
            self.doubled += 1
            once = min(once, self._iteration(statements, env, 1, number))
        return self._check(number * max(once, 1), count.span)

    def _turns(self, statements: tuple[ast.Statement, ...]) -> bool:
        found = self.turning.get(id(statements[0]))
        if found is None:
            found = self.turning[id(statements[0])] = bool(ast.named(LOOP_NAMES, *statements))
        return found

    def _iteration(self, statements: tuple[ast.Statement, ...], env: Env, index: int, count: int) -> int:
        inner = env.child()
        inner.values.update(first=index == 0, last=index == count - 1, index=index)
        return self.body(statements, inner)

    def _sequence(self, sequence: ast.Sequence, env: Env) -> int:
        total = 0
        for step in sequence.steps:
            try:
                total += self._step(step, env)
            except Failure as failure:
                if failure.diagnostic.code == Code.LIMIT_VALUES:
                    raise
                total += 1
            except (Lost, Open):
                total += 1
            self._check(total, step.span)
        return total

    def _step(self, step: ast.Step, env: Env) -> int:
        effort.get().spend(1, step.span)
        match step:
            case ast.Call():
                return self._call(step, env)
            case ast.Join():
                return 1 + sum(self.body(branch.body, env.child()) for branch in step.branches)
            case ast.Group():
                return self._sequence(step.sequence, env)
            case ast.Repeated():
                number = whole(step.count, env, LOST, "a repetition")
                if number == 0:
                    return 0
                inner = env.child()
                inner.values.update(first=True, last=number == 1, index=0)
                return self._check(number * self._step(step.step, inner), step.count.span)
            case ast.Reference():
                return 1

    def _call(self, call: ast.Call, env: Env) -> int:
        value = env.value(call.name)
        name = value.name if isinstance(value, Symbol) else call.name
        definition = self._definition(call, name, env)
        if definition is None or self.depth >= MAX_DEPTH:
            effort.get().allowed += A_STEP
            return 1
        plain = self._is_plain(definition)
        given = {} if plain else bind_block(definition, call, env, LOST)
        listed = repr([(name, describe(value)) for name, value in given.items()])
        key = id(definition.block), id(definition.home), listed
        if key not in self.memory:
            if len(self.memory) >= MAX_CALLS:
                return 1  # the walk counts on
            if definition.block in self.active:
                return 1  # it calls itself, which the walk reports
            self.active.append(definition.block)
            self.homes.append(definition.home)
            inner = definition.home.child(seals_labels=True)
            inner.values.update(given or {parameter.name: LOST for parameter in definition.block.parameters})
            self.depth += 1
            try:
                self.memory[key] = 1 + self.body(definition.block.body.statements, inner)
            finally:
                self.depth -= 1
                self.active.pop()
        return self.memory[key]

    def _definition(self, call: ast.Call, name: str, env: Env) -> BlockDefinition | None:
        """The block that a call expands, or a net as one; None for a layer."""
        definition = env.block(name)
        if call.variant is None and (definition is not None or name in OPS):
            return definition
        net = env.net(name, call.variant)
        if net is None:
            return None
        if id(net) not in self.nets:
            self.nets[id(net)] = net.as_block()
        return self.nets[id(net)]

    def _is_plain(self, definition: BlockDefinition, depth: int = 0) -> bool:
        """Whether a block expands to the same number of steps whatever it is given."""
        identity = id(definition.block)
        if depth > MAX_DEPTH:
            return True  # calls so deep are refused
        if identity not in self.plain:
            self.plain[identity] = True  # where it calls itself, that is reported elsewhere
            nets = {net for net, _ in definition.home.net_names()}
            names = {parameter.name for parameter in definition.block.parameters}
            inner = list(ast.nodes(definition.block.body))
            self.plain[identity] = not any(isinstance(node, DECIDES) for node in inner) and not any(
                name in names or name in nets or (called is not None and not self._is_plain(called, depth + 1))
                for name in {node.name: None for node in inner if isinstance(node, ast.Call)}
                for called in (definition.home.block(name),)
            )
        return self.plain[identity]

    def _check(self, total: int, span: Span) -> int:
        if total > self.limit:
            raise TooMany(span, total)
        return total


def bind_loop(env: Env, loop: ast.For, value: Value, index: int, count: int) -> None:
    """Bind the names of a `for` to one item. Raises Failure where the item has another number of parts."""
    env.values.update(first=index == 0, last=index == count - 1, index=index)
    if len(loop.names) == 1:
        env.values[loop.names[0]] = value
        return
    if not isinstance(value, list | tuple) or len(value) != len(loop.names):
        size = len(value) if isinstance(value, list | tuple) else 1
        raise Failure(
            Diagnostic(
                Code.WRONG_ARGUMENTS,
                f"item {index} has {size} value{'s' * (size != 1)} for {len(loop.names)} names",
                loop.names_span,
                help=f"a list of rows: [{', '.join(loop.names)}; …]",
            )
        )
    env.values.update(zip(loop.names, value, strict=True))


def most_steps(counted: int, max_nodes: int) -> int:
    """The most steps that a walk may take: a multiple of those counted, and a part of the limit for those that depend
    on shapes and could not be counted."""
    return min(max_nodes, COUNTED_TIMES * counted + max_nodes // UNCOUNTED)


def too_many(error: TooMany, limit: int, most: int | None = None) -> Diagnostic:
    """The report of a source that expands beyond the limit. most: the steps that the walk was allowed."""
    said = f"the limit is {limit:,}"
    if most is not None and most < limit:
        said = f"it cannot be counted beforehand, and {most:,} are the most then"
    return Diagnostic(
        Code.LIMIT_NODES,
        f"this expands to at least {error.count:,} nodes; {said}",
        error.span,
        help="--max-nodes raises the limit",
    )
