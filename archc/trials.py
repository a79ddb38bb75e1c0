"""Tries fixes on the text: a fix is kept if it removes its own mistake and adds none."""

from collections.abc import Callable, Sequence

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Trait, apply_edits, offset_before

MAX_FIXES = 5
MAX_TRIALS = 24  # for one mistake, and for as many as
MAX_SHARED = 4  # times that for all of them
MAX_TRIAL_NODES = 200_000  # nodes elaborated while trying fixes
MAX_TRIAL_EFFORT = 2_000_000  # values computed besides, as elaborate.effort counts them
MAX_TRIAL_TEXT = 300_000  # characters read while trying fixes
MANY = 10  # diagnostics; with so many more, so many fewer fixes are tried

Check = Callable[[Source], Sequence[Diagnostic]]


def with_tried_fixes(
    before: Sequence[Diagnostic], source: Source, nodes: int, effort: int, check: Check
) -> tuple[Diagnostic, ...]:
    """The diagnostics with those of their fixes that hold. nodes, effort: what one check of the source takes.

    Where no fix leaves its mistake the last one, those are kept past which the fewest others are seen: these were there
    before, on other lines, and hidden.
    """
    fixable = sum(bool(diagnostic.fixes) for diagnostic in before)
    budget = MAX_TRIALS * min(fixable, MAX_SHARED) // (1 + len(before) // MANY)
    budget = min(budget, MAX_TRIAL_NODES // max(nodes, 1), MAX_TRIAL_TEXT // max(len(source.text), 1))
    budget = min(budget, MAX_TRIAL_EFFORT // max(effort, 1))
    result = []
    for number, diagnostic in enumerate(before):
        waiting = sum(bool(other.fixes) for other in before[number + 1 :])
        share = max(budget - waiting * MAX_FIXES, 1)  # so that the last ones are tried too
        kept: list[tuple[int, Fix]] = []
        for fix in diagnostic.fixes:
            clean = sum(not shown for shown, _ in kept)
            if budget <= 0 or share <= 0 or clean >= MAX_FIXES or any(e.span.source is not source for e in fix.edits):
                continue
            budget, share = budget - 1, share - 1
            text = apply_edits(source.text, fix.edits)
            after = check(Source(source.name, text, source.path))
            shown = _new_mistakes(diagnostic, before, after, fix.edits)
            if shown is not None:
                kept.append((shown, fix))
        fewest = min((shown for shown, _ in kept), default=0)
        result.append(diagnostic.with_fixes([fix for shown, fix in kept if shown == fewest][:MAX_FIXES]))
    return tuple(result)


def _place(diagnostic: Diagnostic, edits: Sequence[Edit]) -> tuple[str, str, int]:
    """The kind of a mistake, its file and where it begins, as offset in the text before these edits."""
    span = diagnostic.span
    if span is None:
        return diagnostic.code, diagnostic.message, -1
    start = span.start
    if any(edit.span.source.name == span.source.name for edit in edits):
        start = offset_before(start, edits)
    return diagnostic.code, span.source.name, start


def _new_mistakes(
    mended: Diagnostic, before: Sequence[Diagnostic], after: Sequence[Diagnostic], edits: Sequence[Edit]
) -> int | None:
    """How many mistakes are seen only now that this one is mended; None where it is not, or the edit made others.

    A mistake is known by its kind and place: what follows a wrong size is worded anew once that is another.
    """
    left: dict[tuple[str, str, int], list[Diagnostic]] = {}
    for diagnostic in before:
        left.setdefault(_place(diagnostic, ()), []).append(diagnostic)
    touched = {edit.span.line for edit in edits} - {mended.span.line if mended.span is not None else 0}
    new = []
    for diagnostic in after:
        same = left.get(_place(diagnostic, edits))
        if same:
            known = same.pop()
            changed = Trait.CLAIM in known.code.traits and known.message != diagnostic.message
            if changed and known.span is not None and known.span.line in touched:
                return None  # what that line is to give is not known, so that nothing speaks for the edit
        else:
            new.append(diagnostic)
    gone = [diagnostic for same in left.values() for diagnostic in same]
    for diagnostic in list(new):  # what has moved by more than the edits, as a mistake met first at another call
        twin = next((d for d in gone if (d.code, d.message) == (diagnostic.code, diagnostic.message)), None)
        if twin is not None:
            gone.remove(twin)
            new.remove(diagnostic)
    if not any(diagnostic is mended for diagnostic in gone):
        return None
    errors = [diagnostic for diagnostic in new if diagnostic.severity == "error"]
    return len(errors) if all(_was_hidden(diagnostic, mended) for diagnostic in errors) else None


def _was_hidden(diagnostic: Diagnostic, mended: Diagnostic) -> bool:
    """Whether this mistake, on another line, was there before and could not be seen for the one mended."""
    if diagnostic.span is not None and mended.span is not None and diagnostic.span.line == mended.span.line:
        return False
    if Trait.TEXT in mended.code.traits:
        return Trait.TEXT not in diagnostic.code.traits
    if diagnostic.code == Code.FIGURE_REFUTED and mended.code == Code.SHAPE_REFUTED:
        return True  # figures are not held against a net of refuted shapes
    return Trait.HIDES in mended.code.traits
