"""Folders of images, one for each class; and the layout of Tiny ImageNet, whose validation part has a table instead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.images import read_pixels
from archc.preprocessing import Preprocessing
from archc.sets.folders import Part, image_files, read_folders
from archc.train.data.image_set import ImageSet, Split, failed
from archc.train.data.splits import random_split
from archc.train.recipe import Augment, Data

CROP = Preprocessing(fit="crop")


@dataclass(frozen=True, slots=True)
class ImageFiles:
    """Image files that are read on demand, by the same code as for predictions."""

    paths: Sequence[Path]
    shape: tuple[int, int, int]
    how: Preprocessing

    def __len__(self) -> int:
        return len(self.paths)

    def __getitems__(self, indices: Sequence[int]) -> Tensor | Diagnostic:
        images = torch.empty(len(indices), *self.shape, dtype=torch.uint8)
        for place, index in enumerate(indices):
            read = read_image(self.paths[index], self.shape, self.how)
            if isinstance(read, Diagnostic):
                return read
            images[place] = read
        return images


def read_image(path: Path, shape: tuple[int, int, int], how: Preprocessing = CROP) -> Tensor | Diagnostic:
    """(C, H, W) uint8, grey for one channel and RGB for three, or a diagnostic if the file cannot be read."""
    try:
        pixels = read_pixels(path, shape, how)
    except ArchError as error:
        return replace(error.diagnostics[0], help="take it out of the set")
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)


def read_folder(data: Data, shape: tuple[int, int, int]) -> ImageSet:
    """ROOT/train/CLASS/… with optional val and test, or ROOT/CLASS/… which is split. Raises ArchError."""
    root = Path(data.path or data.name)
    how = Preprocessing(fit=data.fit or CROP.fit)
    if shape[0] not in (1, 3):
        raise failed(Code.BAD_DATA, f"an image has 1 or 3 channels, and the net takes {shape[0]}", root)
    if (root / "wnids.txt").is_file():
        return _tiny_imagenet(root, shape, how)
    found = read_folders(root)
    splits = {name: _split(part, found.classes, shape, how) for name, part in found.parts.items()}
    train, test, notes = splits["train"], splits.get("test"), found.notes
    if test is None:
        train, test = random_split(train)
        notes = (*notes, f"there is no test folder: {len(test):,} images, drawn at random, are the test")
    validation = splits.get("validation")
    return ImageSet(found.name, train, test, found.classes, Augment(flip=True), validation, how, notes)


def _split(part: Part, classes: Sequence[str], shape: tuple[int, int, int], how: Preprocessing) -> Split:
    pairs = [(path, number) for number, name in enumerate(classes) for path in part.files.get(name, ())]
    return Split(ImageFiles([path for path, _ in pairs], shape, how), torch.tensor([number for _, number in pairs]))


def _tiny_imagenet(root: Path, shape: tuple[int, int, int], how: Preprocessing) -> ImageSet:
    """train/CLASS/images/…, and val/images/… with the classes in val/val_annotations.txt. Source: cs231n."""
    classes = tuple((root / "wnids.txt").read_text("utf-8").split())
    table = root / "val" / "val_annotations.txt"
    if not table.is_file():
        raise failed(Code.NO_DATA, f"`{table}` is not there", table)
    paths, labels = [], []
    for number, line in enumerate(table.read_text("utf-8").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) < 2 or cells[1] not in classes:
            raise failed(Code.BAD_DATA, f"line {number} of `{table.name}` names no class of wnids.txt", table)
        paths.append(root / "val" / "images" / cells[0])
        labels.append(classes.index(cells[1]))
    test = Split(ImageFiles(paths, shape, how), torch.tensor(labels))
    train = {name: image_files(root / "train" / name) for name in classes if (root / "train" / name).is_dir()}
    return ImageSet(
        "tiny_imagenet",
        _split(Part(root / "train", train), classes, shape, how),
        test,
        _words(root, classes),
        Augment(flip=True, shift=8),
        how=how,
    )


def _words(root: Path, classes: tuple[str, ...]) -> tuple[str, ...]:
    path = root / "words.txt"
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    words = {one: name.partition(",")[0] for one, _, name in (line.partition("\t") for line in lines)}
    return tuple(words.get(one, one) for one in classes)
