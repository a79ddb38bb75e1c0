"""Random networks in ONNX Runtime: every value has our shape by ONNX's inference, and the outputs are PyTorch's."""

import os

import onnx
import pytest
import torch
from hypothesis import HealthCheck, given, settings

import archc
from archc.backends.onnx.emit import emit
from archc.backends.onnx.model import model
from tests.fuzz.networks import networks
from tests.onnx.running import session

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def agree(text: str) -> None:
    graph = archc.parse(text).graph
    torch.manual_seed(0)
    module = archc.parse(text).torch().double().eval()
    made = model(graph, {name: value.float().numpy() for name, value in module.state_dict().items()})
    whole = made.whole()
    del whole.graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(whole, strict_mode=True, data_prop=True)
    shapes = {v.name: v.type.tensor_type.shape for v in (*inferred.graph.value_info, *inferred.graph.output)}
    values = emit(graph).values
    for node in graph.inference_nodes:
        shape = shapes.get(values[node.name])
        if shape is not None and node.op.category != "input":
            pairs = zip(shape.dim[1:], node.shape, strict=True)
            assert all(not dim.HasField("dim_value") or dim.dim_value == size for dim, size in pairs), node.name
    running = session(made)
    for batch in (1, 3):
        xs = [torch.randn(batch, *node.shape) for node in graph.inputs]
        with torch.no_grad():
            output = module(*(x.double() for x in xs))
        expected = output if isinstance(output, dict) else {graph.outputs[0].name: output}
        names = [value.name for value in running.get_outputs()]
        found = running.run(names, {node.name: x.numpy() for node, x in zip(graph.inputs, xs, strict=True)})
        for name, one in zip(names, found, strict=True):
            scale = float(expected[name].nan_to_num().abs().max())
            torch.testing.assert_close(
                torch.from_numpy(one).double(), expected[name], rtol=1e-4, atol=1e-4 * scale + 1e-6, equal_nan=True
            )


@settings(max_examples=200, suppress_health_check=CHECKS)
@given(networks())
def test_networks(text: str) -> None:
    agree(text)


@pytest.mark.nightly
@settings(max_examples=int(os.environ.get("ARCHC_EXAMPLES", "20000")), suppress_health_check=CHECKS)
@given(networks(most=40))
def test_many_networks(text: str) -> None:
    agree(text)
