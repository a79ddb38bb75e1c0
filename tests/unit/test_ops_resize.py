"""Maps at another size: shapes, operations and fields worked out by hand, and what is refused."""

from fractions import Fraction
from math import floor
from typing import Any

import pytest

from archc.ops import OPS, Shape
from archc.ops.crop_pad import Crop, Pad, PadChannels
from archc.ops.resize import Upsample
from tests.unit.reading import extents
from tests.unit.refusing import complaint, refusal


def test_what_they_are_called() -> None:
    assert OPS["upsample"] is Upsample
    assert OPS["crop"] is Crop
    assert OPS["pad"] is Pad
    assert OPS["pad_channels"] is PadChannels
    assert [made.name for made in (Upsample, Crop, Pad, PadChannels)] == ["upsample", "crop", "pad", "pad_channels"]
    unnamed = {"upsample": ("scale",), "crop": ("size",), "pad": ("padding",), "pad_channels": ("padding",)}
    for name, fields in unnamed.items():
        made = OPS[name]
        assert made.category == "shape"
        assert made.positional == fields
        assert made.keeps_channels == (name != "pad_channels")
        out = made.of({fields[0]: 2}).output(((6, 4),))
        assert made.keeps_channels == (out[0] == 6)
    assert Upsample.symbols == {"nearest", "linear", "bilinear", "bicubic", "trilinear"}
    assert Pad.symbols == {"zero", "reflect", "replicate"}


@pytest.mark.parametrize(
    ("layer", "given", "left_out", "others"),
    [
        ("upsample", {"scale": 2}, {"mode": "nearest", "align_corners": False}, {"mode": "linear", "to": None}),
        ("pad", {"pad": 1}, {"mode": "zero", "value": 0}, {"mode": "reflect", "value": 0.5}),
    ],
)
def test_what_may_be_left_out(layer: str, given: dict[str, Any], left_out: Any, others: dict[str, Any]) -> None:
    made = OPS[layer].of(given)
    assert made.output(((6, 4),))
    for name, value in left_out.items():
        assert OPS[layer].of({**given, name: value}) == made
    for name, value in others.items():
        if value is not None:
            assert OPS[layer].of({**given, name: value}) != made


MODES = {"nearest": (1, 2, 3), "linear": (1,), "bilinear": (2,), "bicubic": (2,), "trilinear": (3,)}
# torch.nn.functional.interpolate: input values that one output weighs on an axis
TAPS = {"nearest": 1, "linear": 2, "bilinear": 2, "bicubic": 4, "trilinear": 2}
MAPS: dict[int, Shape] = {1: (6, 4), 2: (6, 4, 5), 3: (6, 4, 5, 7)}


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("mode", MODES)
def test_upsample_by_each_mode(mode: str, rank: int) -> None:
    shape = MAPS[rank]
    fields = {"scale": 2, "mode": mode}
    if rank not in MODES[mode]:
        error = refusal("upsample", fields, shape)
        fitting = [other for other, ranks in MODES.items() if rank in ranks]
        assert (error.code, error.field) == ("wrong-rank", "mode")
        assert error.help == f"modes that fit: {', '.join(fitting)}"
        assert [repair.value for repair in error.repairs] == fitting[::-1]
        assert f"{mode} is for an input with {MODES[mode][0]} sizes" in error.message
        return
    made = OPS["upsample"].of(fields)
    out = made.output((shape,))
    assert out == (6, *(2 * n for n in shape[1:]))
    values = 6
    for n in shape[1:]:
        values *= 2 * n
    weighed = TAPS[mode] ** rank  # input values: each a product and a sum
    assert made.flops((shape,), out) == (0 if mode == "nearest" else 2 * weighed * values)
    assert made.macs((shape,), out) == 0
    assert extents(made, (shape,)) == ((TAPS[mode],) * rank, (Fraction(1, 2),) * rank)
    names = {1: ["length"], 2: ["height", "width"], 3: ["depth", "height", "width"]}[rank]
    lines = [(name, f"⌊{n}·2⌋ = {2 * n}") for name, n in zip(names, shape[1:], strict=True)]
    assert made.explain((shape,), out) == lines
    to = OPS["upsample"].of({"to": 20, "mode": mode})
    assert to.output((shape,)) == (6, *(20,) * rank)
    assert to.explain((shape,), (6, *(20,) * rank)) == []  # stated, so there is nothing to work out
    assert extents(to, (shape,))[1] == tuple(Fraction(n, 20) for n in shape[1:])


