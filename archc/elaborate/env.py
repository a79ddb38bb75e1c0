"""Scopes with the names that they bind, and the exceptions of elaboration."""

from collections.abc import Iterator
from dataclasses import field
from typing import NamedTuple

from archc.diagnostics import Code, Diagnostic, Source, Span
from archc.elaborate.values import Value, Wire
from archc.ops import Op
from archc.records import dataclass
from archc.syntax import ast

MAX_MADE = 5_000_000


class Failure(Exception):
    """A mistake in the source. The handler reports it and continues.

    meant: the layers that are meant, where known. recovered: the value to go on with, where known.
    """

    def __init__(self, diagnostic: Diagnostic, meant: tuple[Op, ...] = (), recovered: Wire | None = None) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic
        self.meant = meant
        self.recovered = recovered


class Open(Exception):
    """Raised at a hole without a value. Only the search catches it."""

    def __init__(self, hole: ast.Hole) -> None:
        super().__init__("hole")
        self.hole = hole


def unsettled(hole: ast.Hole) -> Diagnostic:
    """The report of a hole where none is solved."""
    return Diagnostic(
        Code.HOLE,
        "`?` cannot be solved in this place",
        hole.span,
        help="it may stand for a stride, pad, kernel, dilation, channels, groups, repetitions or an input size "
        "of a layer in a net; write the number here",
    )


class Lost(Exception):
    """Raised by what depends on an unknown value, after an earlier mistake. Nothing is reported."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockDefinition:
    """A block and the scope in which it is defined."""

    block: ast.Block
    home: "Env"

    @property
    def name(self) -> str:
        return self.block.name

    @property
    def library(self) -> Source | None:
        """The source of a block that comes with archc."""
        return self.block.span.source if self.home.is_library else None


@dataclass(frozen=True, slots=True, eq=False)
class NetDefinition:
    """A net, or one variant of a table, and the scope in which it is defined."""

    net: ast.Net
    home: "Env"
    variant: str | None = None

    def as_block(self) -> BlockDefinition:
        """The net as a block, for calls of it."""
        net = self.net
        return BlockDefinition(ast.Block(net.span, net.name, net.name_span, net.parameters, net.body), self.home)

    @property
    def called(self) -> tuple[str, ...]:
        """Its names on a command line."""
        return (self.net.name,) if self.variant is None else (self.variant, self.net.name)


@dataclass(slots=True)
class Label:
    """A named value."""

    wire: Wire
    span: Span
    names_nodes: bool
    used: bool = False


class Ends(NamedTuple):
    """The construct at whose end the labels of a scope are dropped: a round of a loop, or a branch of a join."""

    what: str
    span: Span


@dataclass(eq=False, slots=True)
class Env:
    """A scope: its names, and the scope around it."""

    parent: "Env | None" = None
    values: dict[str, Value] = field(default_factory=dict)
    blocks: dict[str, BlockDefinition] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    nets: dict[tuple[str, str | None], NetDefinition] = field(default_factory=dict)
    seals_labels: bool = False  # labels of the caller are not visible in a block
    is_library: bool = False
    has_holes: bool = False  # of a file: whether it, or one that it uses, has a `?`
    ends: "Ends | None" = None
    ended: dict[str, tuple[Span, Ends]] = field(default_factory=dict)  # labels of the scopes within that have ended
    made: list[int] = field(default_factory=lambda: [0])  # values put in lists so far, of the whole file

    def child(self, seals_labels: bool = False, ends: "Ends | None" = None) -> "Env":
        return Env(self, seals_labels=seals_labels, made=self.made, ends=ends)

    def close(self, inner: "Env") -> None:
        """Keep the labels of an inner scope that has ended, for reports of names that are not found."""
        if inner.ends is not None and (inner.labels or inner.ended):
            self.ended |= {name: (label.span, inner.ends) for name, label in inner.labels.items()}
            self.ended |= inner.ended

    def make(self, count: int, span: Span) -> None:
        """Count the values of a new list. Raises Failure where a source makes more than MAX_MADE."""
        self.made[0] += count
        if self.made[0] > MAX_MADE:
            raise Failure(Diagnostic(Code.LIMIT_VALUES, f"lists of more than {MAX_MADE:,} values in all", span))

    def chain(self) -> Iterator["Env"]:
        """This scope and those around it, innermost first."""
        env: Env | None = self
        while env is not None:
            yield env
            env = env.parent

    def value(self, name: str) -> Value | None:
        env: Env | None = self  # not by chain(): no other question is asked so often
        while env is not None:
            if name in env.values:
                return env.values[name]
            env = env.parent
        return None

    def block(self, name: str) -> BlockDefinition | None:
        env: Env | None = self  # not by chain(): no other question is asked so often
        while env is not None:
            if name in env.blocks:
                return env.blocks[name]
            env = env.parent
        return None

    def net(self, name: str, variant: str | None) -> NetDefinition | None:
        for env in self.chain():
            if (name, variant) in env.nets:
                return env.nets[name, variant]
        return None

    def net_names(self) -> set[tuple[str, str | None]]:
        return {key for env in self.chain() for key in env.nets}

    def label(self, name: str) -> Label | None:
        for env in self.label_scopes():
            if name in env.labels:
                return env.labels[name]
        return None

    def hides(self, name: str) -> bool:
        """Whether a value that this scope gives a name would hide an outer one."""
        return name not in self.values and self.parent is not None and self.parent.value(name) is not None

    def find_label(self, name: str) -> Wire | None:
        """The value that a label or a parameter names; the label counts as used."""
        label = self.label(name)
        if label is not None:
            label.used = True
            return label.wire
        value = self.value(name)
        return value if isinstance(value, Wire) else None

    def label_scopes(self) -> "Iterator[Env]":
        """The scopes whose labels are visible here, innermost first. A block does not see the labels of its caller."""
        for env in self.chain():
            yield env
            if env.seals_labels:
                return

    def value_names(self) -> set[str]:
        return {name for env in self.chain() for name in env.values}

    def block_names(self) -> set[str]:
        return {name for env in self.chain() for name in env.blocks}

    def label_names(self) -> set[str]:
        return {name for env in self.label_scopes() for name in env.labels}
