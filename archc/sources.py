"""Reads sources: files, bundled networks, standard input."""

import re
import stat
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TextIO

from archc.diagnostics import Code, Diagnostic, Source
from archc.elaborate.advice.suggest import did_you_mean, nearest
from archc.elaborate.column_layout import CONSTANT, SPECIAL_HEADERS, net_name
from archc.elaborate.env import Failure
from archc.foreign_files import kind_of_file, kind_of_json
from archc.records import dataclass
from archc.resources import specs_folder
from archc.syntax import MAX_SOURCE, too_large

TABLE = re.compile(r"^table[ \t]+([A-Za-z_][A-Za-z0-9_]*)", re.MULTILINE)
ROW = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE)
NET = re.compile(r"^net[ \t]+([A-Za-z_][A-Za-z0-9_]*)", re.MULTILINE)
BARE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
SIGNS = re.compile(r"[^a-z0-9]")
COLUMN = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\[([^\]]+)\]\Z")


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """The source that a command line names, and the net chosen in it (None: all)."""

    source: Source
    net: str | None


@dataclass(frozen=True, slots=True, eq=False)
class BundledSpec:
    """A network that ships with archc."""

    name: str
    file: Path
    about: str


def find(target: str, stdin: TextIO | None = None) -> Target:
    """FILE, NAME or `-`, with `::NET` or not. Raises Failure."""
    where, _, chosen = target.partition("::")
    net = chosen or None
    if where == "-":
        if stdin is None:
            raise Failure(Diagnostic(Code.NO_FILE, "there is no standard input to read"))
        return Target(_standard_input(stdin), net)
    path = Path(where)
    if not BARE_NAME.match(where) or path.is_file():
        return Target(read(path, where, _bundled(where)), net)
    bundled = bundled_file(where)
    if bundled is not None:
        return Target(read(bundled, where), net or where)
    family = specs_folder() / f"{where}.arch"
    if family.is_file():
        return Target(read(family, where), net)
    if path.exists():
        return Target(read(path, where), net)
    close = nearest(where, {*bundled_nets(), *(spec.stem for spec in specs_folder().glob("*.arch"))})
    raise Failure(
        Diagnostic(
            Code.NO_FILE,
            f"there is no file and no bundled network `{where}`",
            help=did_you_mean(_of_the_same_letters(where) or close) or "`archc specs` lists the bundled networks",
            file=where,
        )
    )


def _bundled(shown: str) -> tuple[str, ...]:
    """The bundled network that a name may stand for: `vgg[D]` as sources write it, `vgg16.arc`, `ResNet-18`."""
    column = COLUMN.match(shown)
    name = net_name(column[1], column[2]) if column else shown.partition(".")[0]
    if name in bundled_nets():
        return (name,)
    if column is not None or "/" in shown or "\\" in shown:
        return ()
    return tuple(_of_the_same_letters(name))


def _of_the_same_letters(name: str) -> list[str]:
    """Bundled networks whose letters and digits are those of the name, ignoring case."""
    known = {*bundled_nets(), *(spec.stem for spec in specs_folder().glob("*.arch"))}
    return sorted(other for other in known if SIGNS.sub("", other.lower()) == SIGNS.sub("", name.lower()))


def find_text(name: str, stdin: TextIO) -> Source:
    """The source of a file, or of `-`, for commands that rewrite it. Raises Failure."""
    return _standard_input(stdin) if name == "-" else read(Path(name), name)


def read(path: Path, shown: str, suggestions: tuple[str, ...] = ()) -> Source:
    """A file as a source. Raises Failure where it is not a readable UTF-8 text within the limit.

    suggestions: what may be meant where there is no such file, nor one of a name like it.
    """

    def refuse(message: str, help_text: str | None = None) -> Failure:
        return Failure(Diagnostic(Code.NO_FILE, message, help=help_text, file=shown))

    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise refuse(f"`{shown}` is a folder", "name a file in it")
        if not stat.S_ISREG(status.st_mode):
            raise refuse(f"`{shown}` is not a regular file", "`-` reads standard input")
        with path.open("rb") as file:
            foreign = kind_of_file(path.name, file.read(16))
        if foreign is not None:
            raise _foreign(shown, *foreign)
        if status.st_size > MAX_SOURCE:
            raise Failure(too_large(shown))
        data = path.read_bytes()
    except FileNotFoundError:
        beside = [other.name for other in _listing(path.parent) if other.suffix == ".arch"]
        close = [str(path.with_name(name)) for name in nearest(path.name, beside)] or [*suggestions]
        raise refuse(f"there is no file `{shown}`", did_you_mean(close)) from None
    except (OSError, ValueError) as error:
        raise refuse(f"`{shown}` cannot be read: {getattr(error, 'strerror', None) or error}") from None
    source = decode(data, shown, path)
    foreign = kind_of_json(source.text) if path.suffix.lower() == ".json" else None
    if foreign is not None:
        raise _foreign(shown, *foreign)
    return source


