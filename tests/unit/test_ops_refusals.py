"""Every word of what a layer says when it does not fit, and that its repairs do."""

from typing import Any

import pytest

from archc.ops import OPS, Inputs, OpError, Shape
from tests.unit.refusing import refusal


def shown(error: OpError) -> tuple[str, str, str | None, tuple[str, ...], list[tuple[str, str]]]:
    return error.message, error.code, error.field, error.notes, [(one.field, one.value) for one in error.repairs]


WINDOW = "window-too-large"
RANK = "wrong-rank"
GROUPS = "groups-do-not-divide"
REFUSED: list[tuple[str, dict[str, Any], Inputs, tuple[Any, ...]]] = [
    (
        "conv",
        {"kernel": (5, 3), "channels": 4},
        ((3, 4, 9),),
        (
            "the 5x3 window is larger than its 4x9 input", WINDOW, "kernel_size",
            ("height: ⌊(4 + 2·0 − 5)/1⌋ + 1 = 0",), [("padding", "1"), ("kernel_size", "4x3")],
        ),
    ),
    (
        "conv",
        {"kernel": 3, "channels": 4, "dilation": 4, "pad": (1, 2)},
        ((3, 5),),
        (
            "the 3 window (dilated to 9) is larger than its 5 input with padding 1 and 2", WINDOW, "kernel_size",
            ("length: ⌊(5 + 1 + 2 − (4·(3 − 1) + 1))/1⌋ + 1 = 0",), [("padding", "2")],
        ),
    ),
    (
        "conv",
        {"kernel": 3, "channels": 4, "dilation": 2},
        ((3, 4),),
        (
            "the 3 window (dilated to 5) is larger than its 4 input", WINDOW, "kernel_size",
            ("length: ⌊(4 + 2·0 − (2·(3 − 1) + 1))/1⌋ + 1 = 0",), [("padding", "1")],
        ),
    ),
    (
        "conv",
        {"kernel": 9, "channels": 4},
        ((3, 1, 40),),
        (
            "the 9x9 window is larger than its 1x40 input", WINDOW, "kernel_size",
            ("height: ⌊(1 + 2·0 − 9)/1⌋ + 1 = −7",), [("padding", "4"), ("kernel_size", "1x9")],
        ),
    ),
    (
        "conv",
        {"kernel": (3, 3, 3), "channels": 4},
        ((3, 9, 9),),
        ("the window 3x3x3 has 3 sizes, but its input has 2", RANK, "kernel_size", (), []),
    ),
    (
        "conv",
        {"kernel": 3, "channels": 4, "stride": (2, 2, 2)},
        ((3, 9, 9),),
        ("the stride 2x2x2 has 3 sizes, but its input has 2", RANK, "stride", (), []),
    ),
    (
        "conv",
        {"kernel": 3, "channels": 4, "dilation": (2, 2, 2)},
        ((3, 9, 9),),
        ("the dilation 2x2x2 has 3 sizes, but its input has 2", RANK, "dilation", (), []),
    ),
    (
        "conv",
        {"kernel": 3, "channels": 4, "pad": (1, 1, 1)},
        ((3, 9, 9),),
        ("`pad` lists 3 numbers; an input with 2 sizes takes 1, 2 or 4", RANK, "padding", (), []),
    ),
    (
        "conv",
        {"kernel": 3, "channels": 5, "groups": 3},
        ((6, 9, 9),),
        ("3 groups do not divide 5 output channels", GROUPS, "groups", ("5 = 3·1 + 2",), [("groups", "1")]),
    ),
    (
        "conv",
        {"kernel": 1, "channels": 2, "connections": [[0, 5], [1]]},
        ((5, 9, 9),),
        (
            "`connections` names input channel 5, but 5 flow in, counted from 0", "shape-mismatch", "connections",
            (), [],
        ),
    ),
    (
        "tconv",
        {"kernel": 3, "channels": 2, "output_padding": 2, "stride": 2},
        ((3, 9, 9),),
        (
            "`output_padding` must be less than the stride or the dilation, and 2 is neither",
            "output-padding-too-large", "output_padding", ("height: output_padding 2, stride 2, dilation 1",),
            [("output_padding", "1")],
        ),
    ),
    (
        "tconv",
        {"kernel": 3, "channels": 2, "pad": 3},
        ((3, 2, 9),),
        (
            "the padding takes away the whole output height", WINDOW, "padding",
            ("height: (2 − 1)·1 − 2·3 + 3 = −2",), [("padding", "1")],
        ),
    ),
    *[
        (
            "tconv",
            {"kernel": 3, "channels": 2, field: (1, 1, 1), "stride": (2, 2), **more},
            ((3, 9, 9),),
            (f"{what} 1x1x1 has 3 sizes, but its input has 2", RANK, field, (), []),
        )
        for field, what, more in (
            ("padding", "the padding", {}),
            ("output_padding", "the output padding", {}),
            ("dilation", "the dilation", {}),
            ("stride", "the stride", {"stride": (1, 1, 1)}),
        )
    ],
    (
        "tconv",
        {"kernel": 3, "channels": 2},
        ((3,),),
        ("tconv needs a map with height and width, but a vector of 3 flows in", RANK, None, (), []),
    ),
    (
        "maxpool",
        {"kernel": 3, "pad": (0, 3, 0, 0), "stride": 2},
        ((3, 9, 9),),
        (
            "padding 3 is too much for the 3x3 window: no window may lie in the padding alone", "padding-too-large",
            "padding", ("height: 3 − 1 = 2, and 3 is more",), [],
        ),
    ),
    (
        "maxpool",
        {"kernel": 3, "pad": (3, 0, 0, 0), "stride": 2},
        ((3, 9, 9),),
        (
            "padding 3 is too much for the 3x3 window: no window may lie in the padding alone", "padding-too-large",
            "padding", ("height: 3 − 1 = 2, and 3 is more",), [],
        ),
    ),
    (
        "maxpool",
        {"to": (2, 2, 2)},
        ((3, 9, 9),),
        ("the output size 2x2x2 has 3 sizes, but its input has 2", RANK, "output_size", (), []),
    ),
    (
        "avgpool",
        {"kernel": (3, 2, 2), "pad": (1, 0, 0)},
        ((3, 2, 4, 4),),
        (
            "the 3x2x2 window is larger than its 2x4x4 input, which a 3-D mean does not take, padded or not", WINDOW,
            "kernel_size", (), [("kernel_size", "2x2x2")],
        ),
    ),
    ("kernel", {"filter": "blur"}, ((3, 9),), ("kernel works on 2 dimensions, not 1", RANK, None, (), [])),
    (
        "kernel",
        {"filter": "blur"},
        ((3,),),
        ("kernel needs a map with height and width, but a vector of 3 flows in", RANK, None, (), []),
    ),
    ("kernel", {"filter": "blur"}, ((3, 9, 9, 9),), ("kernel works on 2 dimensions, not 3", RANK, None, (), [])),
    (  # its window cannot be another, so that is no repair, and the field is not at fault
        "kernel",
        {"filter": "blur", "pad": 0},
        ((3, 2, 9),),
        (
            "the 3x3 window is larger than its 2x9 input", WINDOW, None, ("height: ⌊(2 + 2·0 − 3)/1⌋ + 1 = 0",),
            [("padding", "1")],
        ),
    ),
    (
        "kernel",
        {"filter": "blur", "pad": (1, 1, 1)},
        ((3, 9, 9),),
        ("`pad` lists 3 numbers; an input with 2 sizes takes 1, 2 or 4", RANK, "padding", (), []),
    ),
    ("conv", {"kernel": 1, "channels": 2}, ((3, 1, 1, 1, 1),), ("conv works on at most 3 dimensions, not 4", RANK,
                                                               None, (), [])),
    ("maxout", {}, ((5, 4),), ("groups of 2 do not divide 5 channels", GROUPS, "pieces", ("5 = 2·2 + 1",),
                               [("pieces", "1"), ("pieces", "5")])),
    ("glu", {}, ((5, 4),), ("glu halves the channels, and 5 is odd", GROUPS, None, ("5 = 2·2 + 1",), [])),
    ("gn", {"groups": 4}, ((6, 4),), ("4 groups do not divide 6 channels", GROUPS, "groups", ("6 = 4·1 + 2",),
                                      [("groups", "3"), ("groups", "2")])),
    (
        "gn", {"groups": 6}, ((6, 1),),
        ("each group is a single value, and a single value has nothing to be normalised by", "nothing-to-normalise",
         "groups", ("x − μ = 0 for every value, whatever flows in",), [("groups", "1")]),
    ),
    (
        "instancenorm", {}, ((6, 1, 1),),
        ("each channel is a single value, and a single value has nothing to be normalised by", "nothing-to-normalise",
         None, ("x − μ = 0 for every value, whatever flows in",), []),
    ),
    ("fc", {"units": 4, "in_features": 9}, ((2, 4),), ("declared for 9 inputs, but 8 flow in", "channel-mismatch",
                                                      "in_features", ("4·2 = 8",), [("in_features", "8")])),
    ("rbf", {"classes": 4}, ((2, 4),), ("rbf needs a vector, but a map of 4x2 flows in", RANK, None, (), [])),
    (
        "upsample", {"scale": 2, "mode": "bilinear"}, ((2, 4),),
        ("bilinear is for an input with 2 sizes, but 4x2 has 1", RANK, "mode", (),
         [("mode", "linear"), ("mode", "nearest")]),
    ),
    (
        "upsample", {"scale": (2, 2, 2)}, ((2, 4, 4),),
        ("`scale` has 3 numbers, but its input has 2 sizes", RANK, "scale", (), []),
    ),
    (
        "upsample", {"scale": (1, 0.2)}, ((2, 4, 4),),
        ("scaled by 0.2, nothing is left of the width", "shape-mismatch", "scale", ("width: ⌊4·0.2⌋ = 0",), []),
    ),
    (
        "upsample", {"to": (2, 2, 2)}, ((2, 4, 4),),
        ("the output size 2x2x2 has 3 sizes, but its input has 2", RANK, "output_size", (), []),
    ),
    (
        "crop", {"size": (4, 6)}, ((2, 5, 5),),
        ("a crop of 4x6 is larger than its 5x5 input", WINDOW, "size", (), [("size", "4x5")]),
    ),
    ("crop", {"size": (4, 6, 1)}, ((2, 5, 5),), ("the crop 4x6x1 has 3 sizes, but its input has 2", RANK, "size", (),
                                                [])),
    (
        "pad", {"pad": (1, 4), "mode": "reflect"}, ((2, 5, 4),),
        ("a border of 4 cannot be mirrored from 4: the edge itself is not repeated", "padding-too-large", "padding",
         ("width: at most 4 − 1 = 3",), [("padding", "3"), ("mode", "replicate")]),
    ),
    ("pixel_shuffle", {"factor": 2}, ((6, 4, 4),), ("pixel_shuffle by 2 needs a multiple of 4 channels, but 6 flow in",
                                                   GROUPS, "factor", ("6 = 2²·1 + 2",), [])),
    ("channel_shuffle", {"groups": 4}, ((6, 4),), ("4 groups do not divide 6 channels", GROUPS, "groups",
                                                  ("6 = 4·1 + 2",), [("groups", "3"), ("groups", "2")])),
    ("channel_shuffle", {"groups": 2}, ((6,),), ("channel_shuffle needs a map with height and width, but a vector of "
                                                "6 flows in", RANK, None, (), [])),
    (
        "permute", {"order": [1, 0]}, ((2, 5, 4),),
        ("`permute` orders 2 axes, but 5x4x2 has 3", RANK, "order", (), []),
    ),
    (
        "slice", {"start": 6}, ((6, 4),),
        ("a slice from 6 to 6 does not fit in 6 channels", "slice-out-of-range", "start",
         ("positions are counted from 0; the last is 5",), []),
    ),
    (
        "slice", {"start": 1, "stop": 5, "axis": "height"}, ((6, 4, 9),),
        ("a slice from 1 to 5 does not fit in 4 positions of height", "slice-out-of-range", "stop",
         ("positions are counted from 0; the last is 3",), [("stop", "4")]),
    ),
    ("split", {"parts": 4}, ((6, 4),), ("6 channels do not split into 4 equal parts", GROUPS, "parts", ("6 = 4·1 + 2",),
                                        [("parts", "3"), ("parts", "2")])),
    (  # 100 values are no multiple of 7·7
        "reshape", {"dims": (7, 7, 2)}, ((100,),),
        ("100 cannot become 7x7x2: they do not hold equally many values", "shape-mismatch", "dims",
         ("flows in: 100", "asked for: 7·7·2 = 98"), []),
    ),
    (  # nor are there 49
        "reshape", {"dims": (7, 7, 2)}, ((10,),),
        ("10 cannot become 7x7x2: they do not hold equally many values", "shape-mismatch", "dims",
         ("flows in: 10", "asked for: 7·7·2 = 98"), []),
    ),
    ("attention", {"heads": 4}, ((6, 9),), ("4 heads do not divide 6 channels", GROUPS, "heads", ("6 = 4·1 + 2",),
                                           [("heads", "3"), ("heads", "2")])),
    (
        "add", {}, ((6, 4), (6, 4, 4)),
        ("add needs equal shapes, but its branches give 4x6 and 4x4x6", "join-mismatch", None,
         ("branch 1 has 1 sizes, branch 2 has 2",), []),
    ),
    (
        "add", {}, ((6, 4, 4), (6, 1, 4)),
        ("add needs equal shapes, but its branches give 4x4x6 and 1x4x6", "join-mismatch", None,
         ("sizes: 4x4 in branch 1, 1x4 in branch 2",), []),
    ),
    (
        "max", {}, ((1, 4),) * 6 + ((2, 4),),
        ("max needs equal shapes, but its branches give 4x1, 4x1, 4x1, 4x1, 4x1 and 2 more", "join-mismatch", None,
         ("channels: 1 in branch 1, 2 in branch 7",), []),
    ),
    (
        "max", {}, ((1, 4),) * 5 + ((2, 4),),
        ("max needs equal shapes, but its branches give 4x1, 4x1, 4x1, 4x1, 4x1 and 4x2", "join-mismatch", None,
         ("channels: 1 in branch 1, 2 in branch 6",), []),
    ),
    (
        "concat", {"axis": "height"}, ((6, 4, 4), (5, 2, 4)),
        ("concat needs equal sizes but the height, but its branches give 4x4x6 and 2x4x5", "join-mismatch", None,
         ("channels: 6 in branch 1, 5 in branch 2",), []),
    ),
    ("concat", {"axis": "height"}, ((6, 4),) * 2, ("4x6 has no height to join along", RANK, "axis", (), [])),
    ("concat", {"axis": "width"}, ((6,),) * 2, ("6 has no width to join along", RANK, "axis", (), [])),
]  # fmt: skip
MENDED = [case for case in REFUSED if case[3][4]]


