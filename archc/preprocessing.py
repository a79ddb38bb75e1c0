"""What stands between a picture and a net's input, as recipes, weights and ONNX files keep it."""

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
"""Pillow's names of what is read, whatever a file is called: for an EPS it would run Ghostscript."""
SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From a picture to a net's input: fitted to its size, [0, 1], less `mean`, by `std`, one of each a channel.

    fit: how a picture comes to the box that it is fitted to. crop resizes it, in its proportion, until it covers the
    box; pad until it lies inside, with black around it; squeeze stretches the sides to the box's.
    kept: the shares of the box's height and width that the net sees, from the middle: 224 of 256 is 0.875.
    of: what the net was trained on. `values` are arrays of floats as they are: mean and std are in their units, and
    how a picture would become such values is not known.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    fit: Fit = "squeeze"
    kept: tuple[float, float] = (1.0, 1.0)
    of: Kind = "pictures"

    def box(self, sizes: Sequence[int]) -> tuple[int, int]:
        """(height, width) that pictures are fitted to, for a net's input of `sizes`."""
        return round(sizes[0] / self.kept[0]), round(sizes[1] / self.kept[1])

    def resized(self, given: Sequence[int], sizes: Sequence[int]) -> tuple[int, int]:
        """(height, width) that a picture of `given` is resized to. The longer side is rounded down, as by torchvision's
        Resize."""
        high, wide = self.box(sizes)
        if self.fit == "squeeze":
            return high, wide
        other = wide * given[0] // given[1], high * given[1] // given[0]
        if self.fit == "crop":
            return max(high, other[0]), max(wide, other[1])
        return max(1, min(high, other[0])), max(1, min(wide, other[1]))

    def to_json(self) -> str:
        """As an ONNX file's metadata keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Preprocessing":
        """Raises ValueError where it is none."""
        try:
            held = json.loads(text)
            mean, std = _numbers(held["mean"]), _numbers(held["std"])
            high, wide = _numbers(held.get("kept", [1, 1]))
            made = cls(mean, std, held.get("fit", "squeeze"), (high, wide), held.get("of", "pictures"))
        except (ArithmeticError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"no preprocessing: {error}") from None
        if made.fit not in FITS or made.of not in get_args(Kind) or not all(made.std):
            raise ValueError("no preprocessing: an unknown fit, or a standard deviation of 0")
        if not all(map(isfinite, (*mean, *std))) or not all(0.01 <= share <= 1 for share in made.kept):
            raise ValueError("no preprocessing: a number in it is out of range")
        return made


def _numbers(held: object) -> tuple[float, ...]:
    if not isinstance(held, list) or not held or any(type(each) not in (int, float) for each in held):
        raise TypeError("not a list of numbers")
    return tuple(map(float, held))


IMAGENET = Preprocessing((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "crop", (0.875, 0.875))
"""torchvision's of most of its weights: Resize(256), CenterCrop(224)."""


def middle(outer: int, inner: int) -> int:
    """Where the middle `inner` of `outer` begins; negative where it reaches beyond. Half of an odd rest is rounded to
    the even number, as by torchvision's CenterCrop and Pillow's ImageOps.pad."""
    return round((outer - inner) / 2)
