"""Names in scope, and how a mistake leaves the place where it was found."""

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
    """A mistake in the source. Whoever catches it reports it and goes on.

    meant: the layers that are meant, where known. recovered: the value to go on with, where known.
    """

    def __init__(self, diagnostic: Diagnostic, meant: tuple[Op, ...] = (), recovered: Wire | None = None) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic
        self.meant = meant
        self.recovered = recovered


class Open(Exception):
    """A hole was met that has no value yet. Only a search catches it."""

    def __init__(self, hole: ast.Hole) -> None:
        super().__init__("hole")
        self.hole = hole


def unsettled(hole: ast.Hole) -> Diagnostic:
    """The report of a hole in a place where nothing is solved."""
    return Diagnostic(
        Code.HOLE,
        "`?` cannot be solved in this place",
        hole.span,
        help="it may stand for a stride, pad, kernel, dilation, channels, groups, repetitions or an input size "
        "of a layer in a net; write the number here",
    )


class Lost(Exception):
    """Something depends on a value that an earlier mistake already lost. Nothing is reported."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockDefinition:
    """A block and the names it was written among."""

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
    """A net, or one variant of a table, and the names it was written among."""

    net: ast.Net
    home: "Env"
    variant: str | None = None

    def as_block(self) -> BlockDefinition:
        """What a call of it walks."""
        net = self.net
        return BlockDefinition(ast.Block(net.span, net.name, net.name_span, net.parameters, net.body), self.home)

    @property
    def called(self) -> tuple[str, ...]:
        """What a command line may call it."""
        return (self.net.name,) if self.variant is None else (self.variant, self.net.name)


@dataclass(slots=True)
class Label:
    """A named value."""

    wire: Wire
    span: Span
    names_nodes: bool
    used: bool = False


class Ends(NamedTuple):
    """What the labels of a scope end with: a round of a loop, or a branch of a join."""

    what: str
    span: Span


@dataclass(eq=False, slots=True)
class Env:
    """A scope: what it binds, and the one around it."""

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
        """Remember the labels of a scope within that has ended, for whoever looks for one."""
        if inner.ends is not None and (inner.labels or inner.ended):
            self.ended |= {name: (label.span, inner.ends) for name, label in inner.labels.items()}
            self.ended |= inner.ended

    def make(self, count: int, span: Span) -> None:
        """Account for a list. Raises Failure where a source makes more than memory should hold."""
        self.made[0] += count
        if self.made[0] > MAX_MADE:
            raise Failure(Diagnostic(Code.LIMIT_VALUES, f"lists of more than {MAX_MADE:,} values in all", span))

    def chain(self) -> Iterator["Env"]:
        """This scope and those around it, inside out."""
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
        """The scopes whose labels are seen here, inside out: a block sees none of its caller's."""
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
