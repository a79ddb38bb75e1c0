"""Colours: readable words on every fill, and categories apart for eyes that see fewer colours."""

from itertools import combinations

import pytest

from archc.backends.diagram.theme import CATEGORIES, DARK, LIGHT, Theme

# Viénot, Brettel, Mollon (1999): what a dichromat sees, in linear RGB.
EYES = {
    "protanope": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deuteranope": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}
Color = tuple[float, float, float]


def linear(color: str) -> Color:
    values = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return red, green, blue


def luminance(color: str) -> float:
    red, green, blue = linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(color: Color) -> Color:
    red, green, blue = color
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (max(v, 0.0) ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(color: str, eye: str) -> Color:
    values = linear(color)
    red, green, blue = (sum(a * b for a, b in zip(row, values, strict=True)) for row in EYES[eye])
    return lab((red, green, blue))


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_words_can_be_read_on_every_fill(theme: Theme) -> None:
    for category in CATEGORIES:
        assert contrast(theme["ink"], theme[f"{category}-fill"]) >= 5.5, category  # WCAG's AA is 4.5
        assert contrast(theme[f"{category}-line"], theme["paper"]) >= 3, category
    for ground in ("paper", "cluster", "nested", "block-fill"):
        assert contrast(theme["muted"], theme[ground]) >= 4.5, ground
    assert contrast(theme["error"], theme["error-fill"]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("eye", EYES)
def test_categories_are_apart_for_the_colour_blind(theme: Theme, eye: str) -> None:
    named = ("conv", "pool", "norm", "activation", "join", "fc")
    for one, other in combinations(named, 2):
        fills = zip(seen(theme[f"{one}-fill"], eye), seen(theme[f"{other}-fill"], eye), strict=True)
        assert sum((a - b) ** 2 for a, b in fills) ** 0.5 >= 10, (one, other)
