"""Fills the holes of a source: comments and layout are kept."""

from archc.diagnostics import Code, Diagnostic, Edit, Source, apply_edits
from archc.program import CompiledNet


def fill(source: Source, nets: tuple[CompiledNet, ...]) -> tuple[str, list[Diagnostic]]:
    """The filled text. Variants that want different numbers in one hole are a diagnostic each."""
    values: dict[tuple[int, int], tuple[Edit, str]] = {}
    diagnostics: list[Diagnostic] = []
    for net in nets:
        for span, value in net.filled:
            if span.source is not source:
                continue
            place = span.start, span.end
            edit, first = values.setdefault(place, (Edit(span, str(value)), net.name))
            if edit.text != str(value):
                diagnostics.append(
                    Diagnostic(
                        Code.SEVERAL_SOLUTIONS,
                        f"{first} wants {edit.text} here, {net.name} wants {value}",
                        span,
                        help="give each variant a cell of its own",
                    )
                )
    return apply_edits(source.text, [edit for edit, _ in values.values()]), diagnostics
