"""From a picture to the input of a net, as recipes, weights and ONNX files store it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Literal, get_args

Fit = Literal["crop", "squeeze", "pad"]
FITS: tuple[Fit, ...] = get_args(Fit)
Kind = Literal["pictures", "values"]
MOST_PIXELS = 100_000_000
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's names of the formats that are read. Not all of them: for an EPS file Pillow would run Ghostscript."""
SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Fit a picture to a size, scale it to [0, 1], subtract `mean`, divide by `std`, one of each for a channel.

    fit: how a picture is fitted to the box. crop resizes it, keeping its proportions, until it covers the box; pad,
    until it lies inside, and adds black; squeeze resizes it to the box without keeping the proportions.

    kept: the shares of the height and width of the box that the net gets, from the middle: 224 of 256 is 0.875.

    of: what the net was trained on. `values` are arrays of floats: mean and std have their units, and it is unknown how
    to convert a picture into such values.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    fit: Fit = "squeeze"
    kept: tuple[float, float] = (1.0, 1.0)
    of: Kind = "pictures"

    def box(self, sizes: Sequence[int]) -> tuple[int, int]:
        """(height, width) to which pictures are fitted, for an input of `sizes`."""
        return round(sizes[0] / self.kept[0]), round(sizes[1] / self.kept[1])

    def resized(self, given: Sequence[int], sizes: Sequence[int]) -> tuple[int, int]:
        """(height, width) to which a picture of `given` is resized. The longer side is rounded down, as in
        torchvision's Resize."""
        high, wide = self.box(sizes)
        if self.fit == "squeeze":
            return high, wide
        other = wide * given[0] // given[1], high * given[1] // given[0]
        if self.fit == "crop":
            return max(high, other[0]), max(wide, other[1])
        return max(1, min(high, other[0])), max(1, min(wide, other[1]))

    def to_json(self) -> str:
        """The form in the metadata of an ONNX file."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Preprocessing":
        """Raises ValueError if the text is not a Preprocessing."""
        try:
            content = json.loads(text)
            mean, std = _numbers(content["mean"]), _numbers(content["std"])
            high, wide = _numbers(content.get("kept", [1, 1]))
            made = cls(mean, std, content.get("fit", "squeeze"), (high, wide), content.get("of", "pictures"))
        except (ArithmeticError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"no preprocessing: {error}") from None
        if made.fit not in FITS or made.of not in get_args(Kind) or not all(made.std):
            raise ValueError("no preprocessing: an unknown fit, or a standard deviation of 0")
        if not all(map(isfinite, (*mean, *std))) or not all(0.01 <= share <= 1 for share in made.kept):
            raise ValueError("no preprocessing: a number in it is out of range")
        return made


def _numbers(content: object) -> tuple[float, ...]:
    if not isinstance(content, list) or not content or any(type(each) not in (int, float) for each in content):
        raise TypeError("not a list of numbers")
    return tuple(map(float, content))


IMAGENET = Preprocessing((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "crop", (0.875, 0.875))
"""torchvision's of most of its weights: Resize(256), CenterCrop(224)."""


def middle(outer: int, inner: int) -> int:
    """The first index of the middle `inner` of `outer`; negative if `inner` is larger.

    Half of an odd difference is rounded to the even number, as in torchvision's CenterCrop and Pillow's ImageOps.pad.
    """
    return round((outer - inner) / 2)
