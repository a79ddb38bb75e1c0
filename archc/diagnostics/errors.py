"""The exceptions and warnings of the Python API."""

from collections.abc import Iterable

from archc.diagnostics.model import Diagnostic
from archc.diagnostics.text import render_all


class ArchWarning(UserWarning):
    """A result that is right, but may not be all that a user expects of it."""


class ArchError(Exception):
    """Raised by the Python API where a source does not check. `.diagnostics` says why."""

    __module__ = "archc"  # tracebacks name it as users import it

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return "\n" + render_all(self.diagnostics, color=False)
