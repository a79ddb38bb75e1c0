"""Slips of the pen that are recognised: other notations' spellings, a sign too many, a word left out.

Most are rows of tables (`window.py` has how one is read), and a few are functions. The first that finds itself speaks.
"""

from archc.diagnostics import Diagnostic
from archc.syntax.advice.slips.bars import NO_BAR, bar
from archc.syntax.advice.slips.braces import braces
from archc.syntax.advice.slips.loops import HEADERS, REPEATS
from archc.syntax.advice.slips.matrices import rows_over_lines
from archc.syntax.advice.slips.notation import NUMBERS, SIGNS
from archc.syntax.advice.slips.printed import EMPTY_CELL, PRINTED, spaced_sizes
from archc.syntax.advice.slips.statements import NO_NUMBER, OTHERS, SEMICOLONS, STATED, setting
from archc.syntax.advice.unexpected import Recogniser, Unexpected

SLIPS: tuple[Recogniser, ...] = (
    NO_NUMBER,
    setting,
    *NUMBERS,
    *HEADERS,
    *REPEATS,
    *STATED,
    *SIGNS,
    EMPTY_CELL,
    bar,
    braces,
    NO_BAR,
    *PRINTED,
    *SEMICOLONS,
    rows_over_lines,
    spaced_sizes,
    *OTHERS,
)


def slip(at: Unexpected) -> Diagnostic | None:
    """The report of the slip that a token shows; None where it shows none."""
    return next((report for look in SLIPS if (report := look(at)) is not None), None)
