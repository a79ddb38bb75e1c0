"""The syntax tree: one class for each rule of grammar/arch.lark that carries meaning.

Every node has the `span` it was read from. Nothing here knows what a layer or a shape is.
"""

from dataclasses import dataclass, field

from archc.diagnostics import Source, Span

# ---- expressions


@dataclass(eq=False, slots=True)
class Number:
    span: Span
    value: int | float
    text: str  # as printed: its digits carry the precision of a stated figure


@dataclass(eq=False, slots=True)
class Dims:
    """`3x3`, `224x224x3`, `?x?`"""

    span: Span
    sizes: "tuple[int | Hole, ...]"


@dataclass(eq=False, slots=True)
class String:
    span: Span
    value: str


@dataclass(eq=False, slots=True)
class Boolean:
    span: Span
    value: bool


@dataclass(eq=False, slots=True)
class Name:
    span: Span
    name: str


@dataclass(eq=False, slots=True)
class Inflow:
    """`in.channels`"""

    span: Span
    attribute: str


@dataclass(eq=False, slots=True)
class Reference:
    """`@label`, as a step or as a value."""

    span: Span
    label: str


@dataclass(eq=False, slots=True)
class Hole:
    """`?`: a quantity to solve. The solver sets `value`, and only it."""

    span: Span
    value: int | None = None


@dataclass(eq=False, slots=True)
class Invoke:
    """`max(a, b)`"""

    span: Span
    function: str
    function_span: Span
    arguments: "tuple[Expr, ...]"


@dataclass(eq=False, slots=True)
class Tuple:
    """`(a, b)`; one element and no comma is only a pair of parentheses (`grouping`)."""

    span: Span
    items: "tuple[Expr, ...]"
    grouping: bool


@dataclass(eq=False, slots=True)
class Matrix:
    """`[a, b]` is a list (one row), `[a, b; c, d]` a list of rows."""

    span: Span
    rows: "tuple[tuple[Expr, ...], ...]"


@dataclass(eq=False, slots=True)
class Subscript:
    span: Span
    base: "Expr"
    indices: "tuple[Expr, ...]"


@dataclass(eq=False, slots=True)
class Chain:
    """Operands joined by operators of one precedence, flat: `a + b - c`, `a or b`, `a < b < c`."""

    span: Span
    first: "Expr"
    rest: "tuple[tuple[str, Expr], ...]"


@dataclass(eq=False, slots=True)
class Prefix:
    """`-a`, `not a`, with the number of times it stands there."""

    span: Span
    operator: str
    count: int
    operand: "Expr"


@dataclass(eq=False, slots=True)
class Choice:
    """`a if c else b if d else e`: (value, condition) pairs and the last value."""

    span: Span
    arms: "tuple[tuple[Expr, Expr], ...]"
    otherwise: "Expr"


Expr = (
    Number
    | Dims
    | String
    | Boolean
    | Name
    | Inflow
    | Reference
    | Hole
    | Invoke
    | Tuple
    | Matrix
    | Subscript
    | Chain
    | Prefix
    | Choice
)


@dataclass(eq=False, slots=True)
class Stated:
    """A claimed value: `=> 12x12x8`, `expect params = ~21.8M`."""

    span: Span
    value: Expr
    approximate: bool


# ---- steps


@dataclass(eq=False, slots=True)
class Argument:
    span: Span
    name: str | None
    value: Expr
    name_span: Span | None = None


@dataclass(eq=False, slots=True)
class Call:
    """A layer or a block with its arguments."""

    span: Span
    name: str
    name_span: Span
    arguments: tuple[Argument, ...]
    variant: str | None = None  # `vgg[D]`
    variant_span: Span | None = None


@dataclass(eq=False, slots=True)
class Branch:
    span: Span
    body: "tuple[Statement, ...]"


@dataclass(eq=False, slots=True)
class Join:
    call: Call
    span: Span
    branches: tuple[Branch, ...]


@dataclass(eq=False, slots=True)
class Group:
    span: Span
    sequence: "Sequence"


@dataclass(eq=False, slots=True)
class Repeated:
    """`step x count /stride`"""

    span: Span
    step: "Call | Join | Group | Reference"
    count: Expr
    stride: Expr | None


