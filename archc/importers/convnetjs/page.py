"""The page of a demo: the JavaScript in its scripts and text areas. Every character keeps its position."""

import re
from html import unescape
from pathlib import PurePath

from archc.diagnostics import Source
from archc.importers.convnetjs.scan import FILL, Scanned, scan_within

PAGES = frozenset({".html", ".htm"})
TAG = re.compile(r"\s*<(?:!doctype|!--|html|head|body|script|textarea)\b", re.IGNORECASE)
PART = re.compile(r"<(script|textarea)\b([^>]*)>(.*?)</\1\s*>", re.IGNORECASE | re.DOTALL)
SOURCE = re.compile(r"""\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+);", re.IGNORECASE)
NET = re.compile(r"layer_defs|makeLayers")
NOT_BLANK = re.compile(r"[^\n]")


def is_page(source: Source) -> bool:
    """Decided by its name, or by the beginning of a text without a name."""
    return PurePath(source.name).suffix.lower() in PAGES or TAG.match(source.text) is not None


def scan_page(source: Source) -> Scanned:
    """The tokens of the scripts and text areas that define layers. A demo evaluates the text area."""
    text = source.text
    kept: list[str] = []
    end = 0
    for part in PART.finditer(text):
        inside = part[3]
        if not NET.search(inside):
            continue
        if part[1].lower() == "textarea":
            inside = ENTITY.sub(lambda entity: unescape(entity[0])[:1].ljust(len(entity[0]), FILL), inside)
        kept += [NOT_BLANK.sub(" ", text[end : part.start(3)]), inside]
        end = part.end(3)
    return scan_within(source, "".join([*kept, NOT_BLANK.sub(" ", text[end:])]))


def scripts(source: Source) -> list[str]:
    """The script files that the page loads."""
    found = (SOURCE.search(part[2]) for part in PART.finditer(source.text) if part[1].lower() == "script")
    return [match[1] for match in found if match is not None]
