"""What a source states, held against what was computed."""

import math
import re
from decimal import Decimal
from math import isclose

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Span
from archc.elaborate.values import Value, describe
from archc.graph import Node
from archc.ops import Shape, hwc
from archc.ops.window import AXES, Axis
from archc.syntax import ast

MAX_WINDOW = 15  # a side of one that is proposed
MAX_STRIDE = 8  # that is proposed
TOLERANCE = 0.05  # of `~`
SUFFIXES = {"K": 3, "M": 6, "G": 9, "B": 9, "T": 12}  # powers of ten
MAX_DIGITS = 40  # after the point; no figure is held so exactly
WINDOW = re.compile(r"(?<![\w.])\d+(?:x\d+)+")
WINDOW_STRIDE = re.compile(r"\d/(\w+)")


def shape_holds(stated: tuple[int, ...], shape: Shape) -> bool:
    """H×W×C against (C, H, W); the sizes alone will do."""
    return stated in ((*shape[1:], shape[0]), shape[1:]) if len(shape) > 1 else stated == shape


def trusted(stated: tuple[int, ...], shape: Shape) -> Shape:
    """The computed shape with what is stated in its place."""
    if len(stated) == len(shape):
        return (stated[-1], *stated[:-1])
    return (shape[0], *stated) if len(stated) == len(shape) - 1 else shape


