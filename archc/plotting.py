"""matplotlib's Figure, without its news of fonts, and names as it shows them. Needs matplotlib."""

# ruff: noqa: E402  (the level is set before the import that would speak)

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


def grey(gaps: tuple[float, float, float]) -> Colormap:
    """From black to white, and another colour for what is no number."""
    return colormaps["gray"].with_extremes(bad=gaps)


def drawn(figure: Figure, form: str, dpi: int) -> bytes:
    """The picture as a file of this form, the same every time. A letter that the font lacks is a box in it."""
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure.savefig(file, format=form, dpi=dpi, metadata={"Date": None} if form == "svg" else None)
    return file.getvalue()


def plain(name: str) -> str:
    """A name that is shown as it is: without matplotlib's mathematics, and nothing invisible in it."""
    return visible(name).replace("$", r"\$")


__all__ = ["Figure", "drawn", "plain"]
