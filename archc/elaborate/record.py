"""The state of an elaboration: nodes, labels, outputs, diagnostics."""

from collections.abc import Mapping
from dataclasses import field

from archc.diagnostics import MAX_REPORTS, Code, Diagnostic, Span
from archc.elaborate import advice
from archc.elaborate.bounds import MAX_DEPTH, MAX_NODES, TooMany, too_many
from archc.elaborate.call_stack import Frame
from archc.elaborate.env import Failure, Label, Lost
from archc.elaborate.graph_builder import GraphBuilder
from archc.elaborate.values import Value
from archc.graph import Output
from archc.ops import Op, Shape
from archc.records import dataclass
from archc.renaming import Naming
from archc.syntax import ast

Spot = tuple[int, int, int]
"""Where something stands: its source, by identity, the beginning and the end."""


@dataclass(slots=True, eq=False)
class Work:
    """The number of candidates for holes that may still be tried, for all nets and edits of a source together."""

    left: int = 120_000


@dataclass(frozen=True, slots=True, eq=False)
class ElaborationOptions:
    """What the caller asks of an elaboration.

    input_sizes: in place of the input's own sizes. parameters: the net's. Where either is given, the
    figures a source states for its defaults are not checked. max_nodes: the limit of nodes.
    """

    input_sizes: tuple[int, ...] | None = None
    parameters: Mapping[str, Value] = field(default_factory=dict)
    max_nodes: int = MAX_NODES
    work: Work = field(default_factory=Work)
    most_steps: int = 0  # of one walk, where the layers were counted before; 0: as many as max_nodes
    proposes: bool = True  # input sizes that would do are looked for; not where only what is wrong is asked
    namings: tuple[Naming, ...] = ()  # what others call the layers of the file's nets
    ways: Mapping[Spot, int] = field(default_factory=dict)  # of those to go on past a misfit; see Record.way

    @property
    def as_written(self) -> bool:
        return self.input_sizes is None and not self.parameters


class Stop(Exception):
    """Raised to end an elaboration at a limit, once its diagnostic is recorded."""


class Record(GraphBuilder):
    """The state of one elaboration of one net."""

    def __init__(self, options: ElaborationOptions) -> None:
        super().__init__()
        self.options = options
        self.outputs: list[Output] = []
        self.labels: list[tuple[str, Label]] = []
        self.diagnostics: list[Diagnostic] = []
        self.arms: set[Span] = set()  # of `if`s, that were taken
        self.expectations: list[tuple[ast.Expect, Value | None]] = []
        self.steps_taken = 0
        self.counting: dict[int, bool] = {}  # by a step, whether it asks for its round
        self.claims_held = 0
        self.calls: list[Frame] = []
        self.forks: dict[Spot, int] = {}  # where it might have gone on in two ways, and the one that was taken
        self.joins: set[Spot] = set()  # those of them that are joins
        self.lost = False  # whether a value depends on a mistake, here or in a `let` of the file
        self.unjudged: dict[Spot, Span] = {}  # places that such a value reached
        self.refusing: Op | None = None  # the last layer that did not take
        self.refused: tuple[Shape, ...] = ()  # what flowed into it
        self._recursive: set[str] = set()  # blocks already reported
        self._misused: set[Span] = set()  # calls of the library's blocks already reported
        self._reported: set[tuple[str, int, int, int]] = set()

    # ---- reports

    def report(self, diagnostic: Diagnostic) -> None:
        """Record a diagnostic; one place is reported once, however often it is reached."""
        caller = advice.call_stack.called_from(diagnostic, self.calls)
        if caller is not None:
            if caller.span in self._misused:
                return
            self._misused.add(caller.span)
            diagnostic = advice.call_stack.at_the_call(diagnostic, caller)
        if self.reported(diagnostic):
            return
        if (span := diagnostic.span) is not None:
            self._reported.add((diagnostic.code, id(span.source), span.start, span.end))
        self.diagnostics.append(diagnostic)
        if len(self.diagnostics) >= MAX_REPORTS or diagnostic.code == Code.LIMIT_VALUES:
            raise Stop

    def reported(self, diagnostic: Diagnostic) -> bool:
        """Whether a diagnostic of this code was reported at this place, in an earlier round or call."""
        span = diagnostic.span
        return span is not None and (diagnostic.code, id(span.source), span.start, span.end) in self._reported

    def way(self, span: Span, usual: int, joins: bool = False) -> int:
        """The alternative, 0 or 1, to continue with after a shape error at this place; the same each time."""
        spot = id(span.source), span.start, span.end
        if joins:
            self.joins.add(spot)
        return self.forks.setdefault(spot, self.options.ways.get(spot, usual))

    def lose(self, span: Span) -> None:
        """Note that the code at this place depends on a mistake and is not checked."""
        self.lost = True
        self.unjudged[id(span.source), span.start, span.end] = span

    def tick(self, span: Span) -> None:
        """Count a step. Raises Stop past the limit, also for steps that could not be counted before the walk."""
        self.steps_taken += 1
        most = self.options.most_steps or self.options.max_nodes
        if self.steps_taken > most:
            self.report(too_many(TooMany(span, self.steps_taken), self.options.max_nodes, most))
            raise Stop

    # ---- calls of blocks

    def enter(self, frame: Frame) -> None:
        """Push a call. Raises Failure where the block is being expanded already, or calls nest too deep."""
        chain = [call.name for call in self.calls]
        if frame.name in chain:
            if frame.name in self._recursive:
                raise Lost
            self._recursive.add(frame.name)
            raise Failure(advice.call_stack.recursion(frame, chain))
        if len(self.calls) >= MAX_DEPTH:
            raise Failure(Diagnostic(Code.LIMIT_NESTING, f"calls nest deeper than {MAX_DEPTH}", frame.span))
        self.calls.append(frame)

    @property
    def holds_claims(self) -> bool:
        """Whether the figures that a source states are checked here."""
        return self.options.as_written and not any(call.mutes_claims for call in self.calls)

    def leave(self) -> None:
        self.calls.pop()
