"""Every bundled network as a module on the meta device: no data, every shape, parameter and MAC."""

from fnmatch import fnmatch
from functools import partial

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import archc
from archc.graph import Graph, Node
from archc.sources import bundled_nets
from tests.torch.lowered import run

# LeNet-5's connection table has 1,516 parameters of 2,416; torch has no kernel for it and multiplies the zeros too.
ABSENT_CONNECTIONS = {"lenet5": (2416 - 1516) * 10 * 10}


def tensors(node: Node) -> list[tuple[str, tuple[int, ...], bool]]:
    return [(f"{node.name}.{t.name}", t.shape, t.buffer) for t in node.op.parameters(node.input_shapes)]


def graph_of(name: str) -> Graph:
    return archc.load(name).graph


SLOW = ("densenet1[67]?", "densenet201", "efficientnet_b[1-7]", "efficientnet_v2_[ml]", "resnet_cifar1202")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.nightly] if any(fnmatch(name, pattern) for pattern in SLOW) else [])
        for name in bundled_nets()
    ],
)
def test_module(name: str) -> None:
    graph = graph_of(name)
    module = archc.load(name).torch(device="meta").eval()
    state = {key: tuple(tensor.shape) for key, tensor in module.state_dict().items()}
    expected = [entry for node in graph for entry in tensors(node)]
    assert state == {key: shape for key, shape, _ in expected}
    assert list(state) == [key for key, _, _ in expected], "in the order in which the nodes stand"
    assert [key for key, _ in module.named_parameters()] == [key for key, _, buffer in expected if not buffer]

    ran: dict[str, tuple[int, ...]] = {}

    def keep(part: str, _module: nn.Module, _inputs: object, output: object) -> None:
        if isinstance(output, torch.Tensor):
            ran[part] = tuple(output.shape[1:])

    for part, submodule in module.named_modules():
        submodule.register_forward_hook(partial(keep, part))
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        output = module(*(torch.empty(1, *node.shape, device="meta") for node in graph.inputs))
    kept = [out for out in graph.outputs if not out.train_only]
    assert isinstance(output, torch.Tensor) == (len(kept) == 1)
    assert tuple(output.shape[1:]) == graph[kept[0].node].shape
    owners = {node.name: node.shape for node in graph.inference_nodes}
    assert {part: shape for part, shape in ran.items() if part in owners}.items() <= owners.items()
    macs = sum(node.op.macs(node.input_shapes, node.shape) for node in graph.inference_nodes)
    assert counter.get_total_flops() == 2 * (macs + ABSENT_CONNECTIONS.get(name, 0))


@pytest.mark.parametrize("name", bundled_nets())
def test_every_layer_alone(name: str) -> None:
    """Those that are expressions and no modules too."""
    seen = set()
    for node in graph_of(name):
        key = (node.op, node.input_shapes)
        if node.op.category == "input" or key in seen:
            continue
        seen.add(key)
        inputs = [torch.empty(1, *shape, device="meta") for shape in node.input_shapes]
        assert tuple(run(node.op, inputs, node.shape).shape[1:]) == node.shape, node.name


@pytest.mark.parametrize("name", ["googlenet", "googlenet_bn"])
def test_heads_for_training(name: str) -> None:
    net = archc.load(name)
    module = net.torch(device="meta")
    x = torch.empty(2, *net.graph.inputs[0].shape, device="meta")
    trained = module.train()(x)
    assert list(trained) == ["output", "aux1", "aux2"]
    assert {tuple(value.shape) for value in trained.values()} == {(2, 1000)}
    assert tuple(module.eval()(x).shape) == (2, 1000)
