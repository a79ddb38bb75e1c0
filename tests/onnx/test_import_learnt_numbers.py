"""One number that a module learns, beside a layer that would take it for a setting: torch's counts decide."""

import warnings
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from archc.analysis.cost import totals
from archc.api import parse
from archc.decompile.source import Decompiled, decompile
from archc.diagnostics import ArchError
from archc.serving.export import export
from archc.serving.onnx_options import OnnxOptions
from tests.onnx.agreeing import imported


def number(value: float) -> nn.Parameter:
    return nn.Parameter(torch.tensor([value]))


class Net(nn.Module):
    """A convolution, and what the subclass does with its answer and one or two numbers that are learnt."""

    def __init__(self, channels: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 3)
        self.p, self.q = number(0.7), number(1.3)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(self.conv(x))

    def after(self, x: Tensor) -> Tensor:
        raise NotImplementedError


class SlopeOfTanh(Net):
    def after(self, x: Tensor) -> Tensor:
        return torch.tanh(x * self.p) + self.q


class AroundTanh(Net):
    def after(self, x: Tensor) -> Tensor:
        return torch.tanh(x * self.p) * self.q


class AroundSoftplus(Net):
    """softplus with beta, written out."""

    def __init__(self) -> None:
        super().__init__()
        self.p = number(2.0)
        del self.q

    def after(self, x: Tensor) -> Tensor:
        return functional.softplus(x * self.p) / self.p


class HalfOfGelu(Net):
    """The factor of gelu, which is learnt here, as it starts."""

    def __init__(self) -> None:
        super().__init__()
        self.p, self.q = number(0.5), number(1.0)

    def after(self, x: Tensor) -> Tensor:
        return x * (1 + torch.erf(x / 2**0.5)) * self.p + self.q


class Temperature(Net):
    """The scale of a product."""

    def after(self, x: Tensor) -> Tensor:
        return (x @ x.transpose(2, 3)) * self.p + self.q


class SixthOfHardswish(Net):
    def __init__(self) -> None:
        super().__init__()
        self.p, self.q = number(6.0), number(1.0)

    def after(self, x: Tensor) -> Tensor:
        return x * functional.relu6(x + 3) / self.p + self.q


class OneSlope(Net):
    """A prelu of one slope, and one channel with a bias."""

    def __init__(self) -> None:
        super().__init__(channels=1)
        self.prelu = nn.PReLU()
        del self.q

    def after(self, x: Tensor) -> Tensor:
        answer: Tensor = self.prelu(x).relu() + self.p
        return answer


class OneChannel(Net):
    """A layer_scale of one channel before an activation."""

    def __init__(self) -> None:
        super().__init__(channels=1)
        self.p, self.q = nn.Parameter(torch.full((1, 1, 1), 1e-6)), nn.Parameter(torch.full((1, 1, 1), 0.3))

    def after(self, x: Tensor) -> Tensor:
        return torch.tanh(x.relu() * self.p) * self.q


NETS = [SlopeOfTanh, AroundTanh, AroundSoftplus, Temperature, SixthOfHardswish, OneSlope, OneChannel]


def exported(module: nn.Module, path: Path, newer: bool) -> int:
    """A file of torch's; how many numbers the module learns."""
    with warnings.catch_warnings(action="ignore"):
        torch.onnx.export(module.eval(), (torch.randn(1, 3, 8, 8),), path, dynamo=newer)
    return sum(parameter.numel() for parameter in module.parameters())


def assert_learnt(read: Decompiled, count: int) -> None:
    """All of the module's numbers, and once more what two layers of the source have of one number of the file."""
    shared = [note.message for note in read.notes]
    assert shared == [one for one in shared if "2 layers" in one and "1 numbers once, the source has 2" in one]
    assert totals(read.graph).params == count + len(shared), read.text


@pytest.mark.parametrize("net", [net for net in NETS if net is not AroundSoftplus])  # written with a Where: refused
def test_the_file_says_that_it_is_learnt(net: type[Net], tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    count = exported(net(), tmp_path / "net.onnx", newer=True)
    read = imported(tmp_path / "net.onnx")
    assert_learnt(read, count)


@pytest.mark.parametrize("net", NETS)
def test_the_file_does_not_say(net: type[Net], tmp_path: Path) -> None:
    """What is taken as fixed is named, and settled it is learnt."""
    module = net()
    count = exported(module, tmp_path / "net.onnx", newer=False)
    read = imported(tmp_path / "net.onnx")
    told = " ".join(note.message for note in read.notes if note.code == "learnt-or-fixed")
    numbers = [name for name in ("p", "q") if hasattr(module, name)]
    assert totals(read.graph).params == count - sum(f"`{name}`" in told for name in numbers), (read.text, told)
    settled = decompile(tmp_path / "net.onnx", settled=dict.fromkeys(numbers, True))
    assert_learnt(settled, count)


def test_a_learnt_factor_within_a_formula_is_no_gelu(tmp_path: Path) -> None:
    exported(HalfOfGelu(), tmp_path / "net.onnx", newer=False)
    (note,) = decompile(tmp_path / "net.onnx").notes
    assert "`p`, `q` is learnt" in note.message
    with pytest.raises(ArchError, match="no layer is Erf"):
        decompile(tmp_path / "net.onnx", settled={"p": True})


OWN = [
    "input 6x6x5\n split 5, 0 -> layer_scale -> tanh",
    "input 6x6x1\n tanh -> layer_scale -> tanh -> scale weight=no",
    "input 6x6x4\n scale bias=no, shared=yes -> tanh -> scale bias=no, shared=yes -> softplus",
    "input 6x6x1\n scale bias=no -> softplus -> scale bias=no",
    "input 6x6x2\n matmul { | | } -> scale bias=no, shared=yes",
    "input 8x8x1\n conv 3x3, 1, bias=no -> relu -> scale weight=no -> prelu -> layer_scale -> relu6",
    "input 8x8x1\n bn -> scale -> ln -> gn 1 -> instancenorm affine=yes -> scale shared=yes",
]


@pytest.mark.parametrize("layers", OWN)
def test_there_and_back(layers: str, tmp_path: Path) -> None:
    net = parse(f"net n {{\n {layers}\n}}\n")
    state = {name: value.numpy() for name, value in net.torch().state_dict().items()}
    export(net.graph, state, tmp_path / "net.onnx", OnnxOptions(verify=False))
    read = imported(tmp_path / "net.onnx")
    assert totals(read.graph).params == net.params
    assert not read.notes
