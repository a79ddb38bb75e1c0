"""From a name or a path to a set that fits the net, split into training, validation and test images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import torch
from torch import Tensor

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.images import fitted_array
from archc.preprocessing import Kind, Preprocessing
from archc.shapes import hwc
from archc.spelling import close_words, suggestion
from archc.train.data.cifar import CIFAR10, CIFAR100, read_cifar10, read_cifar100
from archc.train.data.dataset_files import Publication, download_folder, forget, missing, places
from archc.train.data.digits import read_digits
from archc.train.data.download import fetch
from archc.train.data.idx import FASHION, MNIST, read_fashion, read_mnist
from archc.train.data.image_set import AS_IT_IS, ImageSet, Split, failed
from archc.train.data.npz import read_npz
from archc.train.data.shapes import read_shapes
from archc.train.data.splits import random_split, spread
from archc.train.data.targets import channels_first_targets
from archc.train.recipe import Augment, Data

READERS: Mapping[str, Callable[[Data], ImageSet]] = MappingProxyType(
    {
        "digits": read_digits,
        "mnist": read_mnist,
        "fashion_mnist": read_fashion,
        "cifar10": read_cifar10,
        "cifar100": read_cifar100,
    }
)
PUBLISHED: Mapping[str, Publication] = MappingProxyType({one.name: one for one in (MNIST, FASHION, CIFAR10, CIFAR100)})
KNOWN = (*READERS, "shapes", "tiny_imagenet")
RESIDENT_BYTES = 2 << 30
SHOWN = 12


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """A set that is ready for a net.

    judged: "validation", or "test" if no images are kept for validation. notes: what was done to make the set fit. how:
    how images are fitted, for predictions with the net.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    augment: Augment
    judged: str
    notes: tuple[str, ...] = ()
    how: Preprocessing = AS_IT_IS


def quiet(message: str) -> None:
    """Say nothing."""


def open_sets(
    data: Data,
    shape: tuple[int, ...],
    outputs: int,
    seed: int = 0,
    say: Callable[[str], None] = quiet,
    out: tuple[int, ...] | None = None,
) -> Sets:
    """The set that the settings name, fitted to a net of (C, H, W) → `outputs` values. Raises ArchError.

    out: the shape of the output, if it is not a vector.
    """
    if data.name.lower() in KNOWN and not Path(data.name).exists():
        data = data.model_copy(update={"name": data.name.lower()})
    opened = _opened(data, shape, outputs, say)
    forget()
    opened = channels_first_targets(opened, shape, out or (outputs,), data.fit)
    _check_outputs(opened, outputs)
    how = _how(opened, shape, data)
    notes = list(opened.notes)
    train, test = (_fitted(split, shape, opened.name, how, notes) for split in (opened.train, opened.test))
    train, test = _first(train, data.train_size), _first(test, data.test_size)
    if len(train) < 2 or not len(test):
        raise failed(Code.NO_DATA, f"{opened.name} has {len(train)} images to train on and {len(test)} to test on")

    def made(kept: Split, validation: Split, judged: str) -> Sets:
        return Sets(opened.name, kept, validation, test, opened.classes, opened.augment, judged, tuple(notes), how)

    if opened.validation is not None:
        return made(train, _fitted(opened.validation, shape, opened.name, how, notes), "validation")
    if not data.validation:
        return made(train, test, "test")
    kept, validation = random_split(train, data.validation, seed)
    if not len(validation) or len(kept) < 2:
        raise failed(Code.NO_DATA, f"validation of {data.validation:g} leaves {len(kept)} and {len(validation)} images")
    return made(kept, validation, "validation")


def _opened(data: Data, shape: tuple[int, ...], outputs: int, say: Callable[[str], None]) -> ImageSet:
    as_path = Path(data.path or data.name)
    if data.layout is not None and as_path.suffix != ".npz":
        raise failed(Code.BAD_LAYOUT, f"data.layout is of the arrays in a .npz, and {data.name} is none")
    if data.name in (*READERS, "shapes") or (data.name == "tiny_imagenet" and data.path is None):
        return named_set(data, shape, say)
    if as_path.suffix == ".npz":
        return read_npz(data, shape, outputs)
    if as_path.is_dir():
        from archc.train.data.folder import read_folder  # noqa: PLC0415 - it needs Pillow, and the others do not

        return read_folder(data, _image_shape(shape, str(as_path)))
    message = f"there is no set `{data.name}`, and no such folder or .npz file"
    raise failed(Code.NO_DATA, message, help=suggestion(close_words(data.name, KNOWN), KNOWN))


def named_set(data: Data, shape: tuple[int, ...], say: Callable[[str], None] = quiet) -> ImageSet:
    """The set with a name in KNOWN, for a net whose input has `shape`, (C, H, W). Raises ArchError."""
    if data.name == "shapes":
        return read_shapes(data, _image_shape(shape, "shapes"))
    if data.name == "tiny_imagenet":
        return _tiny_imagenet(data, _image_shape(shape, data.name))
    wanted = data.path is None if data.download is None else data.download
    try:
        return READERS[data.name](data)
    except ArchError as error:
        if error.diagnostics[0].code != Code.NO_DATA or not wanted or data.name not in PUBLISHED:
            raise
    fetch(PUBLISHED[data.name], download_folder(data), say)
    return READERS[data.name](data)


