"""A graph as nested modules: which nodes become one module, its inputs and its outputs.

A region whose nodes are contiguous becomes a module with a forward. Else its name is only a prefix, and its layers are
called by the enclosing module.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from archc.graph import Graph, Node, Region


@dataclass(slots=True, eq=False)
class Module:
    """title: the block or the label that its class is named after. inputs: values from outside, in order of first use.
    outputs: values used outside, in order. prefix_only: it owns its layers but has no forward of its own.
    """

    region: Region
    title: str = ""
    items: list["Node | Module"] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    prefix_only: bool = False

    @property
    def name(self) -> str:
        return self.region.name

    @property
    def is_block(self) -> bool:
        """Whether it is a block of the source."""
        return self.region.kind == "block"

    def modules(self) -> Iterator["Module"]:
        """Itself and the modules inside, in the order of the source."""
        yield self
        for item in self.items:
            if isinstance(item, Module):
                yield from item.modules()

    def nodes(self) -> Iterator[Node]:
        """All of its nodes, those of the modules inside included."""
        return (item for module in self.modules() for item in module.items if isinstance(item, Node))


def modules(graph: Graph) -> Module:
    """The module of the whole net. Its inputs are those of the graph; they are nodes of no module."""
    inference = {node.name for node in graph.inference_nodes}
    root = _module(graph.root, "", inference, _split_regions(graph.root))
    _connect(root, graph)
    return root


def _module(region: Region, above: str, inference: Container[str], parted: Container[str]) -> Module:
    """above: the title that numbered regions inside take theirs from. parted: regions that are not contiguous."""
    named = not region.title.isdigit()
    module = Module(region, region.title if named else f"{above}_step" if above else "step")
    above = region.title if named and region.kind in ("block", "label", "stage") else above
    for item in region.items:
        if isinstance(item, Region):
            inner = _module(item, above, inference, parted)
            module.items += [inner] if inner.items else []
        elif item.op.category != "input":
            module.items.append(item)
    kept = {node.name in inference for node in module.nodes()}
    module.prefix_only = len(kept) > 1 or region.name in parted
    return module


def _split_regions(root: Region) -> set[str]:
    """The names of regions that are not contiguous, or whose name is a prefix of a node or region outside."""
    found: set[str] = set()
    taken: set[str] = set()
    for region in (root, *(item for item in root.walk() if isinstance(item, Region))):
        for item in region.items:
            own = region.own_name(item)
            ends = [len(item.name) - len(own) + end for end, letter in enumerate(own) if letter == "."]
            found.update(item.name[:end] for end in ends)
            if isinstance(item, Region):
                found.update({item.name} & taken)
                taken.add(item.name)
    return found


def _connect(root: Module, graph: Graph) -> None:
    """Fill in the inputs and the outputs of each module."""
    readers: dict[str, list[str]] = {}
    for node in graph.nodes:
        for source in node.inputs:
            readers.setdefault(source, []).append(node.name)
    results = {output.node for output in graph.outputs}
    for module in root.modules():
        nodes = list(module.nodes())
        own = {node.name for node in nodes}
        module.inputs = list(dict.fromkeys(source for node in nodes for source in node.inputs if source not in own))
        module.outputs = [
            node.name
            for node in nodes
            if node.name in results or any(reader not in own for reader in readers.get(node.name, ()))
        ]
    root.inputs = [node.name for node in graph.inputs]
    root.outputs = [output.node for output in graph.outputs]
