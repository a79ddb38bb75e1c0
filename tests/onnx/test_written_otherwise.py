"""Layers that ONNX or ONNX Runtime has otherwise for some settings: values equal to PyTorch's all the same."""

from itertools import product
from pathlib import Path

import pytest
import torch

import archc
from archc.backends.onnx.emit import emit
from archc.decompile.source import decompile
from archc.ops import OPS
from tests.onnx.running import agree, graph_of, model_of

KEPT_OR_DOUBLED = [
    ((3, 7), 1.3),
    ((5, 5), 2.1),
    ((3, 3), 1.2),
    ((3, 8), (1.2, 1.5)),
    ((4, 9), (2.1, 1.05)),
    ((9, 4), (0.95, 2.2)),
    ((1, 6), 1.9),
]


@pytest.mark.parametrize(("size", "scale"), KEPT_OR_DOUBLED)
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_factors_that_leave_or_double_a_size(size: tuple[int, int], scale: object, mode: str) -> None:
    """PyTorch then takes no notice of the factor; for bicubic it does, and ONNX Runtime's Resize does not."""
    agree("upsample", {"scale": scale, "mode": mode}, (2, *size))
    if mode != "nearest":
        agree("upsample", {"scale": scale, "mode": mode, "align_corners": True}, (2, *size))


def test_factors_on_signals_and_volumes() -> None:
    for n, scale in product((3, 5), (1.1, 1.3, 2.1)):
        for mode in ("nearest", "linear"):
            agree("upsample", {"scale": scale, "mode": mode}, (2, n))
        for mode in ("nearest", "trilinear"):
            agree("upsample", {"scale": scale, "mode": mode}, (2, n, 4, 3))


NO_SUM: list[dict[str, float]] = [
    {"k": 5, "alpha": 0},
    {"alpha": 0},
    {"beta": 0, "alpha": 0.5},
    {"size": 3, "alpha": 0},
]


@pytest.mark.parametrize("fields", NO_SUM)
def test_lrn_without_its_sum(fields: dict[str, float]) -> None:
    """ONNX Runtime's LRN takes no alpha of 0, which is x/k^beta."""
    for shape in ((6, 4, 5), (6, 4), (6, 2, 3, 4)):
        agree("lrn", fields, shape)


@pytest.mark.parametrize("shape", [(48,), (48, 5), (48, 3, 4), (48, 2, 3, 2)])
def test_a_maxout_of_many_pieces_is_one_node(shape: tuple[int, ...]) -> None:
    for pieces in (2, 8, 12, 48):
        agree("maxout", {"pieces": pieces}, shape)
    op = OPS["maxout"].of({"pieces": 48})
    kinds = [node.op_type for node in emit(graph_of(op, [shape])).nodes]
    assert kinds.count("ReduceMax") == kinds.count("Reshape") == 1
    assert len(kinds) <= 4


def test_a_maxout_of_all_channels_has_few_nodes() -> None:
    text = "net n { input height=4, width=4, channels=2048\n maxout in.channels -> flatten -> fc 3 }"
    graph = archc.parse(text).graph
    assert len(emit(graph).nodes) <= 8
    agree("maxout", {"pieces": 2048}, (2048, 2, 2))


@pytest.mark.parametrize("pieces", [4, 12])
@pytest.mark.parametrize("shape", [(48, 5), (48, 3, 4), (48, 2, 3, 4)])
def test_a_maxout_comes_back(shape: tuple[int, ...], pieces: int, tmp_path: Path) -> None:
    op = OPS["maxout"].of({"pieces": pieces})
    made = model_of(op, [shape], dict[str, torch.Tensor]()).whole()
    (tmp_path / "net.onnx").write_bytes(made.SerializeToString())
    assert f"maxout {pieces}" in decompile(tmp_path / "net.onnx").text
