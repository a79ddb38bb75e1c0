"""Everything that is known of a network, held against whoever else knows it.

The shape of every value: ours, PyTorch's, ONNX Runtime's, ONNX's inference. Parameters: the module's. MACs: those of
PyTorch's flop counter. Outputs: PyTorch's layer by layer, as one module, as the written file, and ONNX Runtime's.
Rewritten: laid out, expanded, exported as .py and .onnx, and imported, it is the same network.
"""

from collections.abc import Mapping
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import ModelProto
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import archc
from archc.analysis.fingerprint import fingerprint
from archc.backends.onnx.emit import emit
from archc.backends.onnx.model import model
from archc.decompile.compare import compare
from archc.decompile.source import decompile
from archc.diagnostics import ArchError, Source
from archc.expand import expand
from archc.graph import Graph, Node
from archc.serving.export import export
from archc.serving.onnx_options import OnnxOptions
from archc.syntax.format import format_source
from tests.fuzz.sources import laid_out
from tests.torch.lowered import run

TOLERANCE = 1e-4
"""Of the greatest |y|."""
ROUNDING = 1e-5
"""A net in which PyTorch's float32 differs from its own float64 by more is held to TIMES that difference:
there the tolerance would be of rounding, and not of what is computed."""
TIMES = 25
OFF = 2e-7
"""What an activation may be off in ONNX Runtime, however small it is: it gives 6.3e-7 for the sigmoid of -14.24, which
is 6.5e-7. Times its input where that is above 1, as a silu's."""
SHAKEN = 10
BATCH = 3
NOTHING = frozenset({"input", "identity", "dropout", "stochastic_depth"})
"""Layers that no file has: of a net of these alone it holds nothing to import."""
UNREAD = frozenset({"bn", "channel_shuffle", "lrn", "matmul", "maxpool", "pad_channels", "rbf", "softplus", "tconv"})
"""Layers of which some settings are written as nodes that `archc import` does not know, and says so."""
OTHERWISE = frozenset({"kernel", "matmul", "tconv"})
"""Layers that may come back as others that compute the same: a fixed filter as a convolution, since a file does not
say what is learnt."""

Values = dict[str, Tensor]


def agree(text: str) -> dict[str, int]:
    """Raises AssertionError where two differ. What was seen, in figures."""
    net = archc.parse(text)
    graph = net.graph
    rewritten(text, graph)
    torch.manual_seed(0)
    module = net.torch().eval()
    state = filled(module)
    assert sum(p.numel() for p in module.parameters()) == net.params + trained_alone(graph)
    xs = [torch.randn(BATCH, *node.shape) for node in graph.inputs]
    values = by_hand(graph, xs, state)
    found, macs = as_module(module, graph, xs)
    assert macs == BATCH * sum(map(counted, graph.inference_nodes))
    standalone(net, state, xs, found)
    trains(module, graph, xs)
    exact, rounding = in_double(module, graph, state, xs, found)
    for name, node in served(graph).items():
        if rounding <= ROUNDING:
            torch.testing.assert_close(found[name], values[node], equal_nan=True)
        else:
            assert distance(values[node], exact[name]) <= TIMES * rounding, f"{name} is another, layer by layer"
    in_onnx(graph, state, xs, exact, rounding)
    came_back = back_from_onnx(graph, state, rounding)
    return {"layers": len(graph), "ill_conditioned": int(rounding > ROUNDING), "imported": int(came_back)}


def served(graph: Graph) -> dict[str, str]:
    """The outputs that are there when serving, with their nodes."""
    return {output.name: output.node for output in graph.outputs if not output.train_only}


def rewritten(text: str, graph: Graph) -> None:
    """Laid out and expanded it is the same network."""
    laid_out(Source("<text>", text))
    again = archc.parse(format_source(Source("<text>", text))).graph
    assert fingerprint(again) == fingerprint(graph), "laid out it is another network"
    flat = archc.parse(expand(graph)).graph
    assert fingerprint(flat) == fingerprint(graph), "expanded it is another network"


def filled(module: nn.Module) -> Values:
    """Weights that are neither all ones nor so small that nothing comes through."""
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 1.5)
            elif name.endswith("running_mean"):
                tensor.normal_(0, 0.3)
        for parameter in module.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def trained_alone(graph: Graph) -> int:
    """Parameters of layers that only training needs, which are not counted but are there."""
    inference = {node.name for node in graph.inference_nodes}
    return sum(
        tensor.size
        for node in graph
        if node.name not in inference
        for tensor in node.op.parameters(node.input_shapes)
        if not tensor.buffer
    )


