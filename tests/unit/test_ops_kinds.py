"""What is fixed of a layer before it knows its input: its kind, its words, its filter."""

from typing import Any

import pytest

from archc.ops import OPS, Op
from archc.ops.fixed import FILTERS
from tests.unit.refusing import complaint

KINDS = {  # what a picture colours alike; depth counts conv and fc
    "input": "input",
    "conv": "conv dwconv tconv",
    "fc": "fc rbf attention",
    "pool": "maxpool avgpool",
    "norm": "bn ln gn instancenorm lrn",
    "activation": "relu relu6 leaky_relu prelu elu selu gelu silu mish hardswish hardsigmoid sigmoid tanh softplus glu "
    "maxout softmax log_softmax",
    "join": "add concat mul max mean matmul",
    "shape": "flatten reshape permute pixel_shuffle channel_shuffle slice split upsample crop pad pad_channels tokens",
    "other": "dropout stochastic_depth class_token position scale rescale layer_scale kernel identity",
}
WORDS = {  # bare words that an argument may be
    "conv": "half same valid",
    "dwconv": "half same valid",
    "kernel": "half same valid blur sharpen laplacian emboss edge",
    "maxpool": "half same valid global",
    "avgpool": "half same valid global",
    "ln": "all channels",
    "gelu": "none tanh",
    "stochastic_depth": "row batch",
    "slice": "channels height width depth length",
    "concat": "channels height width",
    "upsample": "nearest linear bilinear bicubic trilinear",
    "pad": "zero reflect replicate",
}
JOINED: dict[str, tuple[int, int | None]] = {
    "add": (1, None),
    "concat": (1, None),
    "mul": (1, None),
    "max": (1, None),
    "mean": (1, None),
}
JOINED |= {"matmul": (2, 2), "input": (0, 0)}


def test_a_layer_is_called_as_its_row_says() -> None:
    assert {name: op.name for name, op in OPS.items()} == {name: name for name in OPS}


def test_kinds() -> None:
    kinds = {name: kind for kind, names in KINDS.items() for name in names.split()}
    assert {name: OPS[name].category for name in kinds} == kinds


def test_words() -> None:
    assert {name: op.symbols for name, op in OPS.items() if op.symbols} == {
        name: frozenset(words.split()) for name, words in WORDS.items()
    }


def test_how_many_values_flow_in() -> None:
    assert {name: op.inputs for name, op in OPS.items()} == dict.fromkeys(OPS, (1, 1)) | JOINED


@pytest.mark.parametrize(
    ("layer", "field", "words"),
    [
        ("upsample", "mode", "nearest linear bilinear bicubic trilinear"),
        ("pad", "mode", "zero reflect replicate"),
        ("ln", "over", "all channels"),
        ("gelu", "approximate", "none tanh"),
        ("concat", "axis", "channels height width"),
        ("slice", "axis", "channels height width depth length"),
        ("stochastic_depth", "mode", "row batch"),
        ("kernel", "filter", "blur sharpen laplacian emboss edge"),
    ],
)
def test_each_word_is_taken_and_no_other(layer: str, field: str, words: str) -> None:
    given: dict[str, Any] = {"upsample": {"to": 7}, "pad": {"pad": 1}, "slice": {"start": 0}}.get(layer, {})
    given |= {"p": 0.5} if layer == "stochastic_depth" else {}
    for word in words.split():
        assert getattr(OPS[layer].of({**given, field: word}), field) == word
    first, last = ", ".join(words.split()[:-1]), words.rsplit(maxsplit=1)[-1]
    assert complaint(layer, **given, **{field: "tall"}) == f"takes {first} or {last}, not `tall`"


def test_filters() -> None:
    """Of the GIMP's and Wikipedia's tables of kernels (Kernel, image processing): blur is their 3×3 Gaussian."""
    sixteenths = ((1, 2, 1), (2, 4, 2), (1, 2, 1))
    assert FILTERS["blur"] == tuple(tuple(n / 16 for n in row) for row in sixteenths)
    assert FILTERS["sharpen"] == ((0, -1, 0), (-1, 5, -1), (0, -1, 0))
    assert FILTERS["laplacian"] == ((0, 1, 0), (1, -4, 1), (0, 1, 0))
    assert FILTERS["emboss"] == ((-2, -1, 0), (-1, 1, 1), (0, 1, 2))
    assert FILTERS["edge"] == ((-1, -1, -1), (-1, 8, -1), (-1, -1, -1))


@pytest.mark.parametrize(
    ("op", "text"),
    [
        (("conv", {"kernel": (3, 3), "stride": 2, "channels": 64, "pad": 1}), "conv 3x3/2, 64, pad=1"),
        (("conv", {"kernel": 3, "stride": 2, "channels": 64}), "conv 3, 64, stride=2"),
        (("conv", {"kernel": (3, 3), "stride": (2, 1), "channels": 64}), "conv 3x3, 64, stride=2x1"),
        (("conv", {"kernel": 3, "channels": 4, "dilation": (2, 1), "in_channels": 3}),
         "conv 3, 4, dilation=2x1, in_channels=3"),
        (("conv", {"kernel": 1, "channels": 2, "connections": [[0, 1], [2]]}), "conv 1, 2, connections=[0, 1; 2]"),
        (("maxpool", {"kernel": (2, 2)}), "maxpool 2x2/2"),
        (("maxpool", {"kernel": (3, 2)}), "maxpool 3x2"),
        (("maxpool", {"kernel": (3, 3), "stride": 2}), "maxpool 3x3/2"),
        (("maxpool", {"kernel": 2}), "maxpool 2"),
        (("avgpool", {"kernel": "global"}), "avgpool global"),
        (("avgpool", {"to": (7, 7)}), "avgpool to=7x7"),
        (("pad", {"pad": (1, 0, 2, 3)}), "pad (1, 0, 2, 3)"),
        (("permute", {"order": [1, 0]}), "permute [1, 0]"),
        (("slice", {"start": 0, "axis": "length"}), "slice 0, axis=length"),
        (("slice", {"start": 0, "stop": 5}), "slice 0, 5"),
        (("split", {"parts": 2}), "split 2"),
        (("split", {"parts": 2, "index": 1}), "split 2, 1"),
        (("softplus", {"beta": 2}), "softplus beta=2"),
        (("tanh", {"scale": 1.7159}), "tanh scale=1.7159"),
        (("ln", {"over": "channels", "bias": False}), "ln channels, bias=no"),
        (("dropout", {"p": 0.5, "spatial": True}), "dropout spatial=yes"),
        (("fc", {"units": 10, "in_features": 120}), "fc 10, in_features=120"),
        (("input", {"shape": (3, 224, 224)}), "input 224x224x3"),
    ],
)  # fmt: skip
def test_a_layer_in_words(op: tuple[str, dict[str, Any]], text: str) -> None:
    layer, fields = op
    assert OPS[layer].of(fields).words() == text


def test_a_list_of_one_is_its_number() -> None:
    one: Op = OPS["conv"].of({"kernel": [3], "channels": 4, "pad": [1], "stride": (2,)})
    assert one == OPS["conv"].of({"kernel": 3, "channels": 4, "pad": 1, "stride": 2})