@pytest.mark.parametrize(("layer", "fields", "inputs", "said"), REFUSED)
def test_what_is_said(layer: str, fields: dict[str, Any], inputs: Inputs, said: tuple[Any, ...]) -> None:
    assert shown(refusal(layer, fields, *inputs)) == said


@pytest.mark.parametrize(("layer", "fields", "inputs", "said"), MENDED)
def test_a_repair_fits(layer: str, fields: dict[str, Any], inputs: Inputs, said: tuple[Any, ...]) -> None:
    """Each alone makes the layer fit; of a field given by its alias, the alias gives way."""
    op = OPS[layer]
    for field, value in said[4]:
        alias = op.fields[field].alias
        kept = {name: given for name, given in fields.items() if name not in (field, alias)}
        sizes = [int(size) for size in value.split("x") if size.isdigit()]
        new = value if not sizes else sizes[0] if len(sizes) == 1 else sizes
        assert op.of({**kept, field: new}).output(inputs)


FITS: list[tuple[str, dict[str, Any], Inputs, Shape]] = [  # just within what is refused above
    ("avgpool", {"kernel": (2, 2, 2), "pad": (1, 0, 0)}, ((3, 2, 4, 4),), (3, 2, 2, 2)),
    ("avgpool", {"kernel": (3, 2), "pad": (1, 0)}, ((3, 2, 4),), (3, 1, 2)),
    ("maxpool", {"kernel": 3, "pad": (0, 2, 2, 0), "stride": 2}, ((3, 9, 9),), (3, 5, 5)),
    ("crop", {"size": (5, 5)}, ((2, 5, 5),), (2, 5, 5)),
    ("pad", {"pad": 3, "mode": "reflect"}, ((2, 4),), (2, 10)),
    ("slice", {"start": 5}, ((6, 4),), (1, 4)),
    ("slice", {"start": 1, "stop": 6}, ((6, 4),), (5, 4)),
    ("slice", {"start": 1, "stop": 3, "axis": "width"}, ((6, 4, 9),), (6, 4, 2)),
    ("split", {"parts": 3, "index": 2}, ((6, 4, 5),), (2, 4, 5)),
    ("add", {}, ((6, 1, 1), (6, 4, 5)), (6, 4, 5)),
    ("add", {}, ((6,), (6, 4, 5)), (6, 4, 5)),
    ("add", {}, ((9,), (9,)), (9,)),
    ("maxout", {"pieces": 3}, ((6, 4, 5),), (2, 4, 5)),
    ("concat", {"axis": "width"}, ((6, 4),), (6, 4)),
    ("conv", {"kernel": 1, "channels": 2, "connections": [[0, 4], [1]]}, ((5, 9, 9),), (2, 9, 9)),
    ("reshape", {"dims": (2, 2, 3)}, ((12,),), (3, 2, 2)),
    ("reshape", {"dims": (1, 2, 2, 3)}, ((12,),), (3, 1, 2, 2)),
    ("upsample", {"scale": 0.25}, ((2, 4, 4),), (2, 1, 1)),
    ("upsample", {"scale": (2, 1.5)}, ((2, 4, 4),), (2, 8, 6)),
    ("input", {"shape": (3, 2, 2, 2)}, (), (3, 2, 2, 2)),
]


