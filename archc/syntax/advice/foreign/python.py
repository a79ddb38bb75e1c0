"""Lines of Python that stand for no layer of their own: imports, classes, functions, what is computed with variables.

Lines that follow each other are one mistake. In a body an unknown layer takes their place, so that no shape is computed
from what flows past them.
"""

import re
from collections.abc import Iterator

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.records import dataclass
from archc.syntax.advice.bracket_errors import margin
from archc.syntax.advice.foreign.text import Text, line_of, outside
from archc.syntax.advice.vocabulary import MODULES
from archc.syntax.tokens import Token

STATEMENT = re.compile(
    r"""(?:from[ ]+[\w.]+[ ]+import\b
    | import[ ]+(?:torch|torchvision|tensorflow|keras|numpy|jax|flax|timm|os|sys|math|time|random)\b
    | import[ ]+\w+(?:\.\w+)*[ ]+as[ ]
    | class[ ]+\w+[ ]*(?:\([^{}]*\))?[ ]*:
    | (?:async[ ]+)?def[ ]+\w+[ ]*\([^{}]*\)[^{}\n]*:
    | return\b | super\( | print\( | with[ ]+\w+\.\w+ | if[ ]+__name__ | pass[ ]*$ | raise[ ]
    | @\w+(?:\.\w+)+(?:\([^\n]*\))?[ ]*\n\s*(?:def|class)[ ]
    )""",
    re.VERBOSE,
)
BESIDE = re.compile(  # around a net, and no part of it
    r"""from[ ] | import[ ] | super\( | print\(
    | \w+\.(?:compile|fit|summary|eval|train|to|cuda|build|save|predict|evaluate)\(
    | (?:[\w]+[ ]*=[ ]*)?(?:\w+\.)*(?:Model|\w*Loss|Adam|AdamW|SGD|RMSprop)\(
    | (?:[\w]+[ ]*=[ ]*)?(?:\w+\.)*Sequential\(\s*\)
    """,
    re.VERBOSE,
)
ASSIGNED = re.compile(  # possessive, so that a line of spaces is read once
    r"([\w.]++(?:[ ]*+,[ ]*+[\w.]++)*+)[ ]*+(?::[ ]*+\w[\w.\[\]]*+)?[ ]*+([-+*/@%]|//|\*\*)?=(?!=)[ ]*(.*)", re.S
)
METHOD = re.compile(r"([A-Za-z_]\w*)((?:\.\w+)*)\.([a-z_]\w*)\(")
COMPUTED = re.compile(r"\w\.\w+[ ]*\(|\)[ ]*\(|\b[A-Z]\w*\(|\bself\.")
TEXTS = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'')
LAYER = re.compile(  # what calls.py and containers.py read
    r"""(?:(?:self\.)?\w+[ ]*=[ ]*)?(?:
    (?:\w+\.)*Sequential[ ]*\((?!\s*(?:\)|\*|OrderedDict|collections))
    | (?:\w+\.)*[A-Z]\w*[ ]*\(
    | (?:\w+\.add)\([ ]*(?:\w+\.)*[A-Z]\w*[ ]*\(
    )""",
    re.VERBOSE,
)
NO_LAYERS = re.compile(r"\b(?:Model|ModuleList|ModuleDict|Parameter|Lambda|Adam|AdamW|SGD|RMSprop|\w*Loss)[ ]*\(\Z")
COMPUTED_LIST = re.compile(r"Sequential[ ]*\(\s*\[.*\]\s*[*+]", re.S)  # `Sequential([…] * 3)`
FLOWS = re.compile(r"(\w+)[ ]*=[^=].*\)[ ]*\(([^()]*)\)\s*\Z", re.S)  # `y = layers.Dense(10)(x)`
ON_ITSELF = re.compile(
    r"(\w+)[ ]*=[ ]*(?:F|torch|nn\.functional|tf\.nn)\.\w+\(\1(?:[ ]*,[ ]*[^(),]+(?:=[^(),]+)?)?\)\s*$"
)
CALLED = re.compile(r"\bself\.\w+\(|\bdef (?:forward|call)\b")  # what runs, and in which order, is said elsewhere
INPUT = re.compile(r"\binput[ \t]+(\d+)[x×](\d+)[x×](\d+)")
LISTS = "a net lists its layers in the order in which they run: `conv 3x3, 16 -> relu`"
ITS_LAYERS = "between `net name {` and `}` each layer of a `Sequential` is proposed as a line of archc"
AS_ONNX = "archc reads a model that Python has built from an ONNX file"
KERAS = re.compile(r"\b(?:keras|tensorflow|tf|layers|Dense)\b")


@dataclass(slots=True)
class _Lines:
    """Statements that follow each other, as places of tokens: from `first` up to `end`, which is the newline.

    beside: whether they are no part of a net.
    """

    first: int
    end: int
    beside: bool


def python_lines(text: Text) -> None:
    """Take them out, and report them."""
    found = _found(text)
    kept: list[Token] = []
    last = 0
    for lines in found:
        span, inside = text.span(lines.first, lines.end), text.around[lines.first] >= 0
        text.diagnostics.append(_report(span, lines.beside, inside))
        kept += text.tokens[last : lines.first]
        if inside and not lines.beside:
            kept.append(Token("NAME", "python", span.start, span.end))
        last = lines.end
    if found:
        spans = [text.span(lines.first, lines.end) for lines in found]
        text.unknown = outside(text.unknown, [(span.start, span.end) for span in spans])
        text.replace(kept + text.tokens[last:])


