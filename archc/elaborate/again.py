"""A round of a repetition made again from the one before it: equal layers under the next names.

Of `basic(64) x 36` the walk is needed while anything differs from one round to the next. Where the same shape
flows in again, what flows out is the same but for the names.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archc.elaborate.values import Wire
from archc.graph import Node, Scope

if TYPE_CHECKING:
    from archc.elaborate.build import Builder
    from archc.elaborate.env import Env, Label


class Marks:
    """How far a builder is, to tell afterwards what one round added."""

    def __init__(self, builder: Builder) -> None:
        self.nodes = len(builder.nodes)
        self.scopes = len(builder.scopes)
        self.labels = len(builder.labels)
        self.outputs = len(builder.outputs)
        self.reports = len(builder.diagnostics)
        self.steps = builder.steps_taken
        self.held = builder.claims_held


class Round:
    """What one round added to a builder: between what flowed in and what flowed out."""

    def __init__(self, builder: Builder, since: Marks, name: str, inflow: Wire, outflow: Wire) -> None:
        self.name = name
        self.inflow = inflow
        self.outflow = outflow
        self.nodes = builder.nodes[since.nodes :]
        self.scopes = [builder.scopes[key] for key in list(builder.scopes)[since.scopes :]]
        self.labels = builder.labels[since.labels :]
        self.steps = builder.steps_taken - since.steps
        self.held = builder.claims_held - since.held
        plain = len(builder.outputs) == since.outputs and len(builder.diagnostics) == since.reports
        self.repeats = plain and outflow.shape is not None and outflow.node is not None

    def fits(self, current: Wire, env: Env) -> bool:
        """Whether the next round comes to the same. The name that flowed in must stand for nothing else here."""
        if not self.repeats or current.shape != self.inflow.shape or self.inflow.node is None:
            return False
        return all(label.wire.node != self.inflow.node for scope in env.chain() for label in scope.labels.values())

    def again(self, builder: Builder, name: str, current: Wire) -> Wire | None:
        """The same under another name; None where the builder's limit or a name stands in its way."""
        assert current.node is not None
        assert self.inflow.node is not None
        renamed = {self.inflow.node: current.node}
        cut = len(self.name)
        for node in self.nodes:
            renamed[node.name] = name + node.name[cut:]
        if builder.steps_taken + self.steps > builder.settings.max_nodes:
            return None
        if any(renamed[node.name] in builder.index for node in self.nodes):
            return None
        for node in self.nodes:
            inputs = tuple([renamed.get(source, source) for source in node.inputs])
            made = Node(renamed[node.name], node.op, inputs, node.input_shapes, node.shape, node.span)
            builder.nodes.append(made)
            builder.index[made.name] = made
        for scope in self.scopes:
            own = scope.name == self.name and scope.kind != "block"  # called by its number
            title = name.rpartition(".")[2] if own else scope.title
            copied = _renamed_scope(scope, name + scope.name[cut:], title, renamed)
            builder.scopes[copied.name] = copied
        builder.labels += [(word, _renamed_label(label, renamed)) for word, label in self.labels]
        builder.steps_taken += self.steps
        builder.claims_held += self.held
        return _renamed_wire(self.outflow, renamed)


def _renamed_scope(scope: Scope, name: str, title: str, renamed: dict[str, str]) -> Scope:
    parameters = tuple((key, renamed.get(v, v) if isinstance(v, str) else v) for key, v in scope.parameters)
    return Scope(name, scope.kind, title, scope.arguments, scope.count, scope.span, parameters)


def _renamed_label(label: Label, renamed: dict[str, str]) -> Label:
    return replace(label, wire=_renamed_wire(label.wire, renamed))


def _renamed_wire(wire: Wire, renamed: dict[str, str]) -> Wire:
    node = renamed.get(wire.node, wire.node) if wire.node is not None else None
    return Wire(node, wire.shape, wire.span)
