"""`python .ci/release_notes.py v0.1.0`: prints what CHANGELOG.md says of this version, or ends with 1 and a reason."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def notes(tag: str, changelog: str, version: str) -> str:
    """The text of the version's section. Raises ValueError where tag, version and changelog do not agree."""
    if tag != f"v{version}":
        raise ValueError(f"the tag is {tag}, but archc/version.py says {version}")
    sections = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    found = [section for section in sections if re.match(rf"\[?{re.escape(version)}\]?( |$)", section, re.MULTILINE)]
    if len(found) != 1:
        raise ValueError(f"CHANGELOG.md has {len(found)} sections `## {version}`, and 1 is needed")
    text = found[0].partition("\n")[2].strip()
    if not text:
        raise ValueError(f"the section `## {version}` of CHANGELOG.md is empty")
    return text


if __name__ == "__main__":
    (version,) = re.findall(r'^VERSION = "(.+)"$', (ROOT / "archc" / "version.py").read_text("utf-8"), re.MULTILINE)
    try:
        print(notes(sys.argv[1], (ROOT / "CHANGELOG.md").read_text("utf-8"), version))
    except ValueError as error:
        sys.exit(str(error))
