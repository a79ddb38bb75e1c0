"""Reports of slips in the arguments of a call."""

import re
from collections.abc import Sequence
from dataclasses import replace

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Span
from archc.elaborate.fields import written_name
from archc.ops import OPS, Op
from archc.syntax import ast
from archc.syntax.advice import number_with_commas

LENGTH = re.compile(r"\d\d?")  # of a window's side
SPACED_STRIDE = re.compile(r"\d+[ \t]+/\d+")
THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}")


def no_stride(name: str, span: Span) -> Diagnostic:
    """The report for `x n /s` on something without a stride."""
    return Diagnostic(
        Code.NO_STRIDE,
        f"`x n /s` gives the first repetition a stride, and `{name}` has none",
        span,
        help="a block takes it as a parameter called `stride`",
    )


def trailing_comma(call: ast.Call, argument: ast.Argument) -> Diagnostic | None:
    """The report of a comma at the end of a line, after which the next line is read as one more argument."""
    index = call.arguments.index(argument)
    if not index or call.span.text.endswith(")"):
        return None
    between = Span(argument.span.source, call.arguments[index - 1].span.end, argument.span.start)
    if "\n" not in between.text or "#" in between.text:
        return None
    start = between.start + between.text.index(",")
    comma = Span(between.source, start, start + 1)
    return Diagnostic(
        Code.DANGLING,
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
        Code.WRONG_ARGUMENTS,
        f"a window is one argument: {window}",
        height.to(width),
        fixes=(Fix(f"write `{window}`", (Edit(height.to(width), window),)),),
    )


def window_as_product(argument: ast.Argument) -> Diagnostic | None:
    """`conv 3*3, 64`, a window of 9."""
    value = argument.value
    if not isinstance(value, ast.Chain) or {sign for sign, _ in value.rest} != {"*"}:
        return None
    window = _window([value.first, *(side for _, side in value.rest)])
    if window is None:
        return None
    return Diagnostic(
        Code.SPACED_SIZES,
        f"`{value.span.text}` is a product; the sides of a window are joined by x: {window}",
        value.span,
        help=f"the product of them, as a window, is worked out first: `let size = {value.span.text}`",
        fixes=(Fix(f"write `{window}`", (Edit(value.span, window),)),),
    )


def _window(sides: Sequence[ast.Expr]) -> str | None:
    """`3x3` of numbers that are sides of a window."""
    if not all(isinstance(side, ast.Number) and LENGTH.fullmatch(side.span.text) for side in sides):
        return None
    return "x".join(side.span.text for side in sides)


def window_and_channels(call: ast.Call) -> tuple[Fix, ...]:
    """`conv 3x3x64` and `conv 3x3x3x64`, as the sizes of its weights: `conv 3x3, 64`."""
    if len(call.arguments) != 1 or not isinstance(call.arguments[0].value, ast.Dims):
        return ()
    span = call.arguments[0].value.span
    sizes = span.text.split("x")
    written = f"{'x'.join(sizes[:2])}, {sizes[-1]}"
    return (Fix(f"write `{written}`", (Edit(span, written),)),) if len(sizes) > 2 else ()


def stride_of_channels(call: ast.Call, argument: ast.Argument) -> Diagnostic | None:
    """`conv 7x7, 64 /2`: 32 channels as arithmetic has it, and a stride as it is spaced."""
    value, window = argument.value, call.arguments[0]
    if not isinstance(value, ast.Chain) or not SPACED_STRIDE.fullmatch(value.span.text):
        return None
    if window is argument or not isinstance(window.value, ast.Dims | ast.Number):
        return None
    channels, _, stride = value.span.text.partition("/")
    edits = (Edit(window.value.span.after(), f"/{stride}"), Edit(value.span, channels.rstrip()))
    return Diagnostic(
        Code.MISPLACED_STRIDE,
        f"`{value.span.text}` is a quotient, and spaced like a stride, which stands with the window",
        value.span,
        help=f"as a number of channels it is written {channels.rstrip()}/{stride}",
        fixes=(Fix(f"write `{window.value.span.text}/{stride}`", edits),),
    )


def spaced_window(repeated: ast.Repeated) -> Diagnostic | None:
    """`maxpool 2 x 2`, which is a window of 2, twice. An error if the layer lacks an argument; else a warning."""
    step = repeated.step
    if not isinstance(step, ast.Call) or step.name not in OPS or step.span.text.endswith(")"):
        return None
    op = OPS[step.name]
    sides = [*(argument.value for argument in step.arguments), repeated.count]
    if op.positional[:1] != ("kernel_size",) or len(sides) != 2 or step.arguments[0].name or repeated.stride:
        return None
    window = _window(sides)
    if window is None:
        return None
    span = sides[0].span.to(sides[1].span)
    lacks = any(field.required for name, field in op.fields.items() if name != "kernel_size")
    return Diagnostic(
        Code.SPACED_SIZES,
        f"`{step.span.text}` stands here {repeated.count.span.text} times; sizes are written without spaces: {window}",
        span,
        severity="error" if lacks else "warning",
        help=f"for example `{step.name} {window}, 64`"
        if lacks
        else f"parentheses say that it is meant: `({step.span.text}) x {repeated.count.span.text}`",
        fixes=(Fix(f"write `{window}`", (Edit(span, window),)),),
    )


def mode_of_padding(call: ast.Call, argument: ast.Argument) -> Diagnostic | None:
    """`conv 3x3, 64, same`"""
    value = argument.value
    if not isinstance(value, ast.Name) or value.name not in ("same", "valid"):
        return None
    return Diagnostic(
        Code.WRONG_ARGUMENTS,
        f"`{value.name}` is a padding, and `{call.name}` takes that by name",
        argument.span,
        fixes=(Fix(f"write `pad={value.name}`", (Edit(argument.span.before(), "pad="),)),),
    )


def thousands(call: ast.Call, argument: ast.Argument) -> Diagnostic | None:
    """`fc 1,000`"""
    index = call.arguments.index(argument)
    if not index:
        return None
    span = call.arguments[index - 1].span.to(argument.span)
    return number_with_commas(span, Code.WRONG_ARGUMENTS) if THOUSANDS.fullmatch(span.text) else None


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
        Code.UNKNOWN_ARGUMENT,
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
        Code.WRONG_ARGUMENTS,
        f"the layer `{value.name}` stands among the arguments of `{call.name}`",
        argument.span,
        help="steps of a path are joined by `->`",
        fixes=(Fix(f"write `-> {value.name}`", (Edit(gap, " -> "),)),),
    )


def given_twice(name: str, span: Span, earlier: Span) -> Diagnostic:
    return Diagnostic(
        Code.GIVEN_TWICE, f"`{name}` is given twice", span, labels=(Label(earlier, "here for the first time"),)
    )


def place_and_name(op: type[Op], call: ast.Call, argument: ast.Argument, name: str) -> Diagnostic | None:
    """`conv(64, kernel=3)`: the first argument is the kernel, which is also named."""
    first = call.arguments[0]
    usual = [written_name(op, field) for field in op.positional]
    named = {one.name for one in call.arguments}
    meant = next((other for other in usual if other not in named), None)
    if argument.name is None or first.name is not None or usual[:1] != [name] or meant is None:
        return None
    return replace(
        given_twice(name, argument.span, first.span),
        labels=(Label(first.span, "an argument without a name, here for the first time"),),
        help=f"without names the order is {', '.join(usual)}",
        fixes=(Fix(f"name the first: `{meant}=`", (Edit(first.span.before(), f"{meant}="),)),),
    )
