"""What is proposed for a layer written as PyTorch writes it is that layer: its shape, parameters and values."""

import pytest
import torch
from torch import nn

import archc
from archc.diagnostics import apply_edits

CALLS = [
    "Conv2d(4, 6, 3)",
    "Conv2d(4, 6, (3, 5), stride=2, padding=1)",
    "Conv2d(4, 8, 3, 2, 1, 2, 4, False)",
    "Conv2d(in_channels=4, out_channels=6, kernel_size=1, bias=False)",
    "Conv2d(4, 6, kernel_size=(3, 3), padding=(1, 1), stride=(2, 2))",
    "ConvTranspose2d(4, 6, 3, 2, 1, 1)",
    "ConvTranspose2d(4, 6, 2, stride=2, bias=False)",
    "MaxPool2d(2)",
    "MaxPool2d((3, 2), stride=1)",
    "MaxPool2d(3, 2, ceil_mode=True)",
    "AvgPool2d(2)",
    "AvgPool2d(3, 2, 1)",
    "AdaptiveAvgPool2d(1)",
    "AdaptiveAvgPool2d((1, 1))",
    "AdaptiveAvgPool2d((3, 2))",
    "BatchNorm2d(4)",
    "ReLU(inplace=True)",
    "LeakyReLU(0.2)",
    "SiLU()",
    "Flatten()",
    "Softmax(dim=1)",
]


@pytest.mark.parametrize("call", CALLS)
def test_the_proposal_is_the_layer(call: str) -> None:
    source = f"net n {{\n  input 13x12x4\n  {call}\n}}\n"
    with pytest.raises(archc.ArchError) as raised:
        archc.parse(source)
    (diagnostic,) = raised.value.diagnostics
    (fix,) = diagnostic.fixes
    ours = archc.parse(apply_edits(source, fix.edits)).torch(seed=0).eval()
    torch.manual_seed(0)
    theirs = eval(f"nn.{call}", {"nn": nn}).eval()
    ours.load_state_dict(dict(zip(ours.state_dict(), theirs.state_dict().values(), strict=True)))
    image = torch.randn(2, 4, 13, 12)
    torch.testing.assert_close(ours(image), theirs(image))


@pytest.mark.parametrize(
    "call", ["Conv2d(4, 6, 3, padding=2**2)", "Conv2d(4, n, 3)", "LSTM(4, 6)", "MaxPool2d(3, (2, 1))", "Conv2d(4)"]
)
def test_what_has_no_words_is_not_proposed(call: str) -> None:
    with pytest.raises(archc.ArchError) as raised:
        archc.parse(f"net n {{\n  input 13x12x4\n  {call}\n}}\n")
    assert not any("PyTorch" in (diagnostic.help or "") for diagnostic in raised.value.diagnostics)
