"""The table: what is folded, what is closed, and that it keeps to the width."""

import csv
import io
from pathlib import Path

import pytest

from archc.analysis.compare import comparison
from archc.analysis.explain import NoSuchLayer, explain, find
from archc.analysis.figures import human, human_bytes
from archc.analysis.markdown_csv import csv_text, harmless, markdown
from archc.analysis.summary import opened, summary
from archc.program import CompiledNet, Options, compile_path, compile_text

NETS = ["resnet34", "vgg16", "googlenet", "densenet121", "unet", "lenet5", "convnetjs_mnist"]


def net_of(text: str) -> CompiledNet:
    compilation = compile_text(text)
    assert compilation.ok, compilation.diagnostics
    return compilation.nets[0]


def bundled(name: str, options: Options | None = None) -> CompiledNet:
    (net,) = compile_path(name, options).nets
    return net


def rows_of(body: str) -> list[str]:
    graph = net_of(f"block unit() {{ conv 1x1, 3 -> relu }}\nnet n {{\n input 8x8x3\n {body}\n}}\n").graph
    assert graph is not None
    return [f"{line.row.full} x{line.row.count}" for line in opened(graph, 99)[0]][1:]


def test_each_hole_is_told_in_its_word_and_file(tmp_path: Path) -> None:
    (tmp_path / "lib.arch").write_text("block b { conv 3x3/?, 4, pad=1 }\n")
    source = tmp_path / "m.arch"
    source.write_text("use lib\nnet n {\n input 28x28x1\n conv ?x?, 8 => 24x24x8\n b => 12x12x4\n}\n")
    (net,) = compile_path(str(source)).nets
    (told,) = (line for line in summary(net, width=200).splitlines() if line.startswith("holes"))
    assert "3x3/2 (" in told
    assert "lib.arch:1)" in told
    assert "5x5 (" in told
    assert "m.arch:4)" in told


def test_rounds_that_hold_one_item_fold() -> None:
    assert rows_of("repeat 3 { conv 1x1, 3 }") == ["repeat1 x3"]
    assert rows_of("repeat 3 { unit() }") == ["repeat1 x3", "repeat1.0.unit1.conv1 x1", "repeat1.0.unit1.relu1 x1"]
    assert rows_of("repeat 3 { conv 1x1, 4 }") == ["repeat1 x1", "repeat1.0.conv1 x1", "repeat1.1–2.conv1 x2"]


@pytest.mark.parametrize(("value", "folds"), [("a", True), ("b", False)])
def test_rounds_that_are_connected_otherwise_do_not_fold(value: str, folds: bool) -> None:
    """The second round multiplies by another path of its own than the first."""
    paths = "a: relu -> tanh\n b: elu -> gelu"
    last = f"if first {{ c: relu -> mul @a }} else {{ c: relu -> mul @{value} }}"
    assert ("repeat1 x2" in rows_of(f"repeat 2 {{ {paths}\n {last} }}")) is folds


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
@pytest.mark.parametrize("name", NETS)
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    for depth in (None, 1, 9):
        assert max(map(len, summary(bundled(name), width=width, depth=depth).splitlines())) <= width


@pytest.mark.parametrize("name", NETS)
def test_a_table_can_be_read_at_once(name: str) -> None:
    assert len(summary(bundled(name), width=80).splitlines()) <= 60


def test_the_verdict_is_last() -> None:
    last = summary(bundled("resnet34")).splitlines()[-1]
    assert last.startswith("resnet34: 21,797,672 params · 3.66 G MACs · 224x224x3 → 1000 · ")
    assert last.endswith(" stated figures hold")


def test_figures_that_were_not_held_are_not_claimed() -> None:
    assert "not held" in summary(bundled("resnet34", Options(input_sizes=(160, 160)))).splitlines()[-1]


def test_equal_neighbours_are_one_row_with_the_cost_of_all() -> None:
    rows = {line.split()[0]: line for line in summary(bundled("resnet34"), width=100).splitlines() if line.strip()}
    assert "×3" in rows["conv2_x"]
    assert f"{3 * 73_984:,}" in rows["conv2_x"]
    assert "×5" in rows["1–5"]


def test_different_neighbours_are_not_folded() -> None:
    text = "net n { input 8x8x4\n repeat 3 { conv 3x3, 2 * in.channels, pad=1 -> relu } }"
    assert "×" not in summary(net_of(text), depth=9)


