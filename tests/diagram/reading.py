"""An SVG of archc's read back: where its boxes, words and lines lie."""

import re
from dataclasses import dataclass
from itertools import combinations, pairwise
from xml.etree import ElementTree

from archc.backends.diagram.text import width

SVG = "{http://www.w3.org/2000/svg}"
Frame = tuple[float, float, float, float]


@dataclass(frozen=True)
class Read:
    """Boxes by their id; words as (text, frame, the id of the box or cluster that they belong to); lines by ends."""

    boxes: dict[str, Frame]
    words: list[tuple[str, Frame, str]]
    titles: list[tuple[str, Frame]]
    lines: list[tuple[str, str, list[Frame]]]
    starts: list[tuple[float, float]]
    width: float
    height: float


def read(svg: str) -> Read:
    """Parses the text, so that what is no XML fails here."""
    root = ElementTree.fromstring(svg)
    result = Read({}, [], [], [], [], float(root.get("width", "0")), float(root.get("height", "0")))
    for group in root.iter(f"{SVG}g"):
        kind = (group.get("class") or "").split()
        if "box" in kind:
            name = group.get("data-box", "")
            frames = [_rect(rect) for rect in group.findall(f"{SVG}rect") if rect.get("stroke-width")]
            sheets = 2 if len(frames) > 2 else 0  # those of a folded box lie under it
            result.boxes[name] = frames[sheets]
            for text in group.findall(f"{SVG}text"):
                result.words.append((text.text or "", _text(text), name))
        elif "label" in kind and group.get("data-cluster"):
            result.titles.extend((text.text or "", _text(text)) for text in group.findall(f"{SVG}text"))
        elif "edge" in kind:
            path = group.find(f"{SVG}path")
            assert path is not None
            points = _points(path.get("d", ""))
            runs = [(min(a, c), min(b, d), max(a, c), max(b, d)) for (a, b), (c, d) in pairwise(points)]
            result.starts.append(points[0])
            result.lines.append((group.get("data-tail", ""), group.get("data-head", ""), runs))
    return result


def _number(element: ElementTree.Element, name: str) -> float:
    return float(element.get(name, "0"))


def _rect(rect: ElementTree.Element) -> Frame:
    x, y = _number(rect, "x"), _number(rect, "y")
    return x, y, x + _number(rect, "width"), y + _number(rect, "height")


def _text(text: ElementTree.Element) -> Frame:
    size = _number(text, "font-size")
    wide = width(text.text or "", size, text.get("font-weight") == "bold")
    x, y = _number(text, "x"), _number(text, "y")
    left = x - {"middle": wide / 2, "end": wide}.get(text.get("text-anchor", ""), 0.0)
    return left, y - size * 0.74, left + wide, y + size * 0.2


def _points(path: str) -> list[tuple[float, float]]:
    points = []
    for step in re.findall(r"[A-Z][^A-Z]*", path):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", step)]
        if numbers:
            points.append((numbers[-2], numbers[-1]))
    return points


def meet(one: Frame, other: Frame, slack: float = 0.4) -> bool:
    return (
        one[0] < other[2] - slack
        and one[2] > other[0] + slack
        and one[1] < other[3] - slack
        and one[3] > other[1] + slack
    )


def faults(svg: str) -> list[str]:
    """What lies on what it should not."""
    seen = read(svg)
    found = []
    named = sorted(seen.boxes.items(), key=lambda item: item[1][1])
    for (one, frame), (other, second) in combinations(named, 2):
        if second[1] < frame[3] and meet(frame, second):
            found.append(f"box {one} on box {other}")
    for text, frame, owner in seen.words:
        if frame[0] < -0.5 or frame[1] < -0.5 or frame[2] > seen.width + 0.5 or frame[3] > seen.height + 0.5:
            found.append(f"`{text}` leaves the picture")
        inside = meet(frame, seen.boxes[owner])
        if inside and (frame[0] < seen.boxes[owner][0] or frame[2] > seen.boxes[owner][2] + 12):
            found.append(f"`{text}` is wider than {owner}")
        found += [f"`{text}` on box {name}" for name, box in named if name != owner and meet(frame, box)]
    for (one, frame, owner), (other, second, its) in combinations(seen.words, 2):
        if meet(frame, second, 1.0):
            found.append(f"`{one}` of {owner} on `{other}` of {its}")
    for text, frame in seen.titles:
        found += [f"title `{text}` on box {name}" for name, box in named if meet(frame, box)]
        found += [f"title `{text}` on `{word}`" for word, second, _ in seen.words if meet(frame, second, 1.0)]
    for (one, frame), (other, second) in combinations(seen.titles, 2):
        if meet(frame, second, 1.0):
            found.append(f"title `{one}` on title `{other}`")
    for place, (tail, head, runs) in enumerate(seen.lines):
        x, y = seen.starts[place]
        touched = [
            seen.boxes[tail],
            *(run for i, (_, _, others) in enumerate(seen.lines) if i != place for run in others),
        ]
        if not any(f[0] - 9 < x < f[2] + 9 and f[1] - 9 < y < f[3] + 9 for f in touched):
            found.append(f"line {tail} → {head} starts nowhere")
        for run in runs:
            thick = (run[0] - 0.5, run[1] - 0.5, run[2] + 0.5, run[3] + 0.5)
            found += [
                f"line {tail} → {head} through {name}"
                for name, box in named
                if name not in (tail, head) and meet(thick, box, 0.8)
            ]
    return found
