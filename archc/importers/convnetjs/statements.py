"""The definitions of layers and the trainer. All other statements are skipped."""

import re
from dataclasses import field

from archc.diagnostics import MAX_REPORTS, Code, Diagnostic, Label, Source, Span
from archc.importers.convnetjs.arithmetic import constants
from archc.importers.convnetjs.page import is_page, scan_page, scripts
from archc.importers.convnetjs.scan import Token, scan, scan_quoted
from archc.importers.convnetjs.values import Member, NotData, Reader, Value
from archc.records import dataclass

NET = "a net is `layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1}, …]` or pushes of such"
LIBRARIES = re.compile(r"(?:^|/)(?:convnet|util|vis|jquery)[^/]*\.js$")
CONTROL = frozenset({"for", "while", "do", "if", "else", "switch"})
CHANGING = frozenset({"unshift", "splice", "pop", "shift", "concat", "reverse", "sort", "fill"})


@dataclass(slots=True)
class Found:
    """definitions: objects, in the order of the list. trainer: the options of the trainer."""

    definitions: list[Value] = field(default_factory=list)
    trainer: dict[str, Member] | None = None
    trainer_span: Span | None = None
    comments: list[tuple[str, Span]] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)


def read(source: Source) -> Found:
    """The net in a JavaScript or JSON source, or in a page with scripts."""
    page = is_page(source)
    scanned = scan_page(source) if page else scan(source)
    quoted = next((token for token in scanned.tokens if _is_program(token)), None)
    if quoted is not None:
        scanned = scan_quoted(quoted)
    found = Found(comments=scanned.comments, diagnostics=list(scanned.diagnostics))
    first = scanned.tokens[0]
    if first.text in ("[", "{") and (source.name.endswith(".json") or first.text == "["):
        _json(scanned.tokens, found)
    else:
        _Walk(scanned.tokens, found).run()
    if scanned.diagnostics:  # an unclosed bracket extends to the end of the file
        end = scanned.tokens[-1].span.start
        found.diagnostics = [one for one in found.diagnostics if one.span is None or one.span.start < end]
    if not found.definitions and not found.diagnostics:
        found.diagnostics.append(
            Diagnostic(
                Code.NO_NET,
                f"`{source.name}` holds no layer_defs",
                help=_elsewhere(source) if page else NET,
                file=source.name,
            )
        )
    return found


def _elsewhere(source: Source) -> str:
    """A note that lists the script files of a page: the net may be in one of them."""
    files = [name for name in scripts(source) if not LIBRARIES.search(name)]
    return f"it loads {', '.join(files[:5])}: give the file that holds the net" if files else NET


def _is_program(token: Token) -> bool:
    """Whether it is a string with a program that builds the list, which the demos show in a box and evaluate."""
    return token.kind == "string" and "layer_defs" in token.text and "input" in token.text


def _json(tokens: list[Token], found: Found) -> None:
    reader = Reader(tokens, 0, {})
    try:
        value = reader.value()
        if reader.token.kind != "end" and reader.token.text != ";":
            raise NotData(Diagnostic(Code.SYNTAX, f"`{reader.token.text}` is after the end", reader.token.span))
    except NotData as stop:
        found.diagnostics.append(stop.diagnostic)
        return
    if isinstance(value.data, dict):
        trainer = value.data.get("trainer")
        if trainer is not None and isinstance(trainer.value.data, dict):
            found.trainer, found.trainer_span = trainer.value.data, trainer.key_span
        listed = value.data.get("layer_defs") or value.data.get("layers")
        value = listed.value if listed is not None else Value([], value.span)
    _extend(found, value)


def _extend(found: Found, value: Value) -> None:
    """Add the definitions of a list; each is an object with a type."""
    if not isinstance(value.data, list):
        found.diagnostics.append(Diagnostic(Code.NOT_DATA, "layer_defs is a list of objects", value.span))
        return
    for item in value.data:
        _append(found, item)


def _append(found: Found, value: Value) -> None:
    if isinstance(value.data, dict):
        found.definitions.append(value)
    else:
        found.diagnostics.append(
            Diagnostic(Code.NOT_DATA, "a layer is an object such as {type:'relu'}", value.span, help="with a `type`")
        )


