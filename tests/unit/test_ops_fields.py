"""What the types of fields take, and what they say of anything else."""

from typing import Any

import pytest

from archc.ops import OPS
from tests.unit.refusing import complaint

HUGE = 10**18
SAID: list[tuple[str, dict[str, Any], str]] = [
    ("conv", {"kernel": 2.5, "channels": 4}, "takes a whole number, not 2.5"),
    ("conv", {"kernel": True, "channels": 4}, "takes a whole number, not yes"),
    ("conv", {"kernel": 3, "channels": False}, "takes a whole number, not no"),
    ("conv", {"kernel": 3, "channels": HUGE + 1}, "is beyond 10^18"),
    ("conv", {"kernel": 3, "channels": 4, "pad": -1}, "must not be negative, not -1"),
    ("conv", {"kernel": 3, "channels": 4, "pad": HUGE + 1}, "is beyond 10^18"),
    ("conv", {"kernel": [], "channels": 4}, "takes at least one number"),
    ("conv", {"kernel": 3, "channels": "many"}, "takes a whole number, not `many`"),
    ("conv", {"kernel": 3, "channels": (3, 3)}, "takes a whole number, not 3x3"),
    ("conv", {"kernel": 3, "channels": (3, "a")}, "takes a whole number, not a list"),
    ("conv", {"kernel": 3, "channels": [3, 3]}, "takes a whole number, not a list"),
    ("conv", {"kernel": 3, "channels": None}, "takes a whole number, not nothing"),
    ("conv", {"kernel": 3, "channels": 4, "bias": 0.5}, "takes yes or no, not 0.5"),
    ("conv", {"kernel": 3, "channels": 2, "connections": [[0], [True]]},
     "row 1 must list input channels, counted from 0"),
    ("conv", {"kernel": 3, "channels": 2, "connections": [[0], []]}, "row 1 must list input channels, counted from 0"),
    ("conv", {"kernel": 3, "channels": 2, "connections": [[0], [-1]]},
     "row 1 must list input channels, counted from 0"),
    ("conv", {"kernel": 3, "channels": 2, "connections": [["a"], [1]]},
     "row 0 must list input channels, counted from 0"),
    ("conv", {"kernel": 3, "channels": 2, "connections": [[0, True], [1]]},
     "row 0 must list input channels, counted from 0"),
    ("conv", {"kernel": 3, "channels": 2, "connections": [[0], 1]},
     "takes a list of rows, one for each output channel: [0,1,2; 1,2,3]"),
    ("conv", {"kernel": 3, "channels": 2, "connections": 5},
     "takes a list of rows, one for each output channel: [0,1,2; 1,2,3]"),
    ("conv", {"kernel": 3, "channels": 1, "connections": [[0, 0]]}, "row 0 names a channel twice"),
    ("upsample", {"scale": 0}, "must be greater than 0 and finite, not 0"),
    ("upsample", {"scale": []}, "takes at least one number"),
    ("upsample", {"scale": "big"}, "takes a number, not `big`"),
    ("upsample", {"scale": 2, "align_corners": True},
     "`align_corners` has no meaning for nearest; it goes with bilinear and its like"),
    ("upsample", {}, "upsample takes a scale (`upsample 2`) or the output size (`upsample to 56x56`), and one"),
    ("pad", {"pad": 1, "mode": "reflect", "value": 2.0},
     "`value` fills the border of mode zero; reflect fills it from the map"),
    ("pad_channels", {"pad": (1, 2, 3)}, "takes one number or (before, after), not 3 numbers"),
    ("maxpool", {"kernel": "half"}, "takes a size such as 2x2, or global, not `half`"),
    ("maxpool", {"kernel": "global", "stride": 2, "pad": 1, "ceil": True},
     "`global` takes the whole map, so leave out `stride` and `pad` and `ceil`"),
    ("avgpool", {"to": 2, "count_include_pad": False}, "`to` works out the windows, so leave out `count_include_pad`"),
    ("permute", {"order": [0, 0]}, "must name each axis from 0 to 1 once"),
    ("permute", {"order": [1, "a"]}, "takes a list of axes, counted from 0 for the channels: [0, 2, 1]"),
    ("permute", {"order": "hwc"}, "takes a list of axes, counted from 0 for the channels: [0, 2, 1]"),
    ("reshape", {"dims": (1, 2, 3, 4, 5)}, "takes at most 3 sizes and the channels, not 5 numbers"),
    ("input", {"shape": (1, 2, 3, 4, 5)}, "takes at most 3 sizes and the channels, not 5 numbers"),
    ("dropout", {"p": -0.5}, "is the share that is dropped, from 0 to below 1, not -0.5"),
    ("slice", {"start": 3, "stop": 2}, "a slice from 3 to 2 is empty: `stop` is the first one left out"),
    ("split", {"parts": 2, "index": 2}, "there is no part 2 of 2: they are counted from 0 to 1"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "fields", "text"), SAID)
def test_what_a_field_says(layer: str, fields: dict[str, Any], text: str) -> None:
    assert complaint(layer, **fields) == text


@pytest.mark.parametrize(
    ("layer", "fields"),
    [
        ("conv", {"kernel": 3.0, "channels": HUGE, "pad": HUGE}),
        ("upsample", {"scale": 1, "mode": "bilinear", "align_corners": True}),
        ("pad", {"pad": 1, "mode": "reflect"}),
        ("pad", {"pad": 1, "value": 2.0}),
        ("dropout", {"p": 0}),
        ("conv", {"kernel": 3, "channels": 1, "connections": [0, 1]}),
        ("conv", {"kernel": 3, "channels": 2, "connections": [[0], [0]]}),
        ("slice", {"start": 0, "stop": 1}),
    ],
)
def test_what_a_field_takes(layer: str, fields: dict[str, Any]) -> None:
    assert OPS[layer].of(fields)
