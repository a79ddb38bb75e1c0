"""Labelled sets in .npz files: which arrays are images, which are labels, and of which part of the set."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.sets.folders import PARTS, PartName

Array = NDArray[Any]
Kind = Literal["x", "y"]
KINDS: Mapping[Kind, frozenset[str]] = {
    "x": frozenset({"x", "image", "images", "data", "input", "inputs", "signals", "samples", "features"}),
    "y": frozenset({"y", "label", "labels", "target", "targets"}),
}
WANTED = "archc looks for x_train, y_train, x_test, y_test (and x_val, y_val), or for x and y"


@dataclass(frozen=True, slots=True)
class Pair:
    """Images and their labels, equally many, and the names of both arrays in the file."""

    x: Array
    y: Array
    names: tuple[str, str]


@dataclass(frozen=True, slots=True)
class ArraySet:
    """parts: only `train` if the file has no parts. notes: what a user should know."""

    parts: Mapping[PartName, Pair]
    notes: tuple[str, ...] = ()


def read_arrays(path: Path, names: Sequence[str] | None = None) -> dict[str, Array]:
    """The arrays of an .npz or .npy file, where that of an .npy is called `x`. Raises ArchError.

    names: the arrays to read from an .npz; None reads all. Pickles are not loaded.
    """
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"x": loaded}
        with loaded:
            return {name: loaded[name] for name in (loaded.files if names is None else names)}
    except FileNotFoundError:
        raise _failed(Code.NO_DATA, f"there is no `{path}`", path) from None
    except (OSError, ValueError, EOFError, KeyError, NotImplementedError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:120]
        if "Object arrays" in reason:
            message = f"`{path.name}` is no .npz of plain arrays, no array that can be read: it holds Python objects"
            raise _failed(
                Code.UNSAFE_DATA, message, path, "save them as numbers, or texts as `y.astype(str)`"
            ) from None
        raise _failed(Code.BAD_IMAGE, f"`{path.name}` is no array that can be read: {reason}", path) from None
    except Exception as error:  # zipfile raises these
        reason = " ".join(str(error).split())[:120]
        raise _failed(Code.BAD_IMAGE, f"`{path.name}` is damaged: {reason}", path) from None


def read_pairs(path: Path) -> ArraySet:
    """The pairs of a file. Raises ArchError if the names are not clear, or the numbers of images and labels differ."""
    names = _names(path)
    found: dict[tuple[PartName | None, Kind], list[str]] = {}
    unused = []
    for name in names:
        meaning = _meaning(name)
        if meaning is None:
            unused.append(name)
        else:
            found.setdefault(meaning, []).append(name)
    for (part, kind), several in found.items():
        if len(several) > 1:
            what = f"the {'images' if kind == 'x' else 'labels'}{f' of {part}' if part else ''}"
            raise _failed(Code.BAD_DATA, f"`{path.name}` has {' and '.join(several)}: which are {what}?", path, WANTED)
    parts: list[PartName | None] = [part for part, kind in found if kind == "x" and (part, "y") in found]
    unused += [names[0] for (part, _), names in found.items() if part not in parts]
    if None in parts and "train" in parts:
        both = f"{found[None, 'x'][0]} and {found['train', 'x'][0]}"
        raise _failed(Code.BAD_DATA, f"`{path.name}` has {both}: which are the images to train on?", path, WANTED)
    if None not in parts and "train" not in parts:
        raise _failed(
            Code.BAD_DATA, f"`{path.name}` holds {', '.join(names) or 'nothing'}, and not x and y", path, WANTED
        )
    notes = [f"`{path.name}` holds {', '.join(unused)} besides, not used"] if unused else []
    pairs = {part or "train": _pair(path, found[part, "x"][0], found[part, "y"][0]) for part in parts}
    if "validation" in pairs and "test" not in pairs:
        pairs["test"] = pairs.pop("validation")
        notes.append(f"there is no x_test: {pairs['test'].names[0]} is tested, once, and does not validate")
    return ArraySet(pairs, tuple(notes))


def is_images(name: str) -> bool:
    """Whether an array of this name has images, of any part."""
    return (meaning := _meaning(name)) is not None and meaning[1] == "x"


def _names(path: Path) -> list[str]:
    try:
        with np.load(path, allow_pickle=False) as held:
            return list(held.files)
    except FileNotFoundError:
        raise _failed(Code.NO_DATA, f"there is no `{path}`", path) from None
    except Exception as error:  # zipfile and numpy raise exceptions of any kind for damaged files
        said = " ".join(str(error).split())[:100]
        message = f"`{path.name}` is cut off or is damaged, or no .npz of plain arrays: {said}"
        raise _failed(Code.BAD_DATA, message, path, "fetch it anew, or take it out of the set") from None


def _meaning(name: str) -> tuple[PartName | None, Kind] | None:
    """The part and kind of an array by its name: `x_train`, `TrainImages`, `val-labels`, `y`; None for others."""
    name = name.lower() if name.isupper() else name
    words = re.findall(r"[a-z]+|[A-Z][a-z]*", name)
    if "".join(words) != re.sub(r"[_\-. ]", "", name) or not 1 <= len(words) <= 2:
        return None
    low = [word.lower() for word in words]
    kinds = [kind for word in low for kind, known in KINDS.items() if word in known]
    parts = [part for word in low for part, known in PARTS.items() if word in known]
    if len(kinds) != 1 or len(kinds) + len(parts) != len(words):
        return None
    return (parts[0] if parts else None), kinds[0]


def _pair(path: Path, x_name: str, y_name: str) -> Pair:
    held = read_arrays(path, (x_name, y_name))
    x, y = held[x_name], held[y_name]
    for name, array, what in ((x_name, x, "images"), (y_name, y, "labels")):
        if not array.ndim or not array.size:
            message = f"`{path.name}` holds no {what}: the shape of `{name}` is {array.shape}"
            raise _failed(Code.BAD_DATA, message, path)
    if len(x) != len(y):
        message = f"`{path.name}` has {len(x):,} images in `{x_name}` and {len(y):,} labels in `{y_name}`"
        raise _failed(
            Code.BAD_DATA, message, path, "an image and its label have the same index: save equally many of both"
        )
    return Pair(x, y, (x_name, y_name))


def _failed(code: Code, message: str, path: Path, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic(code, message, help=help, file=str(path))])
