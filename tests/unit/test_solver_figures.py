"""Holes that figures of the whole net settle, each worked out by hand; and what is said where none gives them."""

import pytest

from archc.diagnostics import Diagnostic
from archc.elaborate.solve.holes import DOMAINS
from archc.fill import fill
from archc.program import compile_text

# conv 3x3, 3 with pad 1 on 8x8x3: 3·3·3·3 weights and 3 biases; each weight once for each of 64 pixels
PARAMS = 81 + 3
MACS = 64 * 81
FLOPS = 2 * MACS + 64 * 3
RELU = 64 * 3  # one operation for each value; an add as many


def said(source: str) -> Diagnostic:
    (diagnostic,) = compile_text(source).diagnostics
    return diagnostic


def solved(body: str, before: str = "") -> str:
    compilation = compile_text(f"{before}net n {{\n {body}\n}}\n")
    assert compilation.ok, compilation.diagnostics
    assert compilation.source is not None
    return fill(compilation.source, compilation.nets)[0]


@pytest.mark.parametrize(
    "figure",
    [f"params = {4 * PARAMS}", f"macs = {4 * MACS}", f"flops = {4 * FLOPS}", "depth = 4", "params = ~340"],
)
@pytest.mark.parametrize("first", [True, False])
def test_each_figure_settles_a_number_of_layers(figure: str, first: bool) -> None:
    body = "input 8x8x3\n conv 3x3, 3, pad=1 x ?"
    assert "pad=1 x 4" in solved(f"expect {figure}\n {body}" if first else f"{body}\n expect {figure}")


def test_a_figure_of_each_of_two_parts() -> None:
    """n + m layers, 64 pixels of the first n and 16 of the others: n + m = 5 and 4·n + m = 14."""
    text = solved(
        "input 8x8x3\n conv 3x3, 3, pad=1 x ?\n maxpool 2x2/2\n conv 3x3, 3, pad=1 x ?\n"
        f" expect params = {5 * PARAMS}\n expect macs = {14 * 16 * 81}"
    )
    assert "pad=1 x 3\n" in text
    assert "pad=1 x 2\n" in text


# ---- paths that are no part of the path, heads


@pytest.mark.parametrize("figure", [f"params = {4 * PARAMS}", f"macs = {4 * MACS}", f"flops = {4 * FLOPS + RELU}"])
def test_figures_add_up_where_a_path_begins_anew(figure: str) -> None:
    body = "input 8x8x3\n a: conv 3x3, 3, pad=1\n b: conv 3x3, 3, pad=1\n @a -> conv 3x3, 3, pad=1 x ?\n add @b"
    assert "pad=1 x 2" in solved(f"{body}\n expect {figure}")


def test_depth_is_that_of_the_longer_of_two_paths() -> None:
    """One and two, or one and one more: a net with three layers has a depth of two."""
    text = solved(
        "input 8x8x3\n a: conv 3x3, ?, pad=1 => 8x8x3\n b: conv 3x3, 3, pad=1\n @a -> conv 3x3, 3, pad=1 -> add @b\n"
        f" expect depth = 2\n expect params = {3 * PARAMS}"
    )
    assert "a: conv 3x3, 3, pad=1" in text


@pytest.mark.parametrize(("layers", "depth"), [(1, 4), (3, 4), (4, 5), (6, 7)])
@pytest.mark.parametrize("way", ["label", "flow", "if", "block"])
def test_depth_is_of_the_head_where_that_is_the_longer(layers: int, depth: int, way: str) -> None:
    """A first layer, then three on the one path and so many on the other."""
    head = " -> ".join(["conv 3x3, 3, pad=1"] * layers)
    output = f"output side: {'@a -> ' if way == 'label' else ''}{head}"
    if way == "if":
        output = f"if in.height == 8 {{ relu\n {output} }}"
    if way == "block":
        output = "with_head"
    text = solved(
        f"input 8x8x3\n a: conv 3x3, ?, pad=1 => 8x8x3\n {output}\n conv 3x3, 3, pad=1 x 3\n"
        f" expect depth = {depth}\n expect params = {(4 + layers) * PARAMS}",
        f"block with_head {{ relu\n output side: {head} }}\n" if way == "block" else "",
    )
    assert "a: conv 3x3, 3, pad=1" in text


@pytest.mark.parametrize("flag", ["no", "aux"])
def test_a_head_that_might_be_for_training_and_is_not(flag: str) -> None:
    """Its three layers are no more than those beside it: 4 in the longest, 7 in all."""
    compilation = compile_text(
        f"net n(aux=no) {{\n input 8x8x3\n a: conv 3x3, ?, pad=1 => 8x8x3\n output side(train_only={flag}): "
        "conv 3x3, 3, pad=1 x 3\n conv 3x3, 3, pad=1 x 3\n expect depth = 4\n expect params = "
        f"{7 * PARAMS}\n}}\n"
    )
    assert compilation.ok, compilation.diagnostics


@pytest.mark.parametrize("output", ["output early: @a", "output aux(train_only=yes): conv 3x3, 5 -> conv 3x3, 7"])
def test_what_adds_no_layer_to_inference_leaves_depth_as_it_is(output: str) -> None:
    """The head for training is on a path of three layers; the net's own has one and as many as are open."""
    for layers in (1, 5):
        body = f"input 8x8x3\n a: conv 3x3, 3, pad=1\n {output}\n conv 3x3, 3, pad=1 x ?\n expect depth = {1 + layers}"
        assert f"pad=1 x {layers}\n" in solved(body)


