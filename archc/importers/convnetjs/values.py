"""Values of JavaScript that are data: objects, lists, strings, numbers, true and false."""

from collections.abc import Mapping, Sequence

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.importers.convnetjs.arithmetic import MAX_NUMBER, NoNumber, Number, number, total
from archc.importers.convnetjs.scan import Token
from archc.records import dataclass

MAX_DEPTH = 64
MAX_TEXT = 255
WORDS = {"true": True, "false": False, "null": None, "undefined": None}


@dataclass(frozen=True, slots=True)
class Value:
    """data: a number, a string, a bool, None, a list of values, or members by name."""

    data: "float | int | str | bool | list[Value] | dict[str, Member] | None"
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """One `key: value` of an object."""

    value: Value
    key_span: Span


class NotData(Exception):
    """The tokens are not data. The diagnostic says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Reader:
    """Reads values from a position in the tokens; `at` is then after them. known: names that are numbers."""

    def __init__(self, tokens: Sequence[Token], at: int, known: Mapping[str, Number]) -> None:
        self.tokens = tokens
        self.at = at
        self.known = known
        self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def value(self) -> Value:
        """The next value. Raises NotData."""
        token = self.token
        if token.text == "{":
            return self._object()
        if token.text == "[":
            return self._list()
        value = self._plain()
        following = self.token
        if following.text not in (",", "}", "]", ")", ";") and following.kind == "sign":
            raise self._computed(token)
        return value

    def _plain(self) -> Value:
        token = self.token
        try:
            result, self.at = total(self.tokens, self.at, self.known)
            return Value(result, token.span.to(self.tokens[self.at - 1].span))
        except NoNumber:
            self._too_large(token)
        self.at += 1
        if token.kind == "string":
            self._bounded(token)
            return Value(_unquoted(token.text), token.span)
        if token.text in WORDS:
            return Value(WORDS[token.text], token.span)
        self.at -= 1
        if token.kind in ("name", "number") or token.text in ("(", "-", "+"):
            raise self._computed(token)
        what = "the end of the file" if token.kind == "end" else f"`{token.text}`"
        raise NotData(Diagnostic(Code.SYNTAX, f"expected a value here, not {what}", token.span))

    @staticmethod
    def _too_large(token: Token) -> None:
        if token.kind == "number":
            try:
                number(token)
            except NoNumber:
                message = f"a number beyond {MAX_NUMBER:.0e} says nothing about a network"
                raise NotData(Diagnostic(Code.BAD_VALUE, message, token.span)) from None

    def _computed(self, token: Token) -> NotData:
        """The error for a name, a call or an operator, whose value is known only when the program runs."""
        end = self._end()
        span = token.span.to(self.tokens[max(self.at, end - 1)].span)
        text = span.text if len(span.text) <= 40 else f"{span.text[:39]}…"
        return NotData(
            Diagnostic(
                Code.NOT_DATA,
                f"`{text}` must be computed, and archc runs no JavaScript",
                span,
                help="write the value itself here",
            )
        )

    def _end(self) -> int:
        """The position after this value: the next `,` or closing bracket that is not in inner brackets."""
        depth = 0
        for index in range(self.at, len(self.tokens)):
            text = self.tokens[index].text
            if self.tokens[index].kind == "sign" and text in "([{":
                depth += 1
            elif self.tokens[index].kind == "sign" and text in ")]}":
                depth -= 1
            if depth < 0 or self.tokens[index].kind == "end" or (depth == 0 and text in (",", ";")):
                return index
        return len(self.tokens) - 1

    def _enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotData(
                Diagnostic(Code.LIMIT_NESTING, f"brackets are nested deeper than {MAX_DEPTH} levels", self.token.span)
            )

    def _list(self) -> Value:
        opening = self.token
        self._enter()
        self.at += 1
        items: list[Value] = []
        while self.token.text != "]":
            items.append(self.value())
            self._comma(opening, "]")
        self.at += 1
        self.depth -= 1
        return Value(items, opening.span.to(self.tokens[self.at - 1].span))

    def _object(self) -> Value:
        opening = self.token
        self._enter()
        self.at += 1
        members: dict[str, Member] = {}
        while self.token.text != "}":
            key = self.token
            if key.kind not in ("name", "string", "number"):
                raise self._unclosed(opening, "}")
            self._bounded(key)
            self.at += 1
            if self.token.text != ":":
                raise NotData(
                    Diagnostic(Code.SYNTAX, f"`{key.text}` has no value", key.span, help=f"write `{key.text}: …`")
                )
            self.at += 1
            value = self.value()
            name = _unquoted(key.text) if key.kind == "string" else key.text
            if name in members:
                raise NotData(Diagnostic(Code.GIVEN_TWICE, f"`{name}` is given twice", key.span))
            members[name] = Member(value, key.span)
            self._comma(opening, "}")
        self.at += 1
        self.depth -= 1
        return Value(members, opening.span.to(self.tokens[self.at - 1].span))

    def _bounded(self, token: Token) -> None:
        if len(token.text) > MAX_TEXT:
            message = f"a text of {len(token.text):,} characters; the limit is {MAX_TEXT}"
            raise NotData(Diagnostic(Code.LIMIT_NAME, message, token.span))

    def _comma(self, opening: Token, closing: str) -> None:
        if self.token.text == ",":
            self.at += 1
        elif self.token.text != closing:
            raise self._unclosed(opening, closing)

    def _unclosed(self, opening: Token, closing: str) -> NotData:
        if self.token.kind in ("name", "string", "number"):
            before = self.tokens[self.at - 1].span
            place = Span(before.source, before.end, before.end)
            fix = Fix("add the comma", (Edit(place, ","),))
            return NotData(Diagnostic(Code.MISSING_COMMA, "a comma is missing here", place, fixes=(fix,)))
        return NotData(
            Diagnostic(Code.UNCLOSED_BRACKET, f"`{opening.text}` is not closed by a `{closing}`", opening.span)
        )


def _unquoted(text: str) -> str:
    return text[1:-1].replace("\\'", "'").replace('\\"', '"')
