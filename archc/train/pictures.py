"""Curves and the confusion matrix as PNG. Needs matplotlib."""

from collections.abc import Mapping, Sequence

import numpy as np

from archc.plotting import Figure, drawn, plain

History = Sequence[Mapping[str, float]]
MOST_NAMED = 30
DPI = 110


def curves(runs: Mapping[str, History], judged: str = "validation") -> bytes:
    """Loss and accuracy over the epochs; of one run with its training figures, of several the judged ones alone."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    for name, history in runs.items():
        epochs = [row["epoch"] for row in history]
        for axes, column in ((loss, "loss"), (accuracy, "accuracy")):
            if len(runs) == 1:
                axes.plot(epochs, [row[f"train_{column}"] for row in history], label="train", linestyle="--")
            axes.plot(epochs, [row[column] for row in history], label=judged if len(runs) == 1 else plain(name))
    for axes, title in ((loss, "loss"), (accuracy, "accuracy")):
        axes.set(xlabel="epoch", title=title)
        axes.grid(alpha=0.3)
        axes.legend()
    return drawn(figure, "png", DPI)


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str], title: str) -> bytes:
    """Rows: what it is. Columns: what the net said. Shares of the row, with the counts where there is room."""
    table = np.asarray(counts, dtype=np.float64)
    shares = table / np.maximum(table.sum(1, keepdims=True), 1)
    side = min(4 + 0.4 * len(classes), 14)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="said", ylabel="is", title=plain(title))
    if len(classes) <= MOST_NAMED:
        names = [plain(name) for name in classes]
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
        axes.set_yticks(range(len(names)), names)
        for row, column in zip(*np.nonzero(table), strict=True):
            ink = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(int(table[row, column])), ha="center", va="center", color=ink, fontsize=7)
    return drawn(figure, "png", DPI)