@pytest.mark.parametrize("metric", ["params", "macs", "flops"])
@pytest.mark.parametrize(
    "around",
    [
        "{}\n output aux(train_only=yes): flatten -> fc 5",
        "output aux(train_only=yes): flatten -> fc 5\n output other: relu\n {}",
        "if in.height == 8 {{ {}\n output aux(train_only=yes): flatten -> fc 5 }}\n relu",
        "if in.height == 8 {{ output aux(train_only=yes): conv 3x3, 9 -> flatten -> fc 5\n {} }}",
        "if in.height == 8 {{ {}\n output early: relu\n output aux(train_only=yes): flatten -> fc 5 }}\n relu",
        "a: relu\n {}\n output aux(train_only=yes): @a -> flatten -> fc 5",
        "train_only: relu\n {}\n relu -> add @train_only",
        "with_head\n {}",
    ],
)
def test_heads_for_training_are_in_no_figure(metric: str, around: str) -> None:
    before = "block with_head { relu\n output aux(train_only=yes): flatten -> fc 5\n relu }\n"
    others = around.count("relu") + around.count("add") + 2 * around.count("with_head")
    figures = {"params": 4 * PARAMS, "macs": 4 * MACS, "flops": 4 * FLOPS + RELU * others}
    body = f"input 8x8x3\n {around.format('conv 3x3, 3, pad=1 x ?')}\n expect {metric} = {figures[metric]}"
    assert "pad=1 x 4" in solved(body, before)


def test_a_label_counts_what_is_read_later() -> None:
    """The labelled layer is a branch of its own until the end, beside a head for training: 4·84 in all."""
    text = solved(
        "input 8x8x3\n add { | a: conv 3x3, 3, pad=1 | conv 3x3, 3, pad=1 x ?\n"
        f" output aux(train_only=yes): flatten -> fc 5 }}\n expect params = {4 * PARAMS}"
    )
    assert "pad=1 x 3" in text


def test_what_only_a_head_for_training_reads_is_in_no_figure() -> None:
    """The two layers of `side` reach no other output, so the net has the parameters of two."""
    text = solved(
        "input 8x8x3\n a: conv 3x3, ?, pad=1 => 8x8x3\n side: conv 3x3, 3, pad=1 x 2\n @a -> conv 3x3, 3, pad=1\n"
        f" output aux(train_only=yes): @side -> flatten -> fc 5\n output other: relu\n expect params = {2 * PARAMS}"
    )
    assert "a: conv 3x3, 3, pad=1" in text


# ---- no number gives what is stated


def test_the_nearest_come_first() -> None:
    """28·c parameters; 1,806 is halfway between 64 and 65 of them."""
    diagnostic = said("net n {\n input 8x8x3\n conv 3x3, ?, pad=1\n expect params = 1_806\n}\n")
    assert diagnostic.code == "no-solution"
    assert diagnostic.span is not None
    assert diagnostic.span.text == "1_806"
    tried, *nearest = diagnostic.notes
    assert tried == "tried channels 1 … 4096"
    assert set(nearest[:2]) == {"channels=64: 1,792 params", "channels=65: 1,820 params"}
    assert set(nearest) == {f"channels={c}: {28 * c:,} params" for c in range(59, 71)}


def test_the_figure_that_some_miss_is_told_first() -> None:
    """One layer has the parameters and no other the multiply-accumulates: those of the others are told."""
    diagnostic = said(
        f"net n {{\n input 8x8x3\n conv 3x3, 3, pad=1 x ?\n expect depth = ~1\n expect params = {PARAMS}\n"
        f" expect macs = {5 * MACS}\n}}\n"
    )
    assert diagnostic.span is not None
    assert diagnostic.span.text == "~1"
    assert diagnostic.notes[1] == "repeats=2: 2 depth"
    assert len(diagnostic.notes) == 1 + 12


def test_a_figure_that_all_have_is_not_told() -> None:
    diagnostic = said(
        f"net n {{\n input 8x8x3\n conv 3x3/?, 3, pad=1\n expect params = {PARAMS}\n expect macs = {MACS + 1}\n}}\n"
    )
    assert diagnostic.span is not None
    assert diagnostic.span.text == str(MACS + 1)
    assert [(8 + 2 - 3) // s + 1 for s in range(1, 9)] == [8, 4, 3, 2, 2, 2, 2, 1]  # one stride stands for its size
    nearest = [f"stride={s}: {size * size * 81:,} macs" for s, size in {1: 8, 2: 4, 3: 3, 4: 2, 8: 1}.items()]
    assert list(diagnostic.notes) == ["tried stride 1 … 8", *nearest]


def test_those_that_have_the_first_figure_are_not_told_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two layers miss the parameters; one has them and misses the rest."""
    monkeypatch.setitem(DOMAINS, "repeats", range(1, 3))
    diagnostic = said(
        f"net n {{\n input 8x8x3\n conv 3x3, 3, pad=1 x ?\n expect params = {PARAMS}\n expect macs = {9 * MACS}\n}}\n"
    )
    assert list(diagnostic.notes) == ["tried repeats 1 … 2", f"repeats=2: {2 * PARAMS} params"]
