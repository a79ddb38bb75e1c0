"""A drawing as a Mermaid flowchart, which many Markdown viewers draw."""

from collections.abc import Iterator

from archc.backends.diagram.model import Box, Cluster, Drawing, Edge
from archc.backends.diagram.theme import CATEGORIES, Theme

_ENTITIES = {char: f"#{ord(char)};" for char in '#"`<>&\\{}%'}


def escaped(text: str) -> str:
    """Text for a quoted label. Characters special to Mermaid, Markdown or HTML become numeric entities."""
    return "".join(_ENTITIES.get(char, char) for char in text)


def mermaid(drawing: Drawing, theme: Theme, *, down: bool = True) -> str:
    """The text of a .mmd file."""
    title = drawing.title.replace('"', "'").replace("\\", "/")
    lines = ["---", f'title: "{title}"', "---", f"flowchart {'TB' if down else 'LR'}"]
    for child in drawing.children:
        lines += _item(child, "  ")
    lines += [f"  {_edge(edge)}" for edge in drawing.edges]
    skips = [str(place) for place, edge in enumerate(drawing.edges) if edge.passes]
    if skips:
        lines.append(f"  linkStyle {','.join(skips)} stroke:{theme['skip']},stroke-width:2px")
    used = {box.color for box in drawing.boxes()}
    for name in CATEGORIES:
        if name in used:
            colors = f"fill:{theme[f'{name}-fill']},stroke:{theme[f'{name}-line']},color:{theme['ink']}"
            boxes = ",".join(box.id for box in drawing.boxes() if box.color == name)
            lines += [f"  classDef {name} {colors}", f"  class {boxes} {name}"]
    frames = [name for child in drawing.children for name in _frames(child)]
    if frames:
        colors = f"fill:{theme['cluster']},stroke:{theme['cluster-line']},color:{theme['ink']}"
        lines += [f"  classDef frame {colors}", f"  class {','.join(frames)} frame"]
    for mark in ("error", "added", "removed", "changed"):
        marked = [box.id for box in drawing.boxes() if mark in (box.mark, box.kind)]
        if marked:
            lines += [
                f"  classDef {mark} stroke:{theme[mark]},stroke-width:3px",
                f"  class {','.join(marked)} {mark}",
            ]
    return "\n".join([*lines, ""])


def _frames(item: Box | Cluster) -> Iterator[str]:
    if isinstance(item, Cluster):
        yield item.id
        for child in item.children:
            yield from _frames(child)


def _item(item: Box | Cluster, indent: str) -> Iterator[str]:
    if isinstance(item, Box):
        words = [line.text + (f" ({line.note})" if line.note else "") for line in item.lines]
        if item.label:
            words[0] = f"{item.label}: {words[0]}"
        if item.count > 1:
            words[0] += f" ×{item.count}"
        label = "<br/>".join(map(escaped, words))
        start, end = ("([", "])") if item.kind in ("input", "output") else ("[", "]")
        yield f'{indent}{item.id}{start}"{label}"{end}'
        return
    yield f'{indent}subgraph {item.id}["{escaped(item.label)}"]'
    for child in item.children:
        yield from _item(child, indent + "  ")
    yield f"{indent}end"


def _edge(edge: Edge) -> str:
    line = "==>" if edge.passes else "-.->" if edge.train_only else "-->"
    words = f'|"{escaped(edge.tail.shape)}"|' if edge.tail.shape and not edge.skip else ""
    return f"{edge.tail.id} {line}{words} {edge.head.id}"
