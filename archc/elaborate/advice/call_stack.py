"""Reports of mistakes inside a block, with the calls that led there.

A mistake inside a block of the library is reported at its call, where it can be mended.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from archc.diagnostics import Code, Diagnostic, Label
from archc.elaborate.call_stack import Frame

EXAMPLE = re.compile(r"`(.+?)`")


def recursion(frame: Frame, chain: Sequence[str]) -> Diagnostic:
    """The report of a block that calls itself. chain: the names of the calls that are open."""
    cycle = " → ".join([*chain[chain.index(frame.name) :], frame.name])
    return Diagnostic(
        Code.RECURSION,
        f"{'net' if frame.is_net else 'block'} `{frame.name}` calls itself: {cycle}",
        frame.span,
        help="use `repeat` or `x n`; a block cannot contain itself",
    )


def with_caller(diagnostic: Diagnostic, frame: Frame) -> Diagnostic:
    """The report, labelled with the call of the block in which the mistake lies."""
    return replace(diagnostic, labels=(*diagnostic.labels, Label(frame.span, f"in `{frame.name}`, called here")))


def called_from(diagnostic: Diagnostic, calls: Iterable[Frame]) -> Frame | None:
    """The call of the library's block in which the mistake is; None if it is elsewhere."""
    span = diagnostic.span
    return next((call for call in calls if span is not None and call.library is span.source), None)


def at_the_call(diagnostic: Diagnostic, call: Frame) -> Diagnostic:
    """The report moved to the call, without fixes that edit the library."""
    inside = diagnostic.span
    assert inside is not None
    library = inside.source
    others = [label for label in diagnostic.labels if label.span.source is not library and label.span != call.span]
    fixes = [fix for fix in diagnostic.fixes if all(edit.span.source is not library for edit in fix.edits)]
    return replace(
        diagnostic,
        message=f"in `{call.name}`: {diagnostic.message}",
        span=call.span,
        labels=(Label(inside, "here"), *others),
        help=diagnostic.help or _example(call),
        fixes=tuple(fixes),
    )


def _example(call: Frame) -> str | None:
    """How the block is called, from the comment above it."""
    assert call.library is not None
    before = call.library.text.partition(f"\nblock {call.name}(")[0]
    comment = before.rpartition("\n\n")[2]
    found = EXAMPLE.search(comment)
    return f"for example `{found[1]}`" if found else None
