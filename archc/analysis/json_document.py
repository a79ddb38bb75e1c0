"""The document of `archc check --json`, schema 1. Layers are in execution order; shapes are (C, H, W)."""

from collections.abc import Iterable
from typing import Any

from archc.analysis.cost import cost, totals, training_totals
from archc.analysis.memory import inference_peak, training_bytes
from archc.analysis.receptive_field import receptive_fields
from archc.analysis.summary import CheckedNet
from archc.diagnostics import Diagnostic
from archc.diagnostics.record import record as diagnostic_record
from archc.graph import Graph

SCHEMA = 1


def document(nets: Iterable[CheckedNet], diagnostics: Iterable[Diagnostic], batch: int = 1) -> dict[str, Any]:
    """Nets that checked, and everything that was found. Memory is for `batch` samples, the rest for one."""
    return {
        "schema": SCHEMA,
        "nets": [net_record(net, net.graph, batch) for net in nets if net.graph is not None],
        "diagnostics": [diagnostic_record(diagnostic) for diagnostic in diagnostics],
    }


def net_record(net: CheckedNet, graph: Graph, batch: int = 1) -> dict[str, Any]:
    """One net."""
    figures, training = totals(graph), training_totals(graph)
    seen = receptive_fields(graph)
    inference = {node.name for node in graph.inference_nodes}
    layers = []
    for node in graph.nodes:
        one = cost(node)
        layers.append(
            {
                "name": node.name,
                "op": node.op.name,
                "layer": node.op.words(),
                "inputs": list(node.inputs),
                "output": list(node.shape),
                "params": one.params,
                "params_trainable": one.params_trainable,
                "macs": one.macs,
                "flops": one.flops,
                "receptive_field": list(seen[node.name].sizes),
                "train_only": node.name not in inference,
                "file": node.span.source.name,
                "line": node.span.line,
            }
        )
    first = graph.inputs[0]
    main = graph.outputs[0]
    return {
        "name": net.name,
        "file": net.file,
        "input": list(first.shape),
        "output": list(graph[main.node].shape),
        "inputs": [{"name": node.name, "shape": list(node.shape)} for node in graph.inputs],
        "outputs": [
            {
                "name": output.name,
                "layer": output.node,
                "shape": list(graph[output.node].shape),
                "train_only": output.train_only,
            }
            for output in graph.outputs
        ],
        "params": figures.params,
        "params_trainable": figures.params_trainable,
        "buffers": figures.buffers,
        "macs": figures.macs,
        "flops": figures.flops,
        "depth": figures.depth,
        "weight_bytes": figures.weight_bytes,
        "training": {"params": training.params, "macs": training.macs, "flops": training.flops},
        "batch": batch,
        "activation_bytes": training_bytes(graph, batch),
        "inference_peak_bytes": inference_peak(graph, batch),
        "as_written": net.as_written,
        "stated_figures_held": net.checked,
        "layers": layers,
    }
