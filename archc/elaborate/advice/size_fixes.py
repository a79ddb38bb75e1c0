"""Edits of a layer's padding, stride, window or rounding that give a stated size. Each is tried before it is shown."""

import re

from archc.diagnostics import Edit, Fix, Span
from archc.graph import Node
from archc.ops.window import Axis

MAX_WINDOW = 15  # a side of one that is proposed
MAX_STRIDE = 8  # that is proposed
WINDOW = re.compile(r"(?<![\w.])\d+(?:x\d+)+")
WINDOW_STRIDE = re.compile(r"\d/(\w+)")


def size_fixes(stated: tuple[int, ...], node: Node | None) -> tuple[Fix, ...]:
    """Paddings, strides and roundings of the deciding window that give the stated sizes."""
    if node is None:
        return ()
    find = getattr(node.op, "axes", None)
    if find is None:
        return _transposed_fixes(stated, node)
    axes: tuple[Axis, ...] = find(node.input_shapes)
    if not axes or len(stated) < len(axes):
        return ()
    want = stated[: len(axes)]
    settings = _settings(axes, want)
    fixes = [set_argument(node.span, field, value) for field, value in settings]
    if all(value in ("same", "true") for _, value in settings):
        return (*_window_fixes(node.span, axes, want), *fixes)
    return tuple(fixes)


def _window_fixes(call: Span, axes: tuple[Axis, ...], want: tuple[int, ...]) -> tuple[Fix, ...]:
    """Where neither a padding nor a stride alone does: another window, or both of them."""
    fixes = []
    written = WINDOW.search(call.text)
    for side in sorted(range(2, MAX_WINDOW + 1), key=lambda side: abs(side - axes[0].kernel)):
        fits = all(_with(axis, kernel=side).count == size for axis, size in zip(axes, want, strict=True))
        if fits and written is not None and set(written[0].split("x")) != {str(side)}:
            window = "x".join([str(side)] * len(written[0].split("x")))
            place = Span(call.source, call.start + written.start(), call.start + written.end())
            fixes.append(Fix(f"window {window}", (Edit(place, window),)))
            break
    for stride in range(1, MAX_STRIDE + 1):
        strided = tuple(_with(axis, stride=stride) for axis in axes)
        pads = [value for field, value in _settings(strided, want) if field == "pad"]
        if stride != axes[0].stride and pads:
            first, second = set_argument(call, "stride", str(stride)), set_argument(call, "pad", pads[0])
            fixes.append(Fix(f"{first.message}, {second.message}", (*first.edits, *second.edits)))
            break
    return tuple(fixes)


def _transposed_fixes(stated: tuple[int, ...], node: Node) -> tuple[Fix, ...]:
    """The sizes that a transposed convolution's stride leaves open, and its padding, which takes from both ends."""
    extra, pad = getattr(node.op, "output_padding", None), getattr(node.op, "padding", None)
    lacks = {want - have for want, have in zip(stated, node.shape[1:], strict=False)}
    if not isinstance(extra, int) or not isinstance(pad, int) or len(lacks) != 1:
        return ()
    lack = lacks.pop()
    fixes = [set_argument(node.span, "output_padding", str(extra + lack))] if extra + lack >= 0 else []
    if lack % 2 == 0 and pad - lack // 2 >= 0:
        fixes.append(set_argument(node.span, "pad", str(pad - lack // 2)))
    elif pad - (lack - 1) // 2 >= 0 and lack < 0:  # one more taken away than is asked, and given back
        both = (*set_argument(node.span, "pad", str(pad - (lack - 1) // 2)).edits,)
        more = set_argument(node.span, "output_padding", str(extra + 1)).edits
        fixes.append(Fix(f"pad={pad - (lack - 1) // 2}, output_padding={extra + 1}", (*both, *more)))
    return tuple(fixes)


def _settings(axes: tuple[Axis, ...], want: tuple[int, ...]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    largest = max(axis.extent for axis in axes)
    for pad in _paddings(axes[0], want[0], largest):
        if all(_with(axis, begin=pad, end=pad).count == size for axis, size in zip(axes, want, strict=True)):
            found.append(("pad", str(pad)))
            break
    else:
        if all(-(-axis.size // axis.stride) == size for axis, size in zip(axes, want, strict=True)):
            found.append(("pad", "same"))
    for stride in range(1, MAX_STRIDE + 1):
        if all(_with(axis, stride=stride).count == size for axis, size in zip(axes, want, strict=True)):
            found.append(("stride", str(stride)))
            break
    if not any(axis.ceil for axis in axes) and all(
        _with(axis, ceil=True).count == size for axis, size in zip(axes, want, strict=True)
    ):
        found.append(("ceil", "true"))
    return found


def _paddings(axis: Axis, want: int, most: int) -> range:
    """The paddings on both sides that may give an axis its stated size; ⌈·⌉ needs a little less."""
    enough = max(0, -(-((want - 1) * axis.stride + axis.extent - axis.size) // 2))
    return range(max(0, enough - min(axis.stride, MAX_STRIDE)), min(enough + 1, most))


def _with(axis: Axis, **changes: int | bool) -> Axis:
    values = {name: getattr(axis, name) for name in Axis.__dataclass_fields__}
    return Axis(**{**values, **changes})


def set_argument(call_span: Span, name: str, value: str) -> Fix:
    """Set a named argument in the text of a call, or append it. Whether it holds is tried later."""
    text = call_span.text
    window = WINDOW_STRIDE.search(text) if name == "stride" else None
    if window is not None:
        where = Span(call_span.source, call_span.start + window.start(1), call_span.start + window.end(1))
        return Fix(f"stride {value}", (Edit(where, value),))
    for alias in {"pad": ("pad", "padding")}.get(name, (name,)):
        start = text.find(f"{alias}=")
        if start >= 0:
            end = start + len(alias) + 1
            stop = end
            depth = 0
            while stop < len(text) and (depth or text[stop] not in ",)"):
                depth += {"(": 1, ")": -1}.get(text[stop], 0)
                stop += 1
            where = Span(call_span.source, call_span.start + end, call_span.start + stop)
            return Fix(f"{name}={value}", (Edit(where, value),))
    inside = text.endswith(")")
    place = Span(call_span.source, call_span.end - inside, call_span.end - inside)
    return Fix(f"{name}={value}", (Edit(place, f", {name}={value}"),))
