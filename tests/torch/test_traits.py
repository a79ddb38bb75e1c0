"""What a layer says of itself, held against what both backends do with it.

A trait that a new layer forgets to state fails here, layer by layer, with the place to mend.
"""

from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from archc.backends.onnx.lowered import Apply, Array, DerivedParameter, Operand, Parameter
from archc.backends.onnx.table import LOWERINGS as ONNX
from archc.backends.torch.expressions import call_text
from archc.backends.torch.helpers import refuse_undefined, with_helpers
from archc.backends.torch.table import LOWERINGS as TORCH
from archc.decompile.layer_tensors import layer_tensors
from archc.decompile.matcher import Match
from archc.ops import OPS, Op, OpError, Shape
from tests.sweep import cases
from tests.torch.lowered import NAMES

LAYERS = [name for name in OPS if name != "input"]
FEW = 6
BATCH = 2
Setting = tuple[Op, tuple[Shape, ...]]


@cache
def settings() -> dict[str, list[Setting]]:
    """A few settings of each layer, its plainest first."""
    found: dict[str, list[Setting]] = {}
    for layer, fields, shapes in cases():
        found.setdefault(layer, []).append((OPS[layer].of(fields), shapes))
    chosen = Random(20)
    return {layer: [some[0], *chosen.sample(some, min(FEW, len(some)))] for layer, some in found.items()}


class Layer(nn.Module):
    """A layer as the table of the PyTorch backend writes it, in training."""

    def __init__(self, op: Op, shapes: tuple[Shape, ...], **more: bool) -> None:
        super().__init__()
        lowered = TORCH[op.name](op, shapes, op.output(shapes))
        self.m = eval(call_text(lowered.make), NAMES) if lowered.make is not None else None
        for name, value in more.items():
            setattr(self.m, name, value)
        self.apply_text = lowered.apply.replace("{m}", "m").format(*(f"x{n}" for n in range(len(shapes))))

    def forward(self, *inputs: Tensor) -> Tensor:
        scope: dict[str, Any] = {**NAMES, "m": self.m, **{f"x{n}": x for n, x in enumerate(inputs)}}
        found = eval(self.apply_text, scope)
        assert isinstance(found, Tensor)
        return found


def values(shapes: tuple[Shape, ...], seed: int = 0, samples: int = BATCH) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(samples, *shape, generator=generator) for shape in shapes]


def parts(operand: Operand) -> Iterator[Operand]:
    yield operand
    for one in operand.operands if isinstance(operand, Apply) else ():
        yield from parts(one)


# ---- every layer is written


@pytest.mark.parametrize(("table", "place"), [(TORCH, "torch"), (ONNX, "onnx")], ids=["torch", "onnx"])
@pytest.mark.parametrize("layer", LAYERS)
def test_lowered(layer: str, table: Any, place: str) -> None:
    assert layer in table, f"mark its function with @lowers in archc/backends/{place}/lower_*.py"


@pytest.mark.parametrize("layer", LAYERS)
def test_swept(layer: str) -> None:
    assert layer in settings(), "put some settings of it into tests/sweep.py: its shapes and values are tested by them"


@pytest.mark.parametrize("layer", LAYERS)
def test_python_is_complete(layer: str) -> None:
    """The file that is written has every class that the layer is made of."""
    for op, shapes in settings()[layer]:
        made = TORCH[layer](op, shapes, op.output(shapes)).make
        if made is not None:
            refuse_undefined(with_helpers(f"layer = {call_text(made)}"), layer)


@pytest.mark.parametrize("layer", LAYERS)
def test_tensors_are_the_modules(layer: str) -> None:
    for op, shapes in settings()[layer]:
        module = Layer(op, shapes).m
        theirs = {name: tuple(value.shape) for name, value in module.state_dict().items()} if module is not None else {}
        assert {tensor.name: tensor.shape for tensor in op.parameters(shapes)} == theirs


@pytest.mark.parametrize("layer", LAYERS)
def test_tensors_come_back(layer: str) -> None:
    """What ONNX has for a layer's tensors is traced back to them: no layer is known by its name there."""
    for op, shapes in settings()[layer]:
        wanted = op.parameters(shapes)
        if not wanted or layer == "kernel":  # its nine numbers stand once for each channel: read as a dwconv
            continue
        state: dict[str, Array] = {
            one.name: np.random.default_rng(3).normal(size=one.shape).astype(np.float32) for one in wanted
        }
        bound = Match()
        for operand in parts(ONNX[layer](op, shapes, op.output(shapes))):
            if isinstance(operand, Parameter | DerivedParameter):
                bound.owned[operand.name] = operand
                bound.tensors[operand.name] = (
                    operand.make(state) if isinstance(operand, DerivedParameter) else state[operand.name]
                )
        found = layer_tensors(op, shapes, bound)
        if found is None:  # serving leaves out what only training needs
            assert not bound.owned or {one.name for one in wanted if one.trainable} > set(bound.owned)
            continue
        for name, array in found.items():
            assert name == "num_batches_tracked" or np.array_equal(array, state[name]), name


# ---- traits


def is_view(op: Op, shapes: tuple[Shape, ...]) -> bool:
    if op.inputs[1] != 1:
        return op.view
    (x,) = values(shapes)
    y = Layer(op, shapes)(x)
    shared = y.untyped_storage().data_ptr() == x.untyped_storage().data_ptr()
    return shared and torch.equal(y.reshape(BATCH, -1), x.reshape(BATCH, -1))


