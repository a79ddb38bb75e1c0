"""Every layer through ONNX Runtime, value by value beside PyTorch, over grids of what can go wrong."""

from collections.abc import Iterator

import pytest

from archc.backends.onnx.table import LOWERINGS
from tests.onnx.running import agree
from tests.sweep import Case, cases

PART = 40  # cases of a test: a layer has up to some hundreds


def parts() -> Iterator[tuple[str, list[Case]]]:
    """The cases of each layer in parts that each hold a bit of everything."""
    families: dict[str, list[Case]] = {}
    for case in cases():
        families.setdefault(case[0], []).append(case)
    for layer, family in families.items():
        count = -(-len(family) // PART)
        for number in range(count):
            yield layer, family[number::count]


PARTS = [*parts()]


@pytest.mark.parametrize(("layer", "part"), [pytest.param(*part, id=f"{part[0]}-{i}") for i, part in enumerate(PARTS)])
def test_layer(layer: str, part: list[Case]) -> None:
    for _, fields, shapes in part:
        agree(layer, fields, *shapes)


def test_every_layer_is_swept() -> None:
    assert {layer for layer, _ in PARTS} == set(LOWERINGS)


def test_the_sweep_is_wide() -> None:
    assert sum(len(part) for _, part in PARTS) >= 3_000