@pytest.mark.parametrize(("layer", "fields", "inputs", "shape"), FITS)
def test_what_just_fits(layer: str, fields: dict[str, Any], inputs: Inputs, shape: Shape) -> None:
    assert OPS[layer].of(fields).output(inputs) == shape


HELP: dict[str, tuple[dict[str, Any], Shape, str]] = {
    "conv": ({"kernel": 3, "channels": 4, "pad": (1, 1, 1)}, (3, 9, 9),
             "on an image: pad=1, pad=(vertical, horizontal) or pad=(top, bottom, left, right)"),
    "upsample": ({"scale": 2, "mode": "trilinear"}, (3, 9, 9), "modes that fit: nearest, bilinear, bicubic"),
    "slice": ({"start": 0, "axis": "depth"}, (3, 9), "its axes are length, channels"),
    "crop": ({"size": 10}, (3, 9), "`pad` makes a map larger"),
}  # fmt: skip


@pytest.mark.parametrize("layer", HELP)
def test_what_helps(layer: str) -> None:
    fields, shape, text = HELP[layer]
    assert refusal(layer, fields, shape).help == text


def test_a_layer_of_images_says_its_name() -> None:
    assert refusal("pixel_shuffle", {"factor": 2}, (4, 9)).message == "pixel_shuffle works on 2 dimensions, not 1"


