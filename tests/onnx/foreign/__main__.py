"""Write the files of torch.onnx's newer exporter: needs onnxscript."""

from pathlib import Path

import onnx
import torch

from tests.onnx.foreign.modules import FOREIGN, made
from tests.onnx.foreign.small import SMALL
from tests.onnx.foreign.small import made as made_small

HERE = Path(__file__).parent


def write(module: torch.nn.Module, given: tuple[torch.Tensor, ...], path: Path) -> None:
    """With an open batch, and without the places of code that torch writes beside each node."""
    batches = tuple({0: torch.export.Dim("batch")} for _ in given)
    program = torch.onnx.export(module, given, dynamo=True, dynamic_shapes=batches, verbose=False)
    assert program is not None
    proto = program.model_proto
    for node in proto.graph.node:
        del node.metadata_props[:]
    onnx.save(proto, path)


for _name in FOREIGN:
    write(*made(_name), HERE / f"{_name}.onnx")
for _name in SMALL:
    write(made_small(_name), (torch.randn(2, 3, 16, 16),), HERE / f"small_{_name}.onnx")
