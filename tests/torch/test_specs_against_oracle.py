"""The bundled networks against models that others wrote: torchvision's state_dicts, and a U-Net in torch.nn."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import archc

ORACLE: dict[str, Any] = json.loads((Path(__file__).parent / "oracle" / "torchvision.json").read_text("utf-8"))

SPECS = {  # ours → torchvision's
    "alexnet_torchvision": "alexnet",
    "googlenet_bn": "googlenet",
    **{name: name for name in ("vgg11_bn", "vgg16_bn", "inception_v3", "resnext50_32x4d", "resnext101_32x8d")},
    **{name: name for name in ("vgg11", "vgg13", "vgg16", "vgg19")},
    **{name: name for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")},
    **{name: name for name in ("densenet121", "densenet161", "densenet169", "densenet201")},
}


def tensors(name: str) -> list[tuple[str, tuple[int, ...]]]:
    """(last part of the key, shape) of each tensor in order, integer counters left out."""
    return [
        (tensor.name, tensor.shape)
        for node in archc.load(name).graph
        for tensor in node.op.parameters(node.input_shapes)
        if tensor.name != "num_batches_tracked"
    ]


@pytest.mark.parametrize(("name", "theirs"), SPECS.items(), ids=SPECS)
def test_state_dict(name: str, theirs: str) -> None:
    expected = [(key.rpartition(".")[2], tuple(shape)) for key, shape in ORACLE[theirs]["state_dict"]]
    found = tensors(name)
    assert Counter(found) == Counter(expected)
    assert found == expected, "the order, in which weights are carried over, agrees too"


@pytest.mark.parametrize(("name", "theirs"), SPECS.items(), ids=SPECS)
def test_totals(name: str, theirs: str) -> None:
    net = archc.load(name)
    model = ORACLE[theirs]
    heads = sum(
        tensor.size
        for node in net.graph
        if node not in net.graph.inference_nodes
        for tensor in node.op.parameters(node.input_shapes)
        if not tensor.buffer
    )
    assert net.params + heads == model["params"]
    assert net.macs == model["macs"]
    assert list(net.graph.inputs[0].shape) == model["input"][1:]


def test_unet() -> None:
    """The figure of the 2015 paper written down once more, in torch.nn, and counted by torch."""
    torch = pytest.importorskip("torch")
    from torch import nn  # noqa: PLC0415
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415

    def double(channels_in: int, channels: int) -> Any:
        return nn.Sequential(
            nn.Conv2d(channels_in, channels, 3), nn.ReLU(), nn.Conv2d(channels, channels, 3), nn.ReLU()
        )

    class UNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.down = nn.ModuleList(double(i, o) for i, o in ((1, 64), (64, 128), (128, 256), (256, 512)))
            self.bottom = double(512, 1024)
            self.widen = nn.ModuleList(nn.ConvTranspose2d(2 * c, c, 2, 2) for c in (512, 256, 128, 64))
            self.up = nn.ModuleList(double(2 * c, c) for c in (512, 256, 128, 64))
            self.last = nn.Conv2d(64, 2, 1)

        def forward(self, x: Any) -> Any:
            kept = []
            for stage in self.down:
                kept.append(stage(x))
                x = nn.functional.max_pool2d(kept[-1], 2)
            x = self.bottom(x)
            for widen, stage, skip in zip(self.widen, self.up, reversed(kept), strict=True):
                x = widen(x)
                cut = (skip.shape[-1] - x.shape[-1]) // 2
                middle = skip[..., cut : cut + x.shape[-2], cut : cut + x.shape[-1]]
                x = stage(torch.cat([middle, x], 1))
            return self.last(x)

    with torch.device("meta"):
        model = UNet()
        image = torch.empty(1, 1, 572, 572)
    with FlopCounterMode(display=False) as counter:
        result = model(image)
    net = archc.load("unet")
    assert tuple(result.shape[1:]) == net.graph[net.graph.outputs[0].node].shape == (2, 388, 388)
    assert sum(p.numel() for p in model.parameters()) == net.params
    assert counter.get_total_flops() == 2 * net.macs
    convs = [module for module in model.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]
    ours = [node for node in net.graph if node.op.category == "conv"]
    assert len(convs) == len(ours) == 23  # "In total the network has 23 convolutional layers."
    assert Counter(tuple(p.shape) for p in model.parameters()) == Counter(shape for _, shape in tensors("unet"))
