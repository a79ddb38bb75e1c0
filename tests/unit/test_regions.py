"""The tree of a graph: what its builder knew is what the names of its nodes say."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from archc.graph import Graph, Node, Region
from archc.program import compile_path, compile_text
from archc.resources import specs_folder
from tests.fuzz.networks import networks

Tree = list["str | tuple[str, Tree]"]


def kept(region: Region) -> Tree:
    """The names of a region's items, each region with what it holds."""
    return [item.name if isinstance(item, Node) else (item.name, kept(item)) for item in region.items]


def by_names(graph: Graph) -> Tree:
    """The same, from the dotted names of the nodes in order and the set of names that are regions'."""
    regions = {item.name for item in graph.root.walk() if isinstance(item, Region)}
    top: Tree = []
    open_: list[tuple[str, Tree]] = [("", top)]
    for node in graph:
        parts = node.name.split(".")
        path = [name for end in range(1, len(parts)) if (name := ".".join(parts[:end])) in regions]
        depth = next(
            (at for at, name in enumerate(path) if at + 1 >= len(open_) or open_[at + 1][0] != name), len(path)
        )
        del open_[depth + 1 :]
        for name in path[depth:]:
            inside: Tree = []
            open_[-1][1].append((name, inside))
            open_.append((name, inside))
        open_[-1][1].append(node.name)
    return top


def holds(graph: Graph) -> None:
    assert kept(graph.root) == by_names(graph)
    for region in graph.root.walk():
        if isinstance(region, Region):
            assert region.items
            assert all(item.name.startswith(f"{region.name}.") for item in region.items)
            if region.count is not None:
                assert len(region.items) <= region.count
                assert all(region.own_name(item).partition(".")[0].isdigit() for item in region.items)


@pytest.mark.parametrize("file", sorted(specs_folder().glob("*.arch")), ids=lambda file: file.stem)
def test_regions_of_bundled_nets(file: Path) -> None:
    nets = compile_path(str(file)).nets
    assert nets
    for net in nets:
        assert net.graph is not None
        holds(net.graph)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_regions_of_random_nets(source: str) -> None:
    for net in compile_text(source).nets:
        if net.graph is not None:
            holds(net.graph)


def tree_of(body: str) -> Tree:
    compilation = compile_text(f"net n {{\n input 8x8x3\n{body}\n}}\n")
    graph = compilation.nets[0].graph
    assert graph is not None, compilation.diagnostics
    holds(graph)
    return kept(graph.root)[1:]


def test_a_path_stands_in_the_region_that_its_label_names() -> None:
    body = " stage: conv 1x1, 4 -> relu\n stage.two: bn -> prelu\n stage.last: fc 3\n other.one: relu\n"
    inside = ["stage.conv1", "stage.relu1", ("stage.two", ["stage.two.bn1", "stage.two.prelu1"]), "stage.last"]
    assert tree_of(body.replace("fc 3", "conv 1x1, 3")) == [("stage", inside), "other.one"]


def test_a_region_that_is_left_and_entered_again_is_there_twice() -> None:
    body = " add {\n  | a: conv 1x1, 4 -> relu\n  | a: softmax -> prelu\n    conv 1x1, 4\n    a.b: bn\n }\n"
    first = ("a", ["a.conv1", "a.relu1", "a.softmax1", "a.prelu1"])
    assert tree_of(body) == [first, "conv1", ("a", ["a.b"]), "add1"]


def test_rounds_that_are_copied_have_their_regions() -> None:
    def round_(outer: int, inner: int) -> tuple[str, Tree]:
        name = f"group1.{outer}.group1.{inner}"
        return name, [f"{name}.relu1", f"{name}.bn1"]

    rounds: Tree = [
        (f"group1.{n}", [(f"group1.{n}.group1", [round_(n, 0), round_(n, 1)]), f"group1.{n}.gelu1"]) for n in range(3)
    ]
    assert tree_of(" ((relu -> bn) x 2 -> gelu) x 3") == [("group1", rounds)]


def test_a_path_stands_in_its_region_in_every_round() -> None:
    block = "block unit() { a: conv 1x1, 3 -> relu\n a.b.c: bn -> gelu\n a.b: relu -> relu\n }\n"
    compilation = compile_text(f"{block}net n {{\n input 8x8x3\n unit() x 4\n}}\n")
    graph = compilation.nets[0].graph
    assert graph is not None
    holds(graph)
    paths: Tree = []
    for path in (f"unit1.{n}.a" for n in range(4)):
        inner: Tree = [(f"{path}.b.c", [f"{path}.b.c.bn1", f"{path}.b.c.gelu1"]), f"{path}.b.relu1", f"{path}.b.relu2"]
        paths.append((path.removesuffix(".a"), [(path, [f"{path}.conv1", f"{path}.relu1", (f"{path}.b", inner)])]))
    assert kept(graph.root)[1] == ("unit1", paths)


def test_a_net_with_a_mistake_keeps_what_stands_before_it() -> None:
    graph = compile_text("net n {\n input 8x8x3\n repeat 2 { conv 1x1, 4 -> fc oops }\n}\n").nets[0].partial
    assert kept(graph.root) == by_names(graph)
    assert kept(graph.root)[:2] == ["input", ("repeat1", [("repeat1.0", ["repeat1.0.conv1"])])]


def test_a_region_without_its_nodes_is_left_out() -> None:
    root = compile_text("net n {\n input 8\n a: relu -> gelu\n}\n").nets[0].partial.root
    assert kept(root.without({"a.gelu1"})) == ["input", ("a", ["a.relu1"])]
    assert kept(root.without({"a.relu1", "a.gelu1"})) == ["input"]


def test_a_net_of_another_notation_is_a_row_of_nodes() -> None:
    layers = "{type:'input', out_sx:8, out_sy:8, out_depth:1}", "{type:'conv', sx:3, filters:4, activation:'relu'}"
    source = "\n".join(f"layer_defs.push({layer});" for layer in (*layers, "{type:'softmax', num_classes:10}"))
    graph = compile_text(f"layer_defs = [];\n{source}\n", "net.js").nets[0].graph
    assert graph is not None
    assert [item.name for item in graph.root.items] == [node.name for node in graph]
