"""What other tools put around a list of layers, `nn.Sequential( … )`, and what a paste has left of it."""

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Source, Span
from archc.records import dataclass
from archc.syntax.advice.foreign.text import BEGINS, Text, around, end_of, in_body, line_of
from archc.syntax.brackets import CLOSERS
from archc.syntax.tokens import Token, token_span

NAMES = {"Sequential"}
ENDS = {"RPAR", "RSQB"}
NEEDLESS = "the lines of a net run one after the other"


@dataclass(slots=True)
class _Container:
    """Places of tokens: the head from `start` up to `first`, the tail from `tail` up to `end`.

    inner: the bracket that its layers stand in.
    """

    start: int
    first: int
    tail: int
    end: int
    inner: int


def containers(text: Text) -> None:
    """Take them out: the layers stay, one after the other."""
    _heads(text)
    _tails(text)


def _heads(text: Text) -> None:
    tokens, source = text.tokens, text.source
    places = around(tokens)
    found: dict[int, _Container] = {}
    for index, token in enumerate(tokens):
        if token in NAMES and not text.declares(token):
            container = _container(tokens, places, index, found)
            if container is not None:
                found[container.inner] = container
    if not found:
        return
    gone: set[int] = set()
    arrows: set[int] = set()
    edits: dict[int, list[Edit]] = {inner: [] for inner in found}
    for inner, container in found.items():
        gone.update(range(container.start, container.first), range(container.tail, container.end))
        head = token_span(tokens[container.start], source, tokens[container.first - 1])
        edits[inner].append(Edit(line_of(head), ""))
        if container.end > container.tail:
            tail = token_span(tokens[container.tail], source, tokens[container.end - 1])
            edits[inner].append(Edit(line_of(tail), ""))
    for index, token in enumerate(tokens):
        if token.type != "COMMA" or places[index] not in found or index in gone:
            continue
        span = token_span(token, source)
        following = tokens[index + 1].type if index + 1 < len(tokens) else "NEWLINE"
        if following not in ("NEWLINE", *CLOSERS) and not (
            tokens[index - 1].type == "RPAR" or _layer(tokens, index + 1)
        ):
            continue  # between the arguments of a layer that stands here as ours
        if following in ("NEWLINE", *CLOSERS):
            gone.add(index)
            edits[places[index]].append(Edit(span, ""))
        else:
            arrows.add(index)
            edits[places[index]].append(Edit(span, " ->"))
    for inner, container in found.items():
        text.diagnostics.append(_container_said(tokens, container, tuple(edits[inner]), source))
    text.tokens = [
        Token("ARROW", "->", token.start_pos, token.end_pos) if index in arrows else token
        for index, token in enumerate(tokens)
        if index not in gone
    ]


def _container(tokens: list[Token], places: list[int], name: int, outer: dict[int, _Container]) -> _Container | None:
    """The one whose name stands here; None where it begins no step."""
    opener = name + 1
    if opener >= len(tokens) or tokens[opener].type != "CALL_LPAR":
        return None
    start = name
    while start >= 2 and tokens[start - 1].type == "DOT":
        start -= 2
    if start >= 2 and tokens[start - 1].type == "EQUAL":
        start -= 2
        while start >= 2 and tokens[start - 1].type == "DOT":
            start -= 2
    before = tokens[start - 1].type if start else "NEWLINE"
    entry = places[start] in outer and (before == "COMMA" or start == outer[places[start]].first)
    if before not in BEGINS and not entry:
        return None
    end = end_of(tokens, places, opener)
    closed = tokens[end].type == "RPAR"
    inner = opener
    while inner + 1 < len(tokens) and tokens[inner + 1].type == "NEWLINE":
        inner += 1
    listed = inner + 1 < len(tokens) and tokens[inner + 1].type == "LSQB"
    inner = inner + 1 if listed else opener
    tail = end_of(tokens, places, inner) if listed else end
    if listed and closed and not _only_options(tokens, tail + 1, end):
        return None
    return _Container(start, inner + 1, tail, end + 1 if closed else tail, inner)


def _only_options(tokens: list[Token], index: int, end: int) -> bool:
    """Whether nothing, or `, name="x"`, stands between a list and the end of the call that it is in."""
    kinds = [token.type for token in tokens[index:end] if token.type != "NEWLINE"]
    return kinds in ([], ["COMMA"]) or (kinds[0] == "COMMA" and kinds[1:3] == ["NAME", "EQUAL"])


def _layer(tokens: list[Token], index: int) -> bool:
    """Whether `nn.ReLU(` or `Dense(` stands here."""
    while index + 2 < len(tokens) and tokens[index + 1].type == "DOT":
        index += 2
    return tokens[index][:1].isupper() and index + 1 < len(tokens) and tokens[index + 1].type == "CALL_LPAR"


def _container_said(tokens: list[Token], container: _Container, edits: tuple[Edit, ...], source: Source) -> Diagnostic:
    head = token_span(tokens[container.start], source, tokens[container.first - 1])
    shown = "".join(head.text.split()).replace("=", " = ")
    around_it = f"`{shown}` and its end" if container.end > container.tail else f"`{shown}`"
    return Diagnostic(
        Code.WRAPPER, f"`{shown}` is not needed: {NEEDLESS}", head, fixes=(Fix(f"remove {around_it}", edits),)
    )


def _tails(text: Text) -> None:
    """`])` alone on its line, where what it closes was not pasted."""
    tokens, source = text.tokens, text.source
    places = around(tokens)
    gone: set[int] = set()
    for index, token in enumerate(tokens):
        if token.type not in ENDS or index == 0 or tokens[index - 1].type != "NEWLINE":
            continue
        end = index
        while end < len(tokens) and tokens[end].type in (*ENDS, "COMMA"):
            end += 1
        ends_line = end == len(tokens) or tokens[end].type in ("NEWLINE", "RBRACE")
        if not ends_line or not all(_closes_nothing(tokens, places, place) for place in range(index, end)):
            continue
        gone.update(range(index, end))
        span = token_span(token, source, tokens[end - 1])
        text.diagnostics.append(_tail_said(span))
    text.tokens = [token for index, token in enumerate(tokens) if index not in gone]


def _closes_nothing(tokens: list[Token], places: list[int], place: int) -> bool:
    """Whether what stands before a closer is in the same bracket as it: in one that it does not close."""
    return in_body(tokens, places, place) and places[place] == places[place - 1]


def _tail_said(span: Span) -> Diagnostic:
    return Diagnostic(
        Code.WRAPPER,
        f"this `{span.text}` closes nothing: {NEEDLESS}",
        span,
        fixes=(Fix(f"remove the `{span.text}`", (Edit(line_of(span), ""),)),),
    )
