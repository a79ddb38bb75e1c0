"""Holes: what the search finds is what is left when every combination of numbers is written and checked."""

import re
from itertools import product

import pytest

from archc.analysis.cost import totals
from archc.elaborate.solve.holes import DOMAINS
from archc.elaborate.solve.states import SHOWN
from archc.fill import fill
from archc.graph import Graph, Node
from archc.program import compile_text

Answers = set[tuple[int, ...]]

# ?s, ?p, ?k, ?c, ?g, ?d, ?n, ?i: a hole of each role. Of channels and repeats as many are tried as can fit.
ROLES = {"s": "stride", "p": "pad", "k": "kernel", "c": "channels", "g": "groups", "d": "dilation", "n": "repeats"}
TRIED = {"c": range(1, 13), "n": range(1, 13), "g": range(1, 17)}
CASES = {
    "two layers": "input 32x32x3\n conv 3x3/?s, 4, pad=?p\n maxpool 2x2/?s => 8x8",
    "a layer that states nothing": "input 20x20x3\n conv 5x5/2, 4 -> relu\n relu\n maxpool 3x3/?s, pad=?p => 3x3",
    "a window in its padding": "input 9x9x3\n conv ?kx?k/2, 4, pad=?p => 5x5",
    "a long window in its padding": "input 6x9x3\n conv 2x3/1, 4, pad=(?p, 1) => 9x9",
    "a dilated window": "input 16x16x3\n conv 3x3, 4, dilation=?d, pad=?p => 16x16",
    "sides": "input 8x8x3\n conv 3x3/2, 4, pad=(?p, 1, ?p, 0) => 4x4",
    "a pool": "input 16x16x3\n maxpool ?kx?k/2, pad=?p => 8x8",
    "a pool that rounds up": "input 15x15x3\n maxpool 3x3/?s, pad=?p, ceil=true => 8x8",
    "one dimension": "input 40x2\n conv 5/?s, 4, pad=?p => 10x4",
    "channels": "input 8x8x3\n conv 3x3, ?c, pad=?p => 8x8x7",
    "parameters that none have": "input 8x8x3\n conv 3x3, ?c\n expect params = 29",
    "parameters, about": "input 8x8x3\n conv 3x3, ?c\n expect params = ~200",
    "multiply-accumulates": "input 16x16x2\n conv 3x3/?s, 4, pad=?p\n conv 1x1, 2\n expect macs = 5120",
    "groups": "input 8x8x16\n conv 3x3, 16, groups=?g, bias=no\n expect params = 288",
    "groups that divide": "input 8x8x12\n conv 1x1, 18, groups=?g",
    "repeats": "input 8x8x3\n (conv 3x3, 3, pad=1 -> relu) x ?n\n expect params = 336",
    "repeats that shrink": "input 33x33x3\n maxpool 3x3/2 x ?n => 3x3",
    "add": "input 16x16x3\n add { | conv 3x3/?s, 4, pad=?p | conv 1x1/4, 4 } => 4x4",
    "add with channels": "input 8x8x3\n a: conv 3x3, ?c, pad=1\n add { | @a | conv 1x1, 5 }",
    "brought back": "input 16x16x3\n a: conv 3x3/?s, 4, pad=1\n conv 3x3, 4, pad=?p\n add @a => 4x4",
    "nothing fits": "input 9x9x3\n conv 3x3/?s, 4, pad=?p => 10x10",
    "all fit": "input 64x64x3\n avgpool 8x8/?s -> avgpool global => 1x1",
    "a condition": "input 9x9x3\n conv 3x3/?s, 4, pad=1\n if in.height > 4 { maxpool 2x2/2 }\n relu => 2x2",
    "a let": "let stride = ?s\n input 32x32x3\n conv 3x3/stride, 4, pad=1 -> conv 3x3/stride, 4, pad=1 => 2x2",
}  # fmt: skip
BLOCKS = {
    "a block twice": "block b(n) { conv 3x3/?s, n, pad=?p -> relu }\nnet n {\n input 16x16x3\n b(4)\n b(8) => 4x4\n}\n",
    "a block after another hole": (
        "block b(n) { conv 3x3, n, pad=?p }\n"
        "net n {\n input 16x16x3\n conv 3x3/?s, 4, pad=1\n b(4)\n relu\n b(4) => 4x4\n}\n"
    ),
    "an argument": "block b(s) { conv 3x3/s, 4, pad=1 }\nnet n {\n input 32x32x3\n b(?s)\n b(?s) => 8x8\n}\n",
}
SOURCES = {name: f"net n {{\n {body}\n}}\n" for name, body in CASES.items()} | BLOCKS
HOLE = re.compile(r"\?([a-z])")


