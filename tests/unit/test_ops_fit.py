"""What flows in just fits a layer, or just does not."""

from typing import Any

import pytest

from archc.ops import OPS, OpError, Shape

# a layer, its input, and what comes out, or the code of the refusal
FITS: list[tuple[str, dict[str, Any], Shape, Shape | str]] = [
    ("glu", {}, (6, 4, 5), (3, 4, 5)),
    ("glu", {}, (2,), (1,)),
    ("glu", {}, (9,), "groups-do-not-divide"),
    ("maxout", {"group_size": 4}, (4,), (1,)),
    ("bn", {}, (6,), (6,)),
    ("bn", {}, (6, 2, 2, 2), (6, 2, 2, 2)),
    ("bn", {}, (6, 2, 2, 2, 2), "wrong-rank"),
    ("ln", {}, (6,), (6,)),
    ("gn", {"groups": 6}, (6, 1, 1), "nothing-to-normalise"),
    ("gn", {"groups": 6}, (6, 1, 2), (6, 1, 2)),
    ("gn", {"groups": 3}, (6,), (6,)),
    ("instancenorm", {}, (6, 1, 1), "nothing-to-normalise"),
    ("instancenorm", {}, (6, 1, 2), (6, 1, 2)),
    ("instancenorm", {}, (1, 2), (1, 2)),
    ("instancenorm", {}, (2, 1), "nothing-to-normalise"),
    ("instancenorm", {}, (6, 2, 1), (6, 2, 1)),
    ("instancenorm", {}, (6,), "wrong-rank"),
    ("lrn", {}, (6, 1), (6, 1)),
    ("lrn", {}, (6,), "wrong-rank"),
    ("dropout", {"spatial": True}, (6,), "wrong-rank"),
    ("dropout", {"spatial": True}, (6, 1), (6, 1)),
    ("dropout", {"spatial": True}, (6, 1, 1, 1, 1), "wrong-rank"),
    ("dropout", {}, (6,), (6,)),
    ("identity", {}, (6,), (6,)),
    ("scale", {}, (6, 4), (6, 4)),
]


@pytest.mark.parametrize(("layer", "fields", "shape", "out"), FITS)
def test_what_fits(layer: str, fields: dict[str, Any], shape: Shape, out: Shape | str) -> None:
    made = OPS[layer].of(fields)
    if not isinstance(out, str):
        assert made.output((shape,)) == out
        return
    with pytest.raises(OpError) as caught:
        made.output((shape,))
    assert caught.value.code == out


@pytest.mark.parametrize("shape", [(6,), (3, 32), (3, 32, 16), (1, 8, 32, 16)])
def test_an_input_is_its_shape(shape: Shape) -> None:
    assert OPS["input"].positional == ("shape",)
    made = OPS["input"].of({"shape": shape})
    assert made.output(()) == shape
    assert made.reading(()) == ()