def _found(text: Text) -> list[_Lines]:
    tokens, source = text.tokens, text.source
    declared_only = CALLED.search(source.text) is None
    found: list[_Lines] = []
    flowing: dict[int, str] = {}  # by the brace of a body: the name that its last layer gave its value
    index = 0
    while index < len(tokens):
        starts = text.kind(index - 1) in ("NEWLINE", "LBRACE")
        if not starts or not text.in_body(index) or text.in_settings(index):
            index += 1
            continue
        end, body = _end(text, index), text.around[index]
        statement = text.span(index, end).text if end > index else ""
        ahead = source.text[tokens[index].start_pos : tokens[index].start_pos + 200]
        flow = FLOWS.match(statement)
        branches = flow is not None and _branches(flow[2].strip(), flowing.get(body))
        if flow is not None:
            flowing[body] = flow[1]
        if not branches and not _is_python(statement, declared_only, body >= 0, ahead):
            index = max(end, index + 1)
            continue
        if text.kind(end - 1) == "COLON" and not ASSIGNED.match(statement):
            end = _suite(text, index, end)
        beside = BESIDE.match(statement) is not None
        before = found[-1] if found else None
        if before is not None and text.skip(before.end, "NEWLINE") >= index:
            before.end, before.beside = end, before.beside and beside
        else:
            found.append(_Lines(index, end, beside))
        index = end
    return found


def _branches(taken: str, last: str | None) -> bool:
    """Whether a layer takes other than the one value that the layer before it gave."""
    return "," in taken or taken != (last or taken)


def _end(text: Text, start: int) -> int:
    """The place of the newline, or of the brace, that ends a statement."""
    body = text.around[start]
    for index in range(start, len(text.tokens)):
        kind = text.kind(index)
        if (kind == "NEWLINE" and text.around[index] == body) or (kind in ("RBRACE", "LBRACE") and index > start):
            return index
    return len(text.tokens)


def _suite(text: Text, start: int, end: int) -> int:
    """Where the lines end that are further in than the head of a class or of a function."""
    edge = margin(text.tokens[start], text.source)
    last = len(text.tokens)
    for index in range(end, last):
        begins = text.kind(index) not in ("NEWLINE", "STRING") and text.kind(index - 1) == "NEWLINE"
        if begins and text.source.locate(text.tokens[index].start_pos)[1] <= edge:
            last = index
            break
    while text.tokens[last - 1].type == "NEWLINE":
        last -= 1
    return last


def _is_python(statement: str, declared_only: bool, inside: bool, ahead: str) -> bool:
    """Whether it is, and no layer inside a net. ahead: the text from here on, in which a decorator's function is."""
    if not statement:
        return False
    if STATEMENT.match(ahead if statement.startswith("@") else statement):
        return True
    plain = TEXTS.sub('""', statement)
    head = LAYER.match(plain) if inside else None
    layer = head is not None and not NO_LAYERS.search(head[0]) and not COMPUTED_LIST.search(plain)
    if plain.startswith("self."):
        return not (layer and declared_only)
    if inside and ON_ITSELF.match(plain):
        return False
    assigned = ASSIGNED.match(plain)
    if assigned is not None:
        target, operator, value = assigned.groups()
        return bool(operator or "." in target or COMPUTED.search(value)) and not layer
    method = METHOD.match(plain)
    if method is None or layer:
        return False
    root, between, _ = method.groups()
    return root not in MODULES or bool(set(between.split(".")) - {"", "functional"} - MODULES)


def _report(span: Span, beside: bool, inside: bool) -> Diagnostic:
    """beside: of what is no part of a net. inside: whether they stand in one."""
    count = sum(not line.lstrip().startswith("#") for line in span.text.split("\n"))
    first = Span(span.source, span.start, span.start + len(span.text.split("\n", 1)[0].rstrip()))
    fixes: tuple[Fix, ...] = ()
    if beside:
        fixes = (Fix("remove the line" if count == 1 else f"remove the {count} lines", tuple(_removed(span))),)
    return Diagnostic(
        Code.PYTHON,
        "this line is Python, which archc does not read"
        if count == 1
        else f"{count} lines of Python begin here; archc does not read Python",
        first,
        notes=() if beside else (_export(span),),
        help=LISTS if inside or "Sequential(" not in span.text else ITS_LAYERS,
        fixes=fixes,
    )


def _removed(span: Span) -> Iterator[Edit]:
    """The edits that remove its lines, but for comments between them."""
    whole = line_of(span)
    start = end = whole.start
    for line in whole.text.splitlines(keepends=True):
        if line.lstrip().startswith("#"):
            if end > start:
                yield Edit(Span(span.source, start, end), "")
            start = end + len(line)
        end += len(line)
    yield Edit(Span(span.source, start, end), "")


def _export(span: Span) -> str:
    """How the model that the lines are of is read."""
    if KERAS.search(span.text):
        return f'{AS_ONNX}: `model.export("net.onnx", format="onnx")`, then `archc import net.onnx`'
    sizes = INPUT.search(span.source.text)
    height, width, channels = sizes.groups() if sizes else ("", "", "")
    example = f"torch.zeros(1, {channels}, {height}, {width})" if sizes else "x"
    then = "then `archc import net.onnx`" if sizes else "with a batch x as it takes, then `archc import net.onnx`"
    return f'{AS_ONNX}: `torch.onnx.export(model, ({example},), "net.onnx")`, {then}'
