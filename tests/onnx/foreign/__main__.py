"""Write the files of torch.onnx's newer exporter: needs onnxscript."""

from pathlib import Path

import onnx
import torch

from tests.onnx.foreign.modules import FOREIGN, made

for _name in FOREIGN:
    _module, _given = made(_name)
    _open = tuple({0: torch.export.Dim("batch")} for _ in _given)
    _path = Path(__file__).parent / f"{_name}.onnx"
    _program = torch.onnx.export(_module, _given, dynamo=True, dynamic_shapes=_open, verbose=False)
    assert _program is not None
    onnx.save(_program.model_proto, _path)
