"""Curves and the confusion matrix as PNG. Needs matplotlib."""

from collections.abc import Mapping, Sequence

import numpy as np

from archc.plotting import Figure, escape_mathtext, render

History = Sequence[Mapping[str, float]]
MOST_NAMED = 30
DPI = 110
COLORS = 10  # in matplotlib's cycle; after them the line style changes
LINES = ("solid", "dashed", "dotted", "dashdot")


def curves(runs: Mapping[str, History], judged: str = "validation") -> bytes:
    """Loss and accuracy over the epochs: the training and judged curves of one run, the judged curves of several."""
    alone = len(runs) == 1
    room = 0.0 if alone else 1.2 + 0.075 * max(map(len, runs))  # inches, for the names beside the curves
    figure = Figure(figsize=(10 + room, max(4.0, 0.24 * len(runs) + 0.4)), layout="constrained")
    loss, accuracy = figure.subplots(1, 2)
    for number, (name, history) in enumerate(runs.items()):
        epochs = [row["epoch"] for row in history]
        look = {"color": f"C{number % COLORS}", "linestyle": LINES[number // COLORS % len(LINES)]}
        for axes, column in ((loss, "loss"), (accuracy, "accuracy")):
            values = [row[column] for row in history]
            if alone:
                axes.plot(epochs, [row[f"train_{column}"] for row in history], label="train", linestyle="--")
                axes.plot(epochs, values, label=judged)
            else:
                axes.plot(epochs, values, label=escape_mathtext(name), marker="." if len(values) == 1 else None, **look)
    for axes, title in ((loss, "loss"), (accuracy, "accuracy")):
        axes.set(xlabel="epoch", title=title)
        axes.grid(alpha=0.3)
        if alone:
            axes.legend()
    if not alone:
        figure.legend(*loss.get_legend_handles_labels(), loc="outside right upper")
    return render(figure, "png", DPI)


def confusion(counts: Sequence[Sequence[int]], classes: Sequence[str], title: str) -> bytes:
    """The confusion matrix. Rows: the true class. Columns: the predicted class. Shares of the row, and counts if they
    fit."""
    table = np.asarray(counts, dtype=np.float64)
    shares = table / np.maximum(table.sum(1, keepdims=True), 1)
    side = min(4 + 0.4 * len(classes), 14)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="predicted", ylabel="true", title=escape_mathtext(title))
    if len(classes) <= MOST_NAMED:
        names = [escape_mathtext(name) for name in classes]
        axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
        axes.set_yticks(range(len(names)), names)
        for row, column in zip(*np.nonzero(table), strict=True):
            ink = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(int(table[row, column])), ha="center", va="center", color=ink, fontsize=7)
    return render(figure, "png", DPI)
