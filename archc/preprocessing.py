"""What stands between a picture and a net's input, as recipes, weights and ONNX files keep it."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

Fit = Literal["squeeze", "crop"]
MOST_PIXELS = 100_000_000
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
"""Pillow's names of what is read, whatever a file is called: for an EPS it would run Ghostscript."""
SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From a picture to a net's input: fitted to its size, [0, 1], less `mean`, by `std`, one of each a channel.

    fit: squeeze stretches the sides as they must be; crop keeps their proportion and takes the middle.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    fit: Fit = "squeeze"

    def to_json(self) -> str:
        """As an ONNX file's metadata keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Preprocessing":
        """Raises ValueError where it is none."""
        try:
            held = json.loads(text)
            made = cls(tuple(map(float, held["mean"])), tuple(map(float, held["std"])), held.get("fit", "squeeze"))
        except (ArithmeticError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(f"no preprocessing: {error}") from None
        if made.fit not in ("squeeze", "crop") or not all(made.std):
            raise ValueError("no preprocessing: an unknown fit, or a standard deviation of 0")
        return made


IMAGENET = Preprocessing((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "crop")
"""torchvision's."""
