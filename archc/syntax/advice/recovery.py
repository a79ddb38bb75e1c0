"""Past a syntax error: each mistake is reported once, and the rest of the text is read.

Where a token does not fit, the mistake is recorded, the rest of its statement is skipped, the states are popped until
one can go on, and it does (panic mode).
"""

from archc.diagnostics import MAX_REPORTS, Code, Diagnostic, Source
from archc.syntax import ast
from archc.syntax.advice.causes import FOLLOWS, HIDES_IF, Cause
from archc.syntax.advice.expected import does_not_fit
from archc.syntax.advice.slips import slip
from archc.syntax.advice.unexpected import Unexpected
from archc.syntax.brackets import CLOSERS, OPENERS
from archc.syntax.lalr import Machine, Stack
from archc.syntax.tokens import Token, starts_line

MAX_ATTEMPTS = 500  # at going on after an error
ITEM_STARTS = {"NET", "BLOCK", "USE", "LET"}


def independent(errors: list[Diagnostic], brackets: list[Diagnostic]) -> list[Diagnostic]:
    """The errors without those that follow from another one.

    These follow: what a surplus `}` put outside of its net, a second use of a reserved word, and the `else` of an `if`
    that could not be read.
    """
    outside = [(d.labels[0].span.start, d.span.start) for d in brackets if d.labels and d.span]
    reserved = {d.span.text: d.span.start for d in reversed(errors) if d.code == Code.RESERVED_WORD and d.span}
    result = []
    unread = False  # an `if`, or an `elif`
    for error in errors:
        span = error.span
        if unread and error.cause == Cause.LONE_ELSE:
            continue
        unread = unread or error.cause in HIDES_IF
        if span is not None and any(first <= span.start <= last for first, last in outside):
            continue
        if span is not None and reserved.get(span.text, span.start) < span.start:
            continue
        result.append(error)
    return result


def recover(
    machine: Machine, stack: Stack, stream: list[Token], index: int, source: Source
) -> tuple[ast.File | None, list[Diagnostic]]:
    """The tree of what can be read of the stream, whose token at `index` does not fit, and the mistakes."""
    errors: list[Diagnostic] = []
    reported: Token | None = None
    attempts = 0
    follows: Cause | None = None  # what each later line within these braces would be taken for
    outside = False  # what stands outside a net is reported once, not line by line
    while index < len(stream):
        token = stream[index]
        if machine.run(stack, [token]):
            index += 1
            outside = outside and token.type not in ITEM_STARTS
            follows = None if token.type == "RBRACE" else follows
            continue
        if token is reported:
            index = _resume(machine, stack, stream, index)
            continue
        reported = token
        attempts += 1
        if len(errors) >= MAX_REPORTS or attempts > MAX_ATTEMPTS:
            return None, errors
        at = Unexpected(stream, index, machine.accepts(stack), source)
        error = slip(at) or does_not_fit(at)
        if not (outside and error.code == Code.OUTSIDE_NET) and (follows is None or error.cause != follows):
            errors.append(error)
        outside = outside or error.code == Code.OUTSIDE_NET
        follows = FOLLOWS.get(error.cause, follows)
        if starts_line(token, stream[index - 1] if index else None, source) and _pop_until(machine, stack, "NEWLINE"):
            stream.insert(index, Token("NEWLINE", "\n", token.start_pos, token.start_pos))
        else:
            index = _resume(machine, stack, stream, index)
    return stack.values[-1], errors


def _resume(machine: Machine, stack: Stack, stream: list[Token], index: int) -> int:
    """Skip to the end of the statement, pop the parser until it takes what stands there."""
    depth = 0  # never below 0, unlike in `depths`: a closer that is too many closes nothing
    refused: set[str] = set()  # kinds for which popping has failed; it fails again
    while index < len(stream):
        kind = stream[index].type
        ends = kind == "$END" or (depth == 0 and kind in ("NEWLINE", "ROW", "BAR", "RBRACE"))
        if ends and kind not in refused:
            if _pop_until(machine, stack, kind):
                return index
            refused.add(kind)
        if kind in OPENERS:
            depth += 1
        elif kind in CLOSERS and depth:
            depth -= 1
        index += 1
    return index


def _pop_until(machine: Machine, stack: Stack, kind: str) -> bool:
    states, values = [*stack.states], [*stack.values]
    while not machine.fits(stack, kind):
        if len(stack.states) == 1:
            stack.states[:], stack.values[:] = states, values
            return False
        stack.states.pop()
        stack.values.pop()
    return True
