"""Numbers that a file holds: those that its net learns are parameters, the others are not; torch's counts decide."""

import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from archc.analysis.cost import totals
from archc.api import parse
from archc.decompile.source import decompile
from archc.diagnostics import ArchError
from archc.serving.export import export
from archc.serving.onnx_options import OnnxOptions
from tests.cli.running import archc
from tests.onnx.agreeing import imported
from tests.onnx.foreign.small import SMALL, made

FOREIGN = Path(__file__).parent / "foreign"


def older(name: str, path: Path) -> Path:
    with warnings.catch_warnings(action="ignore"):
        torch.onnx.export(
            made(name),
            (torch.randn(2, 3, 16, 16),),
            path,
            dynamo=False,
            input_names=["x"],
            dynamic_axes={"x": {0: "n"}},
        )
    return path


@pytest.mark.parametrize("name", SMALL)
def test_the_newer_exporter(name: str) -> None:
    """Which says what was a parameter."""
    read = imported(FOREIGN / f"small_{name}.onnx")
    case = SMALL[name]
    assert totals(read.graph).params == case.params
    assert case.said in read.text
    assert [note.code for note in read.notes] == (["shared-weights"] if name == "twice" else [])


@pytest.mark.parametrize("name", [name for name, case in SMALL.items() if case.older])
def test_the_older_exporter(name: str, tmp_path: Path) -> None:
    """Which does not: what is not said of a tensor that is no layer's own is told, and can be settled."""
    read = imported(older(name, tmp_path / "net.onnx"))
    case = SMALL[name]
    unsaid = [note for note in read.notes if note.code == "learnt-or-fixed"]
    if case.unsaid is None:
        assert totals(read.graph).params == case.params
        assert not unsaid
        return
    tensor, params = case.unsaid
    assert totals(read.graph).params == params
    assert f"`{tensor}`" in unsaid[0].message
    assert f" {tensor}" in (unsaid[0].help or "") or case.params == params
    module = made(name)
    learnt = {key for key, _ in module.named_parameters()}
    others = {key: key in learnt for key in module.state_dict() if not key.startswith(("conv.", "again."))}
    settled = decompile(tmp_path / "net.onnx", settled=others)
    assert totals(settled.graph).params == case.params
    assert not settled.notes


def test_shared_weights_are_told_with_their_numbers(tmp_path: Path) -> None:
    ran = archc("import", older("twice", tmp_path / "net.onnx"))
    assert ran.code == 0
    assert "2 layers (`conv1`, `conv2`) share `conv.weight`, `conv.bias`" in ran.err
    assert "the file holds 84 numbers once, the source has 168" in ran.err


def test_what_is_settled_on_the_command_line(tmp_path: Path) -> None:
    path = older("masked", tmp_path / "net.onnx")
    asked = archc("import", path)
    assert "the file does not say whether `mask` is learnt" in asked.err
    assert "--fixed mask" in asked.err
    assert "232 parameters" in asked.err
    fixed = archc("import", path, "--fixed", "mask")
    assert "224 parameters" in fixed.err
    assert "warning" not in fixed.err
    assert "rescale (0." in fixed.out
    wrong = archc("import", path, "--learnt", "maks")
    assert wrong.code == 1
    assert "did you mean `mask`?" in wrong.err
    assert archc("import", path, "--learnt", "mask", "--fixed", "mask").code == 2


def test_a_buffer_of_a_layer_that_learns_is_told(tmp_path: Path) -> None:
    """A position that the file says is fixed has no fixed layer of ours."""
    import onnx  # noqa: PLC0415
    from onnx import TensorProto, helper, numpy_helper  # noqa: PLC0415

    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=[0, 2, 1]),
        helper.make_node("Constant", [], ["p"], value=numpy_helper.from_array(torch.randn(1, 6, 4).numpy())),
        helper.make_node("Add", ["t", "p"], ["y"]),
        helper.make_node("Conv", ["x", "k"], ["z"]),
    ]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4, 6])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("z", "y")],
        [numpy_helper.from_array(torch.randn(2, 4, 3).numpy(), "k")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10), tmp_path / "n.onnx")
    read = imported(tmp_path / "n.onnx")
    (note,) = [note for note in read.notes if note.code == "learns-a-constant"]
    assert "`p` is fixed, but `position` learns it" in note.message
    assert "freeze" in (note.help or "")


OWN = [  # and the words of the source in which there is a scale
    ("input 8x8x3\n matmul(scale=0.5) { | | }", ["scale=0.5"]),
    (
        "input 8x8x3\n rescale 0.5 -> conv 3x3, 4 -> rescale (1, 2, 3, 4), offset=-1 -> sigmoid",
        ["rescale", "rescale"],
    ),
    (
        "input 8x8x3\n conv 3x3, 4 -> scale -> relu -> scale bias=no -> relu -> scale weight=no -> relu",
        ["scale", "layer_scale", "scale"],
    ),
    ("input 8x8x3\n conv 3x3, 4 -> scale bias=no, shared=yes -> relu", ["scale"]),
    ("input 8x8x3\n bn affine=no -> conv 3x3, 4 -> gn 2, affine=no -> relu -> ln affine=no", []),
    ("input 1x2\n (attention 1) x 2 -> relu", []),
    ("input 16x8\n attention 2 -> ln channels -> attention 4, bias=no", []),
    ("input 8x8x3\n conv 3x3, 4 -> tanh scale=1.7, slope=0.5", ["scale=1.7,"]),
]


