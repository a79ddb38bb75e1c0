"""The picture of a net's graph, in one call."""

from collections.abc import Mapping, Sequence

from archc.backends.diagram.draw import DrawOptions, draw
from archc.backends.diagram.graph import graph_scene
from archc.backends.diagram.layout import layout
from archc.backends.diagram.model import Drawing, Mark
from archc.backends.diagram.scene import Scene
from archc.backends.diagram.subtitle import subtitle
from archc.diagnostics import Diagnostic
from archc.graph import Graph


def graph_picture(
    graph: Graph,
    options: DrawOptions | None = None,
    *,
    down: bool = True,
    engine: str = "auto",
    legend: bool = True,
    problems: Sequence[Diagnostic] = (),
    marks: Mapping[str, Mark] | None = None,
    bare: bool = False,
) -> tuple[Drawing, Scene]:
    """The drawing and its scene. bare: without title and legend. Raises TooManyBoxes and EngineError."""
    drawing = draw(graph, options, marks, problems)
    places = layout(drawing, down=down, engine=engine)
    if bare:
        return drawing, graph_scene(drawing, places, bare=True)
    return drawing, graph_scene(drawing, places, subtitle(graph), legend)
