"""An elaboration that stops at its first mistake, to try candidates."""

from collections.abc import Sequence

from archc.analysis.cost import node_totals
from archc.diagnostics import Code, Diagnostic, Span, Trait
from archc.elaborate.arithmetic import decided
from archc.elaborate.build import Builder
from archc.elaborate.env import Env, Failure, Lost
from archc.elaborate.record import ElaborationOptions, Stop
from archc.elaborate.solve.channels import Trace
from archc.elaborate.solve.holes import FIELD_ROLES
from archc.elaborate.values import Wire
from archc.graph import Node, needed
from archc.ops import Op, Shape
from archc.records import dataclass
from archc.syntax import ast

METRICS = ("params", "macs", "flops", "depth")
CHANNEL_FIELDS = {name for name, role in FIELD_ROLES.items() if role == "channels"}


class Refuted(Exception):
    """A candidate does not fit. gap: two channel counts that had to be equal, where they alone are at fault."""

    def __init__(
        self,
        diagnostic: Diagnostic | None,
        gap: tuple[int, int] | None = None,
        computed: Shape | None = None,
        about_sizes: bool = False,
    ) -> None:
        super().__init__("refuted")
        self.diagnostic = diagnostic
        self.gap = gap
        self.computed = computed
        self.about_sizes = about_sizes  # on this path no other channel count could mend it

    @property
    def end(self) -> tuple[object, object]:
        """The sizes that are not as stated, and the mistake."""
        return self.computed and self.computed[1:], self.diagnostic and self.diagnostic.code


class Probe(Builder):
    """Walks statements, and stops where a mistake would be reported."""

    def report(self, diagnostic: Diagnostic) -> None:
        if diagnostic.severity != "error":
            return
        shapes = self.refused if diagnostic.code == Code.JOIN_MISMATCH and _of_one_size(self.refusing) else ()
        gap = _channels_apart(shapes)
        sizes = Trait.SIZES in diagnostic.code.traits or _sizes_apart(shapes)
        raise Refuted(diagnostic, gap, about_sizes=sizes)

    def shape_differs(self, stated: tuple[int, ...], shape: Shape, span: Span, wire: Wire) -> None:
        sizes = shape[1:]
        alone = len(stated) == len(shape) and (stated[:-1] == sizes or len(shape) == 1)
        raise Refuted(None, (stated[-1], shape[0]) if alone else None, shape, about_sizes=not alone)


def _of_one_size(op: Op | None) -> bool:
    """Whether all that this joins must be of one size: not so of matmul, nor of a concat along another axis."""
    return op is not None and op.joins in ("values", "channels")


def _channels_apart(shapes: tuple[Shape, ...]) -> tuple[int, int] | None:
    """The counts of two branches of one size, where no more than these differ."""
    if len(shapes) != 2 or shapes[0][1:] != shapes[1][1:]:
        return None
    return shapes[0][0], shapes[1][0]


def _sizes_apart(shapes: tuple[Shape, ...]) -> bool:
    """Whether the branches of a join have other sizes, one value a channel left out."""
    return len({shape[1:] for shape in shapes if any(size > 1 for size in shape[1:])}) > 1


@dataclass(slots=True)
class Situation:
    """The state of an elaboration between two statements: everything that later statements can depend on."""

    wire: Wire
    env: Env
    figures: tuple[int, int, int, int]

    def key(self) -> tuple[object, ...]:
        """A key that is equal for situations with the same future."""
        labels = tuple((name, label.wire.shape) for name, label in self.env.labels.items())
        values = tuple((name, repr(value)) for name, value in self.env.values.items())
        return self.wire.shape, labels, values, self.figures


def step(statement: ast.Statement, before: Situation, probe: Probe, with_figures: bool) -> tuple[Situation, list[Node]]:
    """The situation after a statement. Raises Refuted, or Open at a hole."""
    env = Env(before.env.parent, dict(before.env.values), dict(before.env.blocks), dict(before.env.labels))
    try:
        wire = probe.run((statement,), before.wire, env, probe.root)
    except (Failure, Lost, Stop):
        raise Refuted(None) from None
    figures = before.figures
    if with_figures and probe.nodes:
        one = node_totals(_of_inference(probe, wire, env))
        figures = tuple(total + getattr(one, metric) for total, metric in zip(figures, METRICS, strict=True))
    return Situation(wire, env, figures), probe.nodes


def _of_inference(probe: Probe, wire: Wire, env: Env) -> Sequence[Node]:
    """The nodes of a walk without those that nothing but a head for training needs."""
    if not any(output.train_only for output in probe.outputs):
        return probe.nodes
    held = {wire.node, *(label.wire.node for label in env.labels.values())}
    return needed(probe.nodes, held | {output.node for output in probe.outputs if not output.train_only})


def traced(statement: ast.Statement, before: Situation, options: ElaborationOptions) -> Trace:
    """Walk a statement and return everything that the walk depended on but the channels. Raises Open at a hole."""
    probe = Probe(options)
    kept: list[tuple[int | float, int | float] | str] = []
    token = decided.set(kept)
    refuted: Refuted | None = None
    try:
        step(statement, before, probe, with_figures=False)
    except Refuted as found:
        refuted = found
    finally:
        decided.reset(token)
    compared = tuple(entry for entry in kept if not isinstance(entry, str))
    others = tuple(entry for entry in kept if isinstance(entry, str))
    sizes = tuple(shape[1:] for shape in probe.refused)
    path = (others, sizes, tuple(map(_settings, probe.nodes)))
    if refuted is None:
        return Trace(path, compared, fits=True, end=None, gap=None)
    end = refuted.end if refuted.about_sizes else None
    return Trace((*path, *refuted.end), compared, False, end, refuted.gap)


def _settings(node: Node) -> tuple[object, ...]:
    """The fields and output sizes of a layer, without its channel counts."""
    fields = tuple((name, value) for name, value in node.op.values().items() if name not in CHANNEL_FIELDS)
    return type(node.op), fields, node.shape[1:]
