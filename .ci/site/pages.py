"""What a page is called on the site."""

import re
from os import PathLike

from sphinx.project import Project


class Pages(Project):
    """A folder's README.md is its index page."""

    def path2doc(self, filename: str | PathLike[str]) -> str | None:
        name = super().path2doc(filename)
        return name and re.sub(r"(^|/)README$", r"\1index", name)
