"""A model that classifies images: an ONNX file, or a net with its weights."""

# ruff: noqa: PLC0415  (PyTorch is imported for a net with weights alone)

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.graph import Graph, Rebuild
from archc.images import Pixels, Values, normalised, read_pixels
from archc.ops import Shape
from archc.preprocessing import MOST_PIXELS, Preprocessing
from archc.serving.metadata import classes as known_classes
from archc.serving.metadata import preprocessing as known_preprocessing
from archc.serving.outputs import SCORES, gives_apart
from archc.serving.runtime import failed, session
from archc.serving.runtime import run as outputs
from archc.serving.sizes import taken
from archc.shapes import hwc

DYNAMIC = 224
"""The height and width of images for a file with open sizes, unless others are given."""


@dataclass(frozen=True, slots=True)
class Predictor:
    """run: inputs (N, C, H, W), or uint8 images (N, H, W, C) if `takes_pictures`, → scores (N, classes).

    shape: (C, H, W). classes: the names; empty if they are not known. prepared: whether the preprocessing comes from
    the file or the caller; if not, images are scaled to 0 to 1. apart: whether each class has a probability of its own,
    as after sigmoids; else all classes are one distribution.
    """

    name: str
    run: Callable[[Any], Values]
    shape: Shape
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    takes_pictures: bool = False
    prepared: bool = True
    apart: bool = False

    def probabilities(self, pictures: Sequence[Pixels]) -> Values:
        """(N, classes), for images as `fitted` gives them. Logits get their softmax here. Raises ArchError."""
        if self.takes_pictures:
            scores = np.concatenate([self.run(picture[None]) for picture in pictures])
        else:
            scores = self.run(np.stack([normalised(picture, self.preprocessing) for picture in pictures]))
        if scores.ndim < 2 or max(scores.shape[2:], default=1) > 1 or scores.shape[1] < 2:
            raise self._failed(f"gives {_sizes(scores.shape[1:])} for each picture, and no score for each class")
        scores = scores.reshape(len(scores), -1)
        if self.classes and len(self.classes) != scores.shape[1]:
            raise self._failed(f"has {len(self.classes)} names of classes, and gives {scores.shape[1]} scores")
        if not np.isfinite(scores).all():
            raise self._failed("gives scores that are no finite numbers (NaN or infinity)")
        if self.apart or ((scores >= 0).all() and np.allclose(scores.sum(1), 1, atol=1e-3)):
            return scores
        powers = np.exp(scores - scores.max(1, keepdims=True))
        return np.asarray(powers / powers.sum(1, keepdims=True), np.float32)

    def fitted(self, source: Any, name: str = "") -> Pixels:
        """An image as the model takes it. Raises ArchError."""
        if self.takes_pictures:
            return read_pixels(source, self.shape[:1], name=name)
        if self.preprocessing.of == "values":
            message = f"{self.name} was trained on arrays of values, and what makes a picture such values is not known"
            help_text = "say it: --preprocessing MEAN/STD, of pictures from 0 to 1"
            raise ArchError([Diagnostic(Code.NO_PICTURES, message, help=help_text, file=self.name)])
        return read_pixels(source, self.shape, self.preprocessing, name)

    def _failed(self, message: str) -> ArchError:
        return ArchError([Diagnostic(Code.NO_CLASSIFIER, f"{self.name} {message}", file=self.name)])

    def class_name(self, index: int) -> str:
        return self.classes[index] if index < len(self.classes) else str(index)


def _sizes(shape: tuple[int, ...]) -> str:
    """(2, 388, 388) as 388x388x2; one value where there is no size."""
    if shape in ((), (1,)):
        return "one value"
    return hwc(shape)


@dataclass(frozen=True, slots=True)
class PredictorOptions:
    """What the caller sets; None leaves it to the model's file.

    preprocessing: from the model's own to the one to use. threads: of the CPU; 0 is one for each core.
    """

    classes: tuple[str, ...] | None = None
    preprocessing: Callable[[Preprocessing], Preprocessing] | None = None
    sizes: tuple[int, ...] | None = None
    threads: int = 0