def by_trying(source: str) -> Answers:
    """Every assignment that gives what is stated and that the domains have; the two of a `?x?` are one."""
    square = source.replace("?kx?k", "?k")
    letters = HOLE.findall(square)
    tried = TRIED if {"k", "d"} & set(letters) else TRIED | {"p": range(6)}  # a window of 5 at most
    stated, figures = re.findall(r" => (\S+)", square), dict(re.findall(r"expect (\w+) = (\S+)", square))
    bare = re.sub(r" => \S+|\n expect .*", "", square)
    found = set()
    for values in product(*(tried.get(letter, DOMAINS[ROLES[letter]]) for letter in letters)):
        numbers = iter(values)
        text = HOLE.sub(lambda _, numbers=numbers: str(next(numbers)), bare)  # type: ignore[misc]
        text = re.sub(r"(pool|conv) (\d+)/", r"\1 \2x\2/", text) if square != source else text
        compilation = compile_text(text)
        graph = compilation.nets[0].graph if compilation.ok else None
        if graph is None or any(map(_in_padding, graph.nodes)):
            continue
        channels, *sizes = graph.nodes[-1].shape
        shapes = {"x".join(map(str, sizes)), "x".join(map(str, [*sizes, channels]))}
        if set(stated) <= shapes and all(_holds(graph, *figure) for figure in figures.items()):
            found.add(values)
    return found


def _holds(graph: Graph, metric: str, stated: str) -> bool:
    """About is within a twentieth."""
    computed: int = getattr(totals(graph), metric)
    if stated.startswith("~"):
        return abs(computed - int(stated[1:])) <= int(stated[1:]) / 20
    return computed == int(stated)


def _in_padding(node: Node) -> bool:
    """Whether a whole window lies in padding, which no paper means."""
    axes = getattr(node.op, "axes", lambda _: ())(node.input_shapes)
    return any(max(axis.begin, axis.end) > axis.dilation * (axis.kernel - 1) for axis in axes)


@pytest.mark.parametrize("name", SOURCES)
def test_the_search_finds_what_trying_finds(name: str) -> None:
    source = SOURCES[name]
    expected = by_trying(source)
    compilation = compile_text(HOLE.sub("?", source))
    codes = [diagnostic.code for diagnostic in compilation.diagnostics]
    if len(expected) == 1:
        assert not codes
        assert compilation.source is not None
        text, _ = fill(compilation.source, compilation.nets)
        numbers = iter(next(iter(expected)))
        assert text == HOLE.sub(lambda _: str(next(numbers)), source)
        return
    (diagnostic,) = compilation.diagnostics
    if not expected:
        assert codes == ["no-solution"]
        return
    assert codes == ["several-solutions"]
    assert diagnostic.message.startswith(f"{len(expected):,} ways ")
    shown = [tuple(int(one) for one in re.findall(r"=(\d+)", note)) for note in diagnostic.notes if "=" in note]
    if not shown:  # anything will do
        assert diagnostic.notes == (f"stride: anything from 1 to {len(expected)}",)
        return
    assert len(shown) == len(set(shown)) == min(len(expected), SHOWN)
    assert (f"… {len(expected)} solutions in all" in diagnostic.notes) == (len(expected) > SHOWN)
    order = _order(source, diagnostic.notes[0])
    assert {tuple(one[place] for place in order if place >= 0) for one in shown} <= {
        tuple(value for value, place in zip(one, order, strict=True) if place >= 0) for one in expected
    }


def _order(source: str, note: str) -> list[int]:
    """Where the note has each hole of the source, -1 where it leaves one out: one that has one value."""
    said = re.findall(r"(\w+)=", note)
    places: list[int] = []
    for letter in HOLE.findall(source.replace("?kx?k", "?k")):
        fitting = (at for at, role in enumerate(said) if role == ROLES[letter] and at not in places)
        places.append(next(fitting, -1))
    return places