class _Walk:
    """Goes through the tokens and keeps track of the enclosing blocks."""

    def __init__(self, tokens: list[Token], found: Found) -> None:
        self.tokens = tokens
        self.found = found
        self.at = 0
        self.open: list[tuple[str, Token | None]] = []  # each bracket, with the `for` or `if` that a block belongs to
        self.control: Token | None = None
        self.name = self._list_name()
        self.known = constants(tokens)

    def _list_name(self) -> str:
        """The argument of makeLayers, if it is a name."""
        texts = [token.text for token in self.tokens]
        for index in range(len(texts) - 2):
            if texts[index] == "makeLayers" and texts[index + 1] == "(" and self.tokens[index + 2].kind == "name":
                return texts[index + 2]
        return "layer_defs"

    def run(self) -> None:
        while self.tokens[self.at].kind != "end" and len(self.found.diagnostics) < MAX_REPORTS:
            token = self.tokens[self.at]
            if token.kind == "name" and token.text == self.name and self._text(-1) not in (".",):
                self._list(token)
            elif token.text == "makeLayers" and self._text(1) == "(" and self._text(2) == "[":
                self._value(self.at + 2, _extend)
            elif token.text in ("Trainer", "SGDTrainer") and self._text(1) == "(":
                self._trainer(token)
            else:
                self._pass(token)

    def _text(self, ahead: int) -> str:
        index = self.at + ahead
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def _pass(self, token: Token) -> None:
        if token.text in CONTROL and token.kind == "name":
            self.control = token
        elif token.kind == "sign" and token.text in "([{":
            self.open.append((token.text, self.control if token.text == "{" else None))
            self.control = None if token.text == "{" else self.control
        elif token.kind == "sign" and token.text in ")]}":
            if self.open:
                self.open.pop()
        elif token.text == ";" and not (self.open and self.open[-1][0] == "("):
            self.control = None
        self.at += 1

    def _list(self, token: Token) -> None:
        """`layer_defs = [...]`, `layer_defs.push({...})`; other uses of the list are not data."""
        if self._text(1) == "=" and self._text(2) == "[":
            if self._repeated(token):
                return
            if self.found.definitions:
                self.found.definitions.clear()
            self._value(self.at + 2, _extend)
        elif self._text(1) == "." and self._text(2) == "push" and self._text(3) == "(":
            if self._repeated(token):
                return
            self._value(self.at + 4, _append)
        elif self._text(1) == "." and self._text(2) in CHANGING:
            end = self.tokens[self.at + 2].span
            self._report(
                Code.NOT_DATA, f"`{token.span.to(end).text}` changes the list, and archc runs no JavaScript", end
            )
            self.at += 1
        elif self._text(1) == "[" and self._text(2).isdigit() and self._text(3) == "]" and self._text(4) == "=":
            end = self.tokens[self.at + 3].span
            self._report(Code.NOT_DATA, f"`{token.span.to(end).text}` is set, and archc runs no JavaScript", end)
            self.at += 1
        else:
            self.at += 1

    def _repeated(self, token: Token) -> bool:
        """Whether a loop or a condition decides how often the statement runs."""
        control = self.control or next((one for _, one in reversed(self.open) if one is not None), None)
        if control is None:
            return False
        self.found.diagnostics.append(
            Diagnostic(
                Code.NOT_DATA,
                f"a `{control.text}` decides about this layer, and archc runs no JavaScript",
                token.span,
                labels=(Label(control.span, "here"),),
                help="write the layers out, one push each",
            )
        )
        self.at += 1
        return True

    def _report(self, code: Code, message: str, span: Span) -> None:
        self.found.diagnostics.append(Diagnostic(code, message, span, help="write layer_defs out as data"))

    def _value(self, start: int, use: object) -> None:
        reader = Reader(self.tokens, start, self.known)
        try:
            value = reader.value()
            while reader.token.text == "," and use is _append:  # push takes several definitions
                _append(self.found, value)
                reader.at += 1
                value = reader.value()
            if use is _append and reader.token.text != ")":
                opening = self.tokens[start - 1]
                raise NotData(Diagnostic(Code.UNCLOSED_BRACKET, "`(` is not closed by a `)`", opening.span))
        except NotData as stop:
            self.found.diagnostics.append(stop.diagnostic)
            self.at = self._past_statement(max(reader.at, start))
            return
        (_append if use is _append else _extend)(self.found, value)
        self.at = reader.at

    def _past_statement(self, at: int) -> int:
        while self.tokens[at].kind != "end" and self.tokens[at].text != ";":
            if self.tokens[at].text == self.name and self.tokens[at].kind == "name":
                return at
            at += 1
        return at

    def _trainer(self, token: Token) -> None:
        index = self.at + 2
        while self.tokens[index].kind != "end" and self.tokens[index].text not in ("{", ")", ";"):
            index += 1
        if self.tokens[index].text != "{":
            self.found.trainer, self.found.trainer_span = self.found.trainer or {}, token.span
            self.at += 1
            return
        reader = Reader(self.tokens, index, self.known)
        try:
            value = reader.value()
        except NotData as stop:
            self.found.diagnostics.append(stop.diagnostic)
            self.at = self._past_statement(max(reader.at, index))
            return
        if self.found.trainer is not None and self.found.trainer_span is not None:
            self.found.diagnostics.append(
                Diagnostic(
                    Code.GIVEN_TWICE,
                    "there are two trainers",
                    token.span,
                    labels=(Label(self.found.trainer_span, "the first"),),
                )
            )
        elif isinstance(value.data, dict):
            self.found.trainer, self.found.trainer_span = value.data, token.span
        self.at = reader.at