def _foreign(shown: str, what: str, then: str) -> Failure:
    return Failure(Diagnostic(Code.FOREIGN_FILE, f"`{shown}` is {what}, not a source", help=then, file=shown))


def _listing(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())[:10_000]
    except OSError:
        return []


def decode(data: bytes, shown: str, path: Path | None) -> Source:
    """Bytes as a source; a byte order mark is dropped. Raises Failure."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Failure(Diagnostic(Code.NOT_TEXT, f"`{shown}` is UTF-16 text", help="save it as UTF-8", file=shown))
    if b"\0" in data:
        raise Failure(Diagnostic(Code.NOT_TEXT, f"`{shown}` is a binary file", file=shown))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Failure(
            Diagnostic(
                Code.NOT_TEXT,
                f"`{shown}` is not UTF-8 text: line {line} has the byte 0x{data[error.start]:02X}",
                help="save it as UTF-8",
                file=shown,
            )
        ) from None
    return Source(shown, text, path)


def _standard_input(stdin: TextIO) -> Source:
    buffer = getattr(stdin, "buffer", None)
    data = buffer.read(MAX_SOURCE + 1) if buffer is not None else stdin.read(MAX_SOURCE + 1).encode()
    if len(data) > MAX_SOURCE:
        raise Failure(too_large("<stdin>"))
    return decode(data, "<stdin>", None)


def used(target: str, source: Source, root: Path) -> Path:
    """The file that `use target` in `source` means: beside it, or bundled. Raises ValueError with why not."""
    relative = Path(target if target.endswith(".arch") else f"{target}.arch")
    if relative.is_absolute() or ".." in relative.parts:
        raise ValueError("a used file lies beside this one or below it")
    folder = source.path.parent if source.path is not None else root
    beside = folder / relative
    if beside.exists():
        if not beside.resolve().is_relative_to(root.resolve()) and not _is_bundled(beside):
            raise ValueError("this is a link that leads out of the folder")
        return beside
    bundled = specs_folder() / relative
    if bundled.is_file():
        return bundled
    names = {path.stem for place in (folder, specs_folder()) for path in _listing(place) if path.suffix == ".arch"}
    raise Failure(
        Diagnostic(
            Code.UNKNOWN_FILE,
            f"there is no file `{relative}` beside this one, and no bundled network `{target}`",
            help=did_you_mean(nearest(target, names)),
        )
    )


def _is_bundled(path: Path) -> bool:
    return path.resolve().is_relative_to(specs_folder().resolve())


@cache
def library() -> Source:
    """The blocks that every source sees."""
    path = specs_folder() / "lib" / "residual.arch"
    return Source("lib/residual.arch", path.read_text(encoding="utf-8"), path)


def bundled_file(name: str) -> Path | None:
    """The file of a bundled net. Files whose name begins the net's are searched first: resnet152 is in resnet.arch."""
    files = sorted(specs_folder().glob("*.arch"), key=lambda path: not name.startswith(path.stem))
    return next((path for path in files if name in _nets(path)), None)


@cache
def bundled_nets() -> Mapping[str, Path]:
    """Bundled net → its file, found without parsing."""
    return {name: path for path in sorted(specs_folder().glob("*.arch")) for name in _nets(path)}


@cache
def _nets(path: Path) -> tuple[str, ...]:
    text = path.read_text(encoding="utf-8")
    return (*NET.findall(text), *_variants(text))


def _variants(text: str) -> list[str]:
    """The nets of the tables in a text, by the header row of each."""
    names: list[str] = []
    for table in TABLE.finditer(text):
        header = ROW.search(text, table.end())
        titles = [cell.strip() for cell in header[1].split("|")] if header else []
        columns = [title for title in titles if title.lower() not in SPECIAL_HEADERS and not CONSTANT.match(title)]
        names += [table[1]] if len(columns) == 1 else [net_name(table[1], title) for title in columns]
    return names


def bundled_specs() -> list[BundledSpec]:
    """All bundled networks, with the first comment line of their file."""
    abouts: dict[Path, str] = {}
    result = []
    for name, path in bundled_nets().items():
        if path not in abouts:
            first = path.read_text(encoding="utf-8").split("\n", 1)[0]
            abouts[path] = first.lstrip("# ").strip() if first.startswith("#") else ""
        result.append(BundledSpec(name, path, abouts[path]))
    return result
