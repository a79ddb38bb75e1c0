"""How a layer is written in ONNX: a call of the layer, and under it the nodes as an expression of what flows in.

lowerings.txt is read beside ONNX's description of its operators; that the nodes mean what PyTorch's layer does is
tried in ONNX Runtime here, and over far more cases in test_ops_sweep.py.
"""

import ast
import os
from pathlib import Path
from typing import Any

import pytest

from archc.backends.onnx.table import LOWERINGS
from archc.ops import OPS, Shape
from tests.onnx.running import agree
from tests.onnx.written import made, written
from tests.sweep import cases

FILE = Path(__file__).parent / "lowerings.txt"
CASES = [case.splitlines() for case in FILE.read_text("utf-8").split("\n\n")]


def asked(call: str) -> tuple[str, dict[str, Any], list[Shape]]:
    """`conv(kernel_size=3)((4, 8, 9))`: the layer, its fields and what flows into it."""
    applied = ast.parse(call, mode="eval").body
    assert isinstance(applied, ast.Call)
    layer = applied.func
    assert isinstance(layer, ast.Call)
    assert isinstance(layer.func, ast.Name)
    fields = {str(one.arg): ast.literal_eval(one.value) for one in layer.keywords}
    return layer.func.id, fields, [ast.literal_eval(one) for one in applied.args]


@pytest.mark.parametrize(("call", "nodes"), CASES, ids=[call for call, _ in CASES])
def test_a_layer_is_written_so(call: str, nodes: str) -> None:
    layer, fields, shapes = asked(call)
    assert written(layer, fields, *shapes) == nodes.strip()
    agree(layer, fields, *shapes)


def test_every_layer_is_there() -> None:
    """ARCHC_UPDATE=1 writes one that is missing, as its first case in tests/sweep.py has it."""
    there = {asked(call)[0] for call, _ in CASES}
    firsts = {layer: (fields, shapes) for layer, fields, shapes in reversed([*cases()]) if layer not in there}
    for layer, (fields, shapes) in firsts.items() if os.environ.get("ARCHC_UPDATE") else ():
        call = f"{layer}({', '.join(f'{name}={value!r}' for name, value in fields.items())})"
        with FILE.open("a", encoding="utf-8") as file:
            file.write(f"\n{call}({', '.join(map(str, shapes))})\n    {written(layer, fields, *shapes)}\n")
        there.add(layer)
    assert there == set(LOWERINGS)


def test_weights_have_the_names_of_the_state() -> None:
    """So that who opens the file finds those of the state_dict; of attention's stacked ones, q, k and v by name."""
    for layer, fields, shapes in cases():
        owned = {tensor.name for tensor in OPS[layer].of(fields).parameters(shapes)}
        if layer == "attention":
            stacked = {name for name in owned if name.startswith("in_")}
            owned = owned - stacked | {f"{name}.{part}" for name in stacked for part in "qkv"}
        named = {name.removeprefix("layer.") for name in made(layer, fields, *shapes).weights}
        assert named == owned - {"num_batches_tracked"}, (layer, fields)
