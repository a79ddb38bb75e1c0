"""lark's machine, run over tokens as long as each fits: what a source without a mistake needs, and most do.

lark finds what a rule does by a hash of the rule's signs, worked out anew each time; here it is kept by the rule. And
the levels of precedence that an operand alone climbs, one rule each that changes nothing, are climbed at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lark import Token
from lark.grammar import Rule
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_interactive_parser import InteractiveParser
from lark.parsers.lalr_parser_state import ParseConf


@dataclass(slots=True)
class _Reduction:
    """What a rule does. alone: it takes one value and leaves it as it is."""

    make: Callable[[list[Any]], Any]
    size: int
    name: str
    alone: bool


class Runner:
    """Runs the machine of one set of tables."""

    def __init__(self) -> None:
        self._reductions: dict[int, _Reduction] = {}  # by the id of a rule, which the tables keep
        self._climbs: dict[tuple[int, int, str], int] = {}

    def run(self, parser: InteractiveParser, tokens: Sequence[Token]) -> int:
        """How many of the tokens the parser takes. After fewer than all it is as lark leaves it."""
        state = parser.parser_state
        conf = state.parse_conf
        states, path, values = conf.states, state.state_stack, state.value_stack
        for index, token in enumerate(tokens):
            kind = token.type
            while True:
                found = states[path[-1]].get(kind)
                if found is None:
                    return index
                action, to = found
                if action is Shift:
                    path.append(to)
                    values.append(token)
                    break
                rule = self._reductions.get(id(to)) or self._reduction(to, conf)
                if rule.alone:
                    top = self._climbs.get((path[-2], path[-1], kind))
                    path[-1] = top if top is not None else self._climb(path[-2], path[-1], kind, conf)
                    continue
                parts = values[-rule.size :] if rule.size else []
                if rule.size:
                    del path[-rule.size :]
                    del values[-rule.size :]
                values.append(rule.make(parts))
                path.append(states[path[-1]][rule.name][1])
        return len(tokens)

    def _reduction(self, rule: Rule, conf: ParseConf[Any]) -> _Reduction:
        size = len(rule.expansion)
        alone = size == 1 and rule.options.expand1 and not rule.alias and not rule.expansion[0].name.startswith("_")
        callbacks: Any = conf.callbacks  # by rule, whatever lark says of their type
        made = self._reductions[id(rule)] = _Reduction(callbacks[rule], size, rule.origin.name, alone)
        return made

    def _climb(self, below: int, top: int, kind: str, conf: ParseConf[Any]) -> int:
        """The state on top after all rules that leave a value as it is."""
        start = top
        while found := conf.states[top].get(kind):
            action, to = found
            if action is Shift or not (self._reductions.get(id(to)) or self._reduction(to, conf)).alone:
                break
            top = conf.states[below][to.origin.name][1]
        self._climbs[below, start, kind] = top
        return top
