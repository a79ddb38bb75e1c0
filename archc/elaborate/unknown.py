"""Names that are nearly right: two words for one, a table for one of its variants."""

from collections.abc import Iterable

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Span
from archc.elaborate.env import Env
from archc.elaborate.suggest import did_you_mean, nearest
from archc.syntax import ast

GLOBAL = {"gap", "globalavgpool", "globalaveragepool", "globalaveragepooling", "globalpool"}
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
