"""The part of specs/README.md that is made from the bundled networks."""

import os
from itertools import groupby
from pathlib import Path

from archc.analysis.cost import totals
from archc.analysis.figures import human
from archc.ops import hwc
from archc.program import bundled_specs, compile_path
from archc.sources import BundledSpec

UPDATE = bool(os.environ.get("ARCHC_UPDATE"))
BEGIN, END = "<!-- {}: ARCHC_UPDATE=1 pytest tests/pages writes this -->\n", "<!-- end -->\n"


def hold(page: Path, name: str, made: str) -> None:
    """The part of a page is as it was made; ARCHC_UPDATE=1 writes it."""
    before, rest = page.read_text("utf-8").split(BEGIN.format(name))
    shown, after = rest.split(END)
    if UPDATE:
        page.write_text(f"{before}{BEGIN.format(name)}{made}{END}{after}", encoding="utf-8")
    else:
        assert shown == made


def row(spec: BundledSpec) -> str:
    graph = compile_path(spec.name).nets[0].graph
    assert graph is not None
    cost = totals(graph)
    return f"| `{spec.name}` | {hwc(graph.inputs[0].shape)} | {human(cost.params)} | {human(cost.macs)} |"


def family(specs: list[BundledSpec]) -> str:
    """A file of specs/ with its nets; the site draws the first of them."""
    file = specs[0].file
    about = f"{specs[0].about}. Source: [{file.name}]({file.name})."
    heading = f"## {file.stem}\n\n{about}\n\n<!-- picture: {specs[0].name} -->"
    return "\n".join([f"{heading}\n", "| net | input | params | MACs |", "|---|---|---|---|", *map(row, specs)])


def gallery() -> str:
    """The bundled networks by their files."""
    files = groupby(bundled_specs(), key=lambda spec: spec.file)
    return "\n" + "\n\n".join(family(list(specs)) for _, specs in files) + "\n\n"
