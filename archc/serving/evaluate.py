"""Accuracy of a model on a labelled set: top-1, top-5, each class, and the confusion matrix."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.images import Pixels, fitted_array
from archc.serving.predictor import Predictor, in_batches
from archc.sets.arrays import ArraySet, read_pairs
from archc.sets.folders import PartName, read_folders
from archc.sets.labels import read_labels
from archc.sets.layout import laid_out

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled set. read: gives each image and the number of its class, read one by one. notes: for the user."""

    count: int
    classes: tuple[str, ...]
    read: Callable[[], Iterator[tuple[Pixels, int]]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """confusion[t, p]: images of class t with p as the likeliest. in_top5: images with their class among the five."""

    classes: tuple[str, ...]
    confusion: Counts
    in_top5: int

    @property
    def count(self) -> int:
        return int(self.confusion.sum())

    @property
    def top1(self) -> float:
        return float(np.trace(self.confusion)) / self.count

    @property
    def top5(self) -> float:
        return self.in_top5 / self.count

    def recall(self) -> list[float]:
        """For each class, the share of its images that were classified as it; 0 if it has no images."""
        return [float(value) for value in np.diag(self.confusion) / np.maximum(self.confusion.sum(1), 1)]

    def precision(self) -> list[float]:
        """For each class, the share of images classified as it that belong to it; 0 if there are none."""
        return [float(value) for value in np.diag(self.confusion) / np.maximum(self.confusion.sum(0), 1)]


def evaluate(
    model: Predictor, data: Labelled, batch: int = 32, seen: Callable[[int], object] = lambda done: None
) -> Evaluation:
    """Classify every image once. seen: is called with the number of images done. Raises ArchError."""
    confusion: Counts | None = None
    in_top5 = done = 0
    classes = data.classes
    for pairs in in_batches(data.read(), batch):
        labels = np.array([label for _, label in pairs])
        scores = model.probabilities([picture for picture, _ in pairs])
        if confusion is None:
            if len(classes) > scores.shape[1]:
                message = f"the set has {len(classes)} classes, and {model.name} gives {scores.shape[1]}"
                raise ArchError([Diagnostic(Code.WRONG_CLASSES, message, file=model.name)])
            confusion = np.zeros((scores.shape[1], scores.shape[1]), np.int64)
            classes = tuple(classes[i] if i < len(classes) else model.class_name(i) for i in range(scores.shape[1]))
        np.add.at(confusion, (labels, scores.argmax(1)), 1)
        best = np.argsort(-scores, 1, kind="stable")[:, :5]
        in_top5 += int((best == labels[:, None]).any(1).sum())
        done += len(pairs)
        seen(done)
    assert confusion is not None
    return Evaluation(classes, confusion, in_top5)


def labelled(path: Path, model: Predictor, layout: str | None = None) -> Labelled:
    """The set of a folder with a folder for each class, or of an .npz. layout: of its images. Raises ArchError."""
    if layout is not None and path.suffix != ".npz":
        raise _failed(path, f"a layout is of the arrays in a .npz, and `{path}` is none")
    if path.is_dir():
        return _folder(path, model)
    if path.suffix == ".npz":
        return _npz(path, model, layout)
    message = f"`{path}` is no set that archc reads" if path.exists() else f"`{path}` is not there"
    raise _failed(path, message, "a folder that holds a folder of images for each class, or an .npz with x and y")


def _folder(path: Path, model: Predictor) -> Labelled:
    """The test images of a folder, or all if it has no parts."""
    found = read_folders(path)
    part = found.parts.get("test") or found.parts["train"]
    numbers = _numbers(found.classes, model, part.root)
    files = [(file, numbers[name]) for name, listed in part.files.items() for file in listed]

    def read() -> Iterator[tuple[Pixels, int]]:
        for file, label in files:
            yield model.fitted(file), label

    notes = found.notes if part.root == path else (*found.notes, f"what is tested is `{part.root}`")
    return Labelled(len(files), model.classes or found.classes, read, notes)


def _numbers(names: Sequence[str], model: Predictor, path: Path) -> dict[str, int]:
    """Class name → number: the model's if it has names, else the order of the folders. Raises ArchError."""
    known = {name: number for number, name in enumerate(model.classes)}
    if not known:
        return {name: number for number, name in enumerate(names)}
    strange = [name for name in names if name not in known]
    if strange:
        message = f"`{path}` has classes that {model.name} does not know: {', '.join(strange[:5])}"
        raise _failed(path, message, f"it knows {', '.join(model.classes[:10])}{' …' * (len(model.classes) > 10)}")
    return {name: known[name] for name in names}


def _npz(path: Path, model: Predictor, layout: str | None) -> Labelled:
    return labelled_arrays(read_pairs(path), path, model, layout)


def labelled_arrays(found: ArraySet, path: Path, model: Predictor, layout: str | None = None) -> Labelled:
    """The set of the test arrays, or of all if there are no parts. Raises ArchError."""
    part: PartName = "test" if "test" in found.parts else "train"
    pair = found.parts[part]
    name = f"`{pair.names[0]}` of `{path.name}`"
    wanted = "f" if model.preprocessing.of == "values" else "u"
    if pair.x.dtype != np.uint8 if wanted == "u" else pair.x.dtype.kind != "f":
        takes = "floats, as it was trained on" if wanted == "f" else "pictures: uint8"
        raise _failed(
            path, f"`{path.name}` is no labelled set: {name} is {pair.x.dtype}, and {model.name} takes {takes}"
        )
    planes, _ = laid_out(pair.x, model.shape, layout, name, "--layout ")
    rows = np.moveaxis(planes, 1, -1)

    def fitted(row: Any) -> Pixels:
        return row if model.takes_pictures else fitted_array(row, model.shape, model.preprocessing)

    outputs = model.probabilities([fitted(rows[0])]).shape[1]
    (labels,), notes = read_labels([(pair.names[1], pair.y)], outputs, path)
    if labels.dtype.kind == "f":
        message = f"the labels `{pair.names[1]}` of `{path.name}` are numbers, and eval counts classes"
        raise _failed(path, message, "a class is a whole number from 0")
    count = int(labels.max()) + 1
    if count > outputs:
        message = f"the set has {count} classes, and {model.name} gives {outputs}"
        raise ArchError([Diagnostic(Code.WRONG_CLASSES, message, file=model.name)])

    def read() -> Iterator[tuple[Pixels, int]]:
        for row, label in zip(rows, labels, strict=True):
            yield fitted(row), int(label)

    notes = (*found.notes, *notes, *([f"what is tested is {name}"] if len(found.parts) > 1 else []))
    return Labelled(len(rows), model.classes or tuple(map(str, range(count))), read, notes)


def _failed(path: Path, message: str, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic(Code.BAD_DATA, message, help=help, file=str(path))])
