"""An elaboration that ends at its first refutation: what the solver tries candidates with."""

from dataclasses import dataclass, replace

from archc.analysis.cost import node_totals
from archc.diagnostics import Diagnostic, Span
from archc.elaborate.build import Builder, Settings, Stop
from archc.elaborate.env import Env, Failure, Label, Lost
from archc.elaborate.naming import Place
from archc.elaborate.values import Wire
from archc.ops import Shape
from archc.syntax import ast

METRICS = ("params", "macs", "flops", "depth")


class Refuted(Exception):
    """A candidate does not fit. channels: (stated, computed) where they alone are at fault."""

    def __init__(
        self,
        diagnostic: Diagnostic | None,
        channels: tuple[int, int] | None = None,
        computed: Shape | None = None,
    ) -> None:
        super().__init__("refuted")
        self.diagnostic = diagnostic
        self.channels = channels
        self.computed = computed

    @property
    def about_sizes(self) -> bool:
        """No other channel count could mend it."""
        if self.diagnostic is None:
            return self.channels is None
        return self.diagnostic.code in ("window-too-large", "padding-too-large", "wrong-rank")


class Probe(Builder):
    """Walks statements, and stops where a mistake would be reported."""

    def report(self, diagnostic: Diagnostic) -> None:
        if diagnostic.severity == "error":
            raise Refuted(diagnostic)

    def shape_differs(self, stated: tuple[int, ...], shape: Shape, span: Span, wire: Wire) -> None:
        sizes = shape[1:]
        alone = len(stated) == len(shape) and (stated[:-1] == sizes or len(shape) == 1)
        raise Refuted(None, (stated[-1], shape[0]) if alone else None, shape)


@dataclass(slots=True)
class Situation:
    """Where an elaboration stands between two statements: all that what follows can depend on."""

    wire: Wire
    env: Env
    figures: tuple[int, int, int, int]

    def key(self) -> tuple[object, ...]:
        """Equal for situations with the same future. Labels and constants count as far as they differ."""
        labels = tuple((name, label.wire.shape) for name, label in self.env.labels.items())
        values = tuple((name, repr(value)) for name, value in self.env.values.items())
        return self.wire.shape, labels, values, self.figures


def step(
    statement: ast.Statement, before: Situation, settings: Settings, with_figures: bool
) -> tuple[Situation, Probe]:
    """The situation after a statement. Raises Refuted, or Open at a hole."""
    env = Env(before.env.parent, dict(before.env.values), dict(before.env.blocks))
    env.labels = {name: replace_label(label) for name, label in before.env.labels.items()}
    probe = Probe(settings)
    place = Place("", probe.scopes)
    try:
        wire = probe.run((statement,), before.wire, env, place)
    except (Failure, Lost, Stop):
        raise Refuted(None) from None
    figures = before.figures
    if with_figures and probe.nodes:
        one = node_totals(probe.nodes)
        figures = tuple(total + getattr(one, metric) for total, metric in zip(figures, METRICS, strict=True))
    return Situation(wire, env, figures), probe


def replace_label(label: Label) -> Label:
    return replace(label)
