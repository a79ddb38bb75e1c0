"""The classes of a generated file, planned from the innermost modules outwards."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from archc.backends.torch.anti_unify import Arguments, anti_unify
from archc.backends.torch.expressions import SEQUENTIAL, sequential
from archc.backends.torch.inplace import inplace
from archc.backends.torch.loops import fold_runs
from archc.backends.torch.lowered import Argument, Call, Code, Literal
from archc.backends.torch.module_body import Body, BodyReader
from archc.backends.torch.modules import Module, modules
from archc.backends.torch.optional_members import SKIP, agreement, branch_operand, complete_members, condition, skeleton
from archc.backends.torch.python_names import argument_name, class_name
from archc.graph import Graph

LEVELS = 64  # as deep as a source may nest


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A module class: its constructor's arguments, its members, and the steps of its forward.

    defaults: of some arguments; the others are required. flags: attributes for optional steps.
    """

    name: str
    arguments: Arguments
    defaults: Mapping[str, Literal]
    members: tuple[tuple[tuple[str, ...], Call], ...]
    body: Body
    flags: tuple[tuple[str, Code], ...] = ()


@dataclass(slots=True)
class Plan:
    """The classes of a file in the order they are written; the last is the net."""

    graph: Graph
    classes: list[Class] = field(default_factory=list)


class _Use:
    """A module of a graph that becomes a use of a class. graph: the index of the variant."""

    def __init__(self, body: Body, parameters: Mapping[str, Literal], graph: int) -> None:
        self.body = body
        self.parameters = parameters
        self.graph = graph


def plan(graph: Graph, variants: Sequence[tuple[Graph, Mapping[str, int]]] = ()) -> Plan:
    """The classes of a net.

    variants: (graph, parameters) of the same net under other parameters, the first being `graph` itself. Numbers that
    differ between them become arguments of the net's class.
    """
    return _Planner(graph, variants or ((graph, {}),)).run()


class _Planner:
    def __init__(self, graph: Graph, variants: Sequence[tuple[Graph, Mapping[str, int]]]) -> None:
        self.variants = variants
        self.plan = Plan(graph)
        self._names: set[str] = set()
        self._made: list[dict[str, Call]] = [{} for _ in variants]
        self._readers = [
            BodyReader(
                inplace(net),
                frozenset(node.name for node in net.nodes) - {node.name for node in net.inference_nodes},
                made,
            )
            for (net, _), made in zip(variants, self._made, strict=True)
        ]

    def run(self) -> Plan:
        roots = [modules(net) for net, _ in self.variants]
        levels = _levels(roots)
        for height in sorted(levels):
            self._level(levels[height])
        uses = [
            _Use(self._readers[number].body(root), self.variants[number][1], number)
            for number, root in enumerate(roots)
        ]
        first = skeleton(uses[0].body)
        name = self._name(self.variants[0][0].name)
        self._class([use for use in uses if skeleton(use.body) == first], name, is_net=True)
        return self.plan

    def _level(self, found: list[tuple[int, Module]]) -> None:
        groups: dict[str, list[_Use]] = {}
        for number, module in found:
            if module.prefix_only:
                continue
            body = self._readers[number].body(module)
            if body.is_chain and not module.is_block:  # a label or a repetition needs no class
                self._made[number][module.name] = sequential({path[0]: call for path, call in body.members})
            elif any(path[0].isdigit() for path, _ in body.members) or not body.members:
                module.prefix_only = True
            else:
                known: dict[str, Literal] = {
                    name: value for name, value in module.region.parameters if isinstance(value, int)
                }
                groups.setdefault(module.title, []).append(_Use(body, known, number))
        for title, uses in groups.items():
            complete_members([use.body for use in uses])
            for same in sorted(_by_class(uses), key=lambda same: -len(same)):
                self._class(same, self._name(title))

    def _class(self, uses: list[_Use], name: str, is_net: bool = False) -> None:
        first = uses[0]
        names = [name for name in first.parameters if all(name in use.parameters for use in uses)]
        known = {name: [use.parameters[name] for use in uses] for name in names}
        known = {name: column for name, column in known.items() if len(set(column)) > 1}
        owned = [
            [(path[-1], None if path in use.body.absent else call) for path, call in use.body.members] for use in uses
        ]
        members, arguments = anti_unify(owned, known)
        for index, (path, _) in enumerate(first.body.members):
            present = [path not in use.body.absent for use in uses]
            if not all(present):
                members[index] = _conditional(members[index], path[-1], present, arguments, known)
        body, flags = _flagged(uses, members, arguments, known)
        paths = [path for path, _ in first.body.members]
        columns = arguments.columns.items()
        defaults = {argument: column[0] for argument, column in columns} if is_net else arguments.defaults()
        self.plan.classes.append(Class(name, arguments, defaults, tuple(zip(paths, members, strict=True)), body, flags))
        for number, use in enumerate(uses):
            given = tuple(
                Argument(argument, column[number], argument in defaults, defaults.get(argument, Code))
                for argument, column in sorted(arguments.columns.items(), key=lambda item: item[0] in defaults)
            )
            self._made[use.graph][use.body.module.name] = Call(name, given)

    def _name(self, title: str) -> str:
        """`Bottleneck`, and `Bottleneck2` for another class of the same block."""
        stem = class_name(title)
        name, count = stem, 1
        while name in self._names:
            count += 1
            name = f"{stem}{count}" if not stem[-1].isdigit() else f"{stem}_{count}"
        self._names.add(name)
        return name


