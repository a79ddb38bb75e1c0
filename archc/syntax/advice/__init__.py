"""What runs only once a source is wrong: its mistakes are told apart, and the rest of it is still read.

This is the one door: nothing outside imports a module in here. `archc/late.py` has the package wait until a function of
it is called.
"""

from archc.syntax.advice.brackets import repair_brackets
from archc.syntax.advice.characters import foreign_characters, name_too_long
from archc.syntax.advice.foreign import as_meant
from archc.syntax.advice.foreign.text import line_of
from archc.syntax.advice.recovery import independent, recover
from archc.syntax.advice.slips.notation import number_with_commas
from archc.syntax.advice.vocabulary import LISTS

__all__ = [
    "LISTS",
    "as_meant",
    "foreign_characters",
    "independent",
    "line_of",
    "name_too_long",
    "number_with_commas",
    "recover",
    "repair_brackets",
]
