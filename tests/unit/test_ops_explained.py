"""What `check --explain` says of a layer, and how far an output sees, each by the formula of grammar/layers.md."""

from fractions import Fraction
from typing import Any

import pytest

from archc.ops import OPS, Inputs
from archc.ops.base import divisors, nearest_divisors
from archc.ops.window import pads, slide
from tests.unit.reading import extents

EXPLAINED: list[tuple[str, dict[str, Any], Inputs, list[tuple[str, str]]]] = [
    (
        "conv",
        {"kernel": 7, "channels": 64, "stride": 2, "pad": 3},
        ((3, 224, 224),),
        [
            ("height", "⌊(224 + 2·3 − 7)/2⌋ + 1 = 112; the last 1 of 230 padded positions unused"),
            ("width", "⌊(224 + 2·3 − 7)/2⌋ + 1 = 112; the last 1 of 230 padded positions unused"),
            ("params", "64·3·7·7 + 64 = 9,472"),
            ("macs", "112·112·9,408 = 118,013,952"),
        ],
    ),
    (
        "conv",
        {"kernel": 3, "channels": 8, "dilation": 2, "bias": False, "pad": (1, 2)},
        ((4, 9),),
        [("length", "⌊(9 + 1 + 2 − (2·(3 − 1) + 1))/1⌋ + 1 = 8"), ("params", "8·4·3 = 96"), ("macs", "8·96 = 768")],
    ),
    (
        "tconv",
        {"kernel": 4, "channels": 8, "stride": 2, "pad": 1},
        ((16, 14, 7),),
        [
            ("height", "(14 − 1)·2 − 2·1 + 4 = 28"),
            ("width", "(7 − 1)·2 − 2·1 + 4 = 14"),
            ("params", "16·8·4·4 + 8 = 2,056"),
            ("macs", "14·7·2,048 = 200,704"),
        ],
    ),
    (
        "tconv",
        {"kernel": 3, "channels": 2, "stride": 3, "dilation": 2, "output_padding": 1, "bias": False},
        ((4, 5),),
        [
            ("length", "(5 − 1)·3 − 2·0 + (2·(3 − 1) + 1) + 1 = 18"),
            ("params", "4·2·3 = 24"),
            ("macs", "5·24 = 120"),
        ],
    ),
    (
        "maxpool",
        {"kernel": 3, "stride": 2, "ceil": True},
        ((8, 6, 7),),
        [("height", "⌈(6 + 2·0 − 3)/2⌉ + 1 = 3"), ("width", "⌈(7 + 2·0 − 3)/2⌉ + 1 = 3")],
    ),
    (  # a third window would begin at 4, where there is no more than the padding
        "maxpool",
        {"kernel": 2, "stride": 2, "pad": 1, "ceil": True},
        ((8, 3),),
        [
            (
                "length",
                "⌈(3 + 2·1 − 2)/2⌉ + 1 = 3, less a last window that would start in the padding = 2"
                "; the last 1 of 5 padded positions unused",
            )
        ],
    ),
    (
        "avgpool",
        {"to": (2, 1)},
        ((8, 5, 7),),
        [
            ("height", "5 in 2 bins, from ⌊i·5/2⌋ to ⌈(i + 1)·5/2⌉, the end left out"),
            ("width", "7 in 1 bin, from ⌊i·7/1⌋ to ⌈(i + 1)·7/1⌉, the end left out"),
        ],
    ),
    (
        "maxpool",
        {"kernel": 2},
        ((8, 4, 6, 8),),
        [
            ("depth", "⌊(4 + 2·0 − 2)/2⌋ + 1 = 2"),
            ("height", "⌊(6 + 2·0 − 2)/2⌋ + 1 = 3"),
            ("width", "⌊(8 + 2·0 − 2)/2⌋ + 1 = 4"),
        ],
    ),
    ("fc", {"units": 10}, ((6, 4, 5),), [("params", "10·6·4·5 + 10 = 1,210"), ("macs", "10·6·4·5 = 1,200")]),
    ("fc", {"units": 10, "bias": False}, ((8,),), [("params", "10·8 = 80"), ("macs", "10·8 = 80")]),
    ("flatten", {}, ((64, 7, 5),), [("features", "7·5·64 = 2,240")]),
    ("tokens", {}, ((64, 7, 5),), [("length", "7·5 = 35")]),
    ("class_token", {}, ((64, 196),), [("length", "196 + 1 = 197")]),
    ("position", {}, ((64, 197),), [("params", "197·64 = 12,608")]),
    (
        "attention",
        {"heads": 12},
        ((768, 197),),
        [
            ("head", "768/12 = 64 channels"),
            ("params", "4·768·768 + 4·768 = 2,362,368"),
            ("macs", "4·197·768·768 + 2·197·197·768 = 524,391,936"),
        ],
    ),
    (
        "upsample",
        {"scale": (2, 1.5)},
        ((8, 5, 5),),
        [("height", "⌊5·2⌋ = 10"), ("width", "⌊5·1.5⌋ = 7")],
    ),
    ("upsample", {"to": 9}, ((8, 5, 5),), []),
    (
        "crop",
        {"size": (4, 4)},
        ((8, 7, 9),),
        [
            ("height", "from ⌊(7 − 4)/2⌋ = 1 to 5, the end left out"),
            ("width", "from ⌊(9 − 4)/2⌋ = 2 to 6, the end left out"),
        ],
    ),
    ("pad", {"pad": (1, 0, 2, 3)}, ((8, 7, 9),), [("height", "7 + 1 + 0 = 8"), ("width", "9 + 2 + 3 = 14")]),
    ("pad_channels", {"pad": (8, 16)}, ((64, 7, 9),), [("channels", "64 + 8 + 16 = 88")]),
    ("pad_channels", {"pad": 8}, ((64, 7, 9),), [("channels", "64 + 8 + 8 = 80")]),
    ("concat", {}, ((64, 7, 9), (1000, 7, 9)), [("channels", "64 + 1,000 = 1,064")]),
    ("concat", {"axis": "height"}, ((6, 7, 9), (6, 2, 9)), [("height", "7 + 2 = 9")]),
    ("concat", {"axis": "width"}, ((6, 7, 9), (6, 7, 2)), [("width", "9 + 2 = 11")]),
    ("concat", {"axis": "width"}, ((6, 9), (6, 2)), [("width", "9 + 2 = 11")]),
    ("concat", {}, ((1, 7),) * 12, [("channels", " + ".join(["1"] * 12) + " = 12")]),
    ("concat", {}, ((1, 7),) * 13, [("channels", " + ".join(["1"] * 11) + " + … = 13")]),
    (
        "kernel",
        {"filter": "blur", "pad": 0},
        ((3, 5, 7),),
        [("height", "⌊(5 + 2·0 − 3)/1⌋ + 1 = 3"), ("width", "⌊(7 + 2·0 − 3)/1⌋ + 1 = 5")],
    ),
    ("relu", {}, ((3, 5, 7),), []),
]


