"""A plan as the text of a Python file."""

from collections.abc import Iterator, Mapping, Sequence

from archc.backends.torch.anti_unify import Arguments
from archc.backends.torch.expressions import LIST, assignment, numbered, statement, wrapped
from archc.backends.torch.forward import Forward, value_names
from archc.backends.torch.lowered import Argument, Call, Literal
from archc.backends.torch.plan import Class, Plan

INDENT = "    "


def classes(plan: Plan) -> str:
    """The classes of the file, each after those it uses."""
    labels = {node: name for name, node in plan.graph.labels.items()}
    *blocks, net = plan.classes
    written = ["\n".join(_class(block, labels)) for block in blocks]
    return "\n\n\n".join([*written, "\n".join(_net(net, plan, labels))])


def _class(block: Class, labels: Mapping[str, str]) -> Iterator[str]:
    yield f"class {block.name}(nn.Module):"
    yield from _constructor(block)
    forward = Forward(block.body, value_names(block.body, {}))
    parameters = ", ".join(f"{name}: Tensor" for name in forward.inputs())
    results = block.body.results
    forward.keep(results)
    forward.indent = 2 * INDENT
    forward.write(block.body.steps)
    returns = "Tensor" if len(results) == 1 else f"tuple[{', '.join(['Tensor'] * len(results))}]"
    yield f"{INDENT}def forward(self, {parameters}) -> {returns}:"
    texts = ", ".join(forward.read(result) for result in results)
    yield from _lines(*forward.lines, f"{2 * INDENT}return {texts}")


def _net(net: Class, plan: Plan, labels: Mapping[str, str]) -> Iterator[str]:
    """The body of the net's forward. Heads for training only come last and are skipped in evaluation."""
    outputs = plan.graph.outputs
    values = net.body.values
    kept = [output for output in outputs if not output.train_only]
    yield f"class {net.name}(nn.Module):"
    yield from _constructor(net)
    forward = Forward(net.body, value_names(net.body, labels))
    parameters = ", ".join(f"{name}: Tensor" for name in forward.inputs())
    one = "Tensor | dict[str, Tensor]" if len(kept) < len(outputs) else "Tensor"
    yield f"{INDENT}def forward(self, {parameters}) -> {one if len(kept) == 1 else 'dict[str, Tensor]'}:"
    forward.indent = 2 * INDENT
    forward.keep([values[output.node] for output in kept], 2 if len(kept) < len(outputs) else 1)
    forward.keep([values[output.node] for output in outputs if output.train_only])
    forward.write([step for step in net.body.steps if not step.train_only])
    results = {output.name: forward.read(values[output.node]) for output in kept}
    result = next(iter(results.values())) if len(kept) == 1 else _mapping(results)
    yield from _lines(*forward.lines)
    if len(kept) == len(outputs):
        yield from _lines(f"{2 * INDENT}return {result}")
        return
    yield f"{2 * INDENT}if not self.training:"
    yield from _lines(f"{3 * INDENT}return {result}")
    forward.lines.clear()
    forward.write([step for step in net.body.steps if step.train_only])
    texts = {output.name: forward.read(values[output.node]) for output in outputs}
    yield from _lines(*forward.lines, f"{2 * INDENT}return {_mapping(texts)}")


def _lines(*lines: str) -> Iterator[str]:
    for line in lines:
        yield from statement(line)


def _mapping(texts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {text}' for name, text in texts.items()) + "}"


# ---- constructors


def _constructor(block: Class) -> Iterator[str]:
    defaults = block.defaults
    names = sorted(block.arguments.columns, key=lambda name: name in defaults)
    parameters = ["self", *(_parameter(name, block.arguments, defaults) for name in names)]
    yield from wrapped(f"{INDENT}def __init__(", parameters, ") -> None:")
    yield f"{2 * INDENT}super().__init__()"
    for path, value in _owned(block.members):
        yield from assignment(f"{2 * INDENT}self.{path} = ", value)
    for flag, holds in block.flags:
        yield f"{2 * INDENT}self.{flag} = {holds.text}"
    yield ""


def _parameter(name: str, arguments: Arguments, defaults: Mapping[str, Literal]) -> str:
    kinds = {_type(value) for value in arguments.columns[name]}
    text = f"{name}: {' | '.join(sorted(kinds))}"
    return f"{text} = {defaults[name]!r}" if name in defaults else text


def _type(value: Literal) -> str:
    if isinstance(value, tuple):
        return "tuple[int, ...]"
    return "None" if value is None else type(value).__name__


Tree = dict[str, "Tree | Call"]


def _owned(members: Sequence[tuple[tuple[str, ...], Call]]) -> Iterator[tuple[str, Call]]:
    """(attribute, call). Members under a prefix are in a container of that name."""
    tree: Tree = {}
    for path, call in members:
        at = tree
        for part in path[:-1]:
            inner = at.setdefault(part, {})
            assert isinstance(inner, dict)
            at = inner
        at[path[-1]] = call
    for name, value in tree.items():
        yield name, value if isinstance(value, Call) else _container(value)


def _container(tree: Tree) -> Call:
    calls = {name: value if isinstance(value, Call) else _container(value) for name, value in tree.items()}
    if all(name.isdigit() for name in calls):
        return Call("nn.ModuleList", (Argument("", numbered(calls, LIST), keyword=False),))
    named = tuple(Argument(name, call) for name, call in calls.items())
    return Call("nn.ModuleDict", (Argument("", Call("dict", named), keyword=False),))
