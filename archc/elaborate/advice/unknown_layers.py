"""Reports of layer names that are nearly right: two words for one, a table for one of its variants."""

from collections.abc import Iterable

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.elaborate.advice.python_values import Misread, literal
from archc.elaborate.advice.suggest import did_you_mean, nearest
from archc.elaborate.env import Env
from archc.ops import Input, InvalidFields, Shape, hwc
from archc.syntax import ast
from archc.syntax.advice import line_of

GLOBAL = {"gap", "globalavgpool", "globalaveragepool", "globalaveragepooling", "globalpool"}
FULLY_CONNECTED = {"dense", "linear"}  # without a framework's module
MAX_LISTED = 12
MAX_FIXES = 3


def table_alone(call: ast.Call, env: Env) -> Diagnostic | None:
    """`vgg` where one of its variants is meant."""
    variants = sorted(variant for table, variant in env.net_names() if table == call.name and variant)
    if not variants:
        return None
    place = call.name_span.after()
    return Diagnostic(
        Code.NO_SUCH_NET,
        f"`{call.name}` is a table of {len(variants)} nets",
        call.name_span,
        help=f"name one of its variants: {', '.join(f'{call.name}[{v}]' for v in variants[:MAX_LISTED])}",
        fixes=tuple(Fix(f"write `{call.name}[{v}]`", (Edit(place, f"[{v}]"),)) for v in variants[:MAX_FIXES]),
    )


def pooled_globally(call: ast.Call) -> Diagnostic | None:
    """`gap`, `GlobalAveragePooling2D()`"""
    if call.arguments or call.name.lower().removesuffix("2d").replace("_", "") not in GLOBAL:
        return None
    return Diagnostic(
        Code.UNKNOWN_LAYER,
        f"there is no layer or block `{call.name}`",
        call.name_span,
        help="an average over the whole map is `avgpool global`",
        fixes=(Fix("write `avgpool global`", (Edit(call.span, "avgpool global"),)),),
    )


def two_words(call: ast.Call, known: Iterable[str]) -> Diagnostic | None:
    """`max pool 2x2`, `batch norm`: a layer's name with a space in it."""
    first = call.arguments[0] if call.arguments else None
    if first is None:
        return None
    if first.name is not None and first.name_span is not None and first.span.text[len(first.name) :][:1] in ("", " "):
        word, place, rest = first.name, first.name_span, True
    elif isinstance(first.value, ast.Name):
        word, place, rest = first.value.name, first.span, False
    else:
        return None
    close = nearest(call.name + word, known, synonyms=True)[:1]
    between = Span(place.source, call.name_span.end, place.start).text
    if not close or between.strip():
        return None
    span = call.name_span.to(place)
    return Diagnostic(
        Code.UNKNOWN_LAYER,
        f"there is no layer `{span.text}`",
        span,
        help=did_you_mean(close),
        fixes=(Fix(f"write `{close[0]}`", (Edit(span, close[0]),)),) if rest or len(call.arguments) == 1 else (),
    )


def keras_input(call: ast.Call, shape: Shape | None) -> tuple[Diagnostic, Shape | None]:
    """`Input(shape=(28, 28, 1))`: the report, and the stated shape. shape: of the value that flows in."""
    stated = _keras_sizes(call)
    written = f"input {hwc(stated)}" if stated else ""
    fixes: tuple[Fix, ...] = ()
    if shape is not None:
        message = "the net has its input already"
        text = call.span.source.text
        comma = text[call.span.end :][:1] == ","
        fixes = (
            Fix("remove it", (Edit(line_of(Span(call.span.source, call.span.start, call.span.end + comma)), ""),)),
        )
    else:
        message = "a net's input is written with its sizes: height x width x channels"
        fixes = (Fix(f"write `{written}`", (Edit(call.span, written),)),) if stated else ()
    help_text = None if shape is not None or stated else "for example `input 224x224x3`"
    diagnostic = Diagnostic(Code.UNKNOWN_LAYER, message, call.name_span, help=help_text, fixes=fixes)
    return diagnostic, stated


def _keras_sizes(call: ast.Call) -> Shape | None:
    """The shape that an `Input` states; None where it states none that a net may have."""
    given = next((one for one in call.arguments if one.name in (None, "shape", "input_shape")), None)
    try:
        sizes = literal(given.value) if given is not None else None
        return Input.of({"shape": (sizes[-1], *sizes[:-1])}).shape if isinstance(sizes, tuple) and sizes else None
    except (Misread, InvalidFields):
        return None


def fully_connected(call: ast.Call, shape: Shape | None) -> tuple[str, tuple[Fix, ...]] | None:
    """`dense 10` on a map, which Keras takes for a convolution and most people for a layer of all its values."""
    units = call.arguments[0] if len(call.arguments) == 1 else None
    if call.name_span.text not in FULLY_CONNECTED or units is None or shape is None or len(shape) < 2:
        return None
    count = units.value.span.text
    at_once = f"`fc` sees all values of {hwc(shape)} at once, after `flatten`"
    help_text = f"{at_once}; `conv 1x1` sees each position alone, as Keras's"
    fixes = [
        Fix(f"write `{text}`", (Edit(call.span, text),))
        for text in (f"flatten -> fc {count}", f"conv {'x'.join('1' * (len(shape) - 1))}, {count}")
    ]
    return help_text, tuple(fixes)
