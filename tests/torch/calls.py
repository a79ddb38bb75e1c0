"""What a module asks of torch: its calls in their order, with the tensors by name."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

Call = tuple[str, tuple[object, ...], tuple[object, ...]]


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self, known: dict[str, Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[Call] = []
        self._kept = list(known.values())  # so that no id is given twice
        self._names = {id(tensor): name for name, tensor in known.items()}

    def _name(self, value: object) -> object:
        if not isinstance(value, Tensor):
            return value
        if id(value) not in self._names:
            self._names[id(value)] = f"value {len(self._kept)}"
            self._kept.append(value)
        return self._names[id(value)], tuple(value.shape)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = tuple(self._name(value) for value in tree_flatten((args, kwargs or {}))[0])
        result = func(*args, **(kwargs or {}))
        self.calls.append((str(func), given, tuple(self._name(value) for value in tree_flatten(result)[0])))
        return result


def calls(module: nn.Module, inputs: Sequence[Tensor]) -> list[Call]:
    """Every operator of a forward with its arguments. Where two modules make the same ones, they give the same bits."""
    known = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    recorder = _Recorder({**known, **{f"input {number}": value for number, value in enumerate(inputs)}})
    with torch.no_grad(), recorder:
        module(*inputs)
    return recorder.calls