def is_drawn(op: Op, shapes: tuple[Shape, ...]) -> bool:
    """Its own start is random; what stands in plain arithmetic keeps it."""
    starts = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        module = Layer(op, shapes).m
        starts.append([parameter.detach().clone() for parameter in module.parameters()] if module is not None else [])
    return not op.bare and any(not torch.equal(one, other) for one, other in zip(*starts, strict=True))


def is_gain(op: Op, shapes: tuple[Shape, ...]) -> bool:
    if op.category != "norm" or "weight" not in {tensor.name for tensor in op.parameters(shapes)}:
        return op.gain
    layer = Layer(op, shapes)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
        return not layer(*values(shapes)).any()


def uses_batch(op: Op, shapes: tuple[Shape, ...]) -> bool:
    """Whether what a sample gives depends on the others."""
    layer = Layer(op, shapes)
    inputs, others = values(shapes), values(shapes, seed=1)
    mixed = [torch.cat((x[:1], other[1:])) for x, other in zip(inputs, others, strict=True)]
    results = []
    for given in (inputs, mixed):
        torch.manual_seed(0)
        results.append(layer(*given)[0])
    return not torch.equal(*results)


def flattens(op: Op, shapes: tuple[Shape, ...]) -> bool:
    if op.view or len(shapes) > 1 or len(shapes[0]) < 2:
        return op.flattens
    flat = ((int(np.prod(shapes[0])),),)
    try:
        return op.output(flat) == op.output(shapes) and op.parameters(flat) != ()
    except Exception:
        return False


def probabilities(op: Op, shapes: tuple[Shape, ...]) -> str | None:
    if len(shapes) > 1:
        return None
    (x,) = values(shapes)
    y = Layer(op, shapes)(x)
    if y.shape != x.shape or x.shape[1] == 1:
        return op.probabilities
    ones = torch.ones(BATCH, *x.shape[2:])
    if torch.allclose(y.sum(1), ones) and bool((y >= 0).all()):
        return "of one class"
    if torch.allclose(y.exp().sum(1), ones):
        return "as logarithms"
    return "of each class" if torch.allclose(y, torch.sigmoid(x)) else None


def is_bare(op: Op, shapes: tuple[Shape, ...]) -> bool:
    """ONNX has its learnt tensor beside what flows in, in a sum, a product or a row of values."""
    if not any(tensor.trainable for tensor in op.parameters(shapes)):
        return op.bare
    types = {one.op_type for one in parts(ONNX[op.name](op, shapes, op.output(shapes))) if isinstance(one, Apply)}
    return types <= {"Add", "Mul", "Concat", "Expand", "Slice", "Shape", "Unsqueeze"}


def takes_several(op: Op, shapes: tuple[Shape, ...]) -> bool:
    return op.inputs[1] != 1


def keeps_channels(op: Op, shapes: tuple[Shape, ...]) -> bool:
    if op.joins in ("channels", "positions", "products"):  # it depends on the others
        return op.keeps_channels
    wider = tuple((2 * channels, *sizes) for channels, *sizes in shapes)
    try:
        return all(op.output(some)[0] == some[0][0] for some in (shapes, wider))
    except OpError:  # it is of so many channels
        return op.output(shapes)[0] == shapes[0][0]


TRAITS: dict[str, Callable[[Op, tuple[Shape, ...]], object]] = {
    "view": is_view,
    "random_start": is_drawn,
    "gain": is_gain,
    "batch_statistics": uses_batch,
    "flattens": flattens,
    "probabilities": probabilities,
    "bare": is_bare,
    "joins": takes_several,
    "keeps_channels": keeps_channels,
}


@pytest.mark.parametrize("trait", TRAITS)
@pytest.mark.parametrize("layer", LAYERS)
def test_trait(layer: str, trait: str) -> None:
    some = settings()[layer]
    found = {TRAITS[trait](op, shapes) for op, shapes in some}
    seen = (
        found.pop()
        if len(found) == 1
        else found == {True}
        if trait in ("view", "bare", "keeps_channels")
        else True in found
    )
    said = getattr(some[0][0], trait)
    said = said is not None if trait == "joins" else said
    assert said == seen, f"{trait} is {said!r}, and the backends have it {seen!r}: state it in its class in archc/ops"


@pytest.mark.parametrize("layer", [name for name in LAYERS if not OPS[name].keeps_output])
def test_output_is_not_needed(layer: str) -> None:
    """An activation that works in place after it gives the same gradients."""
    for op, shapes in settings()[layer]:
        module = Layer(op, shapes)
        gradients = []
        for after in (nn.ReLU(), nn.ReLU(inplace=True)):
            inputs = [x.requires_grad_() for x in values(shapes)]
            after(module(*(1 * x for x in inputs))).square().sum().backward()
            gradients.append([x.grad for x in inputs])
        for one, other in zip(*gradients, strict=True):
            assert one is not None and other is not None and torch.equal(one, other)


@pytest.mark.parametrize("layer", [name for name in LAYERS if OPS[name].in_place])
def test_works_in_place(layer: str) -> None:
    for op, shapes in settings()[layer]:
        gradients: list[Tensor] = []
        for inplace in (False, True):
            (x,) = (one.requires_grad_() for one in values(shapes))
            Layer(op, shapes, inplace=inplace)(x * 2).square().sum().backward()
            assert x.grad is not None
            gradients.append(x.grad)
        assert torch.equal(*gradients)


@pytest.mark.parametrize("layer", LAYERS)
def test_words(layer: str) -> None:
    titles = [op.titled() for op in OPS.values()]
    assert titles.count(OPS[layer].titled()) == 1
    assert OPS[layer].fixed_twin in ("", *OPS)
    for op, shapes in settings()[layer]:
        assert op.caption(shapes, op.output(shapes)), op
