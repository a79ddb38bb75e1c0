"""Warnings of code without effect: a lone join, a dropped value, a `let` that ends with its loop."""

import re
from collections.abc import Sequence

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Span
from archc.elaborate.env import Ends, Env
from archc.elaborate.values import LOOP_NAMES, Wire
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
        Code.MISSING_BRANCH,
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


def joined_twice(call: ast.Call, places: Sequence[tuple[Wire, Span]]) -> Diagnostic:
    """The report for `concat @x, @x`, and for two empty branches. places: the values, one of them twice."""
    names = [wire.node for wire, _ in places]
    wire, span = next(each for at, each in enumerate(places) if each[0].node and each[0].node in names[:at])
    alone = len(places) == 2  # without it nothing would be joined
    removes = () if alone or span == call.name_span else (Fix("leave it out", (Edit(_with_comma(span), ""),)),)
    message = f"`{call.name}` takes the value of `{wire.node}` twice"
    return Diagnostic(Code.JOINED_TWICE, message, span, severity="warning", fixes=removes)


def _with_comma(span: Span) -> Span:
    """An argument with the comma or the space before it."""
    before = span.source.text[: span.start].rstrip(" \t")
    return Span(span.source, len(before) - before.endswith(","), span.end)


def dropped(step: ast.Reference, following: ast.Reference) -> Diagnostic:
    """The report for `@x -> @head`, where the first value goes nowhere."""
    whole = Span(step.span.source, step.span.start, following.span.start)
    return Diagnostic(
        Code.DROPPED_VALUE,
        f"the value of `@{step.label}` is dropped: `@{following.label}` takes its place",
        step.span,
        severity="warning",
        help=f"to join both: `@{step.label} -> add @{following.label}`",
        fixes=(Fix("leave it out", (Edit(whole, ""),)),),
    )


def let_without_effect(let: ast.Let, ends: Ends) -> Diagnostic:
    """The report for a `let` in a loop or a branch that has the name of an outer value, and does not change it."""
    what, span = ends
    other = f"{let.name}_here"
    uses = rf"(?<![\w@.]){re.escape(let.name)}\b(?!\s*=[^=])"  # `c=` before a value is an argument's name
    later = [let.span.end + use.start() for use in re.finditer(uses, span.source.text[let.span.end : span.end])]
    places = [let.name_span.start, *later]
    edits = tuple(Edit(Span(span.source, at, at + len(let.name)), other) for at in places)
    again = f": each round begins with the outer `{let.name}`" if what == "round" else ""
    return Diagnostic(
        Code.LET_ENDS,
        f"this `{let.name}` ends with its {what}, and the outer one stays as it was{again}",
        let.name_span,
        severity="warning",
        help="what a round depends on is computed from `index`, or asked of the value that flows, as `in.channels`"
        if what == "round"
        else None,
        fixes=(Fix(f"call it `{other}`", edits),),
    )


def hides_loop_names(step: ast.Step, count: Span) -> Diagnostic:
    """The report for `index` in `step x n` within a loop, which is of the repetition. The step uses such a name."""
    source, start = step.span.source, step.span.start
    found = ast.named(LOOP_NAMES, step)
    word = found[0].name
    line = source.text.rfind("\n", 0, start) + 1
    indent = source.text[line:start]
    kept = "".join(f"let loop_{name} = {name}\n{indent}" for name in dict.fromkeys(one.name for one in found))
    edits = [Edit(one.span, f"loop_{one.name}") for one in found]
    begins = Edit(Span(source, start, start), kept)
    fixes = (Fix("take those of the loop", (begins, *edits)),) if not indent.strip() else ()
    return Diagnostic(
        Code.HIDDEN_NAME,
        f"`{word}` is that of the repetition `x {count.text}` here, and not that of the loop around it",
        found[0].span,
        severity="warning",
        labels=(Label(count, "this repetition"),),
        help=f"`let loop_{word} = {word}` before this line keeps that of the loop",
        fixes=fixes,
    )
