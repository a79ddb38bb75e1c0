"""The bundled networks since 2016 against torchvision's own models.

modern_figures.json holds, for each, the parameters and the multiply-accumulates that
torch.utils.flop_counter found in torchvision's Python on the meta device, with the module named.
"""

import json
from pathlib import Path

import pytest

import archc

FIGURES = json.loads(Path(__file__).with_name("modern_figures.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FIGURES)
def test_figures(name: str) -> None:
    known = FIGURES[name]
    net = archc.load(name)
    assert (net.params, net.macs) == (known["params"], known["macs"]), known["source"]
    assert [list(node.shape) for node in net.graph.inputs] == [known["input"]]


def test_se_resnet_as_published() -> None:
    """Hu et al. 2018, table 2: 3.87 GFLOPs; the stride in the first 1x1."""
    assert abs(archc.load("se_resnet50_v1").macs - 3.87e9) < 0.01e9
