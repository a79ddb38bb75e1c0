"""matplotlib's Figure without its log messages about fonts, and text escaped for it. Needs matplotlib."""

# ruff: noqa: E402  (the log level is set before the import that logs)

import io
import logging
import warnings

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

import matplotlib

matplotlib.use("Agg")

from matplotlib import colormaps
from matplotlib.colors import Colormap
from matplotlib.figure import Figure

from archc.diagnostics.visible import visible


def grey_colormap(gaps: tuple[float, float, float]) -> Colormap:
    """The colormap from black to white. gaps: the colour of NaN."""
    return colormaps["gray"].with_extremes(bad=gaps)


def render(figure: Figure, form: str, dpi: int) -> bytes:
    """The bytes of a file, the same for the same figure. Characters that the font lacks become boxes."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure.savefig(file, format=form, dpi=dpi, metadata={"Date": None} if form == "svg" else None)
    return file.getvalue()


def escape_mathtext(name: str) -> str:
    """A name as text for matplotlib: without its math mode, invisible characters escaped."""
    return visible(name).replace("$", r"\$")


__all__ = ["Figure", "escape_mathtext", "render"]