@pytest.mark.parametrize(("layers", "told"), OWN)
def test_there_and_back(layers: str, told: list[str], tmp_path: Path) -> None:
    """Of archc's own files: what is learnt is, and nothing else."""
    net = parse(f"net n {{\n {layers}\n}}\n")
    torch.manual_seed(0)
    state = {name: torch.randn(value.shape).abs().numpy() if value.dtype.is_floating_point else value.numpy()
             for name, value in net.torch().state_dict().items()}  # fmt: skip
    export(net.graph, state, tmp_path / "net.onnx", OnnxOptions(verify=False))
    read = imported(tmp_path / "net.onnx")
    assert totals(read.graph).params == net.params
    assert [word for word in read.text.split() if "scale" in word] == told
    assert not read.notes


def test_what_is_no_tensor_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(ArchError, match="no initialiser `nothing`"):
        decompile(older("halved", tmp_path / "net.onnx"), settled={"nothing": True})


def test_a_bias_before_a_norm_is_in_the_file_and_stays(tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.InstanceNorm2d(4), torch.nn.Conv2d(4, 2, 3))
    with warnings.catch_warnings(action="ignore"):
        torch.onnx.export(module, (torch.randn(1, 3, 8, 8),), tmp_path / "net.onnx", dynamo=False)
    text = imported(tmp_path / "net.onnx").text
    assert "conv 3x3, 4, bias=yes" in text
    assert text.count("bias=") == 1
    assert archc("check", "-", "--json", stdin=text).out.endswith('"diagnostics": []}\n')


class Around(nn.Module):
    """A convolution, and a norm of what it gives."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), norm

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.norm(self.conv(x).relu()))


NORMS = {
    "instancenorm": (nn.InstanceNorm2d(4), "instancenorm"),
    "instancenorm affine": (nn.InstanceNorm2d(4, affine=True), "instancenorm affine=yes"),
    "ln": (nn.LayerNorm([4, 14, 14], elementwise_affine=False), "ln affine=no"),
    "ln bias": (nn.LayerNorm([4, 14, 14], bias=False), "ln bias=no"),
    "bn": (nn.BatchNorm2d(4, affine=False, momentum=0.02), "bn momentum=0.02, affine=no"),
    "bn momentum": (nn.BatchNorm2d(4, momentum=0.3, eps=1e-3), "bn eps=0.001, momentum=0.3"),
}


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("name", NORMS)
def test_norms_learn_what_they_learn(name: str, newer: bool, tmp_path: Path) -> None:
    """Ones and zeros that a norm has not learnt are no parameters, in a file that says so or that has none of them."""
    norm, said = NORMS[name]
    module = Around(norm).eval()
    path = tmp_path / "net.onnx"
    if newer:
        pytest.importorskip("onnxscript")
    with warnings.catch_warnings(action="ignore"):
        torch.onnx.export(module, (torch.randn(1, 3, 16, 16),), path, dynamo=newer)
    read = imported(path)
    assert totals(read.graph).params == sum(parameter.numel() for parameter in module.parameters())
    assert said.split(" ")[0] in read.text
    assert all(part in read.text for part in said.split(" ", 1)[-1].split(", "))
    assert not read.notes


def test_what_is_shared_by_way_of_an_identity_is_told(tmp_path: Path) -> None:
    """So the older exporter has weights of equal numbers, of Keras's nets above all. Of zeros it says nothing."""
    weight = np.random.default_rng(0).standard_normal((3, 3, 3, 3)).astype(np.float32)
    for held, told in ((weight, ["shared-weights"]), (np.zeros_like(weight), [])):
        nodes = [
            helper.make_node("Identity", ["w"], ["again"]),
            helper.make_node("Conv", ["x", "w"], ["y"], pads=[1] * 4),
            helper.make_node("Conv", ["y", "again"], ["z"], pads=[1] * 4),
        ]
        x, z = (helper.make_tensor_value_info(name, 1, ("n", 3, 8, 8)) for name in "xz")
        graph = helper.make_graph(nodes, "g", [x], [z], [numpy_helper.from_array(held, "w")])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, tmp_path / "net.onnx")
        assert [note.code for note in decompile(tmp_path / "net.onnx").notes] == told


@pytest.mark.parametrize("held", [[True, False, True], [True, True, True], [3, 1, 2], [2.5, 2.5, 2.5]], ids=str)
def test_an_identity_of_a_constant_of_any_type(held: list[float], tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Identity", ["held"], ["same"]),
        helper.make_node("Cast", ["same"], ["factor"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Mul", ["x", "factor"], ["y"]),
    ]
    x, y = (helper.make_tensor_value_info(name, 1, ("n", 3)) for name in "xy")
    graph = helper.make_graph(nodes, "g", [x], [y], [numpy_helper.from_array(np.array(held), "held")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "n.onnx")
    assert imported(tmp_path / "n.onnx").text


def test_a_momentum_is_in_the_file(tmp_path: Path) -> None:
    """As what is kept: ONNX's 0.98 is 0.02 here."""
    net = parse("net t { input 8x8x3 -> bn momentum=0.02 -> relu -> bn -> relu }")
    state = {name: value.numpy() for name, value in net.torch().state_dict().items()}
    export(net.graph, state, tmp_path / "net.onnx", OnnxOptions(verify=False))
    said = [{a.name: helper.get_attribute_value(a) for a in node.attribute} for node in norms(tmp_path / "net.onnx")]
    assert [round(each.get("momentum", 0.9), 6) for each in said] == [0.98, 0.9]


def norms(path: Path) -> list[onnx.NodeProto]:
    return [node for node in onnx.load(path).graph.node if node.op_type == "BatchNormalization"]
