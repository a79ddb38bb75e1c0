"""What a syntax error was taken for, where other errors follow from it or are hidden by it."""

from enum import Enum, auto


class Cause(Enum):
    NO_BRANCH_BAR = auto()
    """The first branch of a join has no `|`."""
    NO_ROW_BAR = auto()
    """A row of a table has no `|` before its first cell."""
    BRACES_OF_NO_JOIN = auto()
    """Braces around a path, which only a join and a body have."""
    BODY_WITHOUT_BRACES = auto()
    """`for n in list:`, as Python has it."""
    ELSE_IF = auto()
    """`elif` and the like."""
    LONE_ELSE = auto()
    """An `else` that follows no `if`."""


FOLLOWS: dict[Enum | None, Cause] = {
    Cause.NO_BRANCH_BAR: Cause.NO_BRANCH_BAR,
    Cause.NO_ROW_BAR: Cause.NO_ROW_BAR,
    Cause.BRACES_OF_NO_JOIN: Cause.NO_BRANCH_BAR,
}
"""By a cause, that of the errors which each later line within the same braces would give."""
HIDES_IF = {Cause.ELSE_IF, Cause.BODY_WITHOUT_BRACES}
"""The `if` could not be read, so its `else` is no error."""
