"""An imported net as PyTorch runs it, beside the file as ONNX Runtime runs it."""

from pathlib import Path

import numpy as np
import onnxruntime
import torch

import archc as library
from archc.decompile.compare import compare
from archc.decompile.source import Decompiled, decompile


def imported(path: Path) -> Decompiled:
    """What is made of a file, which computes the same: to archc's own comparison, and to PyTorch by the source."""
    made = decompile(path)
    assert compare(path, made) < 1e-5
    running = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    module = library.parse(made.text).torch().eval()
    module.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in made.state.items()})
    fixed = running.get_inputs()[0].shape[0]
    for batch in (fixed,) if isinstance(fixed, int) else (1, 3):
        given = [torch.randn(batch, *node.shape) for node in made.graph.inputs]
        fed = {name: last(x, name in made.channels_last) for name, x in zip(made.inputs, given, strict=True)}
        expected = running.run(None, fed)
        with torch.no_grad():
            answer = module(*given)
        found = list(answer.values()) if isinstance(answer, dict) else [answer]
        assert len(found) == len(expected)
        for name, mine, one in zip(made.outputs, found, expected, strict=True):
            scale = max(1.0, float(np.abs(one).max(initial=0)))  # a small value may be a sum of large ones
            np.testing.assert_allclose(last(mine, name in made.channels_last), one, rtol=1e-4, atol=1e-5 * scale)
    assert list(made.outputs) == [output.name for output in running.get_outputs()]
    return made


def last(value: torch.Tensor, channels_last: bool) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return (value.movedim(1, -1) if channels_last else value).contiguous().numpy()
