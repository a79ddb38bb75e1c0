"""The lines of a forward method: expressions are nested while short; a value with several uses gets a variable."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archc.backends.torch.module_body import Body, Step
from archc.backends.torch.python_names import variable

WIDTH = 74  # of an expression
DEPTH = 3  # calls in one another
LETTERS = "xyzabcdeghkmnpqrstuvw"
OPERATORS = (" + ", " * ", " / ", " @ ")


@dataclass(slots=True)
class _Value:
    """The text of a value: a variable (depth 0), or an expression that is not assigned yet."""

    text: str
    depth: int = 0
    primary: bool = True  # needs no parentheses before `.`, `[` or an operator
    reads: frozenset[str] = frozenset()  # variables in it


class Forward:
    """Writes the forward of one body. names: number of a value → preferred name."""

    def __init__(self, body: Body, names: Mapping[int, str]) -> None:
        self.body = body
        self.names = names
        self.lines: list[str] = []
        self.indent = ""
        self._values: dict[int, _Value] = {}
        self._left: dict[int, int] = {}
        for step in body.steps:
            for operand in step.operands:
                self._left[operand] = self._left.get(operand, 0) + 1
        self._owners: dict[str, int] = {}

    def inputs(self) -> list[str]:
        """The names of the forward's parameters."""
        taken: list[str] = []
        for number in range(self.body.inputs):
            name = self.names.get(number)
            if name is None or self.body.inputs == 1:
                name = next(letter for letter in self._letters() if letter not in taken)
            while name in taken:
                name += "_"
            taken.append(name)
        for number, name in enumerate(taken):
            self._bind(number, name)
        return taken

    def keep(self, results: Sequence[int], times: int = 1) -> None:
        """Count further uses of these values, after the steps."""
        for result in results:
            self._left[result] = self._left.get(result, 0) + times

    def write(self, steps: Sequence[Step]) -> None:
        """Append the lines of some steps."""
        for step in steps:
            self._step(step)

    def read(self, number: int) -> str:
        """The text of a value; this counts as one of its uses."""
        return self._take(number).text

    def _step(self, step: Step) -> None:
        for place, number in enumerate(step.operands):
            if step.template.count(f"{{{place}}}") > 1 and self._values[number].depth:
                self._assign_pending(number)
        operands = [self._values[number] for number in step.operands]
        text = _fill(step.template, operands)
        longest = max(operands, key=lambda value: len(value.text), default=None)
        while longest is not None and longest.depth and (len(text) > WIDTH or longest.depth >= DEPTH):
            self._assign_pending(step.operands[operands.index(longest)])
            operands = [self._values[number] for number in step.operands]
            text = _fill(step.template, operands)
            longest = max(operands, key=lambda value: (value.depth > 0, len(value.text)))
        taken = [self._take(number) for number in step.operands]
        if len(step.targets) > 1:
            names = [self._name(target) for target in step.targets]
            self.lines.append(f"{self.indent}{', '.join(names)} = {text}")
            return
        (target,) = step.targets
        reads = frozenset().union(*(value.reads for value in taken))
        depth = 1 + max((value.depth for value in taken), default=0)
        self._values[target] = _Value(text, depth, _is_primary(step.template), reads)
        if self._left.get(target, 0) != 1:
            self._assign_pending(target)

    def _take(self, number: int) -> _Value:
        self._left[number] -= 1
        value = self._values[number]
        if value.depth:
            del self._values[number]
        return value

    def _assign_pending(self, number: int) -> None:
        text = self._values[number].text
        del self._values[number]
        self.lines.append(f"{self.indent}{self._name(number)} = {text}")

    def _name(self, number: int) -> str:
        """Bind a value to a variable that no pending value reads, and return its name."""
        busy = {name for name, owner in self._owners.items() if self._left.get(owner, 0) > 0}
        for value in self._values.values():
            busy |= value.reads if value.depth else frozenset()
        wanted = self.names.get(number)
        if wanted is None or self._left.get(number, 0) < 2:
            wanted = next(letter for letter in self._letters() if letter not in busy)
        while wanted in busy:
            wanted += "_"
        self._bind(number, wanted)
        return wanted

    def _bind(self, number: int, name: str) -> None:
        self._owners[name] = number
        self._values[number] = _Value(name, reads=frozenset({name}))

    @staticmethod
    def _letters() -> Iterator[str]:
        yield from LETTERS
        number = 1
        while True:
            yield f"v{number}"
            number += 1


def _fill(template: str, operands: Sequence[_Value]) -> str:
    """The template with its operands, in parentheses where needed."""
    texts = []
    for number, value in enumerate(operands):
        slot = f"{{{number}}}"
        at = template.index(slot)
        alone = template[at - 1 : at] in ("(", " ") and template[at + len(slot) : at + len(slot) + 1] in (")", ",")
        alone = alone and not any(template[max(0, at - 3) : at] == sign for sign in OPERATORS)
        texts.append(value.text if value.primary or alone else f"({value.text})")
    return template.format(*texts)


def _is_primary(template: str) -> bool:
    depth = 0
    for index, character in enumerate(template):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and template.startswith(OPERATORS, index):
            return False
    return True


def value_names(body: Body, labels: Mapping[str, str]) -> dict[int, str]:
    """Number of a value → its name in the source: that of a block's parameter, or a label."""
    names = {}
    flowing = {node: name for name, node in body.module.region.parameters if isinstance(node, str)}
    for node, number in body.values.items():
        if number < body.inputs and node in flowing:
            names[number] = variable(flowing[node])
        elif number >= body.inputs and node in labels:
            names[number] = variable(labels[node])
    return names
