"""What a body says, line by line: steps one after the other, and what is said of them."""

from archc.diagnostics import Span
from archc.records import dataclass
from archc.syntax.ast.expressions import Expr, Reference, Stated

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
    orelse: "Body | None"


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


Statement = Let | If | Flow | Expect | Output | Block | Stage
