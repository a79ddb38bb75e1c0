"""Where everything lies, read from the engine's answer. y grows downwards."""

from dataclasses import dataclass
from typing import Any

from archc.backends.diagram.dot import bare
from archc.backends.diagram.engine import EngineError, laid_out
from archc.backends.diagram.measure import Size, sizes
from archc.backends.diagram.model import Drawing

Point = tuple[float, float]
Frame = tuple[float, float, float, float]
"""left, top, right, bottom"""


@dataclass(slots=True, eq=False)
class Layout:
    """sizes and centres of boxes with their tags; frames of clusters; the curves of edges, by their ends."""

    width: float
    height: float
    down: bool
    sizes: dict[str, Size]
    centres: dict[str, Point]
    frames: dict[str, Frame]
    curves: dict[tuple[str, str], list[Point]]
    left: float = 0.0
    top: float = 0.0


def layout(drawing: Drawing, *, down: bool = True, engine: str = "auto") -> Layout:
    """Lay a drawing out. Raises EngineError."""
    measured = sizes(drawing, down)
    answer = laid_out(bare(drawing, measured, down=down), engine)
    try:
        return _read(answer, measured, down)
    except (KeyError, ValueError, IndexError) as error:
        raise EngineError(f"the layout engine's answer cannot be read ({type(error).__name__}: {error})") from None


def _read(answer: dict[str, Any], measured: dict[str, Size], down: bool) -> Layout:
    left, bottom, right, top = map(float, answer["bb"].split(","))
    names = {one["_gvid"]: one["name"] for one in answer.get("objects", [])}
    result = Layout(right - left, top - bottom, down, measured, {}, {}, {})
    for one in answer.get("objects", []):
        if "pos" in one:
            x, y = map(float, one["pos"].split(","))
            result.centres[one["name"]] = (x - left, top - y)
        elif one["name"].startswith("cluster_"):
            x1, y1, x2, y2 = map(float, one["bb"].split(","))
            result.frames[one["name"].removeprefix("cluster_")] = (x1 - left, top - y2, x2 - left, top - y1)
    for edge in answer.get("edges", []):
        points = [tuple(map(float, pair.split(","))) for pair in edge["pos"].split() if pair[0] not in "es"]
        curve = [(x - left, top - y) for x, y in points]
        result.curves[names[edge["tail"]], names[edge["head"]]] = curve
    return result
