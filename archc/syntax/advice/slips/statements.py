"""Statements with a sign too many or too few, or another one: `conv 3x3 64`, `expect params == 61K`."""

from itertools import pairwise

from archc.diagnostics import Code, Diagnostic, Edit, Fix
from archc.syntax.advice.slips.printed import BEGINS
from archc.syntax.advice.unexpected import Unexpected
from archc.syntax.advice.window import Found, Slip, kinds, texts
from archc.syntax.keywords import RESERVED
from archc.syntax.layout import CONTINUES

ITEMS = {  # what other languages begin an item with
    "block": ("def", "function", "fn", "func", "module"),
    "net": ("class", "model", "network", "graph"),
    "use": ("import", "include", "from", "require", "using"),
    "let": ("const", "var", "set", "param"),
}
ITEM_WORDS = {"net", "use", "block"}
LINE_ENDS = {"NEWLINE", "RBRACE", "$END"}


def setting(at: Unexpected) -> Diagnostic | None:
    """Anything within `train { … }`, where neither paths nor arithmetic are."""
    train = next((place for place in range(at.index - 1, -1, -1) if at.stream[place].type == "TRAIN"), at.index)
    depth = sum((token.type == "LBRACE") - (token.type == "RBRACE") for token in at.stream[train : at.index])
    if depth <= 0 or at.kind() in LINE_ENDS:
        return None
    return Diagnostic(
        Code.SYNTAX,
        f"`{at.token.strip()}` does not fit here",
        at.span(at.index),
        help="a setting is `name = value` or `name { … }`; lists are [1, 2], and what is no single word is quoted",
    )


def _arrows(found: Found) -> tuple[Fix, ...]:
    """The steps that semicolons part on this line, as one path."""
    edits = []
    for place, (token, after) in enumerate(pairwise(found.at.stream[found.at.index :]), found.at.index):
        if token.type == "SEMICOLON":
            edits.append(Edit(found.at.span(place), "" if after.type in LINE_ENDS else " ->"))
        if after.type in LINE_ENDS:
            break
    return (Fix("write `->`", tuple(edits)),)


def _figure(sign: str, written: str) -> Slip:
    return Slip(
        f"EXPECT . ^'{sign}' after:.",
        Code.WRONG_SIGN,
        f"`expect` states a figure with `{written.strip()}`",
        fixes=((f"write `{written.strip()}`", {"it..|after": written}),),
    )


def _dangling(before: str, fixes: tuple[tuple[str, dict[str, str]], ...] = ()) -> tuple[Slip, ...]:
    ends = ("$END|RBRACE", "<.")
    return tuple(
        Slip(f"before:{before} ^{end}", Code.DANGLING, "nothing follows this `$before`", at="before", fixes=fixes)
        for end in ends
    )


def _reserved(window: str) -> Slip:
    message = "`$it` is a word of the language and cannot be a name"
    return Slip(window, Code.RESERVED_WORD, message, help="choose another name", accepts="NAME")


def _missing_comma(window: str, *fixes: tuple[str, dict[str, str]]) -> Slip:
    return Slip(
        window,
        Code.MISSING_COMMA,
        "a comma is missing before `$it`",
        help="arguments are separated by commas: conv 3x3, 64, pad=1",
        fixes=(("add the comma", {"before|": ","}), *fixes),
        accepts="COMMA",
    )


NO_NUMBER = Slip(  # `conv3-` in a cell
    r"/.*[^\W_]/ ~dash:MINUS|DASH_CALL ^BAR|ROW|NEWLINE",
    Code.DANGLING,
    "no number follows this `-`",
    at="dash",
    help="`conv3-64` is conv3(64)",
)
STATED = (
    Slip(  # `conv 7x7, 64, /2`, as ResNet's figure has it
        f"{BEGINS} NAME window:DIMS|NUMBER !{BEGINS}* comma:COMMA ^SLASH number:NUMBER",
        Code.SYNTAX,
        "a stride stands with its window: $window/$number",
        at="it..number",
        fixes=(("write `$window/$number`", {"window|": "/$number", "comma..number": ""}),),
    ),
    Slip(  # `conv 5x5, 6 -> 28x28x6`, `= 28x28x6`, `: 28x28x6`
        "before:DIMS|NUMBER|NAME|RPAR|YES|NO|HOLE ^sign:ARROW|EQUAL|COLON ^size:DIMS NEWLINE|RBRACE|BAR|ROW|$END",
        Code.WRONG_SIGN,
        "what a path gives is stated with `=>`: => $size",
        at="sign",
        fixes=(("write `=>`", {"before|..|size": " => "}),),
        head="!LET",
    ),
    _figure("==", "= "),  # `expect params == 61K`
    _figure("~", "= ~"),
)
SEMICOLONS = (
    Slip(  # `[3x3, 64; 3x3, 64;]`
        "semicolon:SEMICOLON ^RSQB",
        Code.DANGLING,
        "no row follows this `;`",
        at="semicolon",
        help="`;` stands between the rows of a matrix, not after the last",
        fixes=(("remove the `;`", {"semicolon": ""}),),
    ),
    Slip(  # `conv 3x3, 8; bn; relu`
        "^SEMICOLON",
        Code.STRAY_SEMICOLON,
        "`;` stands between the rows of a matrix alone",
        help="one statement a line; steps of a path are joined by `->`",
        mend=_arrows,
    ),
)
OTHERS = (
    *_dangling("ARROW|COMMA", (("remove `$before`", {"before": ""}),)),  # `maxpool 2x2/2 ->` at the end of a line
    *_dangling(kinds(CONTINUES - {"ARROW", "COMMA", "COLON"})),
    _missing_comma("before:NUMBER ^DIMS", ("write `$it, $before`", {"before..it": "$it, $before"})),  # `conv 64 3x3`
    _missing_comma("before:. ^NUMBER|DIMS|STRING|NAME|LSQB|YES|NO"),  # `conv 3x3 64`
    Slip(  # `if a = b`
        "^EQUAL",
        Code.ASSIGNMENT,
        "`=` gives a name to a value; two values are compared with `==`",
        fixes=(("compare with `==`", {"it": "=="}),),
        accepts="COMPARE",
    ),
    _reserved(f"^{texts(RESERVED - ITEM_WORDS)}"),
    _reserved(f"LET ^{texts(ITEM_WORDS)}"),
    *(
        Slip(  # `def f() {`
            f"^{texts(words)}",
            Code.OUTSIDE_NET,
            "`$it` stands outside any net or block",
            help=f"did you mean `{item}`?",
            fixes=((f"write `{item}`", {"it": item}),),
            accepts="NET",
        )
        for item, words in ITEMS.items()
    ),
    Slip(  # a layer before any `net`
        "^NAME|LABEL|REF|LPAR|FOR|REPEAT|IF",
        Code.OUTSIDE_NET,
        "`$it` stands outside any net or block",
        help="a file holds `net name { … }`, `block name(…) { … }`, `let` and `use`",
        accepts="NET",
    ),
)
