"""What a layer says when it does not fit: plain words, arithmetic, and values worth trying."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.ops import OPS, OpError, Shape
from archc.ops.reads import Movement
from tests.counting import at_most
from tests.unit.refusing import complaint, refusal


def test_join_names_the_shapes_as_papers_write_them() -> None:
    error = refusal("add", {}, (64, 28, 28), (256, 28, 28))
    assert error.message == "add needs equal shapes, but its branches give 28x28x64 and 28x28x256"
    assert error.code == "join-mismatch"
    assert error.label_inputs
    assert error.notes == ("channels: 64 in branch 1, 256 in branch 2",)
    assert error.help is not None
    assert "1x1 conv" in error.help


def test_concat_speaks_of_sizes() -> None:
    error = refusal("concat", {}, (64, 28, 28), (32, 28, 28), (32, 14, 14))
    assert error.message == "concat needs equal sizes, but its branches give 28x28x64, 28x28x32 and 14x14x32"
    assert error.notes == ("sizes: 28x28 in branch 1, 14x14 in branch 3",)


@pytest.mark.parametrize("gate", [(64,), (64, 1, 1)])
@pytest.mark.parametrize("layer", ["mul", "add"])
def test_a_gate_counts_for_every_position(layer: str, gate: Shape) -> None:
    made = OPS[layer].of({})
    assert made.output(((64, 7, 5), gate)) == made.output((gate, (64, 7, 5))) == (64, 7, 5)
    assert refusal(layer, {}, (32, 7, 5), gate).code == "join-mismatch"
    assert refusal("max", {}, (64, 7, 5), gate).code == "join-mismatch"


def test_declared_channels_are_checked() -> None:
    error = refusal("conv", {"kernel": 3, "channels": 8, "in_channels": 1}, (3, 8, 8))
    assert error.message == "declared for 1 input channel, but 3 flow in"
    assert [(repair.field, repair.value) for repair in error.repairs] == [("in_channels", "3")]


def test_groups_that_do_not_divide() -> None:
    error = refusal("conv", {"kernel": 3, "channels": 12, "groups": 5}, (6, 8, 8))
    assert error.notes == ("6 = 5·1 + 1",)
    assert error.help == "groups that divide both 6 and 12: 1, 2, 3, 6"
    assert {repair.value for repair in error.repairs} == {"3", "6"}


def test_a_window_that_is_too_large_shows_its_arithmetic() -> None:
    error = refusal("conv", {"kernel": (7, 7), "channels": 8}, (3, 4, 9))
    assert error.code == "window-too-large"
    assert error.notes == ("height: ⌊(4 + 2·0 − 7)/1⌋ + 1 = −2",)


def test_a_pool_is_padded_by_at_most_half_its_window() -> None:
    error = refusal("maxpool", {"kernel": (3, 3), "stride": 2, "pad": 2}, (8, 32, 32))
    assert (error.code, error.field) == ("padding-too-large", "padding")
    assert error.notes == ("height: ⌊3/2⌋ = 1, and 2 is more",)
    assert error.repairs[0].value == "1"
    assert OPS["maxpool"].of({"kernel": 3, "pad": (0, 2, 0, 2)}).output(((8, 32, 32),))[0] == 8


def test_a_vector_has_no_height() -> None:
    for layer, fields in (("conv", {"kernel": 3, "channels": 1}), ("maxpool", {"kernel": "global"}), ("lrn", {})):
        error = refusal(layer, fields, (10,))
        assert error.message == f"{layer} needs a map with height and width, but a vector of 10 flows in"
        assert error.code == "wrong-rank"


def test_reshape_does_its_sums() -> None:
    error = refusal("reshape", {"dims": (7, 7, 32)}, (64, 7, 7))
    assert error.message == "7x7x64 cannot become 7x7x32: they do not hold equally many values"
    assert error.notes == ("flows in: 7·7·64 = 3,136", "asked for: 7·7·32 = 1,568")
    assert [repair.value for repair in error.repairs] == ["7x7x64"]


def test_shares_and_choices() -> None:
    assert complaint("dropout", p=1.0) == "is the share that is dropped, from 0 to below 1, not 1"
    assert complaint("upsample", scale=2, mode="cubic").startswith("takes nearest, linear,")
    assert complaint("conv", kernel=3, channels=8, pad="full") == "takes a number, half, same or valid, not `full`"
    assert complaint("conv", kernel=3, channels=0) == "must be at least 1, not 0"
    assert complaint("conv", kernel=3, channels=8, bias=1) == "takes yes or no, not 1"
    assert complaint("tconv", kernel=3, channels=8, pad="same") == "takes numbers here, not `same`"
    assert complaint("bn", eps=0) == "must be greater than 0, not 0"
    assert complaint("lrn", alpha=float("inf")) == "takes a finite number"
    assert complaint("lrn", alpha=10**400) == "is too large for a number with a fraction"


def test_pools_take_one_kind_of_window() -> None:
    assert complaint("maxpool") == "maxpool needs a window such as 2x2/2, or `global`, or the output size: `to 7x7`"
    assert complaint("avgpool", kernel=2, to=7) == "avgpool takes a window or the output size `to`, not both"
    assert complaint("avgpool", kernel="global", stride=2) == "`global` takes the whole map, so leave out `stride`"
    assert complaint("maxpool", to=7, pad=1, dilation=2) == (
        "`to` works out the windows, so leave out `pad` and `dilation`"
    )


def test_slices_stay_inside() -> None:
    assert refusal("slice", {"start": 0, "stop": 70}, (64, 7, 7)).repairs[0].value == "64"
    assert refusal("slice", {"start": 0, "stop": 2, "axis": "depth"}, (64, 7, 7)).help == (
        "its axes are height, width, channels"
    )
    assert "is empty" in complaint("slice", start=4, stop=4)
    assert "counted from 0 to 1" in complaint("split", parts=2, index=2)


def test_unets_crop_is_centred() -> None:
    """Ronneberger et al. 2015, figure 1: 64x64 is cropped to 56x56 and 280x280 to 200x200."""
    for n, m in ((64, 56), (280, 200), (7, 4)):
        crop = OPS["crop"].of({"size": (m, m)})
        assert crop.output(((8, n, n),)) == (8, m, m)
        assert f"= {(n - m) // 2} to" in crop.explain(((8, n, n),), (8, m, m))[0][1]
    assert refusal("crop", {"size": (8, 8)}, (1, 7, 9)).repairs[0].value == "7x8"


def test_lenets_connection_table() -> None:
    """LeCun et al. 1998, section II.B: C3 has 1,516 trainable parameters over its 60 connections."""
    table = [[(i + j) % 6 for j in range(3)] for i in range(6)]
    table += [[(i + j) % 6 for j in range(4)] for i in range(6)]
    table += [sorted({i, i + 1, (i + 3) % 6, (i + 4) % 6}) for i in range(3)] + [list(range(6))]
    c3 = OPS["conv"].of({"kernel": (5, 5), "channels": 16, "connections": table})
    assert c3.output(((6, 14, 14),)) == (16, 10, 10)
    assert sum(tensor.size for tensor in c3.parameters(((6, 14, 14),))) == 1516
    assert refusal("conv", {"kernel": 5, "channels": 1, "connections": [6]}, (6, 14, 14)).field == "connections"


def test_lenets_other_layers() -> None:
    """The same section: S2 has 12 parameters; the output layer compares 84 units with 10 codes."""
    assert sum(t.size for t in OPS["scale"].of({}).parameters(((6, 14, 14),))) == 12
    rbf = OPS["rbf"].of({"classes": 10})
    (codes,) = rbf.parameters(((84,),))
    assert codes.shape == (10, 84)
    assert codes.buffer
    assert not codes.trainable


def test_huge_numbers_answer_at_once() -> None:
    huge = 10**18
    with at_most(2_000_000):
        assert refusal("conv", {"kernel": 3, "channels": huge, "groups": 7}, (huge - 2, 8, 8)).repairs
        assert refusal("gn", {"groups": huge - 1}, (huge, 2, 2)).code == "groups-do-not-divide"
        assert refusal("split", {"parts": 999_999_937}, (huge, 2, 2)).repairs
        assert OPS["avgpool"].of({"to": 10**9 + 7}).flops(((3, huge, huge),), (3, 10**9 + 7, 10**9 + 7)) > 0
        assert OPS["upsample"].of({"scale": huge}).output(((1, huge),)) == (1, huge * huge)


LAYERS = sorted(set(OPS) - {"input", "add", "concat", "mul", "max", "mean", "matmul"})
FIELDS: dict[str, dict[str, Any]] = {
    "conv": {"kernel": 3, "channels": 4},
    "dwconv": {"kernel": 3},
    "tconv": {"kernel": 3, "channels": 4},
    "fc": {"units": 3},
    "rbf": {"classes": 3},
    "maxpool": {"kernel": 2},
    "avgpool": {"to": 2},
    "attention": {"heads": 2},
    "stochastic_depth": {"p": 0.2},
    "gn": {"groups": 2},
    "reshape": {"dims": (2, 3)},
    "permute": {"order": [0, 2, 1]},
    "pixel_shuffle": {"factor": 2},
    "channel_shuffle": {"groups": 2},
    "slice": {"start": 1},
    "split": {"parts": 2},
    "upsample": {"scale": 2},
    "crop": {"size": 2},
    "pad": {"padding": 1},
    "pad_channels": {"padding": (1, 2)},
    "kernel": {"filter": "blur"},
}


@given(st.sampled_from(LAYERS), st.lists(st.integers(1, 12), min_size=1, max_size=4).map(tuple))
def test_every_layer_fits_or_says_why(layer: str, shape: Shape) -> None:
    made = OPS[layer].of(FIELDS.get(layer, {}))
    inputs = (shape,)
    try:
        out = made.output(inputs)
    except OpError as error:
        assert error.message
        assert error.field is None or error.field in type(made).fields
        assert all(repair.field in type(made).fields for repair in error.repairs)
        return
    assert all(size > 0 for size in out)
    assert not made.keeps_channels or out[0] == shape[0]
    assert made.macs(inputs, out) >= 0
    assert made.flops(inputs, out) >= 2 * made.macs(inputs, out)
    reading = made.reading(inputs)
    assert isinstance(reading, Movement) or len(reading) in (0, len(shape))
    names = [tensor.name for tensor in made.parameters(inputs)]
    assert len(set(names)) == len(names)
    assert all(text for pair in made.explain(inputs, out) for text in pair)


@given(st.sampled_from(["add", "mul", "max", "mean", "concat"]), st.integers(1, 5), st.integers(1, 9))
def test_joins_of_equal_branches(layer: str, branches: int, size: int) -> None:
    made = OPS[layer].of({})
    shape = (3, size, size)
    channels = 3 * branches if layer == "concat" else 3
    assert made.output((shape,) * branches) == (channels, size, size)