def by_hand(graph: Graph, xs: list[Tensor], state: Values) -> Values:
    """The value of every node, each layer run by itself."""
    values = dict(zip((node.name for node in graph.inputs), xs, strict=True))
    with torch.no_grad():
        for node in graph:
            if node.op.category == "input":
                continue
            own = {tensor.name: state[f"{node.name}.{tensor.name}"] for tensor in node.op.parameters(node.input_shapes)}
            values[node.name] = run(node.op, [values[name].clone() for name in node.inputs], node.shape, own)
            assert tuple(values[node.name].shape[1:]) == node.shape, f"PyTorch's shape of {node.name}"
    return values


def as_module(module: nn.Module, graph: Graph, xs: list[Tensor]) -> tuple[Values, int]:
    """Its outputs, and the MACs that PyTorch counts, which are those of attention too where it is written out."""
    counter = FlopCounterMode(display=False)
    with torch.no_grad():
        output = module(*[x.clone() for x in xs])
        with counter, sdpa_kernel(SDPBackend.MATH):
            module(*[x.clone() for x in xs])
    return by_name(output, graph), counter.get_total_flops() // 2


def by_name(output: Any, graph: Graph) -> Values:
    names = served(graph)
    found = output if isinstance(output, dict) else {next(iter(names)): output}
    assert set(found) == set(names)
    return found


def counted(node: Node) -> int:
    """The MACs of a layer as PyTorch counts them. Two it counts by how they are computed: a fixed filter, which learns
    nothing, as a convolution, and a table of connections as all of them."""
    op = node.op
    if op.name == "kernel":
        return 9 * prod(node.shape)
    if op.name == "conv" and getattr(op, "connections", None) is not None:
        seen = op.parameters(node.input_shapes)[0].shape[0]
        return op.macs(node.input_shapes, node.shape) // seen * node.shape[0] * node.input_shapes[0][0]
    return op.macs(node.input_shapes, node.shape)


def standalone(net: archc.Net, state: Values, xs: list[Tensor], found: Values) -> None:
    """The file that `archc export net.py` writes, imported, gives the same bit for bit."""
    scope: dict[str, Any] = {}
    exec(compile(net.python(), "net.py", "exec"), scope)
    classes = [value for value in scope.values() if isinstance(value, type) and value.__module__ == "builtins"]
    alone = next(made for made in reversed(classes) if issubclass(made, nn.Module))().eval()
    alone.load_state_dict(state)
    with torch.no_grad():
        again = by_name(alone(*[x.clone() for x in xs]), net.graph)
    assert all(torch.equal(again[name].nan_to_num(), found[name].nan_to_num()) for name in found), "the file differs"


def trains(module: nn.Module, graph: Graph, xs: list[Tensor]) -> None:
    """In training every output is there."""
    output = module.train()(*[x.clone() for x in xs])
    module.eval()
    if isinstance(output, dict):
        assert set(output) == {out.name for out in graph.outputs}


def in_double(module: nn.Module, graph: Graph, state: Values, xs: list[Tensor], found: Values) -> tuple[Values, float]:
    """The outputs in double precision, and how far those in single are from them."""
    module.load_state_dict(state)  # training has moved the running means
    with torch.no_grad():
        exact = by_name(module.double()(*[x.double() for x in xs]), graph)
    module.float()
    return exact, max(distance(found[name], exact[name]) for name in exact)


def distance(found: Tensor, exact: Tensor, every: Tensor | None = None) -> float:
    """max |Δ| / max |y|; infinite where one has numbers and the other none. every: the outputs of the whole batch, of
    which these are some: one sample's single output may be next to nothing."""
    found = found.double()
    if not torch.equal(found.isfinite(), exact.isfinite()):
        return float("inf")
    scale = float((exact if every is None else every).nan_to_num(posinf=0, neginf=0).abs().max())
    apart = float((found - exact).nan_to_num(posinf=0, neginf=0).abs().max())
    return apart / scale if scale else apart


def in_onnx(graph: Graph, state: Values, xs: list[Tensor], exact: Values, rounding: float) -> None:
    """The shapes that ONNX's inference and ONNX Runtime find for every value, and the outputs of the file as it is."""
    made = model(graph, {name: value.numpy() for name, value in state.items()})
    whole = made.whole()
    onnx.checker.check_model(whole, full_check=True)
    shapes_by_inference(graph, whole)
    given = {node.name: x.numpy() for node, x in zip(graph.inputs, xs, strict=True)}
    shapes_when_run(graph, whole, given)
    running = session(whole)
    names = [value.name for value in running.get_outputs()]
    for batch in (BATCH, 1):
        if batch != BATCH and any(node.op.name == "bn" and not tracks(node) for node in graph):
            continue  # such a norm is of the batch
        part = {name: x[:batch] for name, x in given.items()}
        for name, array in zip(names, running.run(names, part), strict=True):
            apart = distance(torch.from_numpy(np.array(array)), exact[name][:batch], exact[name])
            allowed = max(TOLERANCE, TIMES * rounding)
            if allowed < apart < float("inf"):
                allowed = max(allowed, SHAKEN * shaken(graph, state, xs, exact))
            assert apart <= allowed, f"{name} of a batch of {batch}: {apart:.1e} of max |y|"


