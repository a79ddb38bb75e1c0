"""The layers of transformers: shapes, parameters, costs, what they refuse, and how they are written."""

from typing import Any

import pytest

from archc.ops import OPS, InvalidFields, Op, OpError, Shape
from archc.ops.reads import Reshaped


def op(layer: str, **fields: Any) -> Op:
    return OPS[layer].of(fields)


def refusal(layer: str, *shapes: Shape, **fields: Any) -> OpError:
    with pytest.raises(OpError) as caught:
        op(layer, **fields).output(shapes)
    return caught.value


def params(made: Op, *shapes: Shape) -> list[tuple[str, Shape]]:
    return [(tensor.name, tensor.shape) for tensor in made.parameters(shapes)]


def test_a_vision_transformer_s_first_layers() -> None:
    """ViT-B/16: 14·14 patches and the class token are 197 (Dosovitskiy et al. 2021)."""
    assert op("tokens").output(((768, 14, 14),)) == (768, 196)
    assert op("class_token").output(((768, 196),)) == (768, 197)
    assert params(op("class_token"), (768, 196)) == [("weight", (1, 1, 768))]
    assert op("position").output(((768, 197),)) == (768, 197)
    assert params(op("position"), (768, 197)) == [("weight", (1, 197, 768))]
    attention = op("attention", heads=12)
    assert attention.output(((768, 197),)) == (768, 197)
    assert sum(t.size for t in attention.parameters(((768, 197),))) == 2_362_368
    assert attention.macs(((768, 197),), (768, 197)) == 4 * 197 * 768**2 + 2 * 197**2 * 768


@pytest.mark.parametrize("shape", [(8,), (8, 5), (8, 5, 6), (8, 4, 5, 6)])
def test_layers_of_a_branch_keep_the_shape(shape: Shape) -> None:
    for made in (op("layer_scale"), op("stochastic_depth", p=0.2)):
        assert made.output((shape,)) == shape
        assert made.reading((shape,)) == ()
    assert params(op("layer_scale"), shape) == [("weight", (8, *(1,) * (len(shape) - 1)))]
    assert op("stochastic_depth", p=0.2).parameters((shape,)) == ()
    assert op("stochastic_depth", p=0.2).flops((shape,), shape) == 0


def test_tokens_of_every_rank() -> None:
    assert op("tokens").output(((3, 9),)) == (3, 9)
    assert op("tokens").output(((3, 4, 5),)) == (3, 20)
    assert op("tokens").output(((3, 2, 4, 5),)) == (3, 40)
    assert refusal("tokens", (3,)).code == "wrong-rank"
    assert op("tokens").reading(((3, 4, 5),)) == Reshaped()


def test_flops() -> None:
    shape = (8, 5)
    assert op("position").flops((shape,), shape) == op("layer_scale").flops((shape,), shape) == 40
    attention = op("attention", heads=2)
    products = 2 * (4 * 5 * 64 + 2 * 25 * 8)
    assert attention.flops((shape,), shape) == products + 4 * 40 + 40 + 5 * 2 * 25
    assert op("attention", heads=2, bias=False).flops((shape,), shape) == products + 40 + 5 * 2 * 25
    assert op("matmul").flops(((4, 5), (5, 3)), (4, 3)) == 120
    assert op("matmul", scale=0.5).flops(((4, 5), (5, 3)), (4, 3)) == 132


def test_explanations() -> None:
    assert op("attention", heads=2).explain(((8, 5),), (8, 5)) == [
        ("head", "8/2 = 4 channels"),
        ("params", "4·8·8 + 4·8 = 288"),
        ("macs", "4·5·8·8 + 2·5·5·8 = 1,680"),
    ]
    assert op("matmul").explain(((4, 5), (5, 3)), (4, 3)) == [("macs", "4·3·5 = 60")]
    assert op("tokens").explain(((8, 4, 5),), (8, 20)) == [("length", "4·5 = 20")]
    assert op("class_token").explain(((8, 20),), (8, 21)) == [("length", "20 + 1 = 21")]
    assert op("position").explain(((8, 21),), (8, 21)) == [("params", "21·8 = 168")]


@pytest.mark.parametrize("layer", ["attention", "class_token", "position"])
def test_what_needs_tokens_says_how_to_get_them(layer: str) -> None:
    fields = {"heads": 2} if layer == "attention" else {}
    error = refusal(layer, (8, 14, 14), **fields)
    assert error.code == "wrong-rank"
    assert error.message == f"{layer} works on tokens, a length and channels, but a map of 14x14x8 flows in"
    assert error.help == "`tokens` makes tokens of a map, one a position"
    assert refusal(layer, (8,), **fields).message.endswith("but a vector of 8 flows in")


def test_heads_that_do_not_divide() -> None:
    error = refusal("attention", (768, 197), heads=10)
    assert error.message == "10 heads do not divide 768 channels"
    assert error.notes == ("768 = 10·76 + 8",)
    assert [repair.value for repair in error.repairs] == ["8", "12"]


def test_matrices_that_do_not_fit() -> None:
    assert refusal("matmul", (4, 5), (4, 5)).notes == ("(4x5)·(4x5): 5 is not 4",)
    assert refusal("matmul", (2, 4, 5), (3, 5, 4)).notes == ("(2x4x5)·(3x5x4): 2 and 3 of them",)
    assert refusal("matmul", (4,), (4,)).code == "wrong-rank"
    assert refusal("matmul", (4,), (4, 5)).code == "join-mismatch"
    assert refusal("matmul", (4, 5), (5, 4), (4, 5)).message == "matmul joins two values, and here are 3"


@pytest.mark.parametrize(
    ("layer", "fields"),
    [("attention", {"heads": 0}), ("attention", {}), ("stochastic_depth", {}), ("stochastic_depth", {"p": 1})],
)
def test_fields_are_checked(layer: str, fields: dict[str, object]) -> None:
    with pytest.raises(InvalidFields):
        OPS[layer].of(fields)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("attention 12", {"heads": 12}),
        ("attention 12, bias=no", {"heads": 12, "bias": False}),
        ("layer_scale", {}),
        ("layer_scale 0.1", {"init": 0.1}),
        ("stochastic_depth 0.2", {"p": 0.2}),
        ("stochastic_depth 0.2, mode=batch", {"p": 0.2, "mode": "batch"}),
        ("matmul scale=0.125", {"scale": 0.125}),
        ("tokens", {}),
        ("class_token", {}),
        ("position", {}),
    ],
)
def test_words(text: str, fields: dict[str, object]) -> None:
    assert OPS[text.split(maxsplit=1)[0]].of(fields).words() == text
