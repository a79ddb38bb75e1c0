"""The table of a backend: layer → how it is written there, filled by functions that are marked."""

from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from archc.ops import Op

Row = TypeVar("Row", bound=Callable[..., object])


class Rows(Mapping[str, Row], Generic[Row]):
    """By the name of the layer."""

    def __init__(self) -> None:
        self._rows: dict[str, Row] = {}

    def lowers(self, *layers: type[Op]) -> Callable[[Row], Row]:
        """Marks a function as the row of these layers. Raises TypeError where one has a row."""

        def marked(row: Row) -> Row:
            for layer in layers:
                if self._rows.setdefault(layer.name, row) is not row:
                    raise TypeError(f"`{layer.name}` has two rows")
            return row

        return marked

    def __getitem__(self, layer: str) -> Row:
        return self._rows[layer]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
