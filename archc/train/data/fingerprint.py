"""A short description of the data of a run, so that a resumed run can check that it has the same."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from archc.train.data.image_set import Chosen, Split
from archc.train.data.open_sets import Sets
from archc.train.recipe import Data

PARTS = ("train", "validation", "test")
WORDS = {"train": "the images to train on", "validation": "the images that are judged", "test": "the test images"}


def fingerprint(sets: Sets, data: Data) -> dict[str, Any]:
    """The number of images and a digest of each part, the classes, and how values and sizes are prepared.

    The digest is of the bytes of arrays, of the paths and sizes of files, and of the labels of both.
    """
    splits = {name: getattr(sets, name) for name in PARTS}
    root = _root(path for split in splits.values() for path in files(split.images))
    made = data.model_dump(mode="json", include={"normalise", "fit"})
    return {
        "name": sets.name,
        "classes": list(sets.classes),
        **{f"data.{key}": value for key, value in made.items()},
        "parts": {name: {"images": len(split), "digest": _digest(split, root)} for name, split in splits.items()},
    }


def files(images: Any) -> Sequence[Path]:
    """The files of a reader, in its order; empty for arrays and for readers without files."""
    if isinstance(images, Chosen):
        inner = files(images.reader)
        return [inner[index] for index in images.indices] if inner else ()
    found: Sequence[Path] = getattr(images, "paths", ())
    return found


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two fingerprints, one line each."""
    settings = sorted({*then, *now} - {"name", "parts", "classes"})
    others = [key for key in settings if then.get(key) != now.get(key)]
    found = [f"{key}: {_shown(then.get(key))} then, {_shown(now.get(key))} now" for key in others]
    if then["classes"] != now["classes"]:
        found.append(f"classes: {_some(then['classes'])} then, {_some(now['classes'])} now")
    parts = []
    for name in PARTS:
        old, new = then["parts"][name], now["parts"][name]
        if old["images"] != new["images"]:
            parts.append(f"{WORDS[name]}: {old['images']:,} then, {new['images']:,} now")
        elif old["digest"] != new["digest"]:
            parts.append(f"{WORDS[name]}: as many, but others, or with other labels")
    if parts and then["name"] != now["name"]:
        parts.insert(0, f"data: {then['name']} then, {now['name']} now")
    return found + parts


def _shown(value: Any) -> str:
    return "not set" if value is None else str(value)


def _some(names: Sequence[str]) -> str:
    return f"{', '.join(names[:4])}{', …' if len(names) > 4 else ''}" if names else "numbers"


def _root(paths: Iterable[Path]) -> str:
    """The folder that all files are in. Paths are relative to it, because the set may have been moved."""
    folders = {str(path).rpartition(os.sep)[0] for path in paths}
    return os.path.commonpath(folders) if folders else ""


def _digest(split: Split, root: str) -> str:
    digest = hashlib.blake2b(digest_size=16)
    _add(digest, split.labels)
    if isinstance(split.images, Tensor):
        _add(digest, split.images)
    for path in files(split.images):
        try:
            size = path.stat().st_size
        except OSError:
            size = -1  # reading it will raise the error
        digest.update(f"{str(path)[len(root) :]}\0{size}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _add(digest: Any, tensor: Tensor) -> None:
    digest.update(f"{tuple(tensor.shape)} {tensor.dtype}".encode())
    if tensor.numel():
        digest.update(tensor.detach().cpu().contiguous().numpy().reshape(-1).view("uint8").data)