def stated_sizes(value: Value, expr: ast.Expr) -> tuple[int, ...] | Diagnostic:
    """The numbers of a stated shape."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,)
    if isinstance(value, tuple) and value and all(isinstance(item, int) for item in value):
        return tuple(item for item in value if isinstance(item, int))
    return Diagnostic(
        Code.NOT_A_SHAPE,
        f"`{describe(value)}` is not a shape",
        expr.span,
        help="shapes are height x width x channels: 55x55x96, or 55x55 for the sizes alone, or 10 for a vector",
    )


def _arithmetic(axes: tuple[Axis, ...], stated: tuple[int, ...]) -> tuple[str, ...]:
    """The size of each axis that is not as stated; axes with the same sum share a line."""
    lines: dict[str, list[str]] = {}
    for axis, want in zip(axes, stated, strict=False):
        if axis.count != want:
            lines.setdefault(f"{axis.arithmetic}, the source says {want}", []).append(axis.name)
    return tuple(f"{' and '.join(names)}: {line}" for line, names in lines.items())


def _explained(node: Node, stated: tuple[int, ...]) -> tuple[str, ...]:
    """The same of a layer without a sliding window, as it explains itself: `(37 − 1)·2 − 2·1 + 3 = 73`."""
    lines: dict[str, list[str]] = {}
    rows = dict(node.op.explain(node.input_shapes, node.shape)) if node.inputs else {}
    for name, have, want in zip(AXES.get(len(node.shape) - 1, ()), node.shape[1:], stated, strict=False):
        if have != want and name in rows:
            lines.setdefault(f"{rows[name]}, the source says {want}", []).append(name)
    return tuple(f"{' and '.join(names)}: {line}" for line, names in lines.items())


def shape_refuted(
    stated: tuple[int, ...], span: Span, node: Node | None, sized_by: Node | None, shape: Shape
) -> Diagnostic:
    """The report for `=> shape` that does not hold. sized_by is the node whose window set the sizes."""
    text = "x".join(map(str, stated))
    sizes_differ = len(shape) > 1 and stated[: len(shape) - 1] != shape[1:]
    notes: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    if sizes_differ and sized_by is not None:
        axes = getattr(sized_by.op, "axes", None)
        if axes is not None and len(stated) >= len(shape) - 1:
            notes = _arithmetic(axes(sized_by.input_shapes), stated)
        elif len(stated) >= len(shape) - 1:
            notes = _explained(sized_by, stated)
        before = f"{hwc(sized_by.input_shapes[0])} → " if sized_by.input_shapes else ""
        labels = (Label(sized_by.span, f"{before}{hwc(sized_by.shape)}"),)
    elif len(shape) > 1 and len(stated) == len(shape) and stated[-1] != shape[0]:
        notes = (f"channels: {shape[0]}, the source says {stated[-1]}",)
    elif node is not None and (len(shape) == 1 or len(stated) != len(shape)):
        labels = (Label(node.span, f"{hwc(node.input_shapes[0])} → {hwc(shape)}"),) if node.input_shapes else ()
    help_text = None
    if len(stated) == len(shape) > 1 and tuple(stated) == shape:
        help_text = f"shapes are height x width x channels: write {hwc(shape)}"
        notes, labels, sizes_differ = (), (), False
    fixes = size_fixes(stated, sized_by) if sizes_differ else ()
    return Diagnostic(
        Code.SHAPE_REFUTED,
        f"the source states {text}, but this is {hwc(shape)}",
        span,
        labels=labels,
        notes=notes,
        help=help_text,
        fixes=(*fixes, Fix(f"state {hwc(shape)}", (Edit(span, hwc(shape)),))),
    )


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


def figure_holds(computed: int, stated: ast.Stated) -> bool | None:
    """Whether a printed figure stands for the computed one; None where it is no number.

    It does where the computed one rounds or truncates to it, which is `interval`; `~` allows 5 %.
    """
    expr = stated.value
    if not isinstance(expr, ast.Number):
        return None
    if stated.approximate:
        return isclose(computed, expr.value, rel_tol=TOLERANCE) or abs(computed - expr.value) <= TOLERANCE * expr.value
    least, limit = interval(expr)
    return least <= computed < limit


def interval(number: ast.Number) -> tuple[Decimal, Decimal]:
    """What rounds (a half up) or truncates to the printed digits: from the first number up to the second, excluded.

    `3.6G` is 3.55 G up to 3.7 G. A whole number without suffix stands for itself alone, as figures are whole.
    """
    if not math.isfinite(number.value):
        return Decimal("Infinity"), Decimal("Infinity")
    digits, _, power = number.text.rstrip("KMGTB").lower().partition("e")
    last = int(power or 0) + SUFFIXES.get(number.text[-1], 0) - len(digits.partition(".")[2])
    unit = Decimal(10) ** max(last, -MAX_DIGITS)  # one of the last printed digit
    stated = Decimal(digits.replace(".", "")) * unit
    return stated - unit / 2, stated + unit


def _wholes(number: ast.Number) -> range:
    """The figures that a printed one stands for."""
    least, limit = interval(number)
    return range(math.ceil(least), math.ceil(limit))


def figure_refuted(metric: str, computed: int, stated: ast.Stated) -> Diagnostic:
    """The report for `expect metric = figure` that does not hold."""
    number = stated.value
    assert isinstance(number, ast.Number)
    difference = computed - number.value
    percent = f" ({difference / number.value:+.2%})" if number.value else ""
    notes = [f"computed {computed:,}", f"stated   {number.value:,.0f}", f"difference {difference:+,.0f}{percent}"]
    if stated.approximate:
        notes.append("`~` allows 5 %")
    elif math.isfinite(number.value) and (wholes := _wholes(number)).stop - wholes.start > 1:  # len() overflows
        notes.append(
            f"`{number.text}` is what rounds or truncates to it: {wholes.start:,} up to {wholes.stop:,}, excluded"
        )
    shown = printed(computed, number)
    return Diagnostic(
        Code.FIGURE_REFUTED,
        f"the source states {stated.span.text} {metric}, but there are {computed:,}",
        stated.span,
        notes=tuple(notes),
        fixes=(Fix(f"state {shown}", (Edit(stated.span, shown),)),),
    )


def value_refuted(metric: str, computed: int, value: Value | None, span: Span) -> Diagnostic:
    """The report for `expect metric = expression` where the expression comes to something else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        shown = describe(value) if value is not None else "nothing"
        return Diagnostic(Code.NOT_A_NUMBER, f"`{metric}` is a number, and this is {shown}", span)
    difference = computed - value
    return Diagnostic(
        Code.FIGURE_REFUTED,
        f"the source states {value:,} {metric}, but there are {computed:,}",
        span,
        notes=(f"computed {computed:,}", f"stated   {value:,}", f"difference {difference:+,}"),
        fixes=(Fix(f"state {computed}", (Edit(span, str(computed)),)),),
    )


def printed(value: int, like: ast.Number) -> str:
    """A computed figure in the style of a stated one: 3663761408 like `3.6G` is `3.7G`."""
    suffix = like.text[-1] if like.text[-1] in "KMGTB" else ""
    if not suffix:
        return str(value)
    unit = {"K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}[suffix]
    decimals = len(like.text.rstrip("KMGTB").partition(".")[2])
    return f"{value / unit:.{decimals}f}{suffix}"
