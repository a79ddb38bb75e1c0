"""The same net gives the same bytes, whatever order a process hashes in."""

import hashlib
import os
import subprocess
import sys

PROGRAM = """
import hashlib
from archc.api import load
from archc.backends.diagram.bars import bars_scene
from archc.backends.diagram.dot import dot
from archc.backends.diagram.draw import DrawOptions, draw
from archc.backends.diagram.html import page
from archc.backends.diagram.mermaid import mermaid
from archc.backends.diagram.encode import picture
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.theme import LIGHT, DARK
for name in ("googlenet", "unet"):
    graph = load(name).graph
    drawing, scene = graph_picture(graph)
    for suffix in (".svg", ".png", ".pdf"):
        print(hashlib.sha256(picture(scene, DARK, suffix, 0.5)).hexdigest())
    for engine in ("embedded",):
        print(hashlib.sha256(picture(graph_picture(graph, engine=engine)[1], LIGHT, ".svg")).hexdigest())
    for text in (dot(drawing, LIGHT), mermaid(drawing, LIGHT), page(graph, DrawOptions())):
        print(hashlib.sha256(text.encode()).hexdigest())
"""


def hashes(seed: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    return done.stdout.split()


def test_byte_for_byte() -> None:
    first = hashes("1")
    assert len(first) == 14
    assert len(first[0]) == len(hashlib.sha256().hexdigest())
    assert first == hashes("2")