def test_all_that_divide() -> None:
    refused = refusal("conv", {"kernel": 1, "channels": 73**2, "groups": 2}, (73**2, 4, 4))
    assert refused.help == "groups that divide both 5329 and 5329: 1, 73, 5329"


def test_a_concat_of_other_ranks() -> None:
    """Where the branches are alike but for the axis that is joined, which one has not."""
    refused = refusal("concat", {"axis": "width"}, *((4, 8, 9), (4, 8)))
    assert refused.notes == ("branch 1 has 2 sizes, branch 2 has 1",)


def test_what_helps_branches() -> None:
    assert refusal("add", {}, *((6,), (6, 4, 4), (5, 4, 4))).help == (
        "`flatten` makes a vector of a map; a map cannot be made of a vector without `reshape`"
    )
    assert refusal("add", {}, *((6, 4), (5, 4))).help == (
        "a 1x1 conv on the smaller branch gives it the channels of the other"
    )
    assert refusal("add", {}, *((6, 4), (6, 2))).help == (
        "a stride or a pool on one branch must stand on the others too (a 1x1 conv takes a stride: `conv 1x1/2`)"
    )


def test_groups_show_where_the_channels_come_from() -> None:
    assert refusal("conv", {"kernel": 1, "channels": 6, "groups": 4}, *((6, 4),)).label_inputs
    assert not refusal("conv", {"kernel": 1, "channels": 5, "groups": 3}, *((6, 4),)).label_inputs
