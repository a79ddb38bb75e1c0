"""Every bundled network as ONNX: each value's shape by ONNX's own inference, and what it computes beside PyTorch."""

from fnmatch import fnmatch

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, shape_inference

import archc
from archc.api import Net
from archc.backends.onnx.emit import emit
from archc.backends.onnx.model import model
from archc.diagnostics import ArchError
from archc.sources import bundled_nets
from tests.onnx.running import session

TINY = (64, 64)
LARGE = (
    *("alexnet*", "convnext_*", "densenet16?", "densenet201", "efficientnet_b[3-7]", "efficientnet_v2_*", "googlenet"),
    *("inception_v*", "regnet_*_[38]*gf", "regnet_*_16gf", "resnet1??", "resnet[35]?", "resnet_cifar1202"),
    *("resnet_v1_[35]?", "resnet_v1_1??", "resnext*_32x*", "se_resnet*", "unet", "vgg*", "vit_*", "wide_*"),
)
"""More than 600 million MACs at the tiny input or 12 million parameters, as patterns of names."""


def small(name: str) -> Net:
    """At a tiny input where the net takes one."""
    net = archc.load(name)
    if len(net.graph.inputs) == 1 and len(net.graph.inputs[0].shape) == 3 and net.graph.inputs[0].shape[1] > TINY[0]:
        try:
            return archc.load(name, input=TINY)
        except ArchError:
            return net
    return net


CHEAP = [name for name in bundled_nets() if not any(fnmatch(name, pattern) for pattern in LARGE)]


@pytest.mark.parametrize("name", bundled_nets())
def test_shapes(name: str) -> None:
    """The weights are inputs here: what is asked is what ONNX makes of the nodes."""
    graph = archc.load(name).graph
    state = {
        f"{node.name}.{tensor.name}": np.broadcast_to(np.float32(0), tensor.shape)
        for node in graph
        for tensor in node.op.parameters(node.input_shapes)
    }
    emitted = emit(graph)
    proto = model(graph, {}, weights=False).proto
    del proto.graph.value_info[:]
    for weight, make in emitted.tensors.items():
        proto.graph.input.append(helper.make_tensor_value_info(weight, TensorProto.FLOAT, make(state).shape))
    onnx.checker.check_model(proto)
    inferred = shape_inference.infer_shapes(proto, check_type=True, strict_mode=True, data_prop=True)
    shapes = {
        value.name: value.type.tensor_type.shape for value in (*inferred.graph.value_info, *inferred.graph.output)
    }
    found = 0
    for node in graph.inference_nodes:
        shape = shapes.get(emitted.values[node.name])
        if shape is not None and node.op.category != "input":
            assert tuple(dim.dim_value for dim in shape.dim[1:]) == node.shape, node.name
            assert shape.dim[0].dim_param == "batch", node.name
            found += 1
    assert found >= 0.9 * sum(node.op.category != "input" for node in graph.inference_nodes)


def agree(name: str, batches: tuple[int, ...]) -> None:
    net = small(name)
    torch.manual_seed(0)
    module = net.torch(seed=0).eval()
    with torch.no_grad():
        for key, buffer in module.named_buffers():
            if key.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)
            elif key.endswith("running_mean"):
                buffer.normal_(0, 0.1)
    running = session(model(net.graph, {key: value.numpy() for key, value in module.state_dict().items()}))
    for batch in batches:
        xs = [torch.randn(batch, *node.shape) for node in net.graph.inputs]
        with torch.no_grad():
            expected = module(*xs)
        (found, *_) = running.run(None, {node.name: x.numpy() for node, x in zip(net.graph.inputs, xs, strict=True)})
        assert isinstance(expected, torch.Tensor)
        error = (torch.from_numpy(found) - expected).abs().max() / expected.abs().max()
        assert error < 1e-4, f"batch {batch}: {error:.1e}"


@pytest.mark.parametrize("name", CHEAP)
def test_values(name: str) -> None:
    agree(name, (1, 3))


@pytest.mark.nightly
@pytest.mark.parametrize("name", sorted(set(bundled_nets()) - set(CHEAP)))
def test_values_of_large_ones(name: str) -> None:
    agree(name, (1,))
