"""The confusion matrix as a picture."""

from pathlib import Path

import numpy as np

from archc.files import write_bytes
from archc.plotting import Figure, escape_mathtext, render
from archc.serving.evaluate import Evaluation

MOST_LABELS = 40
MOST_NUMBERS = 15


def draw(found: Evaluation, path: Path) -> None:
    """Write the picture. Rows: true classes; columns: predicted classes; each row sums to one. Raises OSError."""
    count = len(found.classes)
    shares = found.confusion / np.maximum(found.confusion.sum(1, keepdims=True), 1)
    side = min(12.0, 3 + 0.32 * min(count, MOST_LABELS))
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the class")
    axes.set_xlabel("taken for")
    axes.set_ylabel("class")
    axes.set_title(f"top-1 {found.top1:.1%} of {found.count:,}")
    if count <= MOST_LABELS:
        names = [name if len(name) <= 16 else f"{name[:15]}…" for name in found.classes]
        axes.set_xticks(range(count), [escape_mathtext(name) for name in names], rotation=90)
        axes.set_yticks(range(count), [escape_mathtext(name) for name in names])
    if count <= MOST_NUMBERS:
        for row in range(count):
            for column in range(count):
                if found.confusion[row, column]:
                    color = "white" if shares[row, column] > 0.5 else "black"
                    axes.text(column, row, str(found.confusion[row, column]), ha="center", va="center", color=color)
    write_bytes(path, render(figure, path.suffix[1:].lower(), 150))
