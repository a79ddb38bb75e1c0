"""Optional members: uses of one block that differ only in that some lack a module or a skip.

Examples are a projection shortcut, a gate, the skip of a block that changes its shape. A use without a module shares
the class, with nn.Identity() in its place; one without a skip omits the addition. This is verified: the steps of both
uses are equal if the missing module returns its input.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from archc.backends.torch.anti_unify import INPUT_WIDTHS, WINDOW, Arguments, codes, structure, value_of
from archc.backends.torch.lowered import Call, Code
from archc.backends.torch.module_body import Body, Step

SKIP = "{0} + {1}"


def complete_members(bodies: Sequence[Body]) -> None:
    """Add to each body the optional members that it lacks of the fullest one, then so among the remaining bodies."""
    alike: dict[object, list[Body]] = {}
    for body in bodies:
        alike.setdefault(skeleton(body), []).append(body)
    left = sorted(alike.values(), key=lambda group: -len(group[0].steps))
    while left:
        (fullest, *_), *others = left
        left = []
        for group in others:
            found = _absent(fullest, group[0]) if len(group[0].steps) < len(fullest.steps) else None
            if found is None:
                left.append(group)
            else:
                for body in group:
                    _complete(body, fullest, *found)


def skeleton(body: Body) -> object:
    """A body without its literals: equal for bodies that may share a class."""
    return (
        tuple((path, structure(call)) for path, call in body.members),
        tuple(body.steps),
        body.results,
        body.inputs,
    )


def _absent(full: Body, body: Body) -> tuple[frozenset[tuple[str, ...]], frozenset[int]] | None:
    """(modules, steps) of `full` whose absence is the only difference to `body`; None where they differ otherwise."""
    if full.inputs != body.inputs:
        return None
    theirs = dict(body.members)
    ours = dict(full.members)
    value = {number: number for number in range(full.inputs)}
    absent: set[tuple[str, ...]] = set()
    skips: set[int] = set()
    steps = iter(body.steps)
    following = next(steps, None)
    for index, step in enumerate(full.steps):
        operands = tuple(value[number] for number in step.operands)
        if following is not None and _equal(step, operands, following, ours, theirs):
            value.update(zip(step.targets, following.targets, strict=True))
            following = next(steps, None)
        elif step.member is not None and step.member not in theirs:
            absent.add(step.member)
            value[step.targets[0]] = operands[0]
        elif step.template == SKIP and min(step.operands) < full.inputs:
            skips.add(index)
            value[step.targets[0]] = operands[branch_operand(step)]
        else:
            return None
    if following is not None or tuple(value[number] for number in full.results) != body.results:
        return None
    return frozenset(absent), frozenset(skips)


def branch_operand(step: Step) -> int:
    """The index of the operand of a skip's sum that is the branch: the value computed last."""
    return step.operands.index(max(step.operands))


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


def _complete(body: Body, full: Body, absent: frozenset[tuple[str, ...]], skips: frozenset[int]) -> None:
    own = dict(body.members)
    body.members = [(path, own.get(path, call)) for path, call in full.members]
    body.absent, body.unskipped = absent, skips
    body.steps, body.results = full.steps, full.results


def condition(present: Sequence[bool], arguments: Arguments, calls: Sequence[Call]) -> Code | None:
    """A condition that holds in exactly the uses that have the module: `stride != 1 or in_channels != 4 * width`."""
    tests = dict(_tests(arguments, calls))
    for text, column in tests.items():
        if column == list(present):
            return Code(text)
    for (one, first), (two, second) in combinations(tests.items(), 2):
        if [a or b for a, b in zip(first, second, strict=True)] == list(present):
            return Code(f"{one} or {two}")
    return None


def agreement(present: Sequence[bool], arguments: Arguments, calls: Sequence[Call]) -> Code | None:
    """A condition that holds in exactly the uses that have the skip: `stride == 1 and in_channels == channels`."""
    tests = {text.replace("!=", "=="): [not holds for holds in column] for text, column in _tests(arguments, calls)}
    pairs = [("stride == 1", other) for other in tests if "stride" not in other] if "stride == 1" in tests else []
    for texts in (*pairs, *((text,) for text in tests), *combinations(tests, 2)):
        if [all(row) for row in zip(*(tests[text] for text in texts), strict=True)] == list(present):
            return Code(" and ".join(texts))
    return None


def _tests(arguments: Arguments, calls: Sequence[Call]) -> Iterator[tuple[str, list[bool]]]:
    """(expression, its value in each use): stride != 1, and comparisons of the input's width with other numbers."""
    texts = [*arguments.columns, *(value.text for call in calls for value in codes(call) if value.text[0] != "(")]
    columns = {text: value_of(text, arguments.columns) for text in dict.fromkeys(texts)}
    whole = {text: column for text, column in columns.items() if all(type(value) is int for value in column)}
    for text, column in whole.items():
        if arguments.words.get(text) == "stride" and 1 in column:
            yield f"{text} != 1", [value != 1 for value in column]
    for (one, first), (two, second) in combinations(whole.items(), 2):
        if arguments.words.get(one) in INPUT_WIDTHS and arguments.words.get(two) not in WINDOW:
            yield f"{one} != {two}", [a != b for a, b in zip(first, second, strict=True)]
