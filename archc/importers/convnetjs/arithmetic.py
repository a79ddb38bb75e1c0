"""Numbers that are written as sums and products, `28*28`, and names with one value in the whole source.

Source: ConvNetJS's demos write `num_neurons:28*28`, and `out_depth:network_size` with the name set above.
"""

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from archc.importers.convnetjs.scan import Token

Number = int | float
SIGNS: Mapping[str, Callable[[Number, Number], Number]] = MappingProxyType(
    {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
)
ASSIGNING = frozenset({"=", "++", "--"})
MAX_DEPTH = 32
MAX_NUMBER = 10**15


class NoNumber(Exception):
    """The tokens are not a sum or product of known numbers."""


def constants(tokens: Sequence[Token]) -> dict[str, Number]:
    """The names that the whole source sets exactly once, to a number."""
    known: dict[str, Number] = {}
    changes = Counter(token.text for index, token in enumerate(tokens) if _is_changed(tokens, index))
    for index, token in enumerate(tokens):
        if changes[token.text] == 1 and tokens[index + 1 : index + 2] and tokens[index + 1].text == "=":
            try:
                value, end = total(tokens, index + 2, known)
            except NoNumber:
                continue
            if tokens[end].text in (";", ",") or tokens[end].kind in ("end", "name"):
                known[token.text] = value
    return known


def _is_changed(tokens: Sequence[Token], index: int) -> bool:
    if tokens[index].kind != "name" or (index and tokens[index - 1].text == "."):
        return False
    after = [token.text for token in tokens[index + 1 : index + 3]]
    before = tokens[index - 1].text if index else ""
    return bool(after) and (
        after[0] in ASSIGNING or before in ("++", "--") or (after[0] in SIGNS and after[1:] == ["="])
    )


def total(tokens: Sequence[Token], at: int, known: Mapping[str, Number], depth: int = 0) -> tuple[Number, int]:
    """The value of the sum that begins at `at`, and where it ends. Raises NoNumber."""
    value, at = _product(tokens, at, known, depth)
    while tokens[at].text in ("+", "-"):
        sign = SIGNS[tokens[at].text]
        term, at = _product(tokens, at + 1, known, depth)
        value = _bounded(sign(value, term))
    return value, at


def _product(tokens: Sequence[Token], at: int, known: Mapping[str, Number], depth: int) -> tuple[Number, int]:
    value, at = _factor(tokens, at, known, depth)
    while tokens[at].text in ("*", "/"):
        sign = SIGNS[tokens[at].text]
        factor, at = _factor(tokens, at + 1, known, depth)
        if sign is operator.truediv and not factor:
            raise NoNumber
        value = _bounded(sign(value, factor))
    return value, at


def _factor(tokens: Sequence[Token], at: int, known: Mapping[str, Number], depth: int) -> tuple[Number, int]:
    token = tokens[at]
    if depth > MAX_DEPTH:
        raise NoNumber
    if token.text in ("+", "-") and token.kind == "sign":
        value, end = _factor(tokens, at + 1, known, depth + 1)
        return (-value if token.text == "-" else value), end
    if token.text == "(":
        value, end = total(tokens, at + 1, known, depth + 1)
        if tokens[end].text != ")":
            raise NoNumber
        return value, end + 1
    if token.kind == "number":
        return number(token), at + 1
    if token.kind == "name" and token.text in known:
        return known[token.text], at + 1
    raise NoNumber


def number(token: Token) -> Number:
    """The value of a JavaScript number. Raises NoNumber if it has too many digits."""
    text = token.text.replace("_", "")
    try:
        value = int(text, 0) if text[:2].lower() in ("0x", "0b", "0o") else float(text)
    except ValueError:
        raise NoNumber from None
    return _bounded(value)


def _bounded(value: Number) -> Number:
    """An integral value as int: JavaScript does not distinguish 2 and 2.0."""
    if not abs(value) <= MAX_NUMBER:
        raise NoNumber
    return int(value) if float(value).is_integer() else value
