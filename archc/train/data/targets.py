"""Targets that are numbers, with their axes in the order of the net's output."""

from dataclasses import replace
from math import prod

from torch import Tensor

from archc.diagnostics import Code
from archc.train.data.image_set import ImageSet, Split, failed


def channels_first_targets(opened: ImageSet, shape: tuple[int, ...], out: tuple[int, ...], fit: str | None) -> ImageSet:
    """The set with targets of several axes as (N, C, n…), like the output of the net. Raises ArchError.

    Vectors and classes are unchanged. shape, out: of the input and the output of the net. fit: how images are fitted;
    if they are cropped, so are maps of their size.
    """

    def one(split: Split) -> Split:
        return _channels_first(split, shape, out, fit, opened.name)

    validation = one(opened.validation) if opened.validation is not None else None
    return replace(opened, train=one(opened.train), test=one(opened.test), validation=validation)


def _channels_first(split: Split, shape: tuple[int, ...], out: tuple[int, ...], fit: str | None, name: str) -> Split:
    """A reader has put the axes in the order of the images. If the shape is not the net's, the other order is tried."""
    labels = split.labels
    if not labels.is_floating_point() or labels.dim() < 3:
        return split
    goal = out
    if fit == "pad":
        raise failed(
            Code.BAD_DATA, f"data.fit=pad puts black around images, and the targets of {name} are maps without it"
        )
    if fit == "crop" and isinstance(split.images, Tensor) and out[1:] == shape[1:]:
        goal = (out[0], *split.images.shape[2:])
    if tuple(labels.shape[1:]) == goal:
        return split
    orders = (labels.movedim(-1, 1), labels.movedim(1, -1), labels.unsqueeze(1))
    fitting = next((order for order in orders if tuple(order.shape[1:]) == goal), None)
    if fitting is not None:
        return Split(split.images, fitting.contiguous())
    if len(out) == 1 and prod(labels.shape[1:]) == out[0]:  # the loss flattens them
        return Split(split.images, labels.unsqueeze(1) if labels.dim() == 3 and len(shape) == 3 else labels)
    given, wanted = ("x".join(map(str, one)) for one in (labels.shape[1:], goal))
    raise failed(
        Code.WRONG_OUTPUTS,
        f"{name} has targets of {given}, and the net gives {wanted} (channels first); no order of the axes is that",
        help=f"store the targets as (N, {', '.join(map(str, goal))})",
    )