@pytest.mark.parametrize("scale", [0.5, 1.5, 0.3, 2.0, 1, 3, (2, 0.5), (1.5, 3), [2]])
def test_scales(scale: Any) -> None:
    made = OPS["upsample"].of({"scale": scale})
    assert isinstance(made, Upsample)
    two = tuple(scale) * (3 - len(scale)) if isinstance(scale, tuple | list) else (scale,) * 2
    assert made.output(((6, 7, 5),)) == (6, floor(7 * two[0]), floor(5 * two[1]))
    assert made.scales(2) == two
    assert all(isinstance(one, int) or one != int(one) for one in made.scales(2))  # so 2.0 is written 2


def test_upsample_refuses() -> None:
    assert "nothing is left of the width" in refusal("upsample", {"scale": 0.3}, (6, 4, 3)).message
    assert refusal("upsample", {"scale": 0.3}, (6, 4, 3)).notes == ("width: ⌊3·0.3⌋ = 0",)
    error = refusal("upsample", {"scale": (2, 2)}, (6, 4))
    assert (error.message, error.field) == ("`scale` has 2 numbers, but its input has 1 sizes", "scale")
    error = refusal("upsample", {"to": (2, 2)}, (6, 4))
    assert (error.message, error.field) == ("the output size 2x2 has 2 sizes, but its input has 1", "output_size")
    assert refusal("upsample", {"scale": 2}, (6,)).message.startswith("upsample needs a map")
    one = "upsample takes a scale (`upsample 2`) or the output size (`upsample to 56x56`), and one"
    assert complaint("upsample") == complaint("upsample", scale=2, to=8) == one
    assert complaint("upsample", scale=2, align_corners=True).startswith("`align_corners` has no meaning")
    assert complaint("upsample", scale=0) == "must be greater than 0 and finite, not 0"
    assert complaint("upsample", scale=float("inf")) == "must be greater than 0 and finite, not inf"
    assert complaint("upsample", scale=True) == "takes a number, not yes"
    assert complaint("upsample", scale="two") == "takes a number, not `two`"
    assert complaint("upsample", scale=()) == "takes at least one number"
    assert OPS["upsample"].of({"scale": 10**18}).output(((6, 2),)) == (6, 2 * 10**18)
    assert complaint("upsample", scale=10**18 + 1).startswith("must be greater than 0 and finite")
    for mode, shape in (("linear", (6, 4)), ("bilinear", (6, 4, 4))):
        corners = OPS["upsample"].of({"scale": 2, "mode": mode, "align_corners": True})
        assert corners.output((shape,))[0] == 6


# what is cropped, to what, and what is shown of each axis
CROPS: list[tuple[Shape, Any, list[tuple[str, str]]]] = [
    ((6, 7), 4, [("length", "from ⌊(7 − 4)/2⌋ = 1 to 5, the end left out")]),
    ((6, 4), 4, [("length", "from ⌊(4 − 4)/2⌋ = 0 to 4, the end left out")]),
    (
        (6, 9, 6),
        (4, 1),
        [
            ("height", "from ⌊(9 − 4)/2⌋ = 2 to 6, the end left out"),
            ("width", "from ⌊(6 − 1)/2⌋ = 2 to 3, the end left out"),
        ],
    ),
]


@pytest.mark.parametrize(("shape", "size", "lines"), CROPS)
def test_crop_takes_the_middle(shape: Shape, size: Any, lines: list[tuple[str, str]]) -> None:
    made = OPS["crop"].of({"size": size})
    out = made.output((shape,))
    assert out == (6, *(size if isinstance(size, tuple) else (size,)))
    assert made.explain((shape,), out) == lines
    assert made.flops((shape,), out) == 0


