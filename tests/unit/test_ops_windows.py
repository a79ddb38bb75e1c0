"""Windows counted one by one, and maps at another size: what is shown of them is true arithmetic."""

import re
from itertools import product
from math import ceil, floor
from typing import Any

import pytest

from archc.ops import OPS, Axis, OpError, Shape
from archc.ops.window import AXES, explain_axes, pads, sides, slide
from tests.unit.refusing import refusal


def starts(axis: Axis) -> list[int]:
    """Where the windows of an axis begin, placed one after the other: an axis's definition."""
    padded = axis.begin + axis.size + axis.end
    reach = 1 + axis.dilation * (axis.kernel - 1)
    found = [at for at in range(0, padded + axis.stride, axis.stride) if at + reach <= padded]
    if axis.ceil:  # one more where something is left over; none that would begin in the end padding
        if not found or found[-1] + reach < padded:
            found.append(found[-1] + axis.stride if found else 0)
        found = [at for at in found if at < axis.begin + axis.size]
    return found


def truth(text: str) -> tuple[int, int]:
    """Both sides of `⌊(4 + 2·0 − 3)/2⌋ + 1 = 1`."""
    left, right = text.replace("·", "*").replace("−", "-").split(" = ")
    left = left.replace("⌊", "floor(").replace("⌋", ")").replace("⌈", "ceil(").replace("⌉", ")")
    return eval(left, {"floor": floor, "ceil": ceil}), int(right)


AXES_OF_ONE = [
    Axis("height", n, k, s, begin, end, d, up)
    for n, k, s, (begin, end), d, up in product(
        (1, 2, 5, 6), (1, 2, 3, 4), (1, 2, 3), ((0, 0), (1, 1), (0, 1), (2, 0)), (1, 2), (False, True)
    )
    if not up or 2 * max(begin, end) <= k  # as pools have it, which alone have ceil
]


def test_windows_are_counted_one_by_one() -> None:
    for axis in AXES_OF_ONE:
        found = starts(axis)
        reach = 1 + axis.dilation * (axis.kernel - 1)
        padded = axis.begin + axis.size + axis.end
        if reach - padded >= axis.stride or (not axis.ceil and reach > padded):
            assert axis.count < 1, axis
            continue
        assert axis.count == len(found), axis
        assert axis.extent == reach
        if found:
            assert axis.discarded == max(0, padded - (found[-1] + reach)), axis


def test_the_arithmetic_of_a_window_is_true() -> None:
    for axis in AXES_OF_ONE:
        text = axis.arithmetic
        assert ("⌈" in text) == ("⌉" in text) == axis.ceil
        assert re.match(rf"[⌊⌈]\({axis.size} \+ ", text)
        assert (f" + 2·{axis.begin} − " if axis.begin == axis.end else f" + {axis.begin} + {axis.end} − ") in text
        assert (f" − ({axis.dilation}·({axis.kernel} − 1) + 1))/" in text) == (axis.dilation != 1)
        all_, tail, left = text.partition(", less a last window that would start in the padding = ")
        one, other = truth(all_)
        assert one == other
        assert (int(left) == one - 1 == axis.count) if tail else one == axis.count, axis


@pytest.mark.parametrize(
    ("pad", "expected"),
    [
        ("valid", ((0, 0), (0, 0))),
        (3, ((3, 3), (3, 3))),
        ((1, 2), ((1, 1), (2, 2))),
        ((1, 2, 3, 4), ((1, 2), (3, 4))),  # top, bottom, left, right
    ],
)
def test_padding_in_numbers(pad: Any, expected: Any) -> None:
    assert pads(pad, (9, 9), (3, 3), (2, 2), (1, 1)) == expected
    assert sides((1, 2, 3, 4, 5, 6), 3) == ((1, 2), (3, 4), (5, 6))
    for wrong in ((1, 2, 3), (1, 2, 3, 4, 5)):
        with pytest.raises(OpError, match=f"`pad` lists {len(wrong)} numbers; an input with 2 sizes takes 1, 2 or 4"):
            pads(wrong, (9, 9), (3, 3), (1, 1), (1, 1))


def test_padding_by_a_rule() -> None:
    """half: (k − 1)//2 of the dilated window. same: as little as gives ⌈n/s⌉, the odd one at the end (TensorFlow)."""
    for n, k, s, d in product(range(1, 9), (1, 2, 3, 4, 5), (1, 2, 3), (1, 2)):
        ((begin, end),) = pads("half", (n,), (k,), (s,), (d,))
        assert begin == end == (1 + d * (k - 1) - 1) // 2
        ((begin, end),) = pads("same", (n,), (k,), (s,), (d,))
        assert end - begin in (0, 1)
        assert len(starts(Axis("length", n, k, s, begin, end, d, False))) == ceil(n / s)
        if end:
            fewer = Axis("length", n, k, s, begin, end - 1, d, False)
            assert len(starts(fewer)) < ceil(n / s)


