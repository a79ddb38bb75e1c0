"""From regions to classes, from the inside out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from archc.backends.torch.body import Body, Reader
from archc.backends.torch.expressions import sequential
from archc.backends.torch.inplace import inplace
from archc.backends.torch.lowered import Argument, Call, Code, Literal
from archc.backends.torch.names import class_name, variable
from archc.backends.torch.optional import condition, with_optional
from archc.backends.torch.regions import Region, regions
from archc.backends.torch.unify import Arguments, codes, structure, unify, value_of
from archc.graph import Graph

LEVELS = 64  # as deep as a source may nest


@dataclass(frozen=True, slots=True, eq=False)
class Class:
    """A module class: its constructor's arguments, its members, and the steps of its forward.

    defaults: of some arguments; the others must be given.
    """

    name: str
    arguments: Arguments
    defaults: Mapping[str, Literal]
    members: tuple[tuple[tuple[str, ...], Call], ...]
    body: Body


@dataclass(slots=True)
class Plan:
    """The classes of a file in the order they are written; the last is the net."""

    graph: Graph
    classes: list[Class] = field(default_factory=list)


class _Use:
    """One region of one graph that is to be a use of a class."""

    def __init__(self, body: Body, parameters: Mapping[str, Literal], graph: int) -> None:
        self.body = body
        self.parameters = parameters
        self.graph = graph


def plan(graph: Graph, variants: Sequence[tuple[Graph, Mapping[str, int]]] = ()) -> Plan:
    """The classes of a net.

    variants: the same net under other parameters, with those; what differs between them becomes arguments of the
    net's own class. The first is the graph itself, where there are any.
    """
    return _Planner(graph, variants or ((graph, {}),)).run()


class _Planner:
    def __init__(self, graph: Graph, variants: Sequence[tuple[Graph, Mapping[str, int]]]) -> None:
        self.variants = variants
        self.plan = Plan(graph)
        self._names: set[str] = set()
        self._made: list[dict[str, Call]] = [{} for _ in variants]
        self._readers = [
            Reader(
                inplace(net),
                frozenset(node.name for node in net.nodes) - {node.name for node in net.inference_nodes},
                made,
            )
            for (net, _), made in zip(variants, self._made, strict=True)
        ]

    def run(self) -> Plan:
        roots = [regions(net) for net, _ in self.variants]
        levels = _levels(roots)
        for height in sorted(levels):
            self._level(levels[height])
        uses = [
            _Use(self._readers[number].body(root), self.variants[number][1], number)
            for number, root in enumerate(roots)
        ]
        first = _skeleton(uses[0].body)
        self._class([use for use in uses if _skeleton(use.body) == first], self.variants[0][0].name, is_net=True)
        return self.plan

    def _level(self, found: list[tuple[int, Region]]) -> None:
        groups: dict[str, list[_Use]] = {}
        for number, region in found:
            body = self._readers[number].body(region)
            if self._is_plain(region, body):
                self._made[number][region.name] = sequential({path[0]: call for path, call in body.members})
            elif any(path[0].isdigit() for path, _ in body.members) or not body.members:
                region.prefix_only = True
            else:
                parameters = region.scope.parameters if region.scope is not None else ()
                known: dict[str, Literal] = {name: value for name, value in parameters if isinstance(value, int)}
                groups.setdefault(region.title, []).append(_Use(body, known, number))
        for title, uses in groups.items():
            with_optional([use.body for use in uses])
            alike: dict[object, list[_Use]] = {}
            for use in uses:
                alike.setdefault(_skeleton(use.body), []).append(use)
            for same in alike.values():
                self._class(same, title)

    @staticmethod
    def _is_plain(region: Region, body: Body) -> bool:
        """A chain that no block of the source is named after."""
        return body.is_chain and not region.is_block

    def _class(self, uses: list[_Use], title: str, is_net: bool = False) -> None:
        first = uses[0]
        names = [name for name in first.parameters if all(name in use.parameters for use in uses)]
        known = {name: [use.parameters[name] for use in uses] for name in names}
        known = {name: column for name, column in known.items() if len(set(column)) > 1}
        owned = [
            [(path[-1], None if path in use.body.absent else call) for path, call in use.body.members] for use in uses
        ]
        members, arguments = unify(owned, known)
        for index, (path, _) in enumerate(first.body.members):
            present = [path not in use.body.absent for use in uses]
            if not all(present):
                members[index] = _conditional(members[index], path[-1], present, arguments)
        name = self._name(title)
        paths = [path for path, _ in first.body.members]
        columns = arguments.columns.items()
        defaults = {argument: column[0] for argument, column in columns} if is_net else arguments.defaults()
        self.plan.classes.append(Class(name, arguments, defaults, tuple(zip(paths, members, strict=True)), first.body))
        for number, use in enumerate(uses):
            given = tuple(
                Argument(argument, column[number], argument in defaults, defaults.get(argument, Code))
                for argument, column in sorted(arguments.columns.items(), key=lambda item: item[0] in defaults)
            )
            self._made[use.graph][use.body.region.name] = Call(name, given)

    def _name(self, title: str) -> str:
        """`Bottleneck`, and `Bottleneck2` for another class of the same block."""
        stem = class_name(title)
        name, count = stem, 1
        while name in self._names:
            count += 1
            name = f"{stem}{count}" if not stem[-1].isdigit() else f"{stem}_{count}"
        self._names.add(name)
        return name


def _conditional(call: Call, member: str, present: list[bool], arguments: Arguments) -> Call:
    """The member where its class has it, by a condition on the arguments or else by one argument more."""
    texts = [*arguments.columns, *(value.text for _, value in codes(call))]
    columns = {text: value_of(text, arguments.columns) for text in dict.fromkeys(texts)}
    holds = condition(present, columns)
    if holds is None:
        name = variable(f"has_{member}")
        arguments.columns[name] = list(present)
        holds = Code(name)
    return replace(call, only_if=holds)


def _skeleton(body: Body) -> object:
    return (
        tuple((path, structure(call)) for path, call in body.members),
        tuple(body.steps),
        body.results,
        body.inputs,
    )


def _by_height(root: Region) -> Iterator[tuple[int, Region]]:
    """Each region with its height: 0 where there is none inside."""
    order = [root]
    for region in order:
        order += [item for item in region.items if isinstance(item, Region)]
    heights: dict[int, int] = {}
    for region in reversed(order):
        inner = [heights[id(item)] for item in region.items if isinstance(item, Region)]
        heights[id(region)] = 1 + max(inner) if inner else 0
        yield heights[id(region)], region


def _levels(roots: Sequence[Region]) -> dict[int, list[tuple[int, Region]]]:
    """The regions by height, those of one block on one level: a use without its shortcut is no lower for that."""
    found = [(number, region) for number, root in enumerate(roots) for _, region in _by_height(root)]
    heights = {id(region): height for root in roots for height, region in _by_height(root)}
    nested = {title for root in roots for title in _in_itself(root, frozenset())}
    of_block: dict[str, int] = {}
    for _ in range(LEVELS):
        before = dict(of_block)
        for _, region in found:
            inner = [heights[id(item)] for item in region.items if isinstance(item, Region)]
            height = 1 + max(inner) if inner else 0
            if region.is_block and region.title not in nested:
                height = of_block[region.title] = max(height, of_block.get(region.title, 0))
            heights[id(region)] = height
        if of_block == before:
            break
    levels: dict[int, list[tuple[int, Region]]] = {}
    for number, region in found:
        if region.name:
            levels.setdefault(heights[id(region)], []).append((number, region))
    return levels


def _in_itself(region: Region, above: frozenset[str]) -> Iterator[str]:
    """Names of blocks that stand inside another block of that name."""
    title = region.title if region.is_block else ""
    if title in above:
        yield title
    for item in region.items:
        if isinstance(item, Region):
            yield from _in_itself(item, above | {title})