def shaken(graph: Graph, state: Values, xs: list[Tensor], exact: Values) -> float:
    """How far the outputs go, as a share of max |y|, where every activation is off by what it may be."""
    signs = torch.Generator().manual_seed(0)
    values = dict(zip((node.name for node in graph.inputs), (x.double() for x in xs), strict=True))
    with torch.no_grad():
        for node in graph.inference_nodes:
            if node.op.category == "input":
                continue
            own = {t.name: state[f"{node.name}.{t.name}"].double() for t in node.op.parameters(node.input_shapes)}
            given = [values[name].clone() for name in node.inputs]
            value = run(node.op, given, node.shape, own)
            if node.op.category == "activation" and node.op.name != "maxout":
                way = torch.randint(0, 2, value.shape, generator=signs) * 2 - 1
                value = value + OFF * way * values[node.inputs[0]].abs().clamp(min=1)
            values[node.name] = value
    return max(distance(values[node], exact[name]) for name, node in served(graph).items())


def tracks(node: Node) -> bool:
    return bool(node.op.values()["track_running_stats"])


def shapes_by_inference(graph: Graph, whole: ModelProto) -> None:
    bare = ModelProto()
    bare.CopyFrom(whole)
    del bare.graph.value_info[:]
    inferred = onnx.shape_inference.infer_shapes(bare, strict_mode=True, data_prop=True)
    shapes = {v.name: v.type.tensor_type.shape for v in (*inferred.graph.value_info, *inferred.graph.output)}
    values = emit(graph).values
    for node in graph.inference_nodes:
        shape = shapes.get(values[node.name])
        if shape is not None and node.op.category != "input":
            assert len(shape.dim) == 1 + len(node.shape), f"ONNX's shape of {node.name}"
            pairs = zip((dim.dim_value for dim in shape.dim[1:]), node.shape, strict=True)
            assert all(found in (0, size) for found, size in pairs), f"ONNX's shape of {node.name}"


def shapes_when_run(graph: Graph, whole: ModelProto, given: Mapping[str, Any]) -> None:
    """With every value for an output."""
    opened = ModelProto()
    opened.CopyFrom(whole)
    values = emit(graph).values
    known = {value.name for value in (*opened.graph.output, *opened.graph.input)}
    inner = {values[node.name]: node for node in graph.inference_nodes if values[node.name] not in known}
    if not inner:
        return
    del opened.graph.value_info[:]
    opened.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in inner)
    running = session(opened, plain=True)
    for (name, node), array in zip(inner.items(), running.run(list(inner), dict(given)), strict=True):
        assert array.shape[1:] == node.shape, f"ONNX Runtime's shape of {name}"


def session(whole: ModelProto, plain: bool = False) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    if plain:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(whole.SerializeToString(), options, providers=["CPUExecutionProvider"])


def back_from_onnx(graph: Graph, state: Values, rounding: float) -> bool:
    """The file, imported, computes the same, and with as many parameters and MACs. Whether it could be read."""
    layers = {node.op.name for node in graph.inference_nodes}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        export(graph, {name: value.numpy() for name, value in state.items()}, path, OnnxOptions(verify=False))
        try:
            made = decompile(path)
        except ArchError as error:
            plain = len(graph.inputs) == len(served(graph)) == 1 and not layers <= NOTHING
            assert not plain or layers & UNREAD, f"it is not imported: {error}"
            return False
        if rounding <= ROUNDING and len(graph.inputs) == 1:
            compare(path, made)
    again = archc.parse(made.text)
    shapes = [again.graph[output.node].shape for output in again.graph.outputs]
    assert sorted(shapes) == sorted(graph[node].shape for node in served(graph).values()), (
        "imported it gives other shapes"
    )
    kept = graph.inference_nodes
    params = sum(t.size for n in kept for t in n.op.parameters(n.input_shapes) if not t.buffer)
    macs = sum(n.op.macs(n.input_shapes, n.shape) for n in kept)
    assert layers & OTHERWISE or (again.params, again.macs) == (params, macs), "imported it costs something else"
    return True
