"""A layer as source text: `conv 3x3/2, 64, pad=1`."""

from collections.abc import Sequence

from archc.ops.declared import Declared

SIZES = frozenset({"kernel_size", "stride", "dilation", "output_size", "size", "dims"})
"""Fields whose tuples are written 3x3; those of others are written (1, 1, 2, 2)."""


def value_text(value: object, field: str = "") -> str:
    """A value as a source writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, tuple):
        if field == "order":
            return f"[{', '.join(map(str, value))}]"
        if field == "connections":
            return f"[{'; '.join(', '.join(map(str, row)) for row in value)}]"
        if field in SIZES:
            return "x".join(map(str, value))
        return f"({', '.join(value_text(item) for item in value)})"
    return str(value)


def number_text(value: float) -> str:
    """The shortest text that reads back as exactly this number."""
    text = repr(value)
    return text.removesuffix(".0")


def source_text(name: str, positional: Sequence[str], layer: Declared) -> str:
    """`conv 3x3/2, 64, pad=1`: the name, the positional fields, then each other field that is not at its default.

    positional: the fields that may be given without a name, in order. The text reads back as an equal layer.
    """
    values = layer.values()
    omitted = layer.at_default()
    texts: list[str] = []
    done: set[str] = set()
    kernel, stride = values.get("kernel_size"), values.get("stride")
    if isinstance(kernel, tuple) and isinstance(stride, int) and "stride" not in omitted:
        texts.append(f"{value_text(kernel, 'kernel_size')}/{stride}")
        done = {"kernel_size", "stride"}
    last = max((index for index, field in enumerate(positional) if field not in omitted), default=-1)
    gap = False  # behind a positional field that is left out, the others need their names
    for field in positional[: last + 1]:
        if field in done:
            continue
        if values[field] is None:
            gap = True
        elif not gap:
            texts.append(value_text(values[field], field))
            done.add(field)
    texts += [
        f"{info.alias or field}={value_text(values[field], field)}"
        for field, info in layer.fields.items()
        if field not in done and field not in omitted
    ]
    return f"{name} {', '.join(texts)}" if texts else name
