"""Clones an iteration of a repetition: the same layers under the next names.

The iterations of `basic(64) x 36` are walked while anything differs between two of them. Where an iteration has the
input shape of the one before it, its layers are those, renamed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from archc.elaborate.env import Env, Label
from archc.elaborate.record import Record
from archc.elaborate.region_builder import RegionBuilder
from archc.elaborate.values import Wire
from archc.graph import Node, Region


class Checkpoint:
    """The lengths of an elaboration's lists at one moment, to find what an iteration adds to them."""

    def __init__(self, record: Record, region: RegionBuilder) -> None:
        self.nodes = len(record.nodes)
        self.items = len(region.items)
        self.labels = len(record.labels)
        self.outputs = len(record.outputs)
        self.reports = len(record.diagnostics)
        self.steps = record.steps_taken
        self.held = record.claims_held


class Iteration:
    """What one iteration added. inflow, outflow: the values that it began and ended with."""

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
        """Whether the next iteration adds the same. No label here may name the value that flowed in."""
        if not self.repeats or current.shape != self.inflow.shape or self.inflow.node is None:
            return False
        return all(label.wire.node != self.inflow.node for scope in env.chain() for label in scope.labels.values())

    def clone(self, name: str, current: Wire) -> Wire | None:
        """Add the iteration under another name; return its value. None past the limit, or if a name is taken."""
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
        """Whether this is the region of the iteration, whose name is its number."""
        return region.name == self.name and region.opened.kind != "block"


def _renamed_region(region: Region, name: str, title: str, renamed: Mapping[str, str]) -> Region:
    parameters = tuple((key, renamed.get(v, v) if isinstance(v, str) else v) for key, v in region.parameters)
    return Region((), name, region.kind, title, region.arguments, region.count, region.span, parameters, region.given)


def _renamed_label(label: Label, renamed: dict[str, str]) -> Label:
    return replace(label, wire=_renamed_wire(label.wire, renamed))


def _renamed_wire(wire: Wire, renamed: dict[str, str]) -> Wire:
    node = renamed.get(wire.node, wire.node) if wire.node is not None else None
    return Wire(node, wire.shape, wire.span)
