"""matplotlib's Figure, without the news that its cache of fonts is being made. Needs matplotlib."""

# ruff: noqa: E402  (the level is set before the import that would speak)

import logging

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

import matplotlib

matplotlib.use("Agg")

from matplotlib.figure import Figure

__all__ = ["Figure"]