Step = Call | Join | Group | Reference | Repeated

# ---- statements


@dataclass(eq=False, slots=True)
class Sequence:
    span: Span
    steps: tuple[Step, ...]
    asserted: Stated | None


@dataclass(eq=False, slots=True)
class Let:
    span: Span
    name: str
    name_span: Span
    value: Expr


@dataclass(eq=False, slots=True)
class If:
    span: Span
    arms: "tuple[tuple[Expr, Body], ...]"
    otherwise: "Body | None"


@dataclass(eq=False, slots=True)
class For:
    span: Span
    names: tuple[str, ...]
    names_span: Span
    values: Expr
    body: "Body"


@dataclass(eq=False, slots=True)
class Repeat:
    span: Span
    count: Expr
    body: "Body"


@dataclass(eq=False, slots=True)
class Flow:
    """A labelled or bare sequence or loop: what moves the current value on."""

    span: Span
    label: str | None
    label_span: Span | None
    what: Sequence | For | Repeat
    asserted: Stated | None = None  # of what leaves a loop; a sequence has its own


@dataclass(eq=False, slots=True)
class Expect:
    span: Span
    metric: str
    metric_span: Span
    stated: Stated


@dataclass(eq=False, slots=True)
class Output:
    span: Span
    name: str
    name_span: Span
    arguments: tuple[Argument, ...]
    sequence: Sequence


@dataclass(eq=False, slots=True)
class Body:
    span: Span
    statements: "tuple[Statement, ...]"


@dataclass(eq=False, slots=True)
class Stage:
    """Rows of a table under one name, and what is claimed of them. Made from a table, never written."""

    span: Span
    label: str | None
    label_span: Span | None
    statements: "tuple[Statement, ...]"
    claims: "tuple[Expect, ...]"


# ---- tables


@dataclass(eq=False, slots=True)
class Raw:
    """A cell taken as it is printed: in the header, in the stage column."""

    span: Span
    text: str


@dataclass(eq=False, slots=True)
class Binding:
    """`let width`, at the head of a row of constants."""

    span: Span
    name: str
    name_span: Span


@dataclass(eq=False, slots=True)
class Cell:
    span: Span
    content: Sequence | Stated | Raw | Binding | None


@dataclass(eq=False, slots=True)
class Row:
    span: Span
    cells: tuple[Cell, ...]


# ---- items


@dataclass(eq=False, slots=True)
class Parameter:
    span: Span
    name: str
    name_span: Span
    default: Expr | None


@dataclass(eq=False, slots=True)
class Block:
    span: Span
    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Body


@dataclass(eq=False, slots=True)
class Net:
    span: Span
    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    body: Body


@dataclass(eq=False, slots=True)
class Table:
    """Variants in columns. The first row is the header."""

    span: Span
    name: str
    name_span: Span
    parameters: tuple[Parameter, ...]
    lines: "tuple[Statement | Row, ...]"


@dataclass(eq=False, slots=True)
class Use:
    span: Span
    target: str
    target_span: Span


@dataclass(eq=False, slots=True)
class Listed:
    """`[0.9, 0.999]` among settings."""

    span: Span
    items: "tuple[Told, ...]"


@dataclass(eq=False, slots=True)
class Setting:
    """`optimizer.lr = 0.1`; `optimizer { … }` has Settings for its value."""

    span: Span
    keys: tuple[str, ...]
    key_span: Span
    value: "Told"


@dataclass(eq=False, slots=True)
class Settings:
    span: Span
    settings: tuple[Setting, ...]


@dataclass(eq=False, slots=True)
class Train:
    """`train { … }`, or `weights { … }`"""

    span: Span
    keyword: str
    keyword_span: Span
    settings: Settings


Told = Number | Prefix | Boolean | String | Name | Listed | Settings
Statement = Let | If | Flow | Expect | Output | Block | Stage
Item = Use | Let | Net | Block | Table | Train


@dataclass(eq=False, slots=True)
class Comment:
    span: Span


@dataclass(eq=False, slots=True)
class File:
    source: Source
    items: tuple[Item, ...]
    comments: tuple[Comment, ...] = field(default=())
