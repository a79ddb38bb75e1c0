"""Text of other languages in a source, read as it is meant: each mistake is reported once, and the rest is read.

It is looked for where a source does not fit the grammar. Lines of Python that are no layer, what encloses a list of
layers, and signs that end lines are taken out. Layers as other tools call them stay, each a call that has the place of
all that belongs to it.
"""

from archc.diagnostics import Source
from archc.syntax.advice.foreign.calls import foreign_calls
from archc.syntax.advice.foreign.containers import containers
from archc.syntax.advice.foreign.line_ends import line_ends
from archc.syntax.advice.foreign.python import python_lines
from archc.syntax.advice.foreign.text import Text
from archc.syntax.tokens import Token


def as_meant(tokens: list[Token], unknown: list[Token], source: Source) -> Text | None:
    """The text as it is meant; None where nothing of another language is in it."""
    text = Text(source, tokens, [*unknown])
    text.replace([*tokens])
    for look in (python_lines, containers, foreign_calls, line_ends):
        look(text)
    return text if text.diagnostics or text.tokens != tokens else None
