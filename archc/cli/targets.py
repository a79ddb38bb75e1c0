"""Targets as a command line names them: a folder is its sources, a pattern what it matches."""

from collections.abc import Sequence
from glob import glob, has_magic
from pathlib import Path

SOURCES = (".arch", ".js", ".json")


def expanded(targets: Sequence[str]) -> list[str]:
    """Each target; in place of a folder its `.arch` files, deep ones too, and in place of a pattern its files.

    A shell expands patterns itself, where it has them; that of Windows has not. A pattern that matches nothing, and a
    folder without sources, stay as they are and are reported as files that are not there.
    """
    found: list[str] = []
    for target in targets:
        path = Path(target)
        if "::" not in target and path.is_dir():
            found += sorted(map(str, path.rglob("*.arch"))) or [target]
        elif has_magic(target) and not path.exists():
            matches = sorted(one for one in glob(target, recursive=True) if one.endswith(SOURCES))  # noqa: PTH207 - may be absolute
            found += matches or [target]
        else:
            found.append(target)
    return found