def _by_class(uses: Sequence[_Use]) -> Iterable[list[_Use]]:
    """The uses by class. Those that differ only in a number of repetitions share a class with a loop."""
    looped: dict[object, list[_Use]] = {}
    for use in uses:
        looped.setdefault(skeleton(with_loops(use.body)), []).append(use)
    for same in looped.values():
        if len({skeleton(use.body) for use in same}) > 1:
            for use in same:
                use.body = with_loops(use.body)
    return looped.values()


def with_loops(body: Body) -> Body:
    """The body with loops in its lists of modules."""
    members = [
        (path, replace(call, arguments=tuple(fold_runs(call.arguments, 1))) if call.callee == SEQUENTIAL else call)
        for path, call in body.members
    ]
    return replace(body, members=members)


def _conditional(
    call: Call, member: str, present: list[bool], arguments: Arguments, known: Mapping[str, list[Literal]]
) -> Call:
    """The call with a condition: on the arguments if possible, else on a new argument."""
    holds = condition(present, arguments, [call])
    return replace(call, only_if=holds or _flag_argument(f"has_{member}", present, arguments, known))


def _flagged(
    uses: Sequence[_Use], members: Sequence[Call], arguments: Arguments, known: Mapping[str, list[Literal]]
) -> tuple[Body, tuple[tuple[str, Code], ...]]:
    """The body with optional skips, and (attribute, condition) for each of them."""
    body = uses[0].body
    steps, flags = list(body.steps), []
    taken = {path[0] for path, _ in body.members}
    for index, step in enumerate(body.steps):
        present = [index not in use.body.unskipped for use in uses]
        if all(present):
            continue
        names = (f"residual{mark}" for mark in ("", *range(2, len(steps) + 2)))
        flag = next(name for name in names if name not in taken)
        taken.add(flag)
        flags.append((flag, agreement(present, arguments, members) or _flag_argument(flag, present, arguments, known)))
        steps[index] = replace(step, template=f"{SKIP} if self.{flag} else {{{branch_operand(step)}}}")
    return replace(body, steps=steps), tuple(flags)


def _flag_argument(name: str, present: list[bool], arguments: Arguments, known: Mapping[str, list[Literal]]) -> Code:
    """A new yes-or-no argument with these values, named after a block's parameter with the same values if any."""
    said = (
        word for word, column in known.items() if column == present and all(type(value) is bool for value in column)
    )
    name = argument_name(next(said, name))
    arguments.columns[name] = list(present)
    arguments.words[name] = name
    arguments.switches.add(name)
    return Code(name)


def _levels(roots: Sequence[Module]) -> dict[int, list[tuple[int, Module]]]:
    """(index of the variant, module) by height; 0 without modules inside. All uses of a block have the same height."""
    found = [(number, module) for number, root in enumerate(roots) for module in root.modules()]
    heights: dict[int, int] = {}
    nested = {title for root in roots for title in _recursive_blocks(root, frozenset())}
    of_block: dict[str, int] = {}
    for _ in range(LEVELS):
        before = dict(of_block)
        for _, module in reversed(found):
            inner = [heights[id(item)] for item in module.items if isinstance(item, Module)]
            height = 1 + max(inner) if inner else 0
            if module.is_block and module.title not in nested:
                height = of_block[module.title] = max(height, of_block.get(module.title, 0))
            heights[id(module)] = height
        if of_block == before:
            break
    levels: dict[int, list[tuple[int, Module]]] = {}
    for number, module in found:
        if module.name:
            levels.setdefault(heights[id(module)], []).append((number, module))
    return levels


def _recursive_blocks(module: Module, above: frozenset[str]) -> Iterator[str]:
    """The names of blocks that contain a block of the same name."""
    title = module.title if module.is_block else ""
    if title in above:
        yield title
    for item in module.items:
        if isinstance(item, Module):
            yield from _recursive_blocks(item, above | {title})
