"""What other tools put around a list of layers, `nn.Sequential( … )`, and what a paste has left of it."""

from archc.diagnostics import Code, Diagnostic, Edit, Fix
from archc.records import dataclass
from archc.syntax.advice.foreign.text import BEGINS, Text, line_of
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
    found: dict[int, _Container] = {}
    for index, token in enumerate(text.tokens):
        if token in NAMES and not text.declares(token):
            container = _container(text, index, found)
            if container is not None:
                found[container.inner] = container
    if not found:
        return
    tokens = [*text.tokens]
    gone: set[int] = set()
    edits: dict[int, list[Edit]] = {}
    for inner, one in found.items():
        gone.update(range(one.start, one.first), range(one.tail, one.end))
        ends = [(one.start, one.first), *([(one.tail, one.end)] if one.end > one.tail else [])]
        edits[inner] = [Edit(line_of(text.span(*end)), "") for end in ends]
    for index, token in enumerate(text.tokens):
        inner = text.around[index]
        if token.type != "COMMA" or inner not in found or index in gone:
            continue
        last = text.kind(index + 1) in ("NEWLINE", *CLOSERS)
        if last:
            gone.add(index)
        elif text.kind(index - 1) == "RPAR" or _layer(text, index + 1):
            tokens[index] = Token("ARROW", "->", token.start_pos, token.end_pos)
        else:
            continue  # between the arguments of a layer that stands here as ours
        edits[inner].append(Edit(token_span(token, text.source), "" if last else " ->"))
    text.diagnostics += [_head_report(text, one, tuple(edits[inner])) for inner, one in found.items()]
    text.replace([token for index, token in enumerate(tokens) if index not in gone])


def _container(text: Text, name: int, outer: dict[int, _Container]) -> _Container | None:
    """The one whose name stands here; None where it begins no step."""
    opener = name + 1
    if text.kind(opener) != "CALL_LPAR":
        return None
    start = text.path_start(name)
    if start >= 2 and text.kind(start - 1) == "EQUAL":
        start = text.path_start(start - 2)
    around, before = text.around[start], text.kind(start - 1)
    entry = around in outer and (before == "COMMA" or start == outer[around].first)
    if before not in BEGINS and not entry:
        return None
    end = text.end_of(opener)
    closed = text.kind(end) == "RPAR"
    bracket = text.skip(opener + 1, "NEWLINE")
    if text.kind(bracket) != "LSQB":
        return _Container(start, opener + 1, end, end + 1 if closed else end, opener)
    tail = text.end_of(bracket)
    if closed and not _only_options(text.kinds(tail + 1, end - tail - 1)):
        return None
    return _Container(start, bracket + 1, tail, end + 1 if closed else tail, bracket)


def _only_options(kinds: list[str]) -> bool:
    """Whether nothing, or `, name="x"`, stands between a list and the end of the call that it is in."""
    kinds = [kind for kind in kinds if kind != "NEWLINE"]
    return kinds in ([], ["COMMA"]) or (kinds[0] == "COMMA" and kinds[1:3] == ["NAME", "EQUAL"])


def _layer(text: Text, index: int) -> bool:
    """Whether `nn.ReLU(` or `Dense(` stands here."""
    name = text.path_end(index)
    return text.tokens[name][:1].isupper() and text.kind(name + 1) == "CALL_LPAR"


def _head_report(text: Text, container: _Container, edits: tuple[Edit, ...]) -> Diagnostic:
    head = text.span(container.start, container.first)
    shown = "".join(head.text.split()).replace("=", " = ")
    whole = f"`{shown}` and its end" if container.end > container.tail else f"`{shown}`"
    fixes = (Fix(f"remove {whole}", edits),)
    return Diagnostic(Code.WRAPPER, f"`{shown}` is not needed: {NEEDLESS}", head, fixes=fixes)


def _tails(text: Text) -> None:
    """`])` alone on its line, where what it closes was not pasted."""
    gone: set[int] = set()
    for index, token in enumerate(text.tokens):
        if token.type not in ENDS or index == 0 or text.kind(index - 1) != "NEWLINE":
            continue
        end = index
        while text.kind(end) in (*ENDS, "COMMA"):
            end += 1
        if text.kind(end) not in ("NEWLINE", "RBRACE"):
            continue
        if all(_closes_nothing(text, place) for place in range(index, end)):
            gone.update(range(index, end))
            span = text.span(index, end)
            fixes = (Fix(f"remove the `{span.text}`", (Edit(line_of(span), ""),)),)
            text.diagnostics.append(
                Diagnostic(Code.WRAPPER, f"this `{span.text}` closes nothing: {NEEDLESS}", span, fixes=fixes)
            )
    text.drop(gone)


def _closes_nothing(text: Text, place: int) -> bool:
    """Whether what stands before a closer is in the same bracket as it: in one that it does not close."""
    return text.in_body(place) and text.around[place] == text.around[place - 1]
