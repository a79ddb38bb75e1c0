"""Warnings of what is written and does nothing: a join of one value, a `concat` with itself, a value dropped."""

from archc.diagnostics import Diagnostic, Edit, Fix, Span
from archc.elaborate.env import Env
from archc.elaborate.values import Wire
from archc.ops import Op
from archc.ops.join import Concat
from archc.syntax import ast

MAX_LABELS = 3  # that are proposed


def joins_nothing(call: ast.Call, current: Wire, env: Env) -> Diagnostic:
    """The report for `-> add ->`: of the value that flows in with nothing, a skip that was forgotten."""
    labels = [
        name
        for scope in env.label_scopes()
        for name, label in scope.labels.items()
        if label.wire.shape == current.shape and label.wire.node != current.node
    ]
    fixes = [Fix(f"write `{call.name} @{name}`", (Edit(call.name_span.after(), f" @{name}"),)) for name in labels]
    return Diagnostic(
        "missing-branch",
        f"`{call.name}` joins what flows in with nothing",
        call.name_span,
        severity="warning",
        help=f"{call.name} {{ | … | … }} or {call.name} @label",
        fixes=(*fixes[:MAX_LABELS], Fix("leave it out", (Edit(_with_arrow(call.span), ""),))),
    )


def _with_arrow(span: Span) -> Span:
    """A step with the arrow before it, or else the one after it."""
    text = span.source.text
    before = text[: span.start].rstrip(" \t")
    if before.endswith("->"):
        return Span(span.source, len(before[:-2].rstrip(" \t")), span.end)
    after = text[span.end :]
    gap = len(after) - len(after.lstrip(" \t"))
    end = span.end + gap + 2 if after[gap : gap + 2] == "->" else span.end
    return Span(span.source, span.start, end)


def stacks_channels(op: Op) -> bool:
    """Whether a value that comes twice says nothing new: along an axis of the map, it tiles."""
    return isinstance(op, Concat) and op.axis == "channels"


def joined_twice(name: str, places: list[tuple[Wire, Span]], name_span: Span) -> Diagnostic | None:
    """The report for `concat @x, @x`, and for two empty branches."""
    seen: dict[str, Span] = {}
    for wire, span in places:
        if wire.node is not None and wire.node in seen:
            alone = len(places) == 2  # without it nothing would be joined
            removes = () if alone or span == name_span else (Fix("leave it out", (Edit(_with_comma(span), ""),)),)
            return Diagnostic(
                "joined-twice",
                f"`{name}` takes the value of `{wire.node}` twice",
                span,
                severity="warning",
                fixes=removes,
            )
        if wire.node is not None:
            seen[wire.node] = span
    return None


def _with_comma(span: Span) -> Span:
    """An argument with the comma or the space before it."""
    before = span.source.text[: span.start].rstrip(" \t")
    return Span(span.source, len(before) - before.endswith(","), span.end)


def dropped(step: ast.Reference, following: ast.Reference) -> Diagnostic:
    """The report for `@x -> @head`, where the first value goes nowhere."""
    whole = Span(step.span.source, step.span.start, following.span.start)
    return Diagnostic(
        "dropped-value",
        f"the value of `@{step.label}` is dropped: `@{following.label}` takes its place",
        step.span,
        severity="warning",
        help=f"to join both: `@{step.label} -> add @{following.label}`",
        fixes=(Fix("leave it out", (Edit(whole, ""),)),),
    )