def test_axes_are_named_by_rank() -> None:
    assert AXES == {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
    assert [axis.name for axis in slide((1, 5, 6, 7), 3, 1, 0)] == ["depth", "height", "width"]
    axes = slide((1, 6, 7), (2, 3), (3, 2), (1, 0), (1, 2))
    assert [(a.size, a.kernel, a.stride, a.begin, a.end, a.dilation) for a in axes] == [
        (6, 2, 3, 1, 1, 1),
        (7, 3, 2, 0, 0, 2),
    ]
    assert not any(axis.ceil for axis in axes)
    for field, given in (("kernel_size", ((3,) * 3, 1, 0, 1)), ("stride", (3, (1,) * 3, 0, 1))):
        with pytest.raises(OpError) as caught:
            slide((1, 6, 7), *given)
        assert (caught.value.field, caught.value.code) == (field, "wrong-rank")
    with pytest.raises(OpError) as caught:
        slide((1, 6, 7), 3, 1, 0, (1, 1, 1))
    assert caught.value.field == "dilation"


def test_what_no_window_covers_is_said() -> None:
    axes = slide((1, 224, 7), (3, 7), 2, 0)
    assert explain_axes(axes) == [
        ("height", "⌊(224 + 2·0 − 3)/2⌋ + 1 = 111; the last 1 of 224 padded positions unused"),
        ("width", "⌊(7 + 2·0 − 7)/2⌋ + 1 = 1"),
    ]
    ((_, text),) = explain_axes(slide((1, 8), 3, 4, (1, 2)))
    assert text == "⌊(8 + 1 + 2 − 3)/4⌋ + 1 = 3"
    ((_, text),) = explain_axes(slide((1, 8), 3, 5, (1, 2)))
    assert text == "⌊(8 + 1 + 2 − 3)/5⌋ + 1 = 2; the last 3 of 11 padded positions unused"


# a window that is larger than what flows in; the axes at fault; the values that are tried
TOO_LARGE: list[tuple[dict[str, Any], Shape, list[str], list[tuple[str, str]]]] = [
    ({"kernel": (7, 7)}, (3, 4, 9), ["height"], [("padding", "2"), ("kernel_size", "4x7")]),
    ({"kernel": (7, 7)}, (3, 4, 5), ["height", "width"], [("padding", "2"), ("kernel_size", "4x5")]),
    ({"kernel": (1, 8)}, (3, 4, 5), ["width"], [("padding", "2"), ("kernel_size", "1x5")]),
    ({"kernel": 4}, (3, 1), ["length"], [("padding", "2"), ("kernel_size", "1")]),
    ({"kernel": 5, "pad": (1, 0)}, (3, 3), ["length"], [("padding", "1"), ("kernel_size", "3")]),
    ({"kernel": 3, "dilation": 3}, (3, 4), ["length"], [("padding", "2")]),
    ({"kernel": 3, "dilation": 2}, (3, 4), ["length"], [("padding", "1")]),
]


@pytest.mark.parametrize(("fields", "shape", "at_fault", "tried"), TOO_LARGE)
def test_a_window_that_is_too_large(
    fields: dict[str, Any], shape: Shape, at_fault: list[str], tried: list[tuple[str, str]]
) -> None:
    error = refusal("conv", {**fields, "channels": 1}, shape)
    assert [note.partition(":")[0] for note in error.notes] == at_fault
    assert all(one == other < 1 for one, other in (truth(note.partition(": ")[2]) for note in error.notes))
    assert [(repair.field, repair.value) for repair in error.repairs] == tried
    assert all("-" not in note for note in error.notes)  # a minus is a minus
    reach = 1 + 2 * fields["dilation"] if "dilation" in fields else None
    assert (f" (dilated to {reach})" in error.message) == ("dilated" in error.message) == bool(reach)
    assert ("with padding 1 and 0" in error.message) == ("pad" in fields)
    needed = int(tried[0][1])
    for pad, fits in ((needed, True), (needed - 1, False)):
        made = OPS["conv"].of({**fields, "channels": 1, "pad": pad})
        if fits:
            assert min(made.output((shape,))) > 0
        else:
            with pytest.raises(OpError):
                made.output((shape,))


def test_a_filters_window() -> None:
    for pad, height, width in ((1, 2, 7), (0, None, None), ((0, 1), None, 7), ((1, 0), 2, 5), ("same", 2, 7)):
        made = OPS["kernel"].of({"filter": "blur", "pad": pad})
        if height and width:
            assert made.output(((5, 2, 7),)) == (5, height, width)
            assert [line for line, _ in made.explain(((5, 2, 7),), (5, height, width))] == ["height", "width"]
            continue
        with pytest.raises(OpError) as caught:
            made.output(((5, 2, 7),))
        assert caught.value.field is None  # no size of its own to be told off for
        assert [(repair.field, repair.value) for repair in caught.value.repairs] == [("padding", "1")]
    with pytest.raises(OpError) as caught:
        OPS["kernel"].of({"filter": "blur", "pad": (1, 2, 3)}).output(((5, 4, 4),))
    assert caught.value.field == "padding"
    for shape in ((5,), (5, 9), (5, 9, 9, 9)):
        with pytest.raises(OpError, match="kernel "):
            OPS["kernel"].of({"filter": "blur"}).output((shape,))