def test_the_rows_of_a_table_add_up_to_its_totals() -> None:
    graph = bundled("resnet34").graph
    assert graph is not None
    shown, _ = opened(graph, 1)
    assert sum(line.row.cost.params for line in shown) == 21_797_672
    assert sum(line.row.cost.macs for line in shown) == 3_663_761_408


def test_a_large_net_is_cut_unless_a_depth_is_given() -> None:
    text = "net n { input 8x8x4\n" + " relu\n" * 3000 + "}"
    net = net_of(text)
    assert len(summary(net).splitlines()) < 450
    assert "more rows" in summary(net)
    assert len(summary(net, depth=1).splitlines()) > 3000


def test_plain_text_has_no_escapes() -> None:
    assert "\x1b" not in summary(bundled("vgg16"))
    assert "\x1b[1m" in summary(bundled("vgg16"), color=True)


def test_csv_has_a_row_for_each_layer() -> None:
    net = bundled("resnet34")
    rows = list(csv.DictReader(io.StringIO(csv_text([net]))))
    assert net.graph is not None
    assert [row["name"] for row in rows] == [node.name for node in net.graph.nodes]
    assert sum(int(row["params"]) for row in rows) == 21_797_672


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@sum", "\t=1", "\r=1"])
def test_a_cell_is_no_formula(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless(-1) == -1


def test_markdown_is_a_table() -> None:
    lines = markdown(bundled("vgg16")).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in table} == {7}
    assert lines[-1].startswith("**vgg16: 138,357,544 params")


def test_explain_shows_the_arithmetic_and_the_pixels_left_over() -> None:
    graph = bundled("resnet34").graph
    assert graph is not None
    text = explain(graph, find(graph, "conv1"))
    for part in (
        "⌊(224 + 2·3 − 7)/2⌋ + 1 = 112",
        "the last 1 of 230 padded positions unused",
        "64·3·7·7 = 9,408",
        "112·112·9,408 = 118,013,952",
        "1 + (7 − 1)·1 = 7",
        "conv1: conv 7x7/2, 64, pad=3",
    ):
        assert part in text


def test_every_layer_can_be_explained() -> None:
    for name in NETS:
        graph = bundled(name).graph
        assert graph is not None
        for node in {(node.op, node.input_shapes): node for node in graph.nodes}.values():
            assert explain(graph, node).startswith(f"{node.name}: {node.op.name}")


def test_a_layer_is_found_by_the_end_of_its_name() -> None:
    graph = bundled("googlenet").graph
    residual = bundled("resnet34").graph
    assert graph is not None
    assert residual is not None
    assert find(residual, "5.relu2").name == "conv4_x.5.relu2"
    with pytest.raises(NoSuchLayer) as several:
        find(graph, "unit1.conv1")
    assert several.value.ambiguous
    with pytest.raises(NoSuchLayer) as none:
        find(graph, "sofmax1")
    assert none.value.diagnostic.code == "unknown-node"
    assert "did you mean `softmax1`" in (none.value.diagnostic.help or "")


def test_names_that_are_left_out_are_counted() -> None:
    graph = bundled("resnet34").graph
    assert graph is not None
    with pytest.raises(NoSuchLayer) as several:
        find(graph, "conv2")
    assert len(several.value.close) == 16
    assert (several.value.diagnostic.help or "").endswith(" and 10 more")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_comparison_keeps_to_the_width(width: int) -> None:
    lines = comparison(compile_path("resnet").nets, width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert lines[-1].startswith("5 nets check · ")


def test_a_comparison_has_the_weights_and_the_activations_of_a_batch() -> None:
    nets = compile_path("resnet").nets
    one, eight = (comparison(nets, width=200, batch=batch).splitlines() for batch in (1, 8))
    assert one[0].split()[-4:] == ["weights", "memory", "depth", "stated"]
    row = next(line for line in one if line.startswith("resnet34 "))
    assert "87.3 MB" in row  # (21,797,672 + 17,060) values of four bytes
    assert row not in eight


def test_a_comparison_claims_no_figures_that_were_not_held() -> None:
    nets = compile_path("resnet", Options(input_sizes=(160, 160))).nets
    assert comparison(nets).splitlines()[-1] == "5 nets check · stated figures not held"


def test_three_digits_are_enough() -> None:
    assert [human(n) for n in (0, 999, 1000, 9_994, 9_995, 99_950, 3_663_761_408)] == [
        "0",
        "999",
        "1.00 K",
        "9.99 K",
        "10.0 K",
        "100 K",
        "3.66 G",
    ]
    assert human(999_999_999) == "1.00 G"
    assert human_bytes(87_258_928) == "87.3 MB"
