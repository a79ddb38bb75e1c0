"""The display of a net in a notebook: its picture with a text below."""

from collections.abc import Sequence
from html import escape

from archc.backends.diagram.draw import DrawOptions, TooManyBoxes
from archc.backends.diagram.engine import EngineError
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.svg import svg
from archc.backends.diagram.theme import THEMES
from archc.diagnostics import Diagnostic
from archc.graph import Graph


def mimebundle(graph: Graph, text: str, problems: Sequence[Diagnostic] = ()) -> dict[str, str]:
    """Media type → content; the text alone where no picture can be drawn."""
    table = f'<pre style="line-height:1.25">{escape(text)}</pre>'
    try:
        _, scene = graph_picture(graph, DrawOptions(), problems=problems)
    except (TooManyBoxes, EngineError, ModuleNotFoundError) as error:
        return {"text/plain": text, "text/html": f"<p>{escape(str(error))}</p>{table}"}
    drawn = svg(scene, THEMES["light"])
    inline = drawn.partition("?>\n")[2]
    return {"text/plain": text, "image/svg+xml": drawn, "text/html": f"<div>{inline}</div>{table}"}
