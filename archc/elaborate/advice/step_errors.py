"""Reports of steps that cannot be walked, and edits that may mend them."""

import re
from collections.abc import Sequence

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.diagnostics import Label as Mark
from archc.elaborate.advice.foreign_calls import described, is_python, translations
from archc.elaborate.advice.suggest import did_you_mean, nearest, renames
from archc.elaborate.advice.unknown_layers import fully_connected, pooled_globally, table_alone, two_words
from archc.elaborate.env import Env, Label
from archc.elaborate.fields import Bound, written_name
from archc.elaborate.reader import Reading
from archc.ops import OPS, Shape
from archc.syntax import ast
from archc.syntax.advice import LISTS

DASHED = re.compile(r"\w+-")  # `fc-512`
OPENS = re.compile(r"\w+\s*\(")
CONV_OF_A_TABLE = re.compile(r"conv([1-9]\d?)\Z")  # VGG's `conv3-64`


def lone_branch(join: ast.Join) -> Diagnostic:
    """The report for `add { | conv 3x3, 8 }`, which joins nothing: the empty branch was forgotten."""
    branch = join.branches[0]
    place = branch.span.before()
    return Diagnostic(
        Code.MISSING_BRANCH,
        f"`{join.call.name}` joins one branch with nothing",
        join.call.name_span,
        severity="warning",
        help="what flows in is a branch only where an empty one, `|`, stands for it",
        fixes=(Fix("add an empty branch", (Edit(place, "| "),)),) if branch.body else (),
    )


def _from_label(call: ast.Call) -> tuple[Fix, ...]:
    """`relu @stem` as `@stem -> relu`."""
    if len(call.arguments) != 1 or not isinstance(call.arguments[0].value, ast.Reference):
        return ()
    text = f"{call.arguments[0].span.text} -> {call.name}"
    return (Fix(f"write `{text}`", (Edit(call.span, text),)),)


def named_twice(name: str, span: Span, earlier: Span) -> Diagnostic:
    """The report for two nodes that would bear one name: a label meets another's, or a dotted one a path."""
    return Diagnostic(
        Code.NAME_TWICE,
        f"two layers would be called `{name}`",
        span,
        labels=(Mark(earlier, "this is one already"),),
        help="give it a label of its own, `name: …`, or another one",
    )


def named_within(name: str, span: Span, owner: str, there: Span) -> Diagnostic:
    """The report for a layer whose dotted name says that it lies in another layer."""
    return Diagnostic(
        Code.NAME_TWICE,
        f"`{name}` would lie in `{owner}`, which is a layer by itself",
        span,
        labels=(Mark(there, f"this is `{owner}`"),),
        help="a label with dots stands in front of what no other label is called",
    )


def no_input(span: Span) -> Diagnostic:
    """The report for a layer before any `input`."""
    return Diagnostic(
        Code.MISSING_INPUT,
        "nothing flows in here: the net has no `input` before this layer",
        span,
        help="begin with its height x width x channels, for example `input 224x224x3`",
    )


def no_variant(call: ast.Call, known: list[str]) -> Diagnostic:
    """The report for `vgg[F]` where no column is called so."""
    span = call.variant_span or call.span
    inside = Span(span.source, span.start + 1, span.end - 1)
    close = nearest(call.variant or "", known)
    listed = f"its variants: {', '.join(sorted(known))}" if known else f"there is no table `{call.name}` here"
    return Diagnostic(
        Code.NO_SUCH_NET,
        f"`{call.name}` has no variant `{call.variant}`",
        inside,
        help=did_you_mean(close) or listed,
        fixes=renames(inside, close),
    )


def with_modules(call: ast.Call) -> Diagnostic:
    """The report for `F.relu`, where `relu` is one."""
    prefix = call.name_span.text[: -len(call.name)]
    span = Span(call.span.source, call.name_span.start, call.name_span.end - len(call.name))
    return Diagnostic(
        Code.UNKNOWN_LAYER,
        f"layers stand without `{prefix}`",
        span,
        fixes=(Fix(f"remove `{prefix}`", (Edit(span, ""),)),),
    )


