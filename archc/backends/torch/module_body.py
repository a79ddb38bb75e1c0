"""The body of a module: its members and the steps of its forward."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from archc.backends.torch.lowered import Argument, Call, Lowered
from archc.backends.torch.modules import Module
from archc.backends.torch.python_names import attribute
from archc.backends.torch.table import LOWERINGS
from archc.graph import Node


@dataclass(frozen=True, slots=True)
class Step:
    """An assignment `targets = template`, where `{0}`, `{1}` … of the template are the operands.

    Values are numbered, the inputs of the body first. member: the path of the module, if the step only calls one.
    train_only: the step serves only outputs of training; set in the body of the whole net alone.
    """

    template: str
    operands: tuple[int, ...]
    targets: tuple[int, ...]
    member: tuple[str, ...] | None = None
    train_only: bool = False


@dataclass(slots=True, eq=False)
class Body:
    """members: (path, constructor call) of the modules that it owns. A path has several parts where a scope is only a
    prefix of names. values: node → number of its value. absent, unskipped: members and steps that another use of the
    same block has and this one has not."""

    module: Module
    members: list[tuple[tuple[str, ...], Call]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    results: tuple[int, ...] = ()
    inputs: int = 1
    values: dict[str, int] = field(default_factory=dict)
    absent: frozenset[tuple[str, ...]] = frozenset()
    unskipped: frozenset[int] = frozenset()

    @property
    def is_chain(self) -> bool:
        """Whether each step calls one module on the result of the step before."""
        return (
            self.inputs == 1
            and len(self.results) == 1
            and bool(self.steps)
            and all(
                step.member is not None and len(step.member) == 1 and step.operands == (number,) and not step.train_only
                for number, step in enumerate(self.steps)
            )
            and self.results == self.steps[-1].targets
        )


class BodyReader:
    """Makes bodies. made: name → constructor call of the inner modules that have a forward of their own."""

    def __init__(self, inplace: frozenset[str], train_only: frozenset[str], made: Mapping[str, Call]) -> None:
        self._inplace = inplace
        self._train_only = train_only
        self._made = made
        self._lowered: dict[tuple[object, ...], Lowered] = {}

    def body(self, module: Module) -> Body:
        """The body of a module."""
        body = Body(module, inputs=len(module.inputs))
        for name in module.inputs:
            body.values[name] = len(body.values)
        self._items(module, body, ())
        body.results = tuple(body.values[name] for name in module.outputs)
        return body

    def _items(self, module: Module, body: Body, above: tuple[str, ...]) -> None:
        for item in module.items:
            own = module.region.own_name(item.region if isinstance(item, Module) else item)
            path = (*above, *map(attribute, own.split(".")))
            if not isinstance(item, Module):
                self._node(item, body, path)
            elif item.prefix_only:
                self._items(item, body, path)
            else:
                self._module(item, body, path)

    def _node(self, node: Node, body: Body, path: tuple[str, ...]) -> None:
        lowered = self._lower(node)
        template = lowered.apply
        if lowered.make is not None:
            body.members.append((path, self._overwriting(node, lowered.make)))
            template = template.replace("{m}", reference(path))
        step = Step(
            template,
            tuple(body.values[source] for source in node.inputs),
            (len(body.values),),
            path if lowered.is_module else None,
            not body.module.name and node.name in self._train_only,
        )
        body.values[node.name] = len(body.values)
        body.steps.append(step)

    def _module(self, module: Module, body: Body, path: tuple[str, ...]) -> None:
        body.members.append((path, self._made[module.name]))
        operands = tuple(body.values[source] for source in module.inputs)
        slots = ", ".join(f"{{{number}}}" for number in range(len(operands)))
        first = len(body.values)
        for name in module.outputs:
            body.values[name] = len(body.values)
        targets = tuple(range(first, len(body.values)))
        member = path if len(operands) == len(targets) == 1 else None
        train_only = not body.module.name and next(module.nodes()).name in self._train_only
        body.steps.append(Step(f"{reference(path)}({slots})", operands, targets, member, train_only))

    def _lower(self, node: Node) -> Lowered:
        key = (id(node.op), node.input_shapes)
        if key not in self._lowered:
            self._lowered[key] = LOWERINGS[node.op.name](node.op, node.input_shapes, node.shape)
        return self._lowered[key]

    def _overwriting(self, node: Node, make: Call) -> Call:
        if node.name not in self._inplace:
            return make
        return replace(make, arguments=(*make.arguments, Argument("inplace", True, default=False)))


def reference(path: tuple[str, ...]) -> str:
    """`self.conv2_x[0].conv1`"""
    return "self" + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path)
