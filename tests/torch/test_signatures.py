"""The signatures of torch.nn that are kept as data are torch's, and every layer that has a constructor there is found.

A layer is written as the backend writes it, and read back: what is proposed for that text is lowered to it again.
"""

import inspect
from functools import cache
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import archc
from archc.backends.torch.expressions import call_text
from archc.backends.torch.lowered import Lowered
from archc.backends.torch.table import LOWERINGS
from archc.diagnostics import apply_edits
from archc.frameworks.calls import signature
from archc.frameworks.inverse import PYTORCH, TORCH, layers_of, lowering
from archc.ops import OPS, Op, Shape, hwc
from tests.sweep import Case, cases

NO_LAYERS: tuple[str, ...] = (
    "Loss",
    "Container",
    "Module",
    "ModuleDict",
    "ModuleList",
    "ParameterDict",
    "ParameterList",
    "Sequential",
)
NO_LAYERS += ("DataParallel", "CosineSimilarity", "PairwiseDistance", "AdaptiveLogSoftmaxWithLoss", "Base", "NLLLoss2d")
KEPT = 12  # settings of each layer that are read back


def parameters(made: Any) -> list[tuple[str, Any, Any]]:
    """Names, kinds and defaults; none where any are taken and no notice is."""
    found = inspect.signature(made).parameters.values()
    return [(one.name, one.kind, one.default) for one in found if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]


def ours(text: str | None) -> list[tuple[str, Any, Any]]:
    return [(one.name, one.kind, one.default) for one in signature(text or "").parameters.values()]


@pytest.mark.parametrize("name", [name for name, told in PYTORCH.parameters.items() if told is not None])
def test_the_signature_is_torchs(name: str) -> None:
    theirs = parameters(getattr(nn, name))
    kept = [
        one for one in ours(PYTORCH.parameters[name]) if "bias" in [known for known, *_ in theirs] or one[0] != "bias"
    ]
    assert kept == theirs  # before 2.13 norms have no argument `bias`


def test_every_module_of_torch_is_known() -> None:
    modules = {name for name, made in vars(nn).items() if inspect.isclass(made) and issubclass(made, nn.Module)}
    layers = {name for name in modules if not name.endswith(NO_LAYERS)}
    assert layers <= PYTORCH.parameters.keys()


def test_the_functions_are_torchs() -> None:
    for name in ("pad", "layer_norm", "dropout", "dropout1d", "dropout2d", "dropout3d"):
        assert ours(TORCH.parameters[f"F.{name}"]) == parameters(getattr(F, name))[1:], name
    for name in ("max_pool1d", "max_pool2d", "max_pool3d"):  # of which the public function takes any arguments
        assert ours(TORCH.parameters[f"F.{name}"]) == parameters(getattr(F, f"_{name}"))[1:], name
    x = torch.zeros(2, 3, 4)  # torch.flatten has no signature that Python can read
    assert torch.flatten(x).shape == torch.flatten(x, 0, -1).shape
    assert [one[0] for one in ours(TORCH.parameters["torch.flatten"])] == ["start_dim", "end_dim"]
    assert torch.equal(torch.flatten(x, start_dim=1, end_dim=2), x.reshape(2, 12))


VECTORS: list[Case] = [("fc", {"out_features": 5, "bias": bias}, ((12,),)) for bias in (True, False)]


@cache
def constructed() -> dict[str, list[tuple[Op, Shape, Lowered]]]:
    """Layers of the sweep whose lowering has a constructor of torch.nn, by name, with what flows in."""
    found: dict[str, list[tuple[Op, Shape, Lowered]]] = {}
    for layer, fields, shapes in (*cases(), *VECTORS):
        op = OPS[layer].of(fields)
        row = LOWERINGS[layer](op, shapes, op.output(shapes))
        if row.make is not None and row.make.callee.startswith("nn."):
            found.setdefault(layer, []).append((op, shapes[0], row))
    return found


@pytest.mark.parametrize("layer", [name for name in OPS if name in LOWERINGS])
def test_what_a_layer_is_written_as_is_read_back(layer: str) -> None:
    """The text of the constructor has a fix, and that is a net which is written so again."""
    alone = [(op, shape, row.make) for op, shape, row in constructed().get(layer, []) if row.is_module]
    assert alone or layer not in constructed()
    for op, shape, make in alone[:: len(alone) // KEPT + 1]:
        steps = lowering(op, shape)
        assert steps is not None and make is not None
        source = f"net n {{\n  input {hwc(shape)}\n  {call_text(make)}\n}}\n"
        with pytest.raises(archc.ArchError) as raised:
            archc.parse(source)
        (diagnostic,) = raised.value.diagnostics
        net = archc.parse(apply_edits(source, diagnostic.fixes[0].edits))
        nodes = [node for node in net.graph if node.op.category != "input"]
        assert [step for node in nodes for step in lowering(node.op, node.input_shapes[0]) or []] == steps, call_text(
            make
        )


@pytest.mark.parametrize("layer", ["flatten", "reshape", "pad", "tokens"])
def test_functions_are_steps_too(layer: str) -> None:
    """The search for a step that no constructor makes finds every layer that makes it."""
    for name, fields, shapes in cases():
        if name == layer:
            steps = lowering(OPS[name].of(fields), shapes[0])
            assert steps is not None
            assert all(layer in layers_of(step.name) for step in steps[:1])


@pytest.mark.parametrize("call", ["Conv2d(8, 8, 3, padding_mode='reflct')", "AdaptiveAvgPool2d(None)", "GLU(None)"])
def test_what_torch_refuses_has_no_fix(call: str) -> None:
    with pytest.raises((TypeError, ValueError, NotImplementedError)):
        eval(call, vars(nn))(torch.zeros(1, 8, 8, 8))
    with pytest.raises(archc.ArchError) as raised:
        archc.parse(f"net n {{\n  input 8x8x8\n  nn.{call}\n}}\n")
    assert raised.value.diagnostics[0].fixes == ()


@pytest.mark.parametrize(
    "lines",
    [
        *("input 8x8x8\n  Conv2D(8, 3, strides=None)", "input 8\n  PReLU(shared_axes='a')"),
        *("Input(shape=(2, 3, 4, 5, 6))", "Input(shape=(True, 3, 4))", "Input(shape=())"),
        *("input 8x8x8\n  x = torch.mean(x)", "input 8x8x8\n  x = F.lrn(x, 5)", "input 8x8x8\n  x = F.prelu(x, 0.25)"),
    ],
)
def test_calls_that_mean_nothing_are_told(lines: str) -> None:
    with pytest.raises(archc.ArchError) as raised:
        archc.parse(f"net n {{\n  {lines}\n}}\n")
    assert all(not diagnostic.fixes for diagnostic in raised.value.diagnostics)
