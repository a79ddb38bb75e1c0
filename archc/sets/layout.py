"""The order of the axes of an array: NCHW, NHWC, NCL and so on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archc.diagnostics import ArchError, Code, Diagnostic

Array = NDArray[Any]
AXES = {0: "", 1: "L", 2: "HW", 3: "DHW"}
"""The letters of the spatial axes, by their number. N is the sample, C the channels (or values of a vector)."""


def laid_out(array: Array, shape: Sequence[int], layout: str | None, name: str, how: str | None) -> tuple[Array, str]:
    """(N, C, n…) for a net of `shape`, (C, n…), and the layout of the array. Raises ArchError.

    layout: None infers it: the only layout that gives the shape of the net, or, for images, whose channels fit. name:
    of the array, in messages. how: how to give a layout, such as `--layout `, in messages; or None.
    """
    letters = AXES.get(len(shape) - 1, "")
    known = [f"N{letters}", f"NC{letters}", f"N{letters}C"] if letters else ["N", "NC"]
    if layout is not None:
        return _turned(array, _checked(layout, array, letters, name), letters), layout
    fitting = [one for one in known if len(one) == array.ndim]
    found = [one for one in fitting if _turned(array, one, letters).shape[1:] == tuple(shape)]
    if not found and len(shape) == 3:
        found = [one for one in fitting if (_turned(array, one, letters).shape[1], shape[0]) in _pictures(shape[0])]
    if len(found) == 1:
        return _turned(array, found[0], letters), found[0]
    has = f"{name} is {_sizes(array.shape)}"
    takes = f"the net takes {'x'.join(map(str, (*shape[1:], shape[0])))}"
    if found:
        message = f"{has}, and {takes}: that may be {' or '.join(found)}"
        help_text = (
            f"say which: {' or '.join(how + one for one in found)}" if how else "save it as the net's own floats"
        )
        raise _failed(Code.AMBIGUOUS_LAYOUT, message, help_text)
    if len(shape) == 1 and array.ndim > 2:
        raise _failed(
            Code.WRONG_INPUT, f"{has}, and {takes}", "begin the net with the maps, and `flatten`: `input 8x8x1`"
        )
    read = ", ".join(f"{one} {_sizes(_named(one, shape))}" for one in known if _channels(one, shape))
    raise _failed(Code.WRONG_INPUT, f"{has}, and {takes}: archc reads {read}", None)


def _pictures(channels: int) -> set[tuple[int, int]]:
    """The numbers of channels that an image may have for a net: grey and colour images are converted."""
    return {(1, 3), (3, 1), (channels, channels)}


def _checked(layout: str, array: Array, letters: str, name: str) -> str:
    wanted = {"N", *letters}
    if not layout.startswith("N") or len(set(layout)) != len(layout) or not wanted <= set(layout) <= wanted | {"C"}:
        examples = f"N{letters}, NC{letters} or N{letters}C" if letters else "NC"
        raise _failed(Code.BAD_LAYOUT, f"the net's input is laid out as {examples}, and not as `{layout}`", None)
    if len(layout) != array.ndim:
        message = f"{name} is {_sizes(array.shape)}, of {array.ndim} axes, and `{layout}` names {len(layout)}"
        raise _failed(Code.BAD_LAYOUT, message, None)
    return layout


def _turned(array: Array, layout: str, letters: str) -> Array:
    """(N, C, n…); with one channel if the layout has no C."""
    whole = array if "C" in layout else array[..., None]
    named = layout if "C" in layout else f"{layout}C"
    return np.transpose(whole, [named.index(letter) for letter in f"NC{letters}"])


def _channels(layout: str, shape: Sequence[int]) -> bool:
    return "C" in layout or shape[0] == 1


def _named(layout: str, shape: Sequence[int]) -> list[object]:
    sizes = dict(zip(f"C{AXES[len(shape) - 1]}", shape, strict=True))
    return [sizes.get(letter, letter) for letter in layout]


def _sizes(shape: Sequence[object]) -> str:
    return f"({', '.join(map(str, shape))})"


def _failed(code: Code, message: str, help: str | None) -> ArchError:
    return ArchError([Diagnostic(code, message, help=help)])