@pytest.mark.parametrize(("layer", "fields", "inputs", "lines"), EXPLAINED)
def test_the_arithmetic(layer: str, fields: dict[str, Any], inputs: Inputs, lines: list[tuple[str, str]]) -> None:
    op = OPS[layer].of(fields)
    assert op.explain(inputs, op.output(inputs)) == lines


SEEN: list[tuple[str, dict[str, Any], Inputs, tuple[int, ...], tuple[float, ...]]] = [
    ("conv", {"kernel": (3, 5), "channels": 4, "stride": 2, "dilation": (2, 1)}, ((3, 9, 9),), (5, 5), (2, 2)),
    ("maxpool", {"kernel": 3, "stride": 2}, ((3, 9, 9),), (3, 3), (2, 2)),
    ("maxpool", {"kernel": 3, "stride": 1, "dilation": 2}, ((3, 9, 9),), (5, 5), (1, 1)),
    ("avgpool", {"kernel": "global"}, ((3, 9, 7),), (9, 7), (9, 7)),
    ("avgpool", {"to": (3, 2)}, ((3, 9, 7),), (3, 4), (3, 3.5)),  # of 7, [0, 4) and [3, 7)
    ("avgpool", {"to": (5,)}, ((3, 7),), (3,), (1.4,)),  # [1, 3), [2, 5): one is as wide as 3
    # an output is reached by the inputs whose kernel covers it: ⌈k/s⌉
    ("tconv", {"kernel": 4, "channels": 2, "stride": 2}, ((3, 9, 9),), (2, 2), (0.5, 0.5)),
    ("tconv", {"kernel": 3, "channels": 2, "stride": (2, 4), "dilation": 2}, ((3, 9, 9),), (3, 2), (0.5, 0.25)),
    ("upsample", {"scale": 2}, ((3, 9, 9),), (1, 1), (0.5, 0.5)),
    ("upsample", {"scale": 2, "mode": "bilinear"}, ((3, 9, 1),), (2, 2), (0.5, 0.5)),
    ("upsample", {"to": (18, 3), "mode": "bicubic"}, ((3, 9, 9),), (4, 1), (0.5, 3)),
    ("upsample", {"scale": 2, "mode": "bicubic"}, ((3, 3, 3),), (4, 4), (0.5, 0.5)),
    ("pixel_shuffle", {"factor": 4}, ((32, 3, 3),), (1, 1), (0.25, 0.25)),
    ("kernel", {"filter": "edge"}, ((3, 9, 9),), (3, 3), (1, 1)),
    ("fc", {"units": 4}, ((3, 9, 7),), (9, 7), (9, 7)),
    ("attention", {"heads": 1}, ((3, 9),), (9,), (9,)),
    ("relu", {}, ((3, 9, 7),), (1, 1), (1, 1)),
    ("bn", {}, ((3, 9),), (1,), (1,)),
]


