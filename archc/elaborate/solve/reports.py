"""Diagnostics of a search: no solution, several, or too many candidates."""

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.elaborate.env import unsettled
from archc.elaborate.solve.holes import Quantity
from archc.elaborate.solve.search import MAX_TRIALS
from archc.elaborate.solve.states import SHOWN, Choice, Solved
from archc.syntax import ast

STATE_SOON = "state a size with `=>` soon after each `?`"


def diagnostics_of(solved: Solved) -> list[Diagnostic]:
    """The diagnostics of a search; none for exactly one solution."""
    nowhere = [quantity for quantity in solved.open if quantity.role is None]
    if nowhere:
        return [unsettled(hole) for quantity in nowhere for hole in quantity.holes[:1]]
    if solved.exhausted:
        return [_exhausted(solved)]
    if solved.count == 0:
        return [_none(solved)]
    return [_several(solved)] if solved.count > 1 else []


def place(quantity: Quantity) -> Span:
    return quantity.holes[0].span


def named(choice: Choice) -> str:
    """`pad=2, stride=4`; a quantity named twice says where it stands."""
    roles = [quantity.role for quantity, _ in choice]
    parts = []
    for quantity, value in choice:
        line = f" (line {place(quantity).line})" if roles.count(quantity.role) > 1 else ""
        shown = "x".join([str(value)] * len(quantity.holes))
        parts.append(f"{quantity.role}={shown}{line}")
    return ", ".join(parts)


def _exhausted(solved: Solved) -> Diagnostic:
    what = "this hole leaves" if len(solved.open) == 1 else f"{len(solved.open)} holes leave"
    at = f"; line {solved.blocked_at.span.line} was reached" if solved.blocked_at is not None else ""
    return Diagnostic(
        Code.SEARCH_EXHAUSTED,
        f"{what} too much open: {min(solved.trials, MAX_TRIALS):,} candidates were tried{at}",
        place(solved.open[0]) if solved.open else None,
        notes=_ranges(solved.open),
        help=STATE_SOON,
    )


def untried(hole: ast.Hole) -> Diagnostic:
    """The report of a hole that nothing was tried for: other nets of the source took all candidates."""
    return Diagnostic(
        Code.SEARCH_EXHAUSTED,
        "the holes of other nets in this source leave so much open that no number was tried for this one",
        hole.span,
        help=STATE_SOON,
    )


def _ranges(quantities: list[Quantity]) -> tuple[str, ...]:
    """What was searched: each role with its values and where it is open."""
    lines: dict[str, list[int]] = {}
    for quantity in quantities:
        values = f"{quantity.role} {quantity.domain.start} … {quantity.domain.stop - 1}"
        lines.setdefault(values, []).append(place(quantity).line)
    return tuple(
        f"searched {values} on line{'s' * (len(found) > 1)} {_listed(found)}" for values, found in lines.items()
    )


def _listed(numbers: list[int]) -> str:
    shown = ", ".join(map(str, dict.fromkeys(numbers[:SHOWN])))
    return f"{shown}, …" if len(numbers) > SHOWN else shown


def _none(solved: Solved) -> Diagnostic:
    same = {(fall.diagnostic.code, fall.diagnostic.message) for *_, fall in solved.tried if fall.diagnostic}
    plain = [fall.diagnostic for *_, fall in solved.tried if fall.diagnostic is not None]
    if len(same) == 1 and len(plain) == len(solved.tried):
        return plain[0]  # a mistake of its own, whatever the holes hold
    here = [quantity for quantity in solved.open if solved.blocked_at and _within(quantity, solved.blocked_at)]
    span = place(here[0]) if here else _claimed(solved.blocked_at)
    ranges = [f"{q.role} {q.domain.start} … {q.domain.stop - 1}" for q in here or solved.open]
    notes = [f"tried {', '.join(dict.fromkeys(ranges))}"]
    notes += [f"{named(choice)}: {result}" if choice else result for choice, result, _ in solved.tried[:SHOWN]]
    if len(solved.tried) > SHOWN:
        notes.append("…")
    return Diagnostic(
        Code.NO_SOLUTION,
        "no value makes what is stated here true" if here else "nothing that the holes may hold makes this true",
        span,
        notes=tuple(notes),
        help="change the stated size, or what stands before it",
    )


def _within(quantity: Quantity, statement: ast.Statement) -> bool:
    span = place(quantity)
    return span.source is statement.span.source and statement.span.start <= span.start < statement.span.end


def _claimed(statement: ast.Statement | None) -> Span | None:
    if statement is None:
        return None
    if isinstance(statement, ast.Expect):
        return statement.stated.span
    if isinstance(statement, ast.Flow):
        asserted = statement.what.asserted if isinstance(statement.what, ast.Sequence) else statement.asserted
        return asserted.span if asserted is not None else statement.span
    return statement.span


def _several(solved: Solved) -> Diagnostic:
    differing = [q for q in solved.open if len({dict_of(choice).get(id(q)) for choice in solved.solutions}) > 1]
    first_quantity = differing[0] if differing else solved.open[0]
    keys = {id(quantity) for quantity in differing}
    lines = list(
        dict.fromkeys(named(tuple(pair for pair in choice if id(pair[0]) in keys)) for choice in solved.solutions)
    )
    more = f"… {solved.count:,} solutions in all" if solved.count > len(lines) else ""
    if len(differing) == 1 and solved.count == len(first_quantity.domain):
        domain = first_quantity.domain
        lines, more = [f"{first_quantity.role}: anything from {domain.start:,} to {domain.stop - 1:,}"], ""
    fixes = [
        Fix(
            named(tuple(pair for pair in choice if id(pair[0]) in keys) or choice),
            tuple(Edit(hole.span, str(value)) for quantity, value in choice for hole in quantity.holes),
        )
        for choice in solved.solutions[:3]
    ]
    return Diagnostic(
        Code.SEVERAL_SOLUTIONS,
        f"{solved.count:,} ways to fill {'these holes' if len(differing) > 1 else 'this hole'} fit what is stated",
        place(first_quantity),
        notes=(*lines[:SHOWN], *([more] if more else [])),
        help="write one of them, or state more",
        fixes=tuple(fixes),
    )


def dict_of(choice: Choice) -> dict[int, int]:
    """Quantity (by identity) → its value."""
    return {id(quantity): value for quantity, value in choice}
