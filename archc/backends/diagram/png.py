"""SVG as PNG, with the font that ships with archc: the same pixels on every machine."""

from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
REGULAR, BOLD = FONTS / "LiberationSans-Regular.ttf", FONTS / "LiberationSans-Bold.ttf"
MOST_PIXELS = 120_000_000
_LATIN = 0x0250  # up to here the font has every letter


class TooLarge(Exception):
    """The picture would not fit into memory. The message says what to do."""


def png(svg: str, width: float, height: float, scale: float = 2.0) -> bytes:
    """The PNG with `scale` pixels per point, or fewer where it would be too large. Raises TooLarge."""
    import resvg_py  # noqa: PLC0415 - only pictures of pixels need it

    fitting = min(scale, (MOST_PIXELS / max(width * height, 1.0)) ** 0.5, 32_000 / max(width, height, 1.0))
    if fitting < 0.2:
        raise TooLarge(
            f"{width:.0f} × {height:.0f} points are too many for a PNG: write .svg or .pdf, or draw it coarser"
        )
    foreign = any(ord(char) > _LATIN and char not in "–—…→−≥⟨⟩" for char in svg)
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        font_files=[str(REGULAR), str(BOLD)],
        font_family="Liberation Sans",
        sans_serif_family="Liberation Sans",
        skip_system_fonts=not foreign,  # letters that ours lacks may be on the machine
        dpi=96.0,
        zoom=fitting,
    )