@pytest.mark.parametrize(("layer", "fields", "inputs", "extent", "step"), SEEN)
def test_how_far_an_output_sees(
    layer: str, fields: dict[str, Any], inputs: Inputs, extent: tuple[int, ...], step: tuple[float, ...]
) -> None:
    assert extents(OPS[layer].of(fields), inputs) == (extent, tuple(map(Fraction, map(str, step))))


def test_what_no_window_covers() -> None:
    """6 in windows of 3, 2 apart: 0–2 and 2–4, and 5 is left; 7 leave none; of one window too large there is none."""
    (six,), (seven,), (ceil,) = (slide((1, n), 3, 2, 0, 1, up) for n, up in ((6, False), (7, False), (6, True)))
    assert (six.discarded, seven.discarded, ceil.discarded) == (1, 0, 0)
    assert (six.count, seven.count, ceil.count) == (2, 3, 3)


def test_divisors() -> None:
    by_trying = {n: [d for d in range(1, n + 1) if n % d == 0] for n in (1, 2, 12, 36, 49, 97, 360)}
    assert {n: divisors(n) for n in by_trying} == by_trying
    assert divisors(36, most=6) == by_trying[36]
    assert divisors(36, most=4) == [1, 2, 3, 4, 9, 12, 18, 36]
    assert nearest_divisors(5, 12) == [4, 6]
    assert nearest_divisors(5, 7) == [7, 1]
    assert nearest_divisors(100_003, 2 * 100_003) == [100_003, 2]


def test_padding() -> None:
    """(begin, end) on each axis, by the table of grammar/layers.md."""
    window: tuple[tuple[int, ...], ...] = ((9, 8), (4, 3), (1, 2), (1, 2))  # sizes, kernel, stride, dilation
    assert pads(2, *window) == ((2, 2), (2, 2))
    assert pads((1, 2), *window) == ((1, 1), (2, 2))
    assert pads((1, 0, 2, 3), *window) == ((1, 0), (2, 3))
    assert pads("valid", *window) == ((0, 0), (0, 0))
    assert pads("half", *window) == ((1, 1), (2, 2))  # ⌊(4 − 1)/2⌋, ⌊2·(3 − 1)/2⌋
    assert pads("same", *window) == ((1, 2), (1, 2))  # 9 − 1 + 4 − 9 = 3 in all; ⌈8/2⌉ = 4, (4 − 1)·2 + 5 − 8 = 3
    assert pads("same", (9,), (5,), (1,), (1,)) == ((2, 2),)
    assert pads("same", (9,), (1,), (4,), (1,)) == ((0, 0),)  # the last window begins at 8: nothing is needed
