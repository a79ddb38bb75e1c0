"""What may be wrong with the arguments of any call."""

import re

from archc.diagnostics import Diagnostic, Edit, Fix, Label, Span
from archc.ops import OPS
from archc.syntax import ast
from archc.syntax.notation import number_with_commas

LENGTH = re.compile(r"\d\d?")  # of a window's side
THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}")


def no_stride(name: str, span: Span) -> Diagnostic:
    """The report for `x n /s` on something without a stride."""
    return Diagnostic(
        "no-stride",
        f"`x n /s` gives the first repetition a stride, and `{name}` has none",
        span,
        help="a block takes it as a parameter called `stride`",
    )


def trailing_comma(call: ast.Call, argument: ast.Argument) -> Diagnostic | None:
    """A comma at the end of a line takes the next line for one more argument."""
    index = call.arguments.index(argument)
    if not index or call.span.text.endswith(")"):
        return None
    between = Span(argument.span.source, call.arguments[index - 1].span.end, argument.span.start)
    if "\n" not in between.text or "#" in between.text:
        return None
    start = between.start + between.text.index(",")
    comma = Span(between.source, start, start + 1)
    return Diagnostic(
        "dangling",
        "nothing follows this `,` on its line, so the next line is read as one more argument",
        comma,
        labels=(Label(argument.span, f"one argument more of `{call.name}`"),),
        fixes=(Fix("remove the comma", (Edit(comma, ""),)),),
    )


def window_apart(call: ast.Call, argument: ast.Argument) -> Diagnostic | None:
    """`conv 3, 3, 64`: the sides of a window as arguments of their own."""
    sides = [one.value for one in call.arguments[:2] if one.name is None]
    if call.arguments.index(argument) != 2 or [type(side) for side in sides] != [ast.Number] * 2:
        return None
    height, width = (side.span for side in sides)
    if height.text != width.text or not LENGTH.fullmatch(height.text):
        return None
    window = f"{height.text}x{width.text}"
    return Diagnostic(
        "wrong-arguments",
        f"a window is one argument: {window}",
        height.to(width),
        fixes=(Fix(f"write `{window}`", (Edit(height.to(width), window),)),),
    )


def thousands(call: ast.Call, argument: ast.Argument) -> Diagnostic | None:
    """`fc 1,000`"""
    index = call.arguments.index(argument)
    if not index:
        return None
    span = call.arguments[index - 1].span.to(argument.span)
    return number_with_commas(span, "wrong-arguments") if THOUSANDS.fullmatch(span.text) else None


def activation_inside(call: ast.Call, argument: ast.Argument) -> Diagnostic | None:
    """`conv 3x3, 8, activation=relu`, as Keras has it: here an activation is a layer."""
    value = argument.value
    word = value.name if isinstance(value, ast.Name) else value.value if isinstance(value, ast.String) else ""
    op = OPS.get(word)
    index = call.arguments.index(argument)
    if op is None or op.category != "activation" or not index:
        return None
    rest = Span(argument.span.source, call.arguments[index - 1].span.end, argument.span.end)
    edits = (Edit(rest, ""), Edit(call.span.after(), f" -> {word}"))
    return Diagnostic(
        "unknown-argument",
        f"`{call.name}` has no argument `{argument.name}`: an activation is a layer of its own",
        argument.name_span or argument.span,
        fixes=(Fix(f"write `-> {word}` after it", edits),),
    )


def no_arrow(call: ast.Call, argument: ast.Argument) -> Diagnostic | None:
    """`fc 10, softmax`, `relu bn`: a further step read as one more argument."""
    value = argument.value
    if not isinstance(value, ast.Name) or value.name not in OPS or call.span.text.endswith(")"):
        return None
    index = call.arguments.index(argument)
    before = call.arguments[index - 1].span if index else call.name_span
    gap = Span(argument.span.source, before.end, argument.span.start)
    return Diagnostic(
        "wrong-arguments",
        f"the layer `{value.name}` stands among the arguments of `{call.name}`",
        argument.span,
        help="steps of a path are joined by `->`",
        fixes=(Fix(f"write `-> {value.name}`", (Edit(gap, " -> "),)),),
    )


def given_twice(name: str, span: Span, earlier: Span) -> Diagnostic:
    return Diagnostic(
        "given-twice", f"`{name}` is given twice", span, labels=(Label(earlier, "here for the first time"),)
    )
