"""Numbers, module prefixes and signs of other notations: `1.2 million`, `61,706`, `nn.ReLU`, `pad: 1`, `a || b`."""

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.syntax.advice.causes import Cause
from archc.syntax.advice.unexpected import Recogniser, Unexpected
from archc.syntax.advice.vocabulary import MODULES
from archc.syntax.advice.window import Found, Slip, texts

GROUP = 3  # digits between the commas of 1,234,567
MAGNITUDES = {"thousand": "K", "million": "M", "mio": "M", "mn": "M", "billion": "G", "bn": "G"}
ELSE_IF = {"elif", "elseif", "elsif"}


def number_with_commas(span: Span, code: Code) -> Diagnostic:
    """The report for `61,706`, wherever it was met."""
    written = span.text.replace(",", "_")
    return Diagnostic(
        code,
        f"a number has no commas: {span.text} is {written} or {span.text.replace(',', '')}",
        span,
        fixes=(Fix(f"write `{written}`", (Edit(span, written),)),),
    )


def thousands(at: Unexpected) -> Diagnostic | None:
    """`expect params = 61,706`, where the first comma is what does not fit"""
    first = last = at.index - 1
    if first < 0 or not at.stream[first].isdigit() or len(at.stream[first]) > GROUP:
        return None
    while [token.type for token in at.stream[last + 1 : last + 3]] == ["COMMA", "NUMBER"] and _group(at, last):
        last += 2
    return number_with_commas(at.span(first, last), Code.NUMBER_FORMAT) if last > first else None


def _group(at: Unexpected, number: int) -> bool:
    """Whether `,000` follows this number without a space."""
    number_token, comma, group = at.stream[number : number + 3]
    adjacent = number_token.end_pos == comma.start_pos and comma.end_pos == group.start_pos
    return adjacent and group.isdigit() and len(group) == GROUP


def foreign_comment(at: Unexpected) -> Diagnostic | None:
    """`// the stem` and `/* … */`, whose words may be what does not fit"""
    line = (at.index, *at.earlier())
    slashes = next((place for place in line if at.stream[place].type in ("FLOOR_DIVIDE", "SLASH")), None)
    start = at.stream[slashes].start_pos if slashes is not None else 0
    if slashes is None or not at.source.text.startswith(("// ", "/*"), start):
        return None
    span = Span(at.source, start, start + 2)
    return Diagnostic(
        Code.FOREIGN_COMMENT,
        f"`{span.text}` does not begin a comment",
        span,
        help="a comment begins with `#` and ends with its line",
        fixes=(Fix("write `#`", (Edit(span, "#"),)),),
    )


def else_if(at: Unexpected) -> Diagnostic | None:
    """`elif`, also where it was read as a join of that name"""
    head = at.index - 1
    while head > 0 and at.stream[head].type == "NEWLINE":
        head -= 1
    above = at.earlier(head) if head > 0 and at.stream[head].type == "LBRACE" else []
    place = next((i for i in (at.index, *at.earlier(), *above) if at.stream[i] in ELSE_IF), None)
    if place is None:
        return None
    span = at.span(place)
    return Diagnostic(
        Code.ELSE,
        f"`{span.text}` is written `else if`",
        span,
        fixes=(Fix("write `else if`", (Edit(span, "else if"),)),),
        cause=Cause.ELSE_IF,
    )


def _with_suffix(found: Found) -> dict[str, str]:
    return {"written": found.text("number") + MAGNITUDES[found.text("it").lower()]}


def _of_hundred(found: Found) -> dict[str, str]:
    return {"written": f"{float(found.text('number')) / 100:.6g}"}


NUMBERS: tuple[Recogniser, ...] = (
    Slip(  # `unit(64, nn.ReLU)`, where the dot is what does not fit
        f"module:{texts(MODULES)} ^'.'",
        Code.SYNTAX,
        "layers stand without `$span`",
        at="module..it",
        help="a layer is known by its own name, such as conv or relu",
        fixes=(("remove `$span`", {"module..it": ""}),),
    ),
    Slip(  # `residual(64)/2 x 3`
        "^SLASH stride:NUMBER TIMES count:.",
        Code.REPETITION,
        "a stride comes after the count: it is the first repetition's",
        at="it..stride",
        help="for example `residual(64) x 3 /2`",
        fixes=(("write `x $count /$stride`", {"it..stride": "", "count|": " /$stride"}),),
    ),
    Slip(  # `1.2 million`
        f"number:NUMBER ^/(?i:{'|'.join(MAGNITUDES)})/",
        Code.NUMBER_FORMAT,
        "`$span` is written `$written`",
        at="number..it",
        fixes=(("write `$written`", {"number..it": "$written"}),),
        values=_with_suffix,
    ),
    thousands,
    Slip(  # `dropout 50%`
        r"number:NUMBER/\d+\.?\d*/ ~percent:PERCENT ^.",
        Code.NUMBER_FORMAT,
        "`$span` is written $written",
        at="number..percent",
        fixes=(("write $written", {"number..percent": "$written"}),),
        values=_of_hundred,
    ),
)
SIGNS: tuple[Recogniser, ...] = (
    foreign_comment,
    else_if,
    Slip("^ELSE", Code.ELSE, "this `else` belongs to no `if`", "it follows the `}` of an `if`", cause=Cause.LONE_ELSE),
    *(
        Slip(  # `conv 3x3,, 64`, `-> ->`
            f"{kind} ^{kind}",
            Code.SYNTAX,
            f"there is no {between} between this `$it` and the one before it",
            fixes=(("remove one `$it`", {"it": ""}),),
        )
        for kind, between in {
            "COMMA": "value",
            "ARROW": "layer",
            "ASSERT": "shape",
            "EQUAL": "value",
            "SEMICOLON": "row",
        }.items()
    ),
    Slip(  # `pad: 1`
        "COMMA|CALL_LPAR ^LABEL colon:COLON",
        Code.WRONG_SIGN,
        "an argument is given with `=`: $it=…",
        at="colon",
        fixes=(("write `=`", {"it|..colon": "="}),),
    ),
    Slip(  # `x = conv 3x3, 8`
        "<name:NAME ^EQUAL",
        Code.ASSIGNMENT,
        "a path gets its name with a colon, a number with `let`",
        fixes=(
            ("label what flows: `$name:`", {"name|..it": ":"}),
            ("name a number: `let $name =`", {"|name": "let "}),
        ),
    ),
    Slip(  # `net {`
        "item:NET|BLOCK ^LBRACE|LPAR|CALL_LPAR",
        Code.SYNTAX,
        "this $item has no name",
        at="item",
        help="write `$item name`",
        fixes=(("call it `main`: `$item main`", {"item|": " main"}),),
    ),
    Slip(
        "^BAR|ROW ~or:BAR",
        Code.WRONG_SIGN,
        "`||` is written `or`",
        at="it..or",
        fixes=(("write `or`", {"it..or": "or"}),),
    ),
)
