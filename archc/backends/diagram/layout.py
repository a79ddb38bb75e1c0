"""The layout of a drawing: archc's own, or Graphviz's where branches cross or the user chooses it."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from archc.backends.diagram.arrange import Arranger, Bridge, Lane, Region, Spot
from archc.backends.diagram.engine import EngineError, run_engine
from archc.backends.diagram.engine_input import engine_dot
from archc.backends.diagram.measure import Size, sizes
from archc.backends.diagram.model import Drawing
from archc.backends.diagram.series_parallel import NotSeriesParallel, decompose
from archc.backends.diagram.ushape import u_shape
from archc.records import dataclass

Point = tuple[float, float]
Frame = tuple[float, float, float, float]
"""left, top, right, bottom"""


@dataclass(slots=True, eq=False)
class Layout:
    """Positions in points; y grows downwards.

    sizes, centres: of boxes with their tags. frames: of clusters. axes: the coordinate of the spine in each cluster.
    For the routes of edges: lanes, regions and bridges of archc's own layout, or curves, Graphviz's splines by (tail,
    head). up: boxes that are entered from below. left, top: the least coordinates.
    """

    width: float
    height: float
    down: bool
    sizes: dict[str, Size]
    centres: dict[str, Point] = field(default_factory=dict)
    frames: dict[str, Frame] = field(default_factory=dict)
    axes: dict[str, float] = field(default_factory=dict)
    curves: dict[tuple[str, str], list[Point]] = field(default_factory=dict)
    regions: list[Region] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    up: set[str] = field(default_factory=set)
    bridges: list[Bridge] = field(default_factory=list)
    left: float = 0.0
    top: float = 0.0


def layout(
    drawing: Drawing, *, down: bool = True, engine: str = "auto", ahead: Mapping[str, float] | None = None
) -> Layout:
    """The layout of a drawing. engine: auto, own, embedded (Graphviz), dot (Graphviz, installed). ahead: extra space
    before an item, in archc's own layout. Raises EngineError, and ModuleNotFoundError as `run_engine` does."""
    measured = sizes(drawing, down)
    if engine in ("auto", "own"):
        try:
            return _arranged(drawing, measured, down, ahead or {})
        except NotSeriesParallel:
            if engine == "own":
                raise EngineError(
                    "branches of this net are tangled: only --engine embedded or dot lays it out"
                ) from None
    answer = run_engine(engine_dot(drawing, measured, down=down), engine)
    try:
        return _read(answer, measured, down)
    except (KeyError, ValueError, IndexError) as error:
        raise EngineError(f"the layout engine's answer cannot be read ({type(error).__name__}: {error})") from None


def _arranged(drawing: Drawing, measured: dict[str, Size], down: bool, ahead: Mapping[str, float]) -> Layout:
    arranger, series = Arranger(measured, down, ahead), decompose(drawing)
    piece = (u_shape(series, arranger) if down else None) or arranger.series(series)
    low, high = piece.low, piece.high
    size = (high - low, piece.length) if down else (piece.length, high - low)
    result = Layout(*size, down, measured, regions=piece.regions, lanes=piece.lanes, up=piece.up)
    result.bridges = piece.bridges
    for spot in (*piece.boxes.values(), *piece.frames.values(), *piece.regions):
        spot.low, spot.high, spot.axis = spot.low - low, spot.high - low, spot.axis - low
    for region in piece.regions:
        region.base -= low
    for lane in piece.lanes:
        lane.across -= low
    for name, spot in piece.boxes.items():
        along, across = (spot.start + spot.end) / 2, (spot.low + spot.high) / 2
        result.centres[name] = (across, along) if down else (along, across)
    result.axes = {name: spot.axis for name, spot in piece.frames.items()}
    result.frames = {name: _frame(spot, down) for name, spot in piece.frames.items()}
    return result


def _frame(spot: Spot, down: bool) -> Frame:
    return (spot.low, spot.start, spot.high, spot.end) if down else (spot.start, spot.low, spot.end, spot.high)


def _read(answer: dict[str, Any], measured: dict[str, Size], down: bool) -> Layout:
    left, bottom, right, top = map(float, answer["bb"].split(","))
    names = {one["_gvid"]: one["name"] for one in answer.get("objects", [])}
    result = Layout(right - left, top - bottom, down, measured)
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
