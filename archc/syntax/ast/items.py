"""What stands in a file by itself: nets, tables with their rows, training settings."""

from dataclasses import field

from archc.diagnostics import Source, Span
from archc.records import dataclass
from archc.syntax.ast.expressions import Boolean, Name, Number, Prefix, Stated, String
from archc.syntax.ast.statements import Block, Body, Let, Parameter, Sequence, Statement

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
    items: "tuple[SettingValue, ...]"


@dataclass(eq=False, slots=True)
class Setting:
    """`optimizer.lr = 0.1`; `optimizer { … }` has Settings for its value."""

    span: Span
    keys: tuple[str, ...]
    key_span: Span
    value: "SettingValue"


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


SettingValue = Number | Prefix | Boolean | String | Name | Listed | Settings
Item = Use | Let | Net | Block | Table | Train


@dataclass(eq=False, slots=True)
class Comment:
    span: Span


@dataclass(eq=False, slots=True)
class File:
    source: Source
    items: tuple[Item, ...]
    comments: tuple[Comment, ...] = field(default=())
    has_holes: bool = False  # whether there is a `?`, in a comment or a text excepted
