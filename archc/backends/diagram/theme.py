"""Colours: one for each category, light and dark, distinct for the colour-blind and in grey.

The hues are those of Okabe and Ito (2008), lightened for fills; lines keep the hue. Every box also names its layer, so
that a picture can be read without its colours.
"""

from collections.abc import Mapping
from types import MappingProxyType

from archc.backends.diagram.model import Color
from archc.records import dataclass

FONT = "Liberation Sans, Arimo, Arial, Helvetica, sans-serif"

CATEGORIES: dict[Color, str] = {
    "conv": "convolution",
    "pool": "pooling",
    "norm": "normalisation",
    "activation": "activation",
    "join": "join",
    "fc": "fully connected",
    "shape": "rearrangement",
    "other": "other",
    "block": "block",
    "input": "input and output",
}
"""The categories in the order of the legend."""

_LIGHT = {
    "conv": ("#a6cdef", "#0b5c99"),
    "pool": ("#f2a97c", "#a8480a"),
    "norm": ("#fdf6b5", "#857108"),
    "activation": ("#f8d9e8", "#a03a74"),
    "join": ("#8fd6bb", "#00684a"),
    "fc": ("#ac9be2", "#4f3a9a"),
    "shape": ("#e4e6ea", "#5d6470"),
    "other": ("#eeeeee", "#6b6b6b"),
    "block": ("#e6ecf5", "#3d4f6d"),
    "input": ("#ffffff", "#4a4f57"),
}
_DARK = {
    "conv": ("#174f7d", "#79bdf0"),
    "pool": ("#96491a", "#f5a873"),
    "norm": ("#3d3d05", "#eadb67"),
    "activation": ("#7f3262", "#eb9cc7"),
    "join": ("#0a5f47", "#6bdcb4"),
    "fc": ("#4a2f9c", "#b8a7f5"),
    "shape": ("#3a3f48", "#aab1bd"),
    "other": ("#363636", "#b0b0b0"),
    "block": ("#2a3446", "#a9bcdc"),
    "input": ("#1c1f24", "#c6ccd6"),
}
_COMMON_LIGHT = {
    "paper": "#ffffff",
    "ink": "#15181d",
    "muted": "#555c66",
    "edge": "#3a414b",
    "skip": "#00684a",
    "cluster": "#f7f8fa",
    "cluster-line": "#b8bfca",
    "nested": "#eef1f5",
    "badge": "#3d4f6d",
    "badge-ink": "#ffffff",
    "error": "#c21f1f",
    "error-fill": "#fde4e4",
    "added": "#1a7f37",
    "removed": "#c21f1f",
    "changed": "#b36b00",
    "shadow": "#dde2ea",
}
_COMMON_DARK = {
    "paper": "#14171b",
    "ink": "#f1f4f8",
    "muted": "#a9b1bd",
    "edge": "#b6bec9",
    "skip": "#6bdcb4",
    "cluster": "#1b1f25",
    "cluster-line": "#4b5464",
    "nested": "#232830",
    "badge": "#a9bcdc",
    "badge-ink": "#14171b",
    "error": "#ff7b72",
    "error-fill": "#4a1c1c",
    "added": "#56d364",
    "removed": "#ff7b72",
    "changed": "#f0b53f",
    "shadow": "#2b323d",
}


@dataclass(frozen=True, slots=True)
class Theme:
    """Named colours; `conv-fill` and `conv-line` are those of the category."""

    name: str
    colors: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.colors[name]


def _theme(name: str, common: Mapping[str, str], pairs: Mapping[str, tuple[str, str]]) -> Theme:
    colors = dict(common)
    for category, (fill, line) in pairs.items():
        colors[f"{category}-fill"], colors[f"{category}-line"] = fill, line
    return Theme(name, MappingProxyType(colors))


LIGHT = _theme("light", _COMMON_LIGHT, _LIGHT)
DARK = _theme("dark", _COMMON_DARK, _DARK)
THEMES = {"light": LIGHT, "dark": DARK}
