"""Nets with the channels last, in whole or in part, rewritten with the channels first."""

from collections.abc import Iterable

from archc.decompile.channels_first_nodes import change
from archc.decompile.channels_first_values import ChannelsFirst, last
from archc.decompile.nodes import Nodes, OnnxNode


def as_given(nodes: Nodes) -> Nodes:
    """The nodes with the channels first inside; inputs and outputs keep their layout."""
    return _turned(nodes, ()).nodes


def channels_first(nodes: Nodes) -> Nodes:
    """The nodes with the channels first. An input counts as channels-last if the file transposes every use of it; then
    the outputs count as channels-last too. The names of both are in `channels_last`."""
    inputs = [value for value in nodes.flows if len(nodes.shapes.get(value, ())) >= 3]
    while inputs:
        turned = _turned(nodes, inputs)
        alive = _alive(turned.nodes)
        read = [value for value in inputs if value in alive]
        if not read and turned.turns and any(node.output in alive for node in turned.nodes.all):
            return _renamed(turned, inputs)
        inputs = [value for value in inputs if value not in read] if read else []
    return as_given(nodes)


def _turned(nodes: Nodes, inputs: Iterable[str]) -> ChannelsFirst:
    """The nodes, each channels-last one with its channels-first form beside it. Transposes back become names for its
    output. The old nodes are then dead unless something else reads them."""
    turned = ChannelsFirst(nodes.copy())
    for value in inputs:
        turned.input(value)
    for node in turned.nodes.all:
        node.inputs = [turned.same.get(name, name) for name in node.inputs]
        turned.kept.append(node)
        turned.producers[node.output] = node
        change(node, turned)
    turned.nodes.all = turned.kept
    outputs = [(name, turned.same.get(value, value)) for name, value in turned.nodes.outputs]
    if inputs or not any(turned.rank(value) > 2 for value in turned.nodes.flows):
        turned.nodes.channels_last = {name for name, value in outputs if value in turned.first}
        outputs = [(name, turned.first.get(value, value)) for name, value in outputs]
    turned.nodes.outputs = outputs
    _once(turned)
    return turned


def _once(turned: ChannelsFirst) -> None:
    """Compute a value that is needed in both layouts once, with the channels first, and transpose it."""
    alive = _alive(turned.nodes)
    given = {value for _, value in turned.nodes.outputs}
    both = {value for value, first in turned.made.items() if value in given or (value in alive and first in alive)}
    back = {turned.made[node.output]: node for node in turned.nodes.all if node.output in both}
    ordered = []
    for node in turned.nodes.all:
        if node.output not in both:
            ordered.append(node)
        if node.output in back:
            like = back[node.output]
            perm = {"perm": last(turned.rank(like.output))}
            ordered.append(OnnxNode("Transpose", f"{like.name}/last", [node.output], like.output, perm))
    turned.nodes.all = ordered


def _alive(nodes: Nodes) -> set[str]:
    """The values that an output depends on."""
    alive = {value for _, value in nodes.outputs}
    for node in reversed(nodes.all):
        if node.output in alive:
            alive.update(node.inputs)
    return alive


def _renamed(turned: ChannelsFirst, inputs: list[str]) -> Nodes:
    nodes = turned.nodes
    nodes.channels_last |= set(inputs)
    nodes.flows = [turned.first[value] if value in inputs else value for value in nodes.flows]
    return nodes
