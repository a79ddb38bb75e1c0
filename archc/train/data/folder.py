"""Folders of images, a class each; and Tiny ImageNet's layout, in which the validation part has a table instead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from archc.diagnostics import ArchError, Diagnostic
from archc.images import read_pixels
from archc.preprocessing import SUFFIXES, Preprocessing
from archc.train.data.parting import parted
from archc.train.data.sets import ImageSet, Split, failed
from archc.train.recipe import Augment, Data

TESTS = ("test", "val", "valid", "validation")
CROP = Preprocessing(fit="crop")


@dataclass(frozen=True, slots=True)
class ImageFiles:
    """Read when they are wanted, as whoever serves the net reads them."""

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
    """(C, H, W) uint8, grey for one channel and RGB for three, or what is wrong with the file."""
    try:
        pixels = read_pixels(path, shape, how)
    except ArchError as error:
        return replace(error.diagnostics[0], help="take it out of the set")
    return torch.from_numpy(pixels.copy()).permute(2, 0, 1)


def read_folder(data: Data, shape: tuple[int, int, int]) -> ImageSet:
    """ROOT/train/CLASS/… and ROOT/test/CLASS/… (or val), or ROOT/CLASS/… to be parted. Raises ArchError."""
    root = Path(data.path or data.name)
    how = Preprocessing(fit=data.fit or CROP.fit)
    if shape[0] not in (1, 3):
        raise failed("bad-data", f"an image has 1 or 3 channels, and the net takes {shape[0]}", root)
    if (root / "wnids.txt").is_file():
        return _tiny_imagenet(root, shape, how)
    training = root / "train" if (root / "train").is_dir() else root
    classes = _classes(training)
    if not classes:
        raise failed(
            "no-data",
            f"`{root}` holds no images in folders",
            root,
            f"put them as {root}/train/CLASS/IMAGE and {root}/test/CLASS/IMAGE",
        )
    whole = _split(training, classes, shape, how)
    tests = [root / name for name in TESTS if (root / name).is_dir()] if training != root else []
    if not tests:
        return ImageSet(root.name, *parted(whole), classes, Augment(flip=True), how=how)
    odd = sorted(set(_classes(tests[0])) - set(classes))
    if odd:
        raise failed("bad-data", f"`{tests[0]}` has classes that train has not: {', '.join(odd[:5])}", tests[0])
    return ImageSet(root.name, whole, _split(tests[0], classes, shape, how), classes, Augment(flip=True), how=how)


def _images(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _classes(root: Path) -> tuple[str, ...]:
    if not root.is_dir():
        return ()
    return tuple(sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")))


def _split(root: Path, classes: Sequence[str], shape: tuple[int, int, int], how: Preprocessing) -> Split:
    paths: list[Path] = []
    labels: list[int] = []
    for number, name in enumerate(classes):
        found = _images(root / name) if (root / name).is_dir() else []
        paths += found
        labels += [number] * len(found)
    if not paths:
        raise failed("no-data", f"`{root}` holds no images", root)
    return Split(ImageFiles(paths, shape, how), torch.tensor(labels))


def _tiny_imagenet(root: Path, shape: tuple[int, int, int], how: Preprocessing) -> ImageSet:
    """train/CLASS/images/…, and val/images/… with the classes in val/val_annotations.txt. Source: cs231n."""
    classes = tuple((root / "wnids.txt").read_text("utf-8").split())
    table = root / "val" / "val_annotations.txt"
    if not table.is_file():
        raise failed("no-data", f"`{table}` is not there", table)
    paths, labels = [], []
    for number, line in enumerate(table.read_text("utf-8").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) < 2 or cells[1] not in classes:
            raise failed("bad-data", f"line {number} of `{table.name}` names no class of wnids.txt", table)
        paths.append(root / "val" / "images" / cells[0])
        labels.append(classes.index(cells[1]))
    test = Split(ImageFiles(paths, shape, how), torch.tensor(labels))
    return ImageSet(
        "tiny_imagenet",
        _split(root / "train", classes, shape, how),
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
