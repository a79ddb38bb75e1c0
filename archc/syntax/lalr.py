"""The machine that the tables drive: tokens go in, and each rule that completes calls its method of the builder.

The levels of precedence that an operand alone climbs, one rule each that changes nothing, are climbed at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any

from archc.records import dataclass
from archc.syntax.tables import Tables
from archc.syntax.tokens import END, Token


@dataclass(slots=True, eq=False)
class Stack:
    """How far a text is read: the states that the machine is in, one within the other, and the values so far."""

    states: list[int]
    values: list[Any] = field(default_factory=list)


class Machine:
    """Runs the tables with the methods of a builder."""

    def __init__(self, tables: Tables, builder: object) -> None:
        self._states, self._rules = tables.states, tables.rules
        self._first, self._last = tables.first, tables.last
        self._make: list[Callable[[list[Any]], Any]] = [getattr(builder, rule.make, _list) for rule in tables.rules]
        self._climbs: dict[tuple[int, int, str], int] = {}

    def begin(self) -> Stack:
        """Before the first token."""
        return Stack([self._first])

    def run(self, stack: Stack, tokens: Sequence[Token]) -> int:
        """How many of the tokens fit, one after the other. The end fits where the text may end."""
        table, rules, path, values = self._states, self._rules, stack.states, stack.values
        for index, token in enumerate(tokens):
            kind = token.type
            while True:
                action = table[path[-1]].get(kind)
                if action is None:
                    return index
                if action >= 0:
                    path.append(action)
                    values.append(token)
                    break
                rule = rules[~action]
                if rule.alone:
                    top = self._climbs.get((path[-2], path[-1], kind))
                    path[-1] = top if top is not None else self._climb(path[-2], path[-1], kind)
                else:
                    parts = values[-rule.size :] if rule.size else []
                    if rule.size:
                        del path[-rule.size :]
                        del values[-rule.size :]
                    values.append(self._value(~action, parts))
                    path.append(table[path[-1]][rule.name])
                if kind == END and path[-1] == self._last:
                    break
        return len(tokens)

    def accepts(self, stack: Stack) -> set[str]:
        """The kinds of token that fit here."""
        return {kind for kind in self._states[stack.states[-1]] if kind.isupper() and self.fits(stack, kind)}

    def fits(self, stack: Stack, kind: str) -> bool:
        """Whether a token of this kind fits here."""
        path = [*stack.states]
        while True:
            action = self._states[path[-1]].get(kind)
            if action is None or action >= 0:
                return action is not None
            rule = self._rules[~action]
            if rule.size:
                del path[-rule.size :]
            path.append(self._states[path[-1]][rule.name])
            if kind == END and path[-1] == self._last:
                return True

    def _value(self, number: int, parts: list[Any]) -> Any:
        rule = self._rules[number]
        if rule.lists:
            taken: list[Any] = []
            for place, part in enumerate(parts):
                if place not in rule.lists:
                    taken.append(part)
                elif taken:
                    taken += part
                else:
                    taken = part  # the list grows in its place, or else a long one were copied for each item
            parts = taken
        return parts[0] if rule.single and len(parts) == 1 else self._make[number](parts)

    def _climb(self, below: int, top: int, kind: str) -> int:
        """The state on top after all rules that leave a value as it is."""
        start = top
        while (action := self._states[top].get(kind)) is not None and action < 0 and self._rules[~action].alone:
            top = self._states[below][self._rules[~action].name]
        self._climbs[below, start, kind] = top
        return top


def _list(parts: list[Any]) -> list[Any]:
    """What a rule without a method leaves."""
    return parts
