"""Random networks: shapes, parameters and MACs are torch's, and the written module computes what its layers do.

The expected values come from running the graph node by node, each layer alone; what is tested is how the writer
puts them together: blocks as classes, names, variables that are used again, memory that is written over.
"""

import os

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch.utils.flop_counter import FlopCounterMode

import archc
from archc.graph import Graph
from tests.fuzz.networks import networks
from tests.torch.lowered import by_hand

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def agree(text: str) -> None:
    """Everything that is known of a network is true of its module."""
    net = archc.parse(text)
    torch.manual_seed(0)
    module = net.torch().eval()
    state = module.state_dict()
    assert sum(p.numel() for p in module.parameters()) == sum(
        t.size for n in net.graph for t in n.op.parameters(n.input_shapes) if not t.buffer
    )
    inputs = [torch.randn(2, *node.shape) for node in net.graph.inputs]
    with torch.no_grad():
        values = by_hand(net.graph, inputs, state)
        counter = FlopCounterMode(display=False)
        with counter:
            output = module(*[x.clone() for x in inputs])
    kept = [out for out in net.graph.outputs if not out.train_only]
    found = output if isinstance(output, dict) else {kept[0].name: output}
    assert set(found) == {out.name for out in kept}
    for out in kept:
        torch.testing.assert_close(found[out.name], values[out.node], equal_nan=True)
    macs = sum(node.op.macs(node.input_shapes, node.shape) for node in net.graph.inference_nodes)
    assert counter.get_total_flops() == 2 * 2 * macs, "a batch of two"
    scope: dict[str, type[torch.nn.Module]] = {}
    exec(net.python(), scope)
    alone = scope[type(module).__name__]().eval()
    alone.load_state_dict(state)
    with torch.no_grad():
        again = alone(*inputs)
    same = again if isinstance(again, dict) else {kept[0].name: again}
    assert all(torch.equal(same[name].nan_to_num(), found[name].nan_to_num()) for name in found)
    trained = module.train()(*[x.clone() for x in inputs]) if trains(net.graph) else None
    if isinstance(trained, dict):
        assert set(trained) == {out.name for out in net.graph.outputs}


def trains(graph: Graph) -> bool:
    """Batch norm over a batch of two needs no more; a single value has no variance, and two have one."""
    return all(node.op.name not in ("instancenorm",) for node in graph)


@settings(max_examples=500, suppress_health_check=CHECKS)
@given(networks())
def test_networks(text: str) -> None:
    agree(text)


@pytest.mark.nightly
@settings(max_examples=int(os.environ.get("ARCHC_EXAMPLES", "20000")), suppress_health_check=CHECKS)
@given(networks(most=40))
def test_many_networks(text: str) -> None:
    agree(text)
