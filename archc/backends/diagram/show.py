"""A net as the picture of its graph, from one call."""

from collections.abc import Mapping, Sequence

from archc.backends.diagram.draw import Choice, draw
from archc.backends.diagram.facts import facts
from archc.backends.diagram.graph import graph_scene
from archc.backends.diagram.layout import layout
from archc.backends.diagram.model import Drawing, Mark
from archc.backends.diagram.scene import Scene
from archc.diagnostics import Diagnostic
from archc.graph import Graph


def graph_picture(
    graph: Graph,
    choice: Choice | None = None,
    *,
    down: bool = True,
    engine: str = "auto",
    legend: bool = True,
    problems: Sequence[Diagnostic] = (),
    marks: Mapping[str, Mark] | None = None,
    bare: bool = False,
) -> tuple[Drawing, Scene]:
    """The drawing and its scene; bare: without title and legend. Raises TooMany and EngineError."""
    drawing = draw(graph, choice, marks, problems)
    places = layout(drawing, down=down, engine=engine)
    if bare:
        return drawing, graph_scene(drawing, places, bare=True)
    return drawing, graph_scene(drawing, places, facts(graph), legend)
