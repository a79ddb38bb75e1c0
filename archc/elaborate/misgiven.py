"""What may be wrong with the arguments of any call."""

from archc.diagnostics import Diagnostic, Edit, Fix, Label, Span
from archc.syntax import ast


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


def given_twice(name: str, span: Span, earlier: Span) -> Diagnostic:
    return Diagnostic(
        "given-twice", f"`{name}` is given twice", span, labels=(Label(earlier, "here for the first time"),)
    )
