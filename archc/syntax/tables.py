"""The LALR tables of the grammar as plain data: made by lark once, and kept in the user's cache folder.

What is kept begins with what it was made of: the grammar, the text of this file and Python's version. Where that
differs, or the file is damaged, the tables are made again.
"""

import marshal
import re
import sys
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from archc.records import dataclass

Symbol = str
Action = int
"""A state to go to, from 0 up; or ~r, to reduce by rule r."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule does with the values of its signs.

    name: what stands for them then. size: how many they are. make: the builder's method. lists: which of the signs
    are lists, which it takes in: those of rules whose names begin with _. alone: it takes one value and
    leaves it as it is. single: so it does where one value is left.
    """

    name: str
    size: int
    make: str
    lists: tuple[int, ...]
    alone: bool
    single: bool


@dataclass(frozen=True, slots=True)
class Tables:
    """pattern: every kind of token, as one expression whose groups are named for them, in order of precedence.

    words: of these kinds of token, the kinds that some texts have instead: `net` is no NAME. states: what each state
    does at each kind of token, and where it goes after each rule.
    """

    pattern: str
    words: dict[Symbol, dict[str, Symbol]]
    ignored: frozenset[Symbol]
    states: tuple[dict[Symbol, Action], ...]
    rules: tuple[Rule, ...]
    first: int
    last: int


def load_tables(grammar: str, folder: Path | None) -> Tables:
    """The tables of `grammar`, from `folder` where they were made before."""
    source = Path(__file__)
    identity = f"{grammar}\0{source.read_text(encoding='utf-8') if source.exists() else ''}\0{sys.version}".encode()
    path = folder / f"grammar-{zlib.crc32(identity):08x}.tables" if folder else None
    plain = _kept(path, identity) if path else None
    if plain is None:
        plain = _made(grammar)
        if path is not None:
            _keep(path, identity, plain)
    pattern, words, ignored, states, rules, first, last = plain
    return Tables(pattern, words, ignored, states, tuple(Rule(*rule) for rule in rules), first, last)


def _kept(path: Path, identity: bytes) -> Any:
    """What was kept for exactly this identity, whole; None where there is no such file."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    if data[:4] != zlib.crc32(data[4:]).to_bytes(4, "big") or not data.startswith(identity, 4):
        return None
    return marshal.loads(data[4 + len(identity) :])


def _keep(path: Path, identity: bytes, plain: Any) -> None:
    from archc.files import write_bytes  # noqa: PLC0415 - once for a grammar

    data = identity + marshal.dumps(plain)
    with suppress(OSError):  # a full disk: they are made again
        write_bytes(path, zlib.crc32(data).to_bytes(4, "big"), data)


def _made(grammar: str) -> Any:
    """The tables, made by lark. This takes thirty times as long as reading them from the cache."""
    from lark import Lark  # noqa: PLC0415 - once for a grammar
    from lark.lexer import PatternStr  # noqa: PLC0415
    from lark.parsers.lalr_analysis import Shift  # noqa: PLC0415

    lark = Lark(grammar, parser="lalr", lexer="basic", keep_all_tokens=True, maybe_placeholders=False)
    texts = [one for one in lark.terminals if isinstance(one.pattern, PatternStr)]
    words: dict[Symbol, dict[str, Symbol]] = {}
    for kind in (one for one in lark.terminals if not isinstance(one.pattern, PatternStr)):
        pattern = re.compile(kind.pattern.to_regexp())
        same = [one for one in texts if one.priority == kind.priority and pattern.fullmatch(one.pattern.value)]
        if same:
            words[str(kind.name)] = {str(one.pattern.value): str(one.name) for one in same}
    found = {name for kinds in words.values() for name in kinds.values()}
    ordered = sorted(
        (one for one in lark.terminals if one.name not in found),
        key=lambda one: (-one.priority, -one.pattern.max_width, -len(one.pattern.value), one.name),
    )
    rules = list(lark.rules)
    machine = lark.parse_interactive("").parser_state.parse_conf
    numbers = {id(rule): number for number, rule in enumerate(rules)}
    states = tuple(
        {str(sign): to if action is Shift else ~_number(to, rules, numbers) for sign, (action, to) in row.items()}
        for _, row in sorted(machine.states.items())
    )
    return (
        "|".join(f"(?P<{one.name}>{one.pattern.to_regexp()})" for one in ordered),
        words,
        frozenset(map(str, lark.ignore_tokens)),
        states,
        tuple(map(_plain, rules)),
        machine.start_state,
        machine.end_state,
    )


def _number(rule: Any, rules: list[Any], numbers: dict[int, int]) -> int:
    """The number of a rule; those that lark has made for itself, as the first of all, come last."""
    if id(rule) not in numbers:
        numbers[id(rule)] = len(rules)
        rules.append(rule)
    return numbers[id(rule)]


def _plain(rule: Any) -> tuple[Any, ...]:
    lists = tuple(number for number, sign in enumerate(rule.expansion) if not sign.is_term and sign.name[0] == "_")
    single = rule.options.expand1 and not rule.alias
    name, size = str(rule.origin.name), len(rule.expansion)
    return name, size, str(rule.alias or name), lists, single and size == 1 and not lists, single