def unknown_layer(call: ast.Call, env: Env, readings: Sequence[Reading] = (), shape: Shape | None = None) -> Diagnostic:
    """The report for a name that is neither a layer nor a block.

    readings: what other frameworks mean by the call on a value of this shape.
    """
    known = {*OPS, *env.block_names()}
    meant = None if readings else pooled_globally(call) or two_words(call, known) or table_alone(call, env)
    if meant is not None:
        return meant
    close = nearest(call.name, known, synonyms=True)
    label = env.label(call.name)
    fixes = () if is_python(call) else renames(call.name_span, close)  # its arguments are Python's
    help_text = "what flows in is no argument here" if call.name in known else did_you_mean(close)
    if readings:  # a name that is only near may compute something else
        help_text, fixes = described(readings), translations(call, readings)
    if (both := fully_connected(call, shape)) is not None:
        help_text, fixes = both
    size = CONV_OF_A_TABLE.match(call.name)
    if size is not None and not set(close) & set(env.block_names()):
        definition = (
            f"block {call.name}(channels) {{ conv {size[1]}x{size[1]}, channels, pad={int(size[1]) // 2} -> relu }}"
        )
        help_text, fixes = f"a block makes it one: `{definition}`", ()
    if label is not None:
        help_text = f"a label is brought in with `@{call.name}`"
        fixes = (Fix(f"write `@{call.name}`", (Edit(call.span, f"@{call.name}"),)),)
    return Diagnostic(
        Code.UNKNOWN_LAYER,
        f"this line calls `{call.name}` as Python does"
        if call.name in known
        else f"{'this is Python: ' if is_python(call) else ''}there is no layer or block `{call.name}`",
        call.name_span,
        help=help_text or "`archc explain layers` lists the layers; `block` makes new ones",
        fixes=fixes,
    )


def new_argument(call: Span, argument: str) -> Edit:
    """The edit that appends an argument to a call."""
    text = call.text
    if (dashed := DASHED.match(text)) is not None:
        return Edit(Span(call.source, call.start + dashed.end() - 1, call.end), f"({text[dashed.end() :]}, {argument})")
    inside = OPENS.match(text) is not None and closing(text, text.index("(")) == len(text) - 1
    before = text[: len(text) - inside].rstrip()
    separator = "" if before.endswith("(") else " " if before.isidentifier() else ", "
    end = Span(call.source, call.end - inside, call.end - inside)
    return Edit(end, f"{separator}{argument}")


def closing(text: str, start: int) -> int:
    """Where the bracket that opens at `start` closes; the end of the text where it does not."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "([") - (text[place] in ")]")
        if not depth:
            return place
    return len(text)


def repair_fix(bound: Bound, call_span: Span, field: str, value: str, message: str) -> Fix:
    """The edit that sets a field, in the argument that it has or in a new one."""
    name = written_name(type(bound.op), field)
    where = bound.spans.get(field)
    shown = message or f"{name}={value}"
    if where is None:
        return Fix(shown, (new_argument(call_span, f"{name}={value}"),))
    text = where.text
    named = text.split("=")[0].strip() if "=" in text and text.split("=")[0].strip().isidentifier() else None
    if named is not None:
        return Fix(shown, (Edit(where, f"{named}={value}"),))
    stride = text[text.index("/") :] if field == "kernel_size" and "/" in text else ""
    return Fix(message or f"{name} {value}{stride}", (Edit(where, f"{value}{stride}"),))


def label_twice(flow: ast.Flow, earlier: Label) -> Diagnostic:
    """The report for a label given twice in one scope."""
    return Diagnostic(
        Code.NAME_TWICE,
        f"the label `{flow.label}` is given twice",
        flow.label_span,
        labels=(Mark(earlier.span, "here for the first time"),),
        help="choose another name",
    )


def given_twice_as(what: str, name: str, span: Span, earlier: Span) -> Diagnostic:
    """The report of two things of one kind and name: `there are two blocks called …`."""
    return Diagnostic(
        Code.NAME_TWICE,
        f"there are two {what} called `{name}`",
        span,
        labels=(Mark(earlier, "here for the first time"),),
        help="choose another name",
    )


def not_a_list(span: Span) -> Diagnostic:
    """The report of `for i in 3`."""
    return Diagnostic(
        Code.NOT_A_LIST,
        "`for` goes through a list",
        span,
        help=LISTS,
        fixes=(Fix(f"write `range({span.text})`", (Edit(span, f"range({span.text})"),)),),
    )


def takes_one_value(name: str, call: ast.Call) -> Diagnostic:
    """The report of `relu @stem`."""
    return Diagnostic(
        Code.WRONG_ARGUMENTS,
        f"`{name}` works on one value, the one that flows in",
        next(a.span for a in call.arguments if isinstance(a.value, ast.Reference | ast.Name)),
        help=f"to begin from a label: @label -> {name}",
        fixes=_from_label(call),
    )


def not_a_join(name: str, call: ast.Call) -> Diagnostic:
    """The report of branches under a name that joins none."""
    joins = [op.name for op in OPS.values() if op.category == "join"]
    close = nearest(name, joins, synonyms=True)
    return Diagnostic(
        Code.NOT_A_JOIN,
        f"`{name}` does not join branches",
        call.name_span,
        help=did_you_mean(close) or f"branches are joined by {', '.join(joins)}",
        fixes=renames(call.name_span, close),
    )
