"""Images in folders, one folder for each class: which folders are classes, and which are parts of the set."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.preprocessing import SUFFIXES

PartName = Literal["train", "validation", "test"]
PARTS: Mapping[PartName, tuple[str, ...]] = MappingProxyType(
    {"train": ("train", "training"), "validation": ("val", "valid", "validation", "dev"), "test": ("test", "testing")}
)
"""Names of the folders of the parts of a set, in lower case."""
JUNK = frozenset({"__macosx", "@eadir", "lost+found", "$recycle.bin", "system volume information"})
"""Folders that archivers and operating systems make, besides those that begin with a dot."""
NOT_READ = frozenset({".avif", ".heic", ".heif", ".jfif", ".jp2", ".jxl", ".svg", ".tga"})
"""Image formats that archc does not read; a note lists files in them."""
RUN = "run.json"
"""Files by which the folder of a run is recognised: `archc train --data .` makes it among the classes."""
DEEPEST, SHOWN = 64, 12


@dataclass(frozen=True, slots=True)
class Part:
    """files: of each class, in order."""

    root: Path
    files: Mapping[str, Sequence[Path]]

    def __len__(self) -> int:
        return sum(map(len, self.files.values()))


@dataclass(frozen=True, slots=True)
class FolderSet:
    """parts: only `train` if the folder has no parts. notes: what a user should know."""

    name: str
    classes: tuple[str, ...]
    parts: Mapping[PartName, Part]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Folder:
    """images, unread: names of files; lost: names of broken links; folders: the folders inside."""

    path: Path
    images: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    folders: dict[str, "_Folder"] = field(default_factory=dict)

    def files(self) -> Iterator[Path]:
        yield from (self.path / name for name in self.images)
        for one in self.folders.values():
            yield from one.files()

    @property
    def count(self) -> int:
        return len(self.images) + sum(one.count for one in self.folders.values())

    @property
    def full(self) -> dict[str, "_Folder"]:
        """The folders inside that have images."""
        return {name: one for name, one in self.folders.items() if one.count}

    def all_lost(self) -> list[str]:
        return [*self.lost, *(name for one in self.folders.values() for name in one.all_lost())]

    def all_unread(self) -> list[str]:
        return [*self.unread, *(name for one in self.folders.values() for name in one.all_unread())]


def name_of(path: Path) -> str:
    """The name of a set: `.` is named after its folder, a file without its suffix."""
    whole = path.resolve()
    return (whole.name if whole.is_dir() else whole.stem) or "data"


def image_files(folder: Path) -> list[Path]:
    """All images in a folder and its subfolders, in order. Raises ArchError."""
    return sorted(_scanned(folder).files())


def read_folders(root: Path) -> FolderSet:
    """ROOT/CLASS/IMAGE, or ROOT/train/CLASS/IMAGE with optional val and test. Raises ArchError.

    The error lists the classes that were found, and the folder that was probably meant.
    """
    top = _scanned(root)
    if not top.full and not top.images:
        folders = f"; it has the folders {_listed(list(top.folders))}" if top.folders else "; it holds no folders"
        raise _failed(Code.NO_DATA, f"`{root}` holds no images in folders{folders}{_unread(top)}", root, _layout(root))
    found = _parts(top)
    if found is None:
        notes = [*_left_out(top)]
        part = _part(top, notes)
        return FolderSet(name_of(root), tuple(part.files), {"train": part}, tuple(notes))
    notes = [f"`{root / name}` is not used" for name in top.full if top.full[name] not in found.values()]
    parts = {name: _part(folder, notes, alone=name == "train") for name, folder in found.items()}
    classes = tuple(parts["train"].files)
    for name, part in parts.items():
        odd = [one for one in part.files if one not in classes]
        if odd:
            folded = {one.lower(): one for one in classes}
            names = [f"{one} ({folded[one.lower()]} in train)" if one.lower() in folded else one for one in odd]
            message = (
                f"`{part.root}` has classes that train does not have: {_listed(names)}; train has {_listed(classes)}"
            )
            raise _failed(Code.BAD_DATA, message, part.root)
        lacking = [one for one in classes if not part.files.get(one)]
        if lacking:
            notes.append(f"the {name} images are of no {_listed(lacking)}")
    if "test" not in parts and "validation" in parts:
        parts["test"] = parts.pop("validation")
        notes.append(f"there is no test folder: `{parts['test'].root.name}` is tested, once, and does not validate")
    return FolderSet(name_of(root), classes, parts, tuple(notes))


def _parts(top: _Folder) -> dict[PartName, _Folder] | None:
    """The folders of the parts, or None if there are no parts.

    A class may be called `train`: then it has images in it, and other classes beside it.
    """
    named: dict[PartName, list[_Folder]] = {part: [] for part in PARTS}
    others: list[_Folder] = []
    for name, folder in top.full.items():
        part = next((part for part, names in PARTS.items() if name.lower() in names), None)
        (named[part] if part is not None else others).append(folder)
    given = {part: folders for part, folders in named.items() if folders}
    if not any(folder.full for folders in given.values() for folder in folders) and (others or not given):
        return None
    for folders in given.values():
        if len(folders) > 1:
            names = " and ".join(f"`{one.path.name}`" for one in folders)
            raise _failed(Code.BAD_DATA, f"`{top.path}` has {names}, and it is not clear which one to use", top.path)
    if "train" not in given:
        message = f"`{top.path}` has {_counts(top.full)}, and no train"
        raise _failed(Code.NO_DATA, message, top.path, f"put the images to train on as {top.path}/train/CLASS/IMAGE")
    return {part: folders[0] for part, folders in given.items()}


def _part(folder: _Folder, notes: list[str], alone: bool = True) -> Part:
    """The classes of a folder. alone: each of them must have images."""
    root = folder.path
    if not folder.full:
        message = f"`{root}` holds {_images(folder.count)} and no folders: an image's class is the folder it lies in"
        raise _failed(Code.NO_DATA, message, root, f"put them as {root}/CLASS/IMAGE")
    empty = [name for name, one in folder.folders.items() if not one.count]
    if len(folder.full) == 1:
        _not_around(folder, empty)
    if alone and empty:
        nowhere = f"; {len(links):,} links lead nowhere" if (links := folder.all_lost()) else ""
        message = f"`{root}` has folders without images: {_listed(empty)}; the classes found are {_counts(folder.full)}"
        message += nowhere
        raise _failed(Code.BAD_DATA, f"{message}{_unread(folder)}", root, "take out what is no class, or fill it")
    for name in folder.full:
        if not _is_text(name):
            raise _failed(Code.BAD_DATA, f"`{root}` has a folder {os.fsencode(name)!r}, whose name is not UTF-8", root)
    if folder.images:
        notes.append(f"{_images(len(folder.images))} in `{root}` itself, in no class, left out")
    if unread := folder.all_unread():
        notes.append(f"files that archc does not read in `{root}`, left out: {_kinds(unread)}")
    if lost := folder.all_lost():
        notes.append(f"{len(lost):,} links in `{root}` lead nowhere, left out: {_listed(lost)}")
    nested = [name for name, one in folder.full.items() if len(one.full) > 1]
    if nested:
        notes.append(f"the folders within {_listed(nested)} count as one class each")
    return Part(root, {name: sorted(folder.full[name].files()) for name in sorted(folder.full)})


def _not_around(folder: _Folder, empty: Sequence[str]) -> None:
    """Raises ArchError if the only folder with images is not a class, but contains the classes or the parts."""
    name, only = next(iter(folder.full.items()))
    if only.images or not only.full:
        return
    beside = f", with no images in {_listed(empty)}" if empty else ""
    message = f"`{folder.path}` has one class, `{name}`{beside}; within it are {_counts(only.full)}"
    raise _failed(Code.BAD_DATA, message, folder.path, f"to use the folders inside: --data {only.path}")


def _scanned(root: Path) -> _Folder:
    """The content of a folder, without folders of runs, whose curves are not images of the set. Raises ArchError."""

    def scan(path: Path, above: frozenset[tuple[int, int]]) -> _Folder | None:
        if len(above) > DEEPEST:
            raise _failed(Code.BAD_DATA, f"`{root}` has folders nested deeper than {DEEPEST}", root)
        found = _Folder(path)
        with os.scandir(path) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        if any(entry.name == RUN for entry in listed):
            return None
        runs = 0
        for entry in listed:
            suffix = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 - a Path for each file takes a second for 100,000 files
            if entry.name.startswith(".") or entry.name.lower() in JUNK:
                continue
            if entry.is_dir():
                about = entry.stat()
                place = (about.st_dev, about.st_ino)
                if place in above:  # a link may lead to a folder above
                    continue
                within = scan(path / entry.name, above | {place})
                if within is None:
                    runs += 1
                else:
                    found.folders[entry.name] = within
            elif suffix in SUFFIXES and entry.is_file():
                found.images.append(entry.name)
            elif entry.is_symlink() and not entry.is_file():
                found.lost.append(entry.name)
            elif suffix in NOT_READ:
                found.unread.append(entry.name)
        return None if runs and not found.folders and not found.images else found

    try:
        return scan(root, frozenset()) or _Folder(root)
    except OSError as error:
        raise _failed(Code.BAD_DATA, f"`{error.filename or root}` cannot be read: {error.strerror}", root) from None


def _left_out(top: _Folder) -> Iterator[str]:
    junk = sorted(one.name for one in top.path.iterdir() if one.name.lower() in JUNK)
    if junk:
        yield f"{_listed(junk)} left out: an archiver or the system made it"


def _layout(root: Path) -> str:
    return f"put them as {root}/CLASS/IMAGE, or as {root}/train/CLASS/IMAGE and {root}/test/CLASS/IMAGE"


def _unread(folder: _Folder) -> str:
    unread = folder.all_unread()
    return f"; archc does not read {_kinds(unread)}" if unread else ""


def _kinds(names: Sequence[str]) -> str:
    kinds = [Path(name).suffix.lower() for name in names]
    return ", ".join(f"{kinds.count(kind):,} {kind}" for kind in dict.fromkeys(kinds))


def _counts(folders: Mapping[str, _Folder]) -> str:
    return _listed([f"{name} ({_images(one.count)})" for name, one in folders.items()])


def _images(count: int) -> str:
    return f"{count:,} image{'s' * (count != 1)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _failed(code: Code, message: str, path: Path, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic(code, message, help=help, file=str(path))])
