"""The layers of a file: each node, with the nodes before it, matched with the lowerings of candidate layers."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from archc.backends.onnx.table import LOWERINGS
from archc.decompile.affine import match_affine
from archc.decompile.aliases import ALIASES, RESHAPES
from archc.decompile.candidates import candidates
from archc.decompile.canonical import as_reshape
from archc.decompile.layer import Layer
from archc.decompile.layer_tensors import layer_tensors
from archc.decompile.matcher import Match, Matcher
from archc.decompile.no_layer import no_layer_message
from archc.decompile.node_context import NodeContext
from archc.decompile.nodes import MALFORMED, Nodes, OnnxNode, Unreadable, readers
from archc.decompile.numeric_match import match_by_values
from archc.decompile.self_attention import ATTENTION
from archc.ops import Op, OpError, Shape
from archc.ops.attention import Attention
from archc.ops.fixed import Identity


def read(nodes: Nodes) -> tuple[list[Layer], list[Unreadable]]:
    """The layers in execution order, and the nodes that no layer matches."""
    return _Reader(nodes).read()


class _Reader:
    """Goes from the last node to the first, so that a layer of several nodes is matched before its parts."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.matcher = Matcher(nodes)
        self.used = readers(nodes)
        self.kept = {value for _, value in nodes.outputs}
        self.waiting = list(nodes.all)

    def read(self) -> tuple[list[Layer], list[Unreadable]]:
        needed = set(self.kept)
        layers: list[Layer] = []
        problems: list[tuple[OnnxNode, Unreadable]] = []
        while self.waiting:
            node = self.waiting.pop()
            if node.output not in needed:
                continue
            found = self._match(node)
            if found is None:
                problems.append((node, Unreadable(node.name, node.op_type, no_layer_message(node, self.nodes))))
                needed.update(name for name in node.inputs if name not in self.nodes.constants)
                continue
            layers.append(found)
            needed.update(found.inputs)
        return _without_identities(layers[::-1], self.kept), [
            *self.nodes.problems,
            *_first_of(problems[::-1], self.nodes),
        ]

    def _match(self, node: OnnxNode) -> Layer | None:
        if node.op_type == ATTENTION:
            return self._attention(node)
        found = self._layer(node)
        if found is None and node.op_type in RESHAPES:
            changed = as_reshape(node, self.nodes)
            self.matcher.producers[node.output] = changed
            found = self._layer(changed)
        if found is not None and not found.fixes_learnt(self.nodes.learnt):
            return found
        around = (node, self.nodes, self.matcher.producers, self.used, self.kept)
        other = match_affine(*around, self._is_layer) or match_by_values(*around) or found
        return self._difference(node) if other is None and node.op_type == "Sub" else other

    def _attention(self, node: OnnxNode) -> Layer:
        """The layer of a node that stands for a whole attention."""
        source, *values = node.inputs
        shape = self.nodes.shapes[source][1:]
        names = node.attributes["tensors"]
        biased = "out_proj.bias" in names
        op = Attention(heads=node.attributes["heads"], bias=biased)
        sources = dict(zip(names, values, strict=True))
        tensors = {name: self.nodes.constants[value].astype(np.float32) for name, value in sources.items()}
        return Layer(op, (source,), node.output, shape, tensors, node.name, sources, (shape,))

    def _is_layer(self, node: OnnxNode) -> bool:
        found = self._layer(node)
        return found is not None and not found.fixes_learnt(self.nodes.learnt)

    def _layer(self, node: OnnxNode) -> Layer | None:
        """The first candidate that matches; one that learns what the file says is fixed, or fixes what it says is
        learnt, only if there is no other."""
        second = None
        for op in candidates(NodeContext(node, self.nodes, self.matcher.producers)):
            for bound, inputs, shapes, output in self._matches(op, node):
                if self._is_read_within(bound, node):
                    continue  # an intermediate value is used elsewhere
                tensors = layer_tensors(op, shapes, bound)
                if tensors is None:
                    continue
                numbers = tuple(bound.numbers)
                layer = Layer(op, inputs, node.output, output, tensors, node.name, bound.values, shapes, numbers)
                if op.fixed_twin:  # taken here only if the file says that it is learnt
                    if all(self.nodes.learnt(value) for value in bound.values.values()):
                        return layer
                elif not layer.learns_fixed(self.nodes.learnt) and not layer.fixes_learnt(self.nodes.learnt):
                    return layer
                else:
                    second = second or layer
        return second

    def _is_read_within(self, bound: Match, node: OnnxNode) -> bool:
        """Whether a value inside the matched nodes is read by other nodes or is an output."""
        inner = [one.output for one in bound.nodes if one is not node]
        return any(one in self.kept or not all(r in bound.nodes for r in self.used.get(one, ())) for one in inner)

    def _difference(self, node: OnnxNode) -> Layer | None:
        """A difference as the sum of the first value and the negated second."""
        shapes = self.nodes.shapes
        first, second = node.inputs
        if second not in shapes or second in self.nodes.constants or shapes[second] != shapes.get(node.output):
            return None
        negative = OnnxNode("Neg", f"{node.name}/negative", [second], f"{node.output}/negative", {})
        total = OnnxNode("Add", node.name, [first, negative.output], node.output, {})
        shapes[negative.output] = shapes[second]
        self.matcher.producers |= {node.output: total, negative.output: negative}
        self.used = {**self.used, negative.output: [total]}
        found = self._match(total)
        if found is not None:
            self.waiting.append(negative)
        return found

    def _matches(self, op: Op, node: OnnxNode) -> Iterator[tuple[Match, tuple[str, ...], tuple[Shape, ...], Shape]]:
        """The matches of a layer's lowerings that end in a node, each with inputs, input shapes and output shape.

        A lowering depends on the shapes of the inputs, so possible inputs are tried in turn, the node's own first.
        """
        low, high = op.inputs
        nodes = self.nodes
        flows = [name for name in node.inputs if name and name not in nodes.constants]
        if high is None or high > 1:
            tries = [[_vector(value, nodes, self.matcher) for value in flows], flows]
            before = self.matcher.producers.get(flows[0]) if len(flows) == 1 else None
            if before is not None:  # a layer that joins and then scales
                tries.append([name for name in before.inputs if name and name not in nodes.constants])
        else:
            tries = [[value] for value in _sources(node, nodes, self.matcher)]
        for inputs in tries:
            shapes = tuple(nodes.shapes.get(value, ())[1:] for value in inputs)
            if not inputs or len(inputs) < low or any(value not in nodes.shapes for value in inputs):
                continue
            try:
                output = op.output(shapes)
                if nodes.shapes.get(node.output, (1, *output))[1:] != output:
                    continue
                rows = [LOWERINGS[op.name], *ALIASES.get(op.name, ())]
                matched = [self.matcher.match(row(op, shapes, output), node.output) for row in rows]
            except (OpError, *MALFORMED):
                continue
            for bound in matched:
                if bound is not None and [bound.inputs.get(i) for i in range(len(inputs))] == inputs:
                    yield bound, tuple(inputs), shapes, output


