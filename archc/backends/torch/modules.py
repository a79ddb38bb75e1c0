"""A graph as nested regions: which nodes become one module, what flows into it and what out.

A scope (a block, a labelled path, a repetition) is a region where its nodes stand together; else its name is only
a prefix, and its layers are called from the region around it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from archc.graph import Graph, Node, Scope


@dataclass(slots=True, eq=False)
class Region:
    """title: what it is called after, its block or its label; a numbered part, after what it is part of.
    inputs: values from outside, in order of first use. outputs: values used outside, in order.

    prefix_only: the scope owns its layers by name but has no forward of its own.
    """

    name: str
    scope: Scope | None
    title: str = ""
    items: list["Node | Region"] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    prefix_only: bool = False

    @property
    def is_block(self) -> bool:
        """Whether a block of the source is what it stands for."""
        return self.scope is not None and self.scope.kind == "block"

    def nodes(self) -> Iterator[Node]:
        """All of its nodes, those of the regions inside included."""
        for item in self.items:
            if isinstance(item, Region):
                yield from item.nodes()
            else:
                yield item


def regions(graph: Graph) -> Region:
    """The root, named "". Inputs of the net are its inputs, and no node of any region."""
    nodes = [node for node in graph.nodes if node.op.category != "input"]
    inference = {node.name for node in graph.inference_nodes}
    split = _split(nodes, inference)
    root = Region("", None)
    stack = [root]
    for node in nodes:
        while not _inside(node.name, stack[-1].name):
            stack.pop()
        for name in _prefixes(node.name):
            if len(name) > len(stack[-1].name):
                scope = graph.scopes.get(name)  # none for the `stage` of a label `stage.one`
                region = Region(name, scope, _title(name, graph), prefix_only=scope is None or name in split)
                stack[-1].items.append(region)
                stack.append(region)
        stack[-1].items.append(node)
    _connect(root, graph)
    return root


def _prefixes(name: str) -> Iterator[str]:
    end = name.find(".")
    while end != -1:
        yield name[:end]
        end = name.find(".", end + 1)


def _inside(name: str, scope: str) -> bool:
    return not scope or name.startswith(f"{scope}.")


def _title(name: str, graph: Graph) -> str:
    if name not in graph.scopes:
        return name
    title = graph.scopes[name].title
    if not title.isdigit():
        return title
    above = [graph.scopes[prefix] for prefix in _prefixes(name) if prefix in graph.scopes]
    said = [scope.title for scope in above if scope.kind in ("block", "label", "stage") and not scope.title.isdigit()]
    return f"{said[-1]}_step" if said else "step"


def _split(nodes: Sequence[Node], inference: set[str]) -> set[str]:
    """Scopes whose nodes do not stand together, or are in part only for training."""
    spans: dict[str, tuple[int, int, int, int]] = {}
    for index, node in enumerate(nodes):
        for name in _prefixes(node.name):
            first, _, count, kept = spans.get(name, (index, index, 0, 0))
            spans[name] = (first, index, count + 1, kept + (node.name in inference))
    return {
        name
        for name, (first, last, count, kept) in spans.items()
        if last - first + 1 != count or kept not in (0, count)
    }


def _connect(root: Region, graph: Graph) -> None:
    """What flows in and out of each region."""
    readers: dict[str, list[str]] = {}
    for node in graph.nodes:
        for source in node.inputs:
            readers.setdefault(source, []).append(node.name)
    results = {output.node for output in graph.outputs}
    stack = [item for item in root.items if isinstance(item, Region)]
    while stack:
        region = stack.pop()
        own = [node.name for node in region.nodes()]
        owned = set(own)
        region.inputs = list(
            dict.fromkeys(source for node in region.nodes() for source in node.inputs if source not in owned)
        )
        region.outputs = [
            name for name in own if name in results or any(reader not in owned for reader in readers.get(name, ()))
        ]
        stack += [item for item in region.items if isinstance(item, Region)]
    root.inputs = [node.name for node in graph.inputs]
    root.outputs = [output.node for output in graph.outputs]
