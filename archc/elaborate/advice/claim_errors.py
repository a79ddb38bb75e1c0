"""Reports of stated shapes and figures that do not hold, with the arithmetic."""

import math

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Span
from archc.elaborate.advice.size_fixes import size_fixes
from archc.elaborate.claims import interval
from archc.elaborate.values import Value, describe
from archc.graph import Node
from archc.ops import Shape, hwc
from archc.ops.window import AXES, Axis
from archc.syntax import ast


def _arithmetic(axes: tuple[Axis, ...], stated: tuple[int, ...]) -> tuple[str, ...]:
    """The size of each axis that is not as stated; axes with the same sum share a line."""
    lines: dict[str, list[str]] = {}
    for axis, want in zip(axes, stated, strict=False):
        if axis.count != want:
            lines.setdefault(f"{axis.arithmetic}, the source says {want}", []).append(axis.name)
    return tuple(f"{' and '.join(names)}: {line}" for line, names in lines.items())


def _explained(node: Node, stated: tuple[int, ...]) -> tuple[str, ...]:
    """The same for a layer without a sliding window: `(37 − 1)·2 − 2·1 + 3 = 73`."""
    lines: dict[str, list[str]] = {}
    rows = dict(node.op.explain(node.input_shapes, node.shape)) if node.inputs else {}
    for name, have, want in zip(AXES.get(len(node.shape) - 1, ()), node.shape[1:], stated, strict=False):
        if have != want and name in rows:
            lines.setdefault(f"{rows[name]}, the source says {want}", []).append(name)
    return tuple(f"{' and '.join(names)}: {line}" for line, names in lines.items())


def shape_refuted(
    stated: tuple[int, ...],
    span: Span,
    node: Node | None,
    sized_by: Node | None,
    shape: Shape,
    *,
    proposes: bool = True,
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
    fixes = size_fixes(stated, sized_by) if sizes_differ and proposes else ()
    return Diagnostic(
        Code.SHAPE_REFUTED,
        f"the source states {text}, but this is {hwc(shape)}",
        span,
        labels=labels,
        notes=notes,
        help=help_text,
        fixes=(*fixes, Fix(f"state {hwc(shape)}", (Edit(span, hwc(shape)),))),
    )


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
