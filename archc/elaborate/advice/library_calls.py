"""A mistake met inside a block of the library is shown where the block is called, for there it can be mended."""

import re
from collections.abc import Iterable
from dataclasses import replace

from archc.diagnostics import Diagnostic, Label
from archc.elaborate.call_stack import Entered

EXAMPLE = re.compile(r"`(.+?)`")


def called_from(diagnostic: Diagnostic, calls: Iterable[Entered]) -> Entered | None:
    """The call that led into the library in which this was met; None where it was met elsewhere."""
    span = diagnostic.span
    return next((call for call in calls if span is not None and call.library is span.source), None)


def at_the_call(diagnostic: Diagnostic, call: Entered) -> Diagnostic:
    """The same at the call. Edits of the library are no fixes."""
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


def _example(call: Entered) -> str | None:
    """How the block is called, from the comment above it."""
    assert call.library is not None
    before = call.library.text.partition(f"\nblock {call.name}(")[0]
    comment = before.rpartition("\n\n")[2]
    found = EXAMPLE.search(comment)
    return f"for example `{found[1]}`" if found else None
