"""The result of every reader of a format."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.preprocessing import Preprocessing
from archc.train.recipe import Augment

NO_AUGMENT = Augment()
AS_IT_IS = Preprocessing()


class Reader(Protocol):
    """Images that are read on demand."""

    def __len__(self) -> int: ...

    def __getitems__(self, indices: Sequence[int]) -> Tensor | Diagnostic:
        """(B, C, H, W) uint8, or a diagnostic of a bad file, because an exception cannot leave a worker process."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """images: (N, C, H, W) uint8, float values as they are, or a Reader. labels: (N,) int64 classes, or float
    targets (N, K) or (N, C, n…)."""

    images: Tensor | Reader
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, indices: Tensor) -> "Split":
        images = self.images[indices] if isinstance(self.images, Tensor) else Chosen(self.images, indices.tolist())
        return Split(images, self.labels[indices])


@dataclass(frozen=True, slots=True)
class Chosen:
    """A subset of the images of a reader."""

    reader: Reader
    indices: list[int]

    def __len__(self) -> int:
        return len(self.indices)

    def __getitems__(self, indices: Sequence[int]) -> Tensor | Diagnostic:
        return self.reader.__getitems__([self.indices[index] for index in indices])


@dataclass(frozen=True, slots=True, eq=False)
class ImageSet:
    """A data set as it was read.

    classes: their names; empty if the targets are numbers. augment: the default augmentation. validation: if the set
    has images for it. how: how a reader fits its images. notes: what a user should know of it.
    """

    name: str
    train: Split
    test: Split
    classes: tuple[str, ...]
    augment: Augment = NO_AUGMENT
    validation: Split | None = None
    how: Preprocessing = AS_IT_IS
    notes: tuple[str, ...] = ()


def failed(code: Code, message: str, path: Path | None = None, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic(code, message, help=help, file=str(path) if path is not None else None)])


def damaged(path: Path, message: str) -> ArchError:
    """The error for a file of a set that is not as expected."""
    return failed(Code.BAD_DATA, f"`{path.name}` {message}", path, "fetch it anew, or take it out of the set")