def test_crop_refuses() -> None:
    error = refusal("crop", {"size": (4, 9)}, (6, 7, 5))
    assert error.message == "a crop of 4x9 is larger than its 7x5 input"
    assert (error.code, error.field) == ("window-too-large", "size")
    assert [repair.value for repair in error.repairs] == ["4x5"]
    error = refusal("crop", {"size": (4, 9)}, (6, 7))
    assert (error.message, error.field) == ("the crop 4x9 has 2 sizes, but its input has 1", "size")
    assert refusal("crop", {"size": 4}, (6,)).message.startswith("crop needs a map")


# a border, its mode, the map, what comes out, and what is shown
BORDERS: list[tuple[Any, str, Shape, Shape, list[tuple[str, str]]]] = [
    (2, "zero", (6, 1), (6, 5), [("length", "1 + 2 + 2 = 5")]),
    ((1, 2), "zero", (6, 4, 5), (6, 6, 9), [("height", "4 + 1 + 1 = 6"), ("width", "5 + 2 + 2 = 9")]),
    ((0, 3, 4, 1), "reflect", (6, 4, 5), (6, 7, 10), [("height", "4 + 0 + 3 = 7"), ("width", "5 + 4 + 1 = 10")]),
    ((9, 0), "replicate", (6, 1), (6, 10), [("length", "1 + 9 + 0 = 10")]),
]


@pytest.mark.parametrize(("pad", "mode", "shape", "out", "lines"), BORDERS)
def test_borders(pad: Any, mode: str, shape: Shape, out: Shape, lines: list[tuple[str, str]]) -> None:
    made = OPS["pad"].of({"pad": pad, "mode": mode})
    assert made.output((shape,)) == out
    assert made.explain((shape,), out) == lines
    assert made.flops((shape,), out) == 0


def test_pad_refuses() -> None:
    """torch.nn.functional.pad: a mirrored border is less than the size, as the edge itself is not repeated."""
    assert OPS["pad"].of({"pad": (3, 0), "mode": "reflect"}).output(((6, 4),)) == (6, 7)
    for pad in ((4, 0), (0, 4)):
        error = refusal("pad", {"pad": pad, "mode": "reflect"}, (6, 4))
        assert error.message == "a border of 4 cannot be mirrored from 4: the edge itself is not repeated"
        assert error.notes == ("length: at most 4 − 1 = 3",)
        assert [(repair.field, repair.value) for repair in error.repairs] == [("padding", "3"), ("mode", "replicate")]
    assert refusal("pad", {"pad": 1}, (6,)).message.startswith("pad needs a map")
    for mode in ("reflect", "replicate"):
        said = f"`value` fills the border of mode zero; {mode} fills it from the map"
        assert complaint("pad", pad=1, mode=mode, value=2) == said
    assert OPS["pad"].of({"pad": 1, "value": 2}).output(((6, 4),)) == (6, 6)
    assert complaint("pad", pad=1, mode="edge") == "takes zero, reflect or replicate, not `edge`"


@pytest.mark.parametrize(("pad", "before", "after"), [(2, 2, 2), ((1, 3), 1, 3), ((0, 1200), 0, 1200)])
def test_channels_of_zeros(pad: Any, before: int, after: int) -> None:
    for shape in ((6,), (6, 4), (6, 4, 5)):
        made = OPS["pad_channels"].of({"pad": pad})
        out = (6 + before + after, *shape[1:])
        assert made.output((shape,)) == out
        assert made.explain((shape,), out) == [("channels", f"6 + {before} + {after} = {out[0]:,}")]
        assert made.flops((shape,), out) == 0
    for wrong in ((1, 2, 3), (1, 2, 3, 4)):
        assert complaint("pad_channels", pad=wrong) == f"takes one number or (before, after), not {len(wrong)} numbers"
