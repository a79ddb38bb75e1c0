"""Cost and memory, against figures that were printed or worked out by hand."""

import json
from math import prod
from pathlib import Path

import pytest

from archc.analysis.cost import cost, node_totals, totals, training_totals
from archc.analysis.memory import inference_peak, output_bytes, training_bytes
from archc.graph import Graph
from archc.program import compile_path, compile_text

# "Convolutional Neural Networks", CS231n notes (Stanford), the walk through VGGNet: values held a layer
CS231N_VGG16 = {
    "input": 224 * 224 * 3,
    "conv3_1.conv1": 224 * 224 * 64,
    "maxpool1": 112 * 112 * 64,
    "conv3_4.conv1": 112 * 112 * 128,
    "maxpool2": 56 * 56 * 128,
    "conv3_7.conv1": 56 * 56 * 256,
    "maxpool3": 28 * 28 * 256,
    "conv3_8.conv1": 28 * 28 * 512,
    "maxpool4": 14 * 14 * 512,
    "conv3_11.conv1": 14 * 14 * 512,
    "maxpool5": 7 * 7 * 512,
    "fc1": 1000,
}


def graph_of(text: str) -> Graph:
    compilation = compile_text(text)
    assert compilation.ok, compilation.diagnostics
    graph = compilation.nets[0].graph
    assert graph is not None
    return graph


def bundled(name: str) -> Graph:
    (net,) = compile_path(name).nets
    assert net.graph is not None
    return net.graph


def test_vgg16_holds_what_its_walk_through_says() -> None:
    graph = bundled("vgg16")
    assert {name: output_bytes(graph[name]) // 4 for name in CS231N_VGG16} == CS231N_VGG16


def test_a_gate_is_no_layer_of_the_path() -> None:
    """Hu et al. 2018, table 2 calls them so: the two layers of each gate are not counted."""
    names = ("se_resnet50", "se_resnet101", "se_resnet152")
    assert [totals(bundled(name)).depth for name in names] == [50, 101, 152]


def test_depth_is_the_number_in_the_name() -> None:
    depths = {name: totals(bundled(name)).depth for name in ("resnet34", "resnet152", "vgg16", "densenet121")}
    assert depths == {"resnet34": 34, "resnet152": 152, "vgg16": 16, "densenet121": 121}


@pytest.mark.parametrize(
    ("body", "depth"),
    [
        ("conv 3x3, 4, pad=1\n mul { | | avgpool global -> conv 1x1, 2 -> conv 1x1, 4 }\n conv 3x3, 8", 2),
        ("conv 3x3, 4, pad=1\n add { | conv 1x1, 4 -> conv 1x1, 4 | conv 1x1, 4 }\n conv 3x3, 8", 4),
        ("avgpool global\n mul { | | conv 1x1, 2 -> conv 1x1, 4 }\n conv 1x1, 8", 3),
        ("conv 1x1, 4\n output other: conv 1x1, 4 -> conv 1x1, 4\n relu", 3),
        ("concat(axis=height) { | conv 1x1, 4 | conv 1x1, 4 }\n conv 1x1, 8", 2),  # larger than what it joins
        # one column: its gate is a smaller map all the same
        ("avgpool 1x8 -> mul { | | avgpool global -> conv 1x1, 2 -> conv 1x1, 4 }\n conv 1x1, 8", 1),
    ],
)
def test_depth_of_gates_and_branches(body: str, depth: int) -> None:
    """A gate of one number a map is no layer of the path; where all that meets is as small, each is."""
    assert totals(graph_of(f"net n {{\n input 8x8x4\n {body}\n}}")).depth == depth


def test_heads_for_training_count_only_in_training() -> None:
    graph = bundled("googlenet_bn")  # torchvision: 6,624,904 without its two heads, 13,004,888 with them
    assert totals(graph).params == 6_624_904
    assert training_totals(graph).params == 13_004_888


def test_buffers_are_no_parameters() -> None:
    one = cost(graph_of("net n { input 8x8x16\n bn }")["bn1"])
    assert (one.params, one.params_trainable, one.buffers) == (32, 32, 33)


def test_totals_of_lenet5_and_of_torchvisions_resnet18(root: Path) -> None:
    """LeCun et al. 1998: 60,000 that are trained, and an output layer of 10·84 fixed codes."""
    lenet5 = totals(bundled("lenet5"))
    assert (lenet5.params, lenet5.params_trainable, lenet5.buffers) == (60_000, 60_000, 840)
    entries = json.loads((root / "tests/torch/oracle/torchvision.json").read_text("utf-8"))["resnet18"]["state_dict"]
    state = {name: prod(shape) for name, shape in entries}
    kept = [n for name, n in state.items() if name.endswith(("running_mean", "running_var"))]
    assert totals(bundled("resnet18")).buffers == sum(kept) + len(kept) // 2  # each norm counts its batches too


def test_operations_by_hand() -> None:
    """A product and a sum for each weight, the bias, and one for each value of a relu."""
    graph = graph_of("net n { input 4x5x1 -> flatten -> fc 10 -> relu -> fc 3 }")
    assert totals(graph).flops == (2 * 20 * 10 + 10) + 10 + (2 * 10 * 3 + 3)


def test_depth_of_a_part() -> None:
    """What flows in from before it counts nothing."""
    nodes = graph_of("net n { input 8x8x3\n conv 3x3, 4 -> relu -> conv 3x3, 4 }").nodes
    assert [node_totals(nodes[start:]).depth for start in range(5)] == [2, 2, 1, 1, 0]
    joined = graph_of("net n { input 8x8x3\n add { | conv 1x1, 3 | conv 1x1, 3 }\n conv 1x1, 4 }").nodes
    assert [node_totals(joined[start:]).depth for start in range(6)] == [2, 2, 2, 1, 1, 0]


def test_training_keeps_every_output() -> None:
    graph = graph_of("net n { input 8x8x4\n conv 3x3, 8, pad=1 -> relu -> maxpool 2x2/2 -> flatten -> fc 10 }")
    values = 8 * 8 * 4 + 8 * 8 * 8 + 8 * 8 * 8 + 4 * 4 * 8 + 10  # flatten is a view
    assert training_bytes(graph) == 4 * values
    assert training_bytes(graph, batch=32) == 32 * 4 * values


def test_inference_frees_what_is_no_longer_needed() -> None:
    graph = graph_of("net n { input 8x8x4\n conv 3x3, 8, pad=1 -> relu -> maxpool 2x2/2 -> flatten -> fc 10 }")
    assert inference_peak(graph) == 4 * (512 + 512)  # the conv and its relu
    assert inference_peak(graph, batch=2) == 2 * 4 * (512 + 512)


def test_a_skip_is_held_until_its_join() -> None:
    graph = graph_of("net n { input 8x8x4\n add { | | conv 3x3, 4, pad=1 -> relu } }")
    assert inference_peak(graph) == 4 * 3 * 256  # input, conv and relu; then input, relu and add


def test_an_output_is_held_to_the_end() -> None:
    graph = graph_of("net n { input 8x8x4\n a: conv 1x1, 4\n output early: @a\n conv 1x1, 4 -> conv 1x1, 4 }")
    assert inference_peak(graph) == 4 * 3 * 256


def test_a_view_keeps_what_it_looks_at() -> None:
    graph = graph_of("net n { input 2x2x4\n f: flatten\n fc 100 -> fc 16\n add @f }")
    assert inference_peak(graph) == 4 * (16 + 100 + 16)
