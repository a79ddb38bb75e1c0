"""The weights of an export as arrays. A file with the net's own names is read without PyTorch."""

# ruff: noqa: PLC0415  (PyTorch takes a second to import, and most exports do without it)

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from archc import weightfile
from archc.backends.onnx.emit import State
from archc.backends.onnx.lowered import Array
from archc.graph import Graph, Rebuild


def read_state(
    graph: Graph, path: Path, asked: str | None = None, again: Rebuild | None = None
) -> tuple[State, dict[str, str]]:
    """The tensors of a file under the net's names, and the file's metadata. asked, again, what is raised: see
    load_weights.
    """
    found = _own(graph, path) if asked is None else None
    if found is not None:
        return found
    from archc.backends.torch.module import build
    from archc.backends.torch.weights import load_weights

    module = build(graph, seed=0)
    load_weights(module, graph, path, asked, again)
    return _arrays(module.state_dict()), {}


def fresh_state(graph: Graph, init: str, seed: int, zero_gamma: bool = False) -> State:
    """The tensors of an initialisation. Raises ValueError if there is none of that name."""
    from archc.backends.torch.module import build

    return _arrays(build(graph, init=init, seed=seed, zero_gamma=zero_gamma).state_dict())


def _arrays(state: object) -> State:
    assert isinstance(state, dict)
    return {name: np.asarray(tensor.detach().cpu().numpy()) for name, tensor in state.items()}


def _own(graph: Graph, path: Path) -> tuple[dict[str, Array], dict[str, str]] | None:
    """The tensors of a file with the net's own names, shapes and types; None for any other file."""
    if path.suffix != ".safetensors":
        return None
    wanted = {
        f"{node.name}.{tensor.name}": tensor.shape for node in graph for tensor in node.op.parameters(node.input_shapes)
    }
    try:
        with safe_open(path, framework="np") as file:
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
            metadata = dict(file.metadata() or {})
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError):
        return None
    if weightfile.fault(path) is not None:
        return None
    if {name: array.shape for name, array in state.items()} != wanted or not all(map(_plain, state.values())):
        return None
    return state, metadata


def _plain(array: Array) -> bool:
    """Whether an array is floating-point and finite, or one count."""
    return bool(np.isfinite(array).all()) if array.dtype.kind == "f" else array.ndim == 0
