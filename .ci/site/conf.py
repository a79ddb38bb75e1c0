"""The site: the pages of the repository, each where it lives. `sphinx-build -W -c .ci/site . build/site` makes it.

Sphinx with MyST and Furo: it takes pages from any folder and checks every link and every heading that a link names.
Material for MkDocs is no longer maintained since November 2026.
"""

import re
import shutil
import sys
from pathlib import Path

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MADE = ROOT / "build" / "site-made"  # what the pages show and the repository does not keep
sys.path.insert(0, str(HERE))

from gallery import draw  # noqa: E402
from pages import Pages  # noqa: E402
from sheet import sheet  # noqa: E402

from archc.highlighting import ArchLexer  # noqa: E402
from archc.version import VERSION  # noqa: E402

NAVIGATION = {
    "Begin": ["grammar/tutorial", "grammar/faq", "grammar/cheatsheet", "examples/teaching", "specs/index"],
    "Do": [
        *(f"examples/{name}" for name in ("install", "checking", "drawing", "pytorch", "training")),
        *(f"examples/{name}" for name in ("onnx", "importing", "python")),
    ],
    "Look up": [
        "grammar/index",
        *(f"grammar/{name}" for name in ("language", "layers", "tables", "holes", "recipes", "naming")),
        *(f"grammar/{name}" for name in ("receptive_fields", "importing", "diagnostics", "limits")),
    ],
    "Project": [
        *(f"{folder}/index" for folder in ("examples", "archc", "tests", "tests/bench")),
        *("CONTRIBUTING", "CODE_OF_CONDUCT", "SECURITY", "NOTICE", "CHANGELOG"),
    ],
}

project = "archc"
author = "The archc authors"
copyright = "the archc authors"
release = VERSION

extensions = ["myst_parser"]
root_doc = "index"
FOLDERS = ("grammar", "examples", "specs", "archc", "tests", "tests/bench")
include_patterns = ["*.md", *(f"{folder}/*.md" for folder in FOLDERS)]
myst_heading_anchors = 4
myst_enable_extensions = ["html_image"]

html_theme = "furo"
html_title = "archc"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False


def archive(folder: Path) -> str:
    """The link to a folder of examples, as a .zip."""
    packed = shutil.make_archive(str(MADE / folder.name), "zip", folder.parent, folder.name)
    return f"/{Path(packed).relative_to(ROOT).as_posix()}"


def read(app: Sphinx, name: str, source: list[str]) -> None:
    """A page's text as the site has it: with navigation, pictures of nets, and folders as archives."""
    here = Path(app.env.doc2path(name)).parent

    def link(found: re.Match[str]) -> str:
        target = here / found[1]
        if not target.is_dir():
            return found[0]
        page = target / "README.md"
        return f"]({found[1].rstrip('/')}/README.md)" if page.is_file() else f"]({archive(target)})"

    source[0] = re.sub(r"\]\(([\w./-]+)\)", link, source[0])
    if name == "specs/index":
        source[0] = draw(source[0], MADE / "nets")
    if name == "grammar/cheatsheet":
        source[0] = source[0].replace("the site has it as a PDF", "[as a PDF](/build/site-made/cheatsheet.pdf)")
    if name == app.config.root_doc:
        for caption, pages in NAVIGATION.items():
            listed = "\n".join(f"/{page}" for page in pages)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def begin(app: Sphinx) -> None:
    app.project.__class__ = Pages
    MADE.mkdir(parents=True, exist_ok=True)
    (MADE / "cheatsheet.pdf").write_bytes(sheet(ROOT / "grammar" / "cheatsheet.md"))


def setup(app: Sphinx) -> None:
    app.add_lexer("arch", ArchLexer)
    app.connect("builder-inited", begin)
    app.connect("source-read", read)