def _tiny_imagenet(data: Data, shape: tuple[int, int, int]) -> ImageSet:
    """The set as its archive unpacks, in the first folder that has it. Raises ArchError."""
    from archc.train.data.folder import read_folder  # noqa: PLC0415 - it needs Pillow, and the others do not

    for place in places(data):
        for root in (place, place / "tiny-imagenet-200"):
            if (root / "wnids.txt").is_file():
                return read_folder(data.model_copy(update={"path": str(root)}), shape)
    archive = ("tiny-imagenet-200", "", "http://cs231n.stanford.edu/tiny-imagenet-200.zip")
    raise missing(Publication("tiny_imagenet", archives=[archive]), places(data))


def _image_shape(shape: tuple[int, ...], name: str) -> tuple[int, int, int]:
    if len(shape) != 3:
        raise failed(Code.BAD_DATA, f"{name} holds images, and the net takes {len(shape)}-dimensional input")
    return shape[0], shape[1], shape[2]


def _check_outputs(opened: ImageSet, outputs: int) -> None:
    if not opened.classes:
        width = (
            opened.train.labels.shape[1] if opened.train.labels.dim() == 2 else outputs
        )  # `channels_first_targets` has put the axes of maps in order
        if width != outputs:
            raise failed(Code.WRONG_OUTPUTS, f"{opened.name} has {width} targets, and the net gives {outputs} values")
        return
    if len(opened.classes) != outputs:
        count = len(opened.classes)
        shown = ", ".join(opened.classes[:SHOWN]) + ", …" * (count > SHOWN)
        raise ArchError(
            [
                Diagnostic(
                    Code.WRONG_CLASSES,
                    f"{opened.name} has {count} classes, and the net gives {outputs}",
                    notes=(f"the classes: {shown}", *opened.notes),
                    help=f"-p classes={count} where the net has that parameter, or end it with `fc {count}`",
                )
            ]
        )
    for split in (opened.train, opened.test):
        if len(split.labels) and int(split.labels.max()) >= outputs:
            raise failed(
                Code.WRONG_CLASSES, f"{opened.name} has a label {int(split.labels.max())} of {outputs} classes"
            )


def _first(split: Split, count: int | None) -> Split:
    """The first `count` images, each class in proportion: a set may be sorted by class."""
    return split if count is None or count >= len(split) else split.part(spread(split.labels, count))


def _how(opened: ImageSet, shape: tuple[int, ...], data: Data) -> Preprocessing:
    """How images are fitted to the input of the net, in training and in predictions. Raises ArchError."""
    images = opened.train.images
    if not isinstance(images, Tensor):
        return opened.how
    of: Kind = "values" if images.is_floating_point() else "pictures"
    if len(shape) != 3:
        if data.fit is not None:
            raise failed(Code.WRONG_INPUT, f"data.fit is for pictures, and the net takes {hwc(shape)}")
        return Preprocessing(of=of)
    if data.fit != "crop":
        return Preprocessing(fit=data.fit or "squeeze", of=of)
    if images.shape[2] < shape[1] or images.shape[3] < shape[2]:
        raise failed(Code.WRONG_INPUT, f"images of {hwc(images.shape[1:])} cannot be cropped to {hwc(shape)}")
    return Preprocessing(fit="crop", kept=(shape[1] / images.shape[2], shape[2] / images.shape[3]), of=of)


def _fitted(split: Split, shape: tuple[int, ...], name: str, how: Preprocessing, notes: list[str]) -> Split:
    """Images with the channels of the net and its size, or with the size that windows of it are cut from."""
    images = split.images
    if not isinstance(images, Tensor) or tuple(images.shape[1:]) == shape:
        return split
    was, wanted = hwc(images.shape[1:]), hwc(shape)
    if images.dim() != 4 or len(shape) != 3:
        raise failed(Code.WRONG_INPUT, f"{name} holds {was}, and the net takes {wanted}")
    if (images.shape[1], shape[0]) not in ((1, 3), (3, 1), (shape[0], shape[0])):
        raise failed(Code.WRONG_INPUT, f"{name} has {images.shape[1]} channels, and the net takes {shape[0]}")
    box = (shape[0], *how.box(shape[1:]))
    to_box = replace(how, kept=(1.0, 1.0))
    rows = (torch.from_numpy(fitted_array(row.permute(1, 2, 0).numpy(), box, to_box)) for row in images)
    made = torch.empty(len(images), *box, dtype=images.dtype)
    for place, row in zip(made, rows, strict=True):
        place.copy_(row.permute(2, 0, 1))
    done = {"crop": "cropped", "squeeze": "resized", "pad": "padded"}[how.fit]
    note = f"{was} {done} to {wanted}"
    if note not in notes:
        notes.append(note)
    return Split(made, split.labels)
