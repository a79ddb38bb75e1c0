"""What has a value: numbers, names, holes and what is computed of them."""

from archc.diagnostics import Span
from archc.records import dataclass


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
class Window:
    """`3x3/2`: a window with its stride. `kernel/stride` is a Chain: what it is depends on the value of `kernel`."""

    span: Span
    size: Dims
    stride: "Expr"


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
    orelse: "Expr"


Expr = (
    Number
    | Dims
    | Window
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
