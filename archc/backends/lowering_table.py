"""The lowering table of a backend: layer → the function that lowers it, registered by a decorator."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from archc.ops import Op

Lowering = TypeVar("Lowering", bound=Callable[..., object])


class LoweringTable(Mapping[str, Lowering], Generic[Lowering]):
    """Name of a layer → its lowering."""

    def __init__(self) -> None:
        self._lowerings: dict[str, Lowering] = {}

    def lowers(self, *layers: type[Op]) -> Callable[[Lowering], Lowering]:
        """A decorator that registers a function for these layers. Raises TypeError where one has another."""

        def register(lowering: Lowering) -> Lowering:
            for layer in layers:
                if self._lowerings.setdefault(layer.name, lowering) is not lowering:
                    raise TypeError(f"`{layer.name}` has two lowerings")
            return lowering

        return register

    def __getitem__(self, layer: str) -> Lowering:
        return self._lowerings[layer]

    def __iter__(self) -> Iterator[str]:
        return iter(self._lowerings)

    def __len__(self) -> int:
        return len(self._lowerings)
