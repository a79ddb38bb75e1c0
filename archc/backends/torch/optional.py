"""Uses of one block that differ only in a module that is not there: a projection shortcut, where shapes agree.

A use without it is the same class with nn.Identity() in that place. It is proved, not assumed: the steps of both
must be equal once what the module gives is taken to be what it was given.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from archc.backends.torch.body import Body, Step
from archc.backends.torch.lowered import Call, Code, Literal
from archc.backends.torch.unify import structure


def with_optional(bodies: Sequence[Body]) -> None:
    """Give each body the modules it lacks of the fullest one, where that changes nothing."""
    fullest = max(bodies, key=lambda body: len(body.steps))
    for body in bodies:
        if len(body.steps) < len(fullest.steps):
            absent = _absent(fullest, body)
            if absent:
                _complete(body, fullest, absent)


def _absent(full: Body, body: Body) -> frozenset[tuple[str, ...]] | None:
    """The modules of `full` whose absence is all that tells `body` from it."""
    if full.inputs != body.inputs:
        return None
    theirs = dict(body.members)
    ours = dict(full.members)
    value = {number: number for number in range(full.inputs)}
    absent: set[tuple[str, ...]] = set()
    steps = iter(body.steps)
    following = next(steps, None)
    for step in full.steps:
        operands = tuple(value[number] for number in step.operands)
        if following is not None and _equal(step, operands, following, ours, theirs):
            value.update(zip(step.targets, following.targets, strict=True))
            following = next(steps, None)
        elif step.member is not None and step.member not in theirs:
            absent.add(step.member)
            value[step.targets[0]] = operands[0]
        else:
            return None
    if following is not None or tuple(value[number] for number in full.results) != body.results:
        return None
    return frozenset(absent)


def _equal(
    step: Step,
    operands: tuple[int, ...],
    other: Step,
    ours: Mapping[tuple[str, ...], Call],
    theirs: Mapping[tuple[str, ...], Call],
) -> bool:
    if (step.template, operands, len(step.targets)) != (other.template, other.operands, len(other.targets)):
        return False
    if step.member is None or other.member is None:
        return step.member == other.member
    return structure(ours[step.member]) == structure(theirs[other.member])


def _complete(body: Body, full: Body, absent: frozenset[tuple[str, ...]]) -> None:
    own = dict(body.members)
    body.members = [(path, own.get(path, call)) for path, call in full.members]
    body.absent = absent
    body.steps, body.results = full.steps, full.results


def condition(present: Sequence[bool], columns: Mapping[str, Sequence[Literal]]) -> Code | None:
    """What holds of the arguments in just those uses that have the module: `stride != 1 or in_channels != 4 * width`.

    columns: expressions of the arguments, each with its value in every use.
    """
    tests = dict(_tests(columns))
    for text, column in tests.items():
        if column == list(present):
            return Code(text)
    for (one, first), (two, second) in combinations(tests.items(), 2):
        if [a or b for a, b in zip(first, second, strict=True)] == list(present):
            return Code(f"{one} or {two}")
    return None


def _tests(columns: Mapping[str, Sequence[Literal]]) -> Iterator[tuple[str, list[bool]]]:
    whole = {text: column for text, column in columns.items() if all(type(value) is int for value in column)}
    for text, column in whole.items():
        if 1 in column:
            yield f"{text} != 1", [value != 1 for value in column]
    for (one, first), (two, second) in combinations(whole.items(), 2):
        yield f"{one} != {two}", [a != b for a, b in zip(first, second, strict=True)]
