"""Drawing ResNet-152: in archc's own arrangement and in the embedded engine, and as whole processes."""

import tempfile
import time
from pathlib import Path

import archc
from archc.backends.diagram.draw import DrawOptions
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.svg import svg
from archc.backends.diagram.theme import LIGHT
from archc.graph import Graph
from tests.bench.process import Row, interleaved
from tests.bench.process import archc as command

ROUNDS = 5


def draw() -> list[Row]:
    """The targets are those of the engine, folded and unfolded, once it is loaded."""
    graph = archc.load("resnet152").graph
    rows = []
    for engine in ("own", "embedded"):
        for unfold, target in ((False, 0.5), (True, 2.0)):
            seconds = _fastest(graph, engine, unfold)
            what = f"ResNet-152 {'unfolded' if unfold else 'folded'}, {engine}"
            rows.append(Row(what, f"{seconds * 1000:,.0f} ms", f"{target:g} s", seconds <= target))
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".svg", ".png", ".pdf", ".html"):
            path = str(Path(folder) / f"net{suffix}")
            [one] = interleaved([command("draw", "resnet152", "-o", path)], 3)
            rows.append(Row(f"archc draw resnet152 -o net{suffix}", f"{one.seconds:.2f} s"))
    return rows


def _fastest(graph: Graph, engine: str, unfold: bool) -> float:
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        _, scene = graph_picture(graph, DrawOptions("layer", unfold=unfold), engine=engine)
        svg(scene, LIGHT)
        seconds.append(time.perf_counter() - started)
    return min(seconds)
