"""The pictures of the gallery, drawn when the site is built."""

import re
from pathlib import Path

import archc
from archc.backends.diagram.draw import DrawOptions
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.svg import svg
from archc.backends.diagram.theme import LIGHT

ROOT = Path(__file__).resolve().parents[2]
MARK = re.compile(r"^<!-- picture: (\S+) -->$", re.MULTILINE)


def draw(text: str, folder: Path) -> str:
    """The page with a picture for each mark, drawn into the folder from left to right."""
    folder.mkdir(parents=True, exist_ok=True)

    def shown(mark: re.Match[str]) -> str:
        name = mark[1]
        scene = graph_picture(archc.load(name).graph, DrawOptions(level="stage", title=name), down=False)[1]
        file = folder / f"{name}.svg"
        file.write_text(svg(scene, LIGHT), encoding="utf-8")
        picture = f"/{file.relative_to(ROOT).as_posix()}"
        return f'<div class="net">\n\n[![{name}]({picture})]({picture})\n\n</div>'

    return MARK.sub(shown, text)
