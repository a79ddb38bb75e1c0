"""Feature maps, filters and gradient norms as figures."""

from collections.abc import Mapping, Sequence
from math import ceil, sqrt

import numpy as np
from torch import Tensor

from archc.ops import hwc
from archc.plotting import Figure, grey_colormap

MOST_MAPS = 64  # channels shown of one layer
MOST_LAYERS = 8
LINE = (0.6, 0.73, 0.85)  # between the images of a mosaic


def maps_figure(title: str, maps: Mapping[str, Tensor]) -> Figure:
    """Each layer as a mosaic of its channels, every channel on a scale of its own."""
    shown = {name: values for name, values in maps.items() if values.dim() == 3 and values[0].numel() > 1}
    chosen = _spread(list(shown), MOST_LAYERS)
    return _mosaics(title, {name: _mosaic(_unit(shown[name][:MOST_MAPS].numpy())) for name in chosen}, shown)


def filters_figure(title: str, kernels: Mapping[str, Tensor]) -> Figure:
    """The kernels of each convolution: in colour if they have three input channels, else the first one."""
    chosen = _spread(list(kernels), MOST_LAYERS)
    mosaics = {}
    for name in chosen:
        weight = kernels[name][:MOST_MAPS].numpy()
        values = weight.transpose(0, 2, 3, 1) if weight.shape[1] == 3 else weight[:, 0]
        mosaics[name] = _mosaic(_unit(values))
    return _mosaics(title, mosaics, kernels)


def gradients_figure(title: str, norms: Mapping[str, float]) -> Figure:
    """A bar for each layer, on a log scale: vanishing gradients are short bars at the top."""
    figure = Figure(figsize=(8, 1.2 + 0.22 * len(norms)), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(list(norms), [max(norm, 1e-12) for norm in norms.values()], color="#4477aa")
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.tick_params(axis="y", labelsize=7)
    axes.set_xlabel("gradient norm of the weights")
    axes.set_title(title)
    return figure


def _spread(names: Sequence[str], most: int) -> list[str]:
    """At most `most` of the names, evenly spaced from first to last."""
    if len(names) <= most:
        return list(names)
    return [names[round(index * (len(names) - 1) / (most - 1))] for index in range(most)]


def _unit(values: np.ndarray) -> np.ndarray:
    """Each image scaled to [0, 1] by itself."""
    axes = tuple(range(1, values.ndim))
    least, greatest = values.min(axes, keepdims=True), values.max(axes, keepdims=True)
    result: np.ndarray = (values - least) / np.maximum(greatest - least, 1e-12)
    return result


def _mosaic(images: np.ndarray) -> np.ndarray:
    """(N, h, w[, 3]) as one image of ⌈√N⌉ columns, with lines between them in a colour that no grey map has."""
    count, height, width = images.shape[:3]
    columns = ceil(sqrt(count))
    rows = ceil(count / columns)
    gap = max(1, height // 16)
    size = (rows * (height + gap) + gap, columns * (width + gap) + gap, *images.shape[3:])
    sheet = np.full(size, np.nan if images.ndim == 3 else LINE)
    for number, image in enumerate(images):
        top, left = gap + number // columns * (height + gap), gap + number % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image
    return sheet


def _size(shape: tuple[int, ...]) -> str:
    """The size of maps as `55x55x96`, like `archc check`; of kernels as `96 of 11x11x3`."""
    return hwc(shape) if len(shape) == 3 else f"{shape[0]} of {hwc(shape[1:])}"


def _mosaics(title: str, mosaics: Mapping[str, np.ndarray], tensors: Mapping[str, Tensor]) -> Figure:
    columns = min(4, max(1, len(mosaics)))
    rows = max(1, ceil(len(mosaics) / columns))
    figure = Figure(figsize=(3.2 * columns, 3.5 * rows + 0.4), layout="constrained")
    figure.suptitle(title)
    for number, (name, sheet) in enumerate(mosaics.items(), 1):
        axes = figure.add_subplot(rows, columns, number)
        axes.imshow(sheet, cmap=grey_colormap(LINE), interpolation="nearest", vmin=0, vmax=1)
        shape = tuple(tensors[name].shape)
        shown = f" (first {MOST_MAPS})" if shape[0] > MOST_MAPS else ""
        axes.set_title(f"{name}\n{_size(shape)}{shown}", fontsize=8, parse_math=False)
        axes.set_axis_off()
    return figure
