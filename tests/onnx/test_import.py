"""`archc import net.onnx`: the layers, figures and values come back, and what was unrolled is folded again."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import archc as library
from archc.analysis.fingerprint import fingerprint
from archc.decompile.compare import compare
from archc.decompile.source import decompile
from archc.diagnostics import ArchError
from archc.graph import Region
from archc.serving.export import export
from archc.serving.onnx_options import OnnxOptions
from tests.cli.running import archc

NETS = [  # with the most lines that their source may have
    ("resnet50", 45),
    ("googlenet", 40),
    ("densenet121", 35),
    ("mobilenet_v2", 50),
    ("shufflenet_v2_x0_5", 60),
    ("squeezenet1_0", 30),
    ("regnet_y_400mf", 50),
    ("se_resnet50", 50),
    ("convnext_tiny", 60),
    ("efficientnet_b0", 60),
    ("lenet5", 20),
    ("lenet5_modern", 15),
    ("cifar10net_skip", 30),
    pytest.param("vgg11_bn", 40, marks=pytest.mark.nightly),  # 132 million parameters
]


def exported(name: str, path: Path) -> library.Net:
    net = library.load(name)
    random = np.random.default_rng(0)
    state = {
        f"{node.name}.{tensor.name}": random.uniform(0.5, 1.5, tensor.shape).astype(np.float32)
        / max(1, tensor.size) ** 0.5
        if tensor.name.endswith("var")
        else random.standard_normal(tensor.shape, np.float32) / max(1, int(np.prod(tensor.shape[1:]))) ** 0.5
        for node in net.graph
        for tensor in node.op.parameters(node.input_shapes)
    }
    export(net.graph, state, path, OnnxOptions(verify=False))
    return net


@pytest.mark.parametrize(("name", "lines"), NETS)
def test_there_and_back(name: str, lines: int, tmp_path: Path) -> None:
    net = exported(name, tmp_path / "net.onnx")
    made = decompile(tmp_path / "net.onnx")
    again = library.parse(made.text)
    assert (again.params, again.macs) == (net.params, net.macs)
    assert compare(tmp_path / "net.onnx", made) < 1e-5
    assert len(made.text.splitlines()) <= lines


def test_resnet50_comes_back_as_bottlenecks(tmp_path: Path) -> None:
    exported("resnet50", tmp_path / "net.onnx")
    made = decompile(tmp_path / "net.onnx")
    text = made.text
    rounds = [region.count for region in made.graph.root.items if isinstance(region, Region) and region.count]
    assert rounds == [2, 3, 5, 2]  # each stage but for its first block, which strides or widens
    assert "residual(64) x 2\n" in text
    assert "residual(256) x 5\n" in text
    assert "conv 1x1, 4*width, bias=no -> bn" in text


def test_the_command(tmp_path: Path) -> None:
    exported("lenet5_modern", tmp_path / "net.onnx")
    ran = archc("import", tmp_path / "net.onnx", "-o", tmp_path / "net.arch")
    assert ran.code == 0, ran.err
    assert "61,706 parameters, 416,520 MACs" in ran.err  # FACTS of the course
    served = archc(
        "export", tmp_path / "net.arch", "--weights", tmp_path / "net.safetensors", "-o", tmp_path / "b.onnx"
    )
    assert served.code == 0, served.err
    x = np.random.default_rng(1).standard_normal((2, 1, 32, 32)).astype(np.float32)
    one, other = (onnxruntime.InferenceSession(str(tmp_path / name)) for name in ("net.onnx", "b.onnx"))
    np.testing.assert_allclose(one.run(None, {"input": x})[0], other.run(None, {"input": x})[0], rtol=1e-5, atol=1e-6)
    assert archc("import", tmp_path / "net.onnx", "-o", tmp_path / "net.arch").code == 2
    printed = archc("import", tmp_path / "net.onnx")
    assert printed.out == (tmp_path / "net.arch").read_text()


def model(nodes: list[Any], weights: dict[str, Any], shape: list[int | str], opset: int = 22) -> Any:
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    return onnx.shape_inference.infer_shapes(made)


def imported(made: Any, tmp_path: Path) -> str:
    path = tmp_path / "net.onnx"
    onnx.save(made, path)
    result = decompile(path)
    assert compare(path, result) < 1e-5
    return result.text


RANDOM = np.random.default_rng(0)


def test_other_spellings(tmp_path: Path) -> None:
    """SAME padding, a product and its bias, a mean for a pool, a clip with attributes, a sum, a squeeze."""
    weights = {
        "k": RANDOM.standard_normal((4, 3, 3, 3), np.float32),
        "w": RANDOM.standard_normal((4, 5), np.float32),
        "b": RANDOM.standard_normal(5, np.float32),
        "s": np.array([2, 3], np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["a"], auto_pad="SAME_UPPER", strides=[2, 2]),
        helper.make_node("Relu", ["a"], ["r"]),
        helper.make_node("Sum", ["a", "r", "r"], ["t"]),
        helper.make_node("GlobalAveragePool", ["t"], ["g"]),
        helper.make_node("Squeeze", ["g", "s"], ["q"]),
        helper.make_node("MatMul", ["q", "w"], ["m"]),
        helper.make_node("Add", ["b", "m"], ["d"]),
        helper.make_node("Sigmoid", ["d"], ["e"]),
        helper.make_node("Mul", ["d", "e"], ["y"]),
    ]
    text = imported(model(nodes, weights, ["n", 3, 9, 8]), tmp_path)
    for said in ("conv 3x3/2, 4, pad=(1, 1, 0, 1), bias=no", "avgpool global", "fc 5\n  silu"):
        assert said in text


def test_an_old_opset(tmp_path: Path) -> None:
    weights = {"k": RANDOM.standard_normal((4, 3, 3, 3), np.float32)}
    nodes = [
        helper.make_node("Conv", ["x", "k"], ["a"]),
        helper.make_node("Clip", ["a"], ["c"], min=0.0, max=6.0),
        helper.make_node("Dropout", ["c"], ["d"], ratio=0.5),
        helper.make_node("MaxPool", ["d"], ["y"], kernel_shape=[2, 2], strides=[2, 2]),
    ]
    text = imported(model(nodes, weights, [1, 3, 8, 8], opset=9), tmp_path)
    assert "conv 3x3, 4, bias=no -> relu6" in text


def test_values_brought_back_from_afar_have_labels(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Selu", ["x"], ["s"]),
        helper.make_node("Add", ["s", "x"], ["a"]),
        helper.make_node("Max", ["a", "x"], ["b"]),
        helper.make_node("Sigmoid", ["b"], ["c"]),
        helper.make_node("Add", ["a", "c"], ["d"]),
        helper.make_node("Mul", ["b", "d"], ["e"]),
        helper.make_node("Concat", ["e", "a", "c"], ["y"], axis=1),
    ]
    assert "@v" in imported(model(nodes, {}, [1, 3, 4, 4]), tmp_path)


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        (
            [helper.make_node("Einsum", ["x", "x"], ["y"], equation="nchw,ndhw->ncd")],
            "no layer is Einsum of 3x4x4, 3x4x4",
        ),
        ([helper.make_node("Sin", ["x"], ["a"]), helper.make_node("Sin", ["a"], ["y"])], "(and 1 more Sin)"),
        (
            [
                helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]),
                helper.make_node("DequantizeLinear", ["q", "s", "z"], ["y"]),
            ],
            "8 bits",
        ),
    ],
)
def test_what_no_layer_is_has_its_name(nodes: list[Any], said: str, tmp_path: Path) -> None:
    weights = {"s": np.array(0.1, np.float32), "z": np.array(3, np.uint8)}
    onnx.save(model(nodes, weights, [1, 3, 4, 4]), tmp_path / "net.onnx")
    ran = archc("import", tmp_path / "net.onnx", "-o", tmp_path / "net.arch")
    assert ran.code == 1
    assert said in ran.err
    assert not (tmp_path / "net.arch").exists()


def test_a_size_that_is_open_must_be_said(tmp_path: Path) -> None:
    onnx.save(model([helper.make_node("Relu", ["x"], ["y"])], {}, ["n", 3, "h", "w"]), tmp_path / "net.onnx")
    ran = archc("import", tmp_path / "net.onnx")
    assert ran.code == 1
    assert "(3xhxw)" in ran.err
    assert "input 32x48x3" in archc("import", tmp_path / "net.onnx", "--input", "32x48").out


PLACES = ["../w.data", "/etc/hostname", "sub/w.data", "link.data", "hard.data", "absent.data", "", ".."]


@pytest.mark.parametrize("place", PLACES)
def test_weights_from_elsewhere_are_refused(place: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for file in (tmp_path / "w.data", folder / "sub" / "w.data"):
        file.write_bytes(bytes(4 * 108))
    (folder / "link.data").symlink_to(tmp_path / "w.data")
    (folder / "hard.data").hardlink_to(tmp_path / "w.data")
    made = model([helper.make_node("Conv", ["x", "k"], ["y"])], {"k": np.zeros((4, 3, 3, 3), np.float32)}, [1, 3, 8, 8])
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=place)
    (folder / "net.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(ArchError) as caught:
        decompile(folder / "net.onnx")
    assert caught.value.diagnostics[0].code == "unsafe-weights"


@pytest.mark.parametrize("cut", [0, 1, 10, 200, 5000])
def test_torn_files(cut: int, tmp_path: Path) -> None:
    exported("lenet5_modern", tmp_path / "net.onnx")
    content = (tmp_path / "net.onnx").read_bytes()
    (tmp_path / "net.onnx").write_bytes(content[:cut])
    ran = archc("import", tmp_path / "net.onnx")
    assert ran.code == 1
    assert "internal" not in ran.err


@pytest.mark.parametrize(
    "layers",
    [
        "input 7x2\n conv 3, 4\n avgpool to 3",
        "input 7x2\n conv 3, 4\n maxpool to 3",
        "input 8x8x4\n avgpool to 3x8\n flatten\n fc 10",
        "input 7x8x2\n relu\n maxpool to 3x3\n relu",
        "input 7x8x9x2\n avgpool to 3x4x3\n conv 1x1x1, 3",
        "input 7x8x9x2\n relu\n maxpool to 3x3x3\n conv 1x1x1, 3",
    ],
)
def test_pools_to_a_size_that_does_not_divide_the_maps(layers: str, tmp_path: Path) -> None:
    net = library.parse(f"net n {{\n {layers}\n}}\n")
    state = {name: value.numpy() for name, value in net.torch().state_dict().items()}
    export(net.graph, state, tmp_path / "net.onnx", OnnxOptions(verify=False))
    again = decompile(tmp_path / "net.onnx")
    assert fingerprint(library.parse(again.text).graph) == fingerprint(net.graph)
    assert compare(tmp_path / "net.onnx", again) < 1e-5
