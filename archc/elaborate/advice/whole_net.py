"""Reports of a net as a whole: values and labels that nothing uses, figures that are not known, no input."""

from collections.abc import Sequence

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.graph import Node
from archc.ops import hwc
from archc.syntax import ast


def net_without_input(net: ast.Net) -> Diagnostic:
    """The report of a net that no `input` begins."""
    return Diagnostic(
        Code.MISSING_INPUT,
        f"net `{net.name}` has no `input`",
        net.name_span,
        help="begin with its height x width x channels, for example `input 224x224x3`",
    )


def dead_branch(node: Node) -> Diagnostic:
    """The report of a value that reaches no output."""
    return Diagnostic(
        Code.DEAD_BRANCH,
        f"the value of `{node.name}` ({hwc(node.shape)}) is computed and never used",
        node.span,
        help="bring it back with @label, join it, make it an `output`, or remove it",
    )


def unused_label(name: str, span: Span) -> Diagnostic:
    """The report of a label that neither names a layer nor is brought back."""
    return Diagnostic(
        Code.UNUSED_LABEL,
        f"nothing uses the label `{name}`, and it names no layer",
        span,
        severity="warning",
        help=f"bring it back with `@{name}`, or remove it",
        fixes=(Fix("remove it", (Edit(_with_colon(span), ""),)),),
    )


def _with_colon(span: Span) -> Span:
    text = span.source.text
    end = span.end
    while end < len(text) and text[end] in " \t:":
        end += 1
    return Span(span.source, span.start, end)


def unknown_metric(statement: ast.Expect, known: Sequence[str]) -> Diagnostic:
    """The report of `expect` with a figure that no net has."""
    close = nearest(statement.metric, known, synonyms=True)
    close = [*close, "macs"] if close == ["flops"] else close  # the figure tells which of the two is meant
    return Diagnostic(
        Code.UNKNOWN_METRIC,
        f"nothing called `{statement.metric}` is known of a net",
        statement.metric_span,
        help=did_you_mean(close) or f"expect one of {', '.join(known)}",
        fixes=renames(statement.metric_span, close),
    )
