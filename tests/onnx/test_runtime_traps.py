"""What ONNX Runtime was seen to get wrong in files that are right, and what ours must not run into."""

import pytest
import torch

import archc
from archc.backends.onnx.model import model
from tests.onnx.running import agree, session


@pytest.mark.parametrize(
    "layers",
    [
        "pad 1 -> maxpool 3x3/1",  # a border of zeros was joined with the pool, where it then never won
        "pad 2 -> maxpool 2x2/1",
        "pad 1 -> maxpool 3x3/1, pad=1",
        "pad 2 -> avgpool 2x2/2",
        "pad 1 -> avgpool 2x2/2, pad=1, count_include_pad=no",
        "pad pad=1, value=-5 -> maxpool 3x3/1",
        "pad 1 -> conv 3x3, 4, pad=1",
        "avgpool 3x3/2, pad=1, ceil=true -> avgpool 2x2/1",
        "gn 3 -> upsample 2",  # the norm's own inference gave no shape
        "relu -> relu6 -> conv 1x1, 4 -> relu6",
        "conv 3x3, 4 -> add { | | identity } -> relu",
    ],
)
def test_pairs(layers: str) -> None:
    net = archc.parse(f"net n {{\n  input 6x6x3\n  {layers}\n}}")
    module = net.torch(seed=0).eval()
    x = -torch.rand(2, 3, 6, 6, generator=torch.Generator().manual_seed(0)) - 1
    running = session(model(net.graph, {name: value.numpy() for name, value in module.state_dict().items()}))
    (found,) = running.run(None, {"input": x.numpy()})
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(found), module(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("scale", [0.3, 0.6, 0.75, 1.2, 1.5, 2, 3, 41])
def test_nearest_takes_the_pixels_that_torch_takes(scale: float) -> None:
    """ONNX Runtime divides by the scale where torch multiplies by its inverse."""
    for size in (7, 14, 50):
        agree("upsample", {"scale": scale}, (2, size))


def test_nearest_to_any_size() -> None:
    for size in range(1, 33):
        for wanted in (2, 4, 12, 15, 16):
            agree("upsample", {"output_size": (wanted, size)}, (1, size, size))
