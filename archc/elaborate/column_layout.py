"""The columns of a table and their roles, and the names of the nets of its variants."""

import re

from archc.diagnostics import Span
from archc.records import dataclass
from archc.syntax.rows import STAGE_HEADERS

CLAIM_COLUMNS = ("output", "input", "params", "macs", "flops")
SPECIAL_HEADERS = {*STAGE_HEADERS, *CLAIM_COLUMNS}
WORD = re.compile(r"[^A-Za-z0-9_]+")
CONSTANT = re.compile(r"let[ \t]+([A-Za-z_][A-Za-z0-9_]*)\Z")


@dataclass(frozen=True, slots=True)
class Columns:
    """The index of each column by its role. spans: of each title."""

    stage: int | None
    claims: dict[str, int]
    constants: dict[str, int]
    variants: dict[str, int]
    spans: dict[str, Span]
    width: int

    @property
    def special(self) -> int:
        return self.width - len(self.variants)

    @property
    def first_variant(self) -> int:
        return min(self.variants.values())


def net_name(table: str, variant: str) -> str:
    """`resnet` and `34` is resnet34; `vgg` and `A-LRN` is vgg_A_LRN; a lone column is the table itself."""
    word = WORD.sub("_", variant).strip("_")
    joined = word[:1].isdigit() and not table[-1:].isdigit()
    return f"{table}{word}" if joined else f"{table}_{word}"
