"""A round of a repetition made again from the one before it: equal layers under the next names.

Of `basic(64) x 36` the walk is needed while anything differs from one round to the next. Where the same shape
flows in again, what flows out is the same but for the names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from archc.elaborate.env import Env, Label
from archc.elaborate.record import Record
from archc.elaborate.region_builder import RegionBuilder
from archc.elaborate.values import Wire
from archc.graph import Node, Region


class Checkpoint:
    """How far an elaboration is, to tell afterwards what one round added."""

    def __init__(self, record: Record, region: RegionBuilder) -> None:
        self.nodes = len(record.nodes)
        self.items = len(region.items)
        self.labels = len(record.labels)
        self.outputs = len(record.outputs)
        self.reports = len(record.diagnostics)
        self.steps = record.steps_taken
        self.held = record.claims_held


class Iteration:
    """What one round added: between what flowed in and what flowed out."""

    def __init__(
        self, record: Record, since: Checkpoint, region: RegionBuilder, name: str, inflow: Wire, outflow: Wire
    ) -> None:
        self.record = record
        self.region = region
        self.name = name
        self.inflow = inflow
        self.outflow = outflow
        self.nodes = record.nodes[since.nodes :]
        self.items = region.items[since.items :]
        self.labels = record.labels[since.labels :]
        self.steps = record.steps_taken - since.steps
        self.held = record.claims_held - since.held
        plain = len(record.outputs) == since.outputs and len(record.diagnostics) == since.reports
        self.repeats = plain and outflow.shape is not None and outflow.node is not None

    def fits(self, current: Wire, env: Env) -> bool:
        """Whether the next round comes to the same. The name that flowed in must stand for nothing else here."""
        if not self.repeats or current.shape != self.inflow.shape or self.inflow.node is None:
            return False
        return all(label.wire.node != self.inflow.node for scope in env.chain() for label in scope.labels.values())

    def clone(self, name: str, current: Wire) -> Wire | None:
        """The same under another name; None where the limit or a name stands in its way."""
        record = self.record
        assert current.node is not None
        assert self.inflow.node is not None
        renamed = {self.inflow.node: current.node}
        cut = len(self.name)
        for node in self.nodes:
            renamed[node.name] = name + node.name[cut:]
        if record.steps_taken + self.steps > record.options.max_nodes:
            return None
        if any(renamed[node.name] in record.index for node in self.nodes):
            return None
        self._copy(self.items, self.region, name, renamed)
        record.labels += [(word, _renamed_label(label, renamed)) for word, label in self.labels]
        record.steps_taken += self.steps
        record.claims_held += self.held
        return _renamed_wire(self.outflow, renamed)

    def _copy(
        self, items: Sequence[Node | RegionBuilder], region: RegionBuilder, name: str, renamed: Mapping[str, str]
    ) -> None:
        """Append these items under their new names to a region, and their nodes to the record."""
        for item in items:
            if isinstance(item, RegionBuilder):
                title = name.rpartition(".")[2] if self._is_numbered(item) else item.opened.title
                full = name + item.name[len(self.name) :]
                inside = region.open(_renamed_region(item.opened, full, title, renamed))
                inside.dotted = item.dotted
                self._copy(item.items, inside, name, renamed)
                continue
            inputs = tuple([renamed.get(source, source) for source in item.inputs])
            made = Node(renamed[item.name], item.op, inputs, item.input_shapes, item.shape, item.span)
            self.record.nodes.append(made)
            self.record.index[made.name] = made
            region.items.append(made)

    def _is_numbered(self, region: RegionBuilder) -> bool:
        """Whether it is the round itself, and is called by its number."""
        return region.name == self.name and region.opened.kind != "block"


def _renamed_region(region: Region, name: str, title: str, renamed: Mapping[str, str]) -> Region:
    parameters = tuple((key, renamed.get(v, v) if isinstance(v, str) else v) for key, v in region.parameters)
    return Region((), name, region.kind, title, region.arguments, region.count, region.span, parameters, region.given)


def _renamed_label(label: Label, renamed: dict[str, str]) -> Label:
    return replace(label, wire=_renamed_wire(label.wire, renamed))


def _renamed_wire(wire: Wire, renamed: dict[str, str]) -> Wire:
    node = renamed.get(wire.node, wire.node) if wire.node is not None else None
    return Wire(node, wire.shape, wire.span)
