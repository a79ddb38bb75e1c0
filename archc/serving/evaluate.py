"""How right a model is on a labelled set: top-1, top-5, each class, and which are taken for which."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from archc.diagnostics import ArchError, Diagnostic
from archc.images import Pixels, read_arrays
from archc.serving.predictor import Predictor, in_batches
from archc.sets.folders import read_folders

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """count pictures and their classes' numbers, read as they are asked for. notes: what a user should know."""

    count: int
    classes: tuple[str, ...]
    read: Callable[[], Iterator[tuple[Pixels, int]]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """confusion[t, p]: how many of class t were taken for p. in_top5: how many were among the five likeliest."""

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
        """Of each class, the share that was found; 0 where there is none of it."""
        return [float(value) for value in np.diag(self.confusion) / np.maximum(self.confusion.sum(1), 1)]

    def precision(self) -> list[float]:
        """Of what was taken for each class, the share that is it; 0 where nothing was."""
        return [float(value) for value in np.diag(self.confusion) / np.maximum(self.confusion.sum(0), 1)]


def evaluate(
    model: Predictor, data: Labelled, batch: int = 32, seen: Callable[[int], object] = lambda done: None
) -> Evaluation:
    """Every picture once. seen: is told how many are done."""
    confusion: Counts | None = None
    in_top5 = done = 0
    classes = data.classes
    for pairs in in_batches(data.read(), batch):
        labels = np.array([label for _, label in pairs])
        scores = model.probabilities([picture for picture, _ in pairs])
        if confusion is None:
            if len(classes) > scores.shape[1]:
                message = f"the set has {len(classes)} classes, and {model.name} gives {scores.shape[1]}"
                raise ArchError([Diagnostic("wrong-classes", message, file=model.name)])
            confusion = np.zeros((scores.shape[1], scores.shape[1]), np.int64)
            classes = tuple(classes[i] if i < len(classes) else model.class_name(i) for i in range(scores.shape[1]))
        np.add.at(confusion, (labels, scores.argmax(1)), 1)
        best = np.argsort(-scores, 1, kind="stable")[:, :5]
        in_top5 += int((best == labels[:, None]).any(1).sum())
        done += len(pairs)
        seen(done)
    assert confusion is not None
    return Evaluation(classes, confusion, in_top5)


def labelled(path: Path, model: Predictor) -> Labelled:
    """A folder with a folder for each class, or an .npz of x and y. Raises ArchError."""
    if path.is_dir():
        return _folder(path, model)
    if path.suffix == ".npz":
        return _npz(path, model)
    message = f"`{path}` is no set that archc reads" if path.exists() else f"`{path}` is not there"
    raise _failed(path, message, "a folder that holds a folder of images for each class, or an .npz with x and y")


def _folder(path: Path, model: Predictor) -> Labelled:
    """Its test images, where it has parts as a set to train on has."""
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
    """The model's own numbers where it knows the names; else those of the folders in order."""
    known = {name: number for number, name in enumerate(model.classes)}
    if not known:
        return {name: number for number, name in enumerate(names)}
    strange = [name for name in names if name not in known]
    if strange:
        message = f"`{path}` has classes that {model.name} does not know: {', '.join(strange[:5])}"
        raise _failed(path, message, f"it knows {', '.join(model.classes[:10])}{' …' * (len(model.classes) > 10)}")
    return {name: known[name] for name in names}


def _npz(path: Path, model: Predictor) -> Labelled:
    held = read_arrays(path)
    if not {"x", "y"} <= set(held):
        raise _failed(path, f"`{path.name}` holds {', '.join(held) or 'nothing'}, and not x and y")
    x, y = held["x"], held["y"]
    pixels = x[..., None] if x.ndim == 3 else x
    channels, *sizes = model.shape
    fits = pixels.dtype == np.uint8 and pixels.shape[1:] == (*sizes, channels)
    if not fits or y.shape != (len(x),) or y.dtype.kind not in "iu":
        found = f"x is {x.dtype} {x.shape} and y {y.dtype} {y.shape}"
        wanted = f"x uint8 (N, {sizes[0]}, {sizes[1]}, {channels}) and y whole numbers (N)"
        raise _failed(path, f"`{path.name}` is no labelled set: {found}", wanted)
    if not len(x) or int(y.min()) < 0:
        raise _failed(path, f"`{path.name}` is empty, or has labels below 0")
    count = int(y.max()) + 1

    def read() -> Iterator[tuple[Pixels, int]]:
        for picture, label in zip(pixels, y, strict=True):
            yield picture, int(label)

    return Labelled(len(x), model.classes or tuple(map(str, range(count))), read)


def _failed(path: Path, message: str, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic("bad-data", message, help=help, file=str(path))])
