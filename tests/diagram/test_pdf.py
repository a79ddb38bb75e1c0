"""A PDF that a publisher takes: one page, every font in it."""

import re

import pytest

import archc
from archc.backends.diagram.draw import DrawOptions
from archc.backends.diagram.pdf import pdf
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.theme import LIGHT


def test_every_font_is_embedded() -> None:
    pytest.importorskip("reportlab")
    content = pdf(graph_picture(archc.load("lenet5").graph, DrawOptions())[1], LIGHT)
    fonts = set(re.findall(rb"/BaseFont /([\w+-]+)", content))
    assert {name.partition(b"+")[2] for name in fonts} == {b"LiberationSans", b"LiberationSans-Bold"}
    assert content.count(b"/FontFile2") == 2
    assert len(re.findall(rb"/Type /Page\b", content)) == 1
