"""Generated sources of a given number of layers, the input counted."""

from collections.abc import Callable


def repeated(layers: int) -> str:
    """A loop over three layers."""
    return (
        "net repeated {\n  input 32x32x8\n"
        f"  repeat {layers // 3} {{ conv 3x3, 8, pad=1, bias=no -> bn -> relu }}\n}}\n"
    )


def residual(layers: int) -> str:
    """Blocks of seven layers that a join ends, and a label in each."""
    return (
        "block unit() {\n  start: conv 3x3, 8, pad=1, bias=no\n  add {\n"
        "    | bn -> relu -> conv 3x3, 8, pad=1, bias=no\n      bn\n"
        "    |\n  }\n  mul @start\n}\n"
        f"net residual {{\n  input 32x32x8\n  unit() x {layers // 7}\n}}\n"
    )


def flat(layers: int) -> str:
    """A line for each layer, a conv in eight: a source may have 500,000 words and signs."""
    lines = ["  conv 3x3, 8, pad=1, bias=no", *["  bn", "  relu"] * 3, "  relu"]
    body = "\n".join(lines[index % 8] for index in range(layers - 1))
    return f"net flat {{\n  input 32x32x8\n{body}\n}}\n"


def labelled(layers: int) -> str:
    """A line for each layer, half of them labelled and brought back by the next."""
    body = "\n".join(f"  v{index}: relu\n  add @v{index}" for index in range(layers // 2))
    return f"net labelled {{\n  input 32x32x8\n{body}\n}}\n"


def dense(layers: int) -> str:
    """A narrow dense block every thirty layers: concatenations that grow, then shrink."""
    return (
        "block grow() { repeat 7 { concat { | | bn -> relu -> conv 3x3, 4, pad=1, bias=no } } }\n"
        "block unit() { grow() -> conv 1x1, 8, bias=no -> relu }\n"
        f"net dense {{\n  input 32x32x8\n  unit() x {layers // 30}\n}}\n"
    )


STYLES: dict[str, Callable[[int], str]] = {
    "repeated": repeated,
    "residual": residual,
    "flat": flat,
    "labelled": labelled,
    "dense": dense,
}