def _without_identities(layers: list[Layer], kept: set[str]) -> list[Layer]:
    """The layers without identities, unless their output is an output of the net."""
    same: dict[str, str] = {}
    left = []
    for layer in layers:
        inputs = tuple(same.get(value, value) for value in layer.inputs)
        if isinstance(layer.op, Identity) and layer.output not in kept:
            same[layer.output] = inputs[0]
        else:
            left.append(replace(layer, inputs=inputs))
    return left


def _first_of(problems: list[tuple[OnnxNode, Unreadable]], nodes: Nodes) -> list[Unreadable]:
    """The problems that do not follow from others: those of nodes whose input shapes are known."""
    own = [
        problem
        for node, problem in problems
        if all(name in nodes.shapes or name in nodes.constants for name in node.inputs if name)
    ]
    return own or ([] if nodes.problems else [problem for _, problem in problems])


def _vector(value: str, nodes: Nodes, matcher: Matcher) -> str:
    """The vector that an Unsqueeze to the rank of a map was made from; else the value itself."""
    node = matcher.producers.get(value)
    if node is None or node.op_type != "Unsqueeze" or len(nodes.shapes.get(node.inputs[0], ())) != 2:
        return value
    return node.inputs[0]


def _sources(node: OnnxNode, nodes: Nodes, matcher: Matcher) -> list[str]:
    """The values that may be the input of a layer that ends in a node, the nearest first."""
    most = 40 + len(node.inputs)  # a maxout has as many inputs as pieces
    found: list[str] = []
    front = [node]
    for one in front:
        for name in one.inputs:
            if name and name not in nodes.constants and name not in found and len(found) < most:
                found.append(name)
                if name in matcher.producers:
                    front.append(matcher.producers[name])
    return found
