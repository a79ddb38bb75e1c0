"""Reports of names and labels that are not defined."""

import re

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Span
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.elaborate.env import Env
from archc.ops import symbols
from archc.syntax import ast

ENDED = {
    "round": "what a round computes flows into the next, and the last round's value out of the loop: "
    "label the loop, `name: for …`, or what stands before it",
    "block": "what a block computes flows out of it: have the block end with it, or label the call",
    "branch": "label it before the join, or have the branch end with it",
}
FOREIGN_WORDS = {"True": "yes", "False": "no", "TRUE": "yes", "FALSE": "no", "on": "yes", "off": "no"}


def nothing_flows_in(span: Span) -> Diagnostic:
    """The report for `in.channels` where no value flows in: before an `input`, in a `let` of a file."""
    return Diagnostic(
        Code.MISSING_INPUT,
        f"nothing flows in here that `{span.text}` could be asked of",
        span,
        help="`in` is the value that flows into a layer or a block: ask after an `input`, or write the number",
    )


def unknown_label(expr: ast.Reference, env: Env) -> Diagnostic:
    """The report for an `@name` that nothing bears."""
    ended = _ended(expr, env)
    if ended is not None:
        return ended
    known = env.label_names()
    close = nearest(expr.label, known)
    return Diagnostic(
        Code.UNKNOWN_LABEL,
        f"no value is labelled `{expr.label}` before this line",
        expr.span,
        help=did_you_mean([f"@{name}" for name in close]) or _where_label(expr, env, known),
        fixes=renames(expr.span, close, "@"),
    )


def _ended(expr: ast.Reference, env: Env) -> Diagnostic | None:
    """The report for a label that has ended with its round or branch; of the next round's view of it too."""
    for scope in env.label_scopes():
        found = scope.ended.get(expr.label)
        if found is None and scope.ends is not None and scope.ends.what == "round":
            later = _labelled_within(expr.label, scope.ends.span)
            found = (later, scope.ends) if later is not None else None
        if found is not None:
            span, ends = found
            return Diagnostic(
                Code.UNKNOWN_LABEL,
                f"the label `{expr.label}` ends with its {ends.what}",
                expr.span,
                labels=(Label(span, f"labelled here, in one {ends.what} alone"),),
                help=ENDED[ends.what],
            )
    return None


def _labelled_within(label: str, span: Span) -> Span | None:
    """Where a label stands in this text."""
    found = re.compile(rf"(?<![\w.@]){re.escape(label)}(?=[ \t]*:)").search(span.source.text, span.start, span.end)
    return Span(span.source, *found.span()) if found is not None else None


def _where_label(expr: ast.Reference, env: Env, known: set[str]) -> str:
    """Why a label is not there: it comes later, lies outside the block, or does not exist."""
    if any(scope.seals_labels for scope in env.chain()):
        return "a block sees its own labels alone; give it the value as an argument: `block_name(@label)`"
    source = expr.span.source
    later = _labelled_within(expr.label, Span(source, expr.span.end, len(source.text)))
    if later is not None:
        return f"a value is labelled so on line {later.line}, and is not computed yet"
    return f"labels so far: {', '.join(sorted(known)[:10])}" if known else "no value has been labelled yet"


def unknown_name(expr: ast.Name, env: Env) -> Diagnostic:
    close = nearest(expr.name, env.value_names() | symbols())
    help_text = did_you_mean(close) or f"`let {expr.name} = …` before it gives it a value"
    fixes = renames(expr.span, close)
    if env.label(expr.name) is not None:
        help_text, fixes = f"a label is brought in with `@{expr.name}`", renames(expr.span, [f"@{expr.name}"])
    elif expr.name in FOREIGN_WORDS:
        meant = FOREIGN_WORDS[expr.name]
        help_text, fixes = f"did you mean `{meant}`?", renames(expr.span, [meant])
    elif (comment := _slashes(expr.span)) is not None:
        help_text = "a comment begins with `#`"
        fixes = (Fix("write `#`", (Edit(comment, "#"),)),)
    return Diagnostic(
        Code.UNKNOWN_NAME, f"nothing here is called `{expr.name}`", expr.span, help=help_text, fixes=fixes
    )


def _slashes(span: Span) -> Span | None:
    """The `//` just before this word, where another language begins a comment."""
    text = span.source.text
    end = len(text[max(0, span.start - 40) : span.start].rstrip()) + max(0, span.start - 40)
    return Span(span.source, end - 2, end) if text[end - 2 : end] == "//" else None