def from_onnx(path: Path, options: PredictorOptions) -> Predictor:
    """The model of an ONNX file. Raises ArchError if it does not run or takes no images."""
    running = session(path, threads=options.threads)
    inputs = running.get_inputs()
    known = running.get_modelmeta().custom_metadata_map
    given = inputs[0]
    if len(inputs) != 1 or len(given.shape) != 4:
        raise failed(
            path, f"takes {', '.join(f'{one.name} {one.shape}' for one in inputs)}, and no one batch of images"
        )
    takes_pictures = given.type == "tensor(uint8)"
    output = running.get_outputs()[0].name
    element = {"tensor(uint8)": np.uint8, "tensor(float)": np.float32, "tensor(float16)": np.float16}.get(given.type)
    if element is None:
        raise failed(path, f"takes {given.type}, and archc feeds float32, float16 and uint8")

    def run(batch: Any) -> Values:
        found = outputs(path, running, {given.name: np.asarray(batch, element)}, [output])[0]
        if (
            not isinstance(found, np.ndarray)
            or found.dtype.kind not in "fiub"
            or found.shape[:1] != (len(batch),)
            or not found.size
        ):
            raise failed(path, "gives no scores for each picture")
        return np.asarray(found, np.float32)

    shape = _shape(given.shape, takes_pictures, options, path)
    if not takes_pictures and not all(isinstance(size, int) for size in given.shape[2:]):
        shape = (shape[0], *taken(shape[1:], known, path, asked=options.sizes is not None))
    if takes_pictures and options.preprocessing is not None:
        raise failed(path, "prepares pictures itself, and another preprocessing would change nothing")
    how = _preprocessing(options, known, path.name)
    if not takes_pictures and {len(how.mean), len(how.std)} - {1, shape[0]}:
        raise failed(path, f"has {shape[0]} channels, and a mean of {len(how.mean)} and std of {len(how.std)} numbers")
    return Predictor(
        path.name,
        _one_by_one(run) if isinstance(given.shape[0], int) else run,
        shape,
        options.classes or known_classes(known, path.name, _scores(running.get_outputs()[0].shape)),
        how,
        takes_pictures,
        takes_pictures or _has_preprocessing(options, known),
        known.get("scores") == SCORES,
    )


def from_net(
    graph: Graph, weights: Path, options: PredictorOptions, asked: str | None = None, again: Rebuild | None = None
) -> Predictor:
    """The model of a net in PyTorch with weights of a file. asked, again: see load_weights. Raises ArchError."""
    import torch

    from archc.backends.torch.module import build
    from archc.backends.torch.tensors import read_tensors
    from archc.backends.torch.weights import load_weights

    shape = graph.inputs[0].shape
    if len(graph.inputs) != 1 or len(shape) != 3:
        raise ArchError([Diagnostic(Code.BAD_INPUTS, f"{graph.name} takes no one batch of images", file=graph.name)])
    if options.threads:
        torch.set_num_threads(options.threads)
    module = build(graph, seed=0).eval()
    load_weights(module, graph, weights, asked, again)
    known = read_tensors(weights, asked)[1]

    def run(batch: Any) -> Values:
        with torch.inference_mode():
            output = module(torch.from_numpy(batch))
        first = next(iter(output.values())) if isinstance(output, dict) else output
        return np.asarray(first.float().numpy())

    given = graph[graph.outputs[0].node].shape
    if any(size > 1 for size in given[1:]) or given[0] < 2:
        message = f"{graph.name} gives {_sizes(given)} for each picture, and no score for each class"
        raise ArchError([Diagnostic(Code.NO_CLASSIFIER, message, file=graph.name)])
    classes = options.classes or known_classes(known, weights.name, given[0])
    how = _preprocessing(options, known, weights.name, shape[0])
    return Predictor(
        graph.name, run, shape, classes, how, prepared=_has_preprocessing(options, known), apart=gives_apart(graph)
    )


def in_batches(items: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """The items in lists of `size`; the last one may be shorter."""
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _one_by_one(run: Callable[[Any], Values]) -> Callable[[Any], Values]:
    """`run` for a file with a batch of one."""
    return lambda batch: np.concatenate([run(one[None]) for one in batch])


def _shape(dims: Sequence[Any], takes_pictures: bool, options: PredictorOptions, path: Path) -> Shape:
    channels, *sizes = (dims[3], *dims[1:3]) if takes_pictures else dims[1:]
    if not isinstance(channels, int):
        raise failed(path, "does not say how many channels it takes")
    if options.sizes is not None:
        if len(options.sizes) != 2 or any(
            isinstance(n, int) and n != m for n, m in zip(sizes, options.sizes, strict=False)
        ):
            raise failed(path, f"takes images of {'x'.join(map(str, sizes))}")
        return (channels, *options.sizes)
    height, width = (size if isinstance(size, int) else DYNAMIC for size in sizes)
    if not 0 < height * width <= MOST_PIXELS:
        raise failed(path, f"takes pictures of {height}x{width}; {MOST_PIXELS:,} pixels are the most")
    return (channels, height, width)


def _scores(dims: Sequence[Any]) -> int | None:
    """The number of scores of a file's output; None if it is open."""
    return dims[1] if len(dims) > 1 and isinstance(dims[1], int) else None


def _preprocessing(
    options: PredictorOptions, known: dict[str, str], name: str, channels: int | None = None
) -> Preprocessing:
    try:
        own = preprocessing_of(known, name, channels)
    except ArchError:
        if options.preprocessing is None:
            raise
        own = Preprocessing()  # the file's cannot be read, and the caller has one
    return own if options.preprocessing is None else options.preprocessing(own)


def _has_preprocessing(options: PredictorOptions, known: dict[str, str]) -> bool:
    return options.preprocessing is not None or "preprocessing" in known


def preprocessing_of(known: Mapping[str, str], name: str, channels: int | None = None) -> Preprocessing:
    """The preprocessing in a file's metadata; images from 0 to 1 if it has none. Raises ArchError."""
    return known_preprocessing(known, name, channels) or Preprocessing()
