"""Definitions as lines of archc, with the layers that ConvNetJS adds.

A cost layer adds its fully connected layer; `activation` and `drop_prob` add the layers that they name. A pool has
stride 2 by default, a convolution stride 1; neither pads. `sy` is `sx` by default. Source: ConvNetJS,
src/convnet_net.js (`desugar`) and the files of its layers.
"""

from collections.abc import Mapping, Sequence
from math import inf
from types import MappingProxyType

from archc.diagnostics import Code, Diagnostic, Edit, Fix, Label, Source, Span
from archc.importers.convnetjs.statements import Found
from archc.importers.convnetjs.values import Member, Value
from archc.records import dataclass
from archc.spelling import close_words, suggestion

Part = tuple[str, Span]
"""A part of a line of archc, and its span in the JavaScript."""

SHARED = ("type", "activation", "drop_prob", "group_size", "l1_decay_mul", "l2_decay_mul", "bias_pref", "name")
KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "input": ("out_sx", "out_sy", "out_depth", "sx", "sy", "depth", "width", "height"),
        "conv": ("sx", "sy", "filters", "stride", "pad"),
        "pool": ("sx", "sy", "stride", "pad"),
        "fc": ("num_neurons", "filters"),
        "lrn": ("k", "n", "alpha", "beta"),
        "dropout": (),
        "maxout": (),
        "relu": (),
        "sigmoid": (),
        "tanh": (),
        "softmax": ("num_classes",),
        "svm": ("num_classes",),
        "regression": ("num_neurons",),
    }
)
"""What each type takes beside what all do."""

FOREIGN: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("convolution", "convolutional", "conv2d"), "conv"),
        **dict.fromkeys(("maxpool", "max_pool", "maxpooling", "pooling"), "pool"),
        **dict.fromkeys(("dense", "linear", "fully_connected", "fullyconnected"), "fc"),
    }
)
"""What others call a type."""

COSTS: Mapping[str, str] = MappingProxyType(
    {"softmax": "num_classes", "svm": "num_classes", "regression": "num_neurons"}
)
ACTIVATIONS = ("relu", "sigmoid", "tanh", "maxout")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the net: its steps, each of several parts.

    notes: where ConvNetJS computes something else than the names of its settings say.
    """

    steps: tuple[tuple[Part, ...], ...]
    span: Span
    notes: tuple[str, ...] = ()


class _Wrong(Exception):
    """An invalid definition."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def lines(found: Found, source: Source) -> tuple[list[Line], list[Diagnostic]]:
    """The lines of the net, and the errors in the definitions."""
    made: list[Line] = []
    diagnostics: list[Diagnostic] = []
    first: Definition | None = None
    depth = 0
    for number, value in enumerate(found.definitions):
        try:
            definition = Definition(value)
            if definition.type == "input" and first is not None:
                raise _Wrong(_second_input(definition, first))
            if number == 0 and not found.diagnostics and all(_type(one) != "input" for one in found.definitions):
                diagnostics.append(_no_input(definition))
            first = first or definition
            vector = all(_type(one) not in ("conv", "pool", "lrn") for one in found.definitions)
            steps, notes, depth = _steps(definition, vector, depth)
            made.append(Line(tuple(steps), value.span, tuple(notes)))
        except _Wrong as wrong:
            diagnostics.append(wrong.diagnostic)
    return made, diagnostics


def _no_input(definition: "Definition") -> Diagnostic:
    return Diagnostic(
        Code.MISSING_INPUT,
        "layer_defs has no input: the first layer says what flows in",
        definition.type_span,
        help="begin with {type:'input', out_sx:24, out_sy:24, out_depth:1}",
    )


def _second_input(definition: "Definition", first: "Definition") -> Diagnostic:
    if first.type != "input":
        label = Label(first.type_span, "the first layer")
        return Diagnostic(
            Code.MISSING_INPUT, "the input must be the first layer", definition.type_span, labels=(label,)
        )
    return Diagnostic(
        Code.GIVEN_TWICE,
        "layer_defs has two inputs",
        definition.type_span,
        labels=(Label(first.type_span, "the first"),),
        help="ConvNetJS's nets have one",
    )


def _type(value: Value) -> str:
    member = value.data.get("type") if isinstance(value.data, dict) else None
    return str(member.value.data) if member is not None else ""


def rewrites(span: Span, words: Sequence[str], quoted: bool) -> tuple[Fix, ...]:
    """A fix for each word, which replaces a span by it. quoted: whether the span has quotes."""
    quote = span.text[0] if quoted and span.text[:1] in ("'", '"') else ""
    return tuple(Fix(f"write {quote}{one}{quote}", (Edit(span, f"{quote}{one}{quote}"),)) for one in words)


class Definition:
    """One object of the list. Raises _Wrong if its type or its keys are unknown."""

    def __init__(self, value: Value) -> None:
        assert isinstance(value.data, dict)
        self.members = value.data
        self.span = value.span
        given = self.members.get("type")
        if given is None:
            close = close_words("type", self.members)
            where = self.members[close[0]].key_span if close else value.span
            raise _Wrong(Diagnostic(Code.MISSING_ARGUMENT, "this layer has no `type`", where, help="{type:'conv', …}"))
        self.type = str(given.value.data)
        self.type_span = given.value.span
        if self.type not in KEYS:
            raise _Wrong(
                self._unknown(self.type, self.type_span, tuple(KEYS), "there is no layer type `{}`", quoted=True)
            )
        for key, member in self.members.items():
            if key not in SHARED and key not in KEYS[self.type]:
                known = (*KEYS[self.type], *SHARED[1:3])
                raise _Wrong(self._unknown(key, member.key_span, known, f"`{self.type}` takes no `{{}}`"))

    @staticmethod
    def _unknown(name: str, span: Span, known: tuple[str, ...], message: str, quoted: bool = False) -> Diagnostic:
        meant = FOREIGN.get(name.lower()) if quoted else None
        close = [meant] if meant in known and meant is not None else close_words(name, known, 2)
        code = Code.UNKNOWN_LAYER if quoted else Code.UNKNOWN_ARGUMENT
        help_text = suggestion(close, known)
        return Diagnostic(code, message.format(name), span, help=help_text, fixes=rewrites(span, close, quoted))

    def number(self, *keys: str, default: int | float | None = None, least: float = 1, whole: bool = True) -> Part:
        """The first of these keys that is given, as text, and its span."""
        member = next((self.members[key] for key in keys if key in self.members), None)
        if member is None or member.value.data is None:
            if default is None:
                raise _Wrong(
                    Diagnostic(
                        Code.MISSING_ARGUMENT,
                        f"`{self.type}` needs `{keys[0]}`",
                        self.type_span,
                        help=f"write {keys[0]}: and a number",
                    )
                )
            return f"{default:g}", self.type_span
        return self._checked(member, keys[0], least, whole)

    def _checked(self, member: Member, key: str, least: float, whole: bool) -> Part:
        data, span = member.value.data, member.value.span
        if isinstance(data, bool) or not isinstance(data, int | float):
            fixes: tuple[Fix, ...] = ()
            if isinstance(data, str) and data.strip().isdigit():
                fixes = (Fix(f"write {data.strip()}", (Edit(span, data.strip()),)),)
            raise _Wrong(Diagnostic(Code.BAD_VALUE, f"`{key}` takes a number, not {_named(data)}", span, fixes=fixes))
        if whole and not isinstance(data, int):
            raise _Wrong(Diagnostic(Code.BAD_VALUE, f"`{key}` takes a whole number, not {data:g}", span))
        if data < least:
            raise _Wrong(Diagnostic(Code.BAD_VALUE, f"`{key}` must be at least {least:g}, not {data:g}", span))
        return (str(data) if isinstance(data, int) else repr(data)), span


def _named(data: object) -> str:
    if isinstance(data, str):
        return f'"{data}"'
    return "a list" if isinstance(data, list) else "an object" if isinstance(data, dict) else str(data).lower()


def _steps(definition: Definition, vector: bool, depth: int) -> tuple[list[tuple[Part, ...]], list[str], int]:
    """The steps of one definition with the layers that it adds; notes; and the number of channels after it.

    depth: the channels before it, 0 if unknown.
    """
    steps: list[tuple[Part, ...]] = []
    notes: list[str] = []
    where = definition.type_span
    kind = definition.type
    for key in ("l1_decay_mul", "l2_decay_mul", "bias_pref"):
        if key in definition.members:  # biases have initial values and are trained, see weighted.py
            definition.number(key, least=-inf if key == "bias_pref" else 0, whole=False)
    if kind == "input":
        steps.append(_input(definition, vector))
        depth = int(definition.number("out_depth", "depth")[0])
    elif kind == "conv":
        steps.append(_conv(definition))
        depth = int(definition.number("filters")[0])
    elif kind == "pool":
        steps.append((("maxpool ", where), *_window(definition, default_stride=2), *_pad(definition)))
    elif kind == "fc":
        steps.append((("fc ", where), definition.number("num_neurons", "filters")))
        depth = int(steps[-1][1][0])
    elif kind in COSTS:
        steps.append((("fc ", where), definition.number(COSTS[kind])))
        depth = int(steps[-1][1][0])
        if kind == "softmax":
            steps.append((("softmax", where),))
    elif kind == "lrn":
        steps.append(_lrn(definition, notes))
    elif kind == "dropout":
        steps.append((("dropout ", where), _dropped(definition, "drop_prob", 0.5, notes)))
    elif kind == "maxout":
        depth = _maxout(definition, where, depth, steps, notes)
    else:
        steps.append(((kind, where),))
    return steps, notes, _add_implied(definition, depth, steps, notes)


def _add_implied(definition: Definition, depth: int, steps: list[tuple[Part, ...]], notes: list[str]) -> int:
    """Adds the layers of `activation` and `drop_prob`. The result is the number of channels after them."""
    activation = definition.members.get("activation")
    if activation is not None and definition.type != "maxout":
        name, where = str(activation.value.data), activation.value.span
        if name not in ACTIVATIONS:
            raise _Wrong(Definition._unknown(name, where, ACTIVATIONS, "there is no activation `{}`", quoted=True))
        if name == "maxout":
            depth = _maxout(definition, where, depth, steps, notes)
        else:
            steps.append(((name, where),))
    if "drop_prob" in definition.members and definition.type != "dropout":
        place = definition.members["drop_prob"].key_span
        steps.append((("dropout ", place), _dropped(definition, "drop_prob", None, notes)))
    return depth


def _dropped(definition: Definition, key: str, default: float | None, notes: list[str]) -> Part:
    """The probability of dropout."""
    share = definition.number(key, default=default, least=0, whole=False)
    if float(share[0]):
        kept = f"{1 - float(share[0]):.6g}"
        mean = "" if kept == share[0] else f", where {kept}·x has the mean of training"
        notes.append(
            f"ConvNetJS keeps x in training and tests with {share[0]}·x{mean}; here training has x / {kept}, testing x"
        )
    return share


def _maxout(definition: Definition, where: Span, depth: int, steps: list[tuple[Part, ...]], notes: list[str]) -> int:
    """Adds the steps of maxout, which ignores an incomplete last group.

    The result is the number of channels after them.
    """
    text, place = definition.number("group_size", default=2)
    size = (text, place if "group_size" in definition.members else where)
    groups, rest = divmod(depth, int(text))
    if groups and rest:
        steps.append((("slice 0, ", where), (str(depth - rest), where)))
        ignored = f"the last {rest}" if rest > 1 else "the last one"
        notes.append(f"{depth} channels in groups of {text}: ConvNetJS never looks at {ignored}")
    steps.append((("maxout ", where), size))
    return groups


def _input(definition: Definition, vector: bool) -> tuple[Part, ...]:
    width = definition.number("out_sx", "sx", "width", default=1)
    height = definition.number("out_sy", "sy", "height", default=1)
    depth = definition.number("out_depth", "depth")
    where = definition.type_span
    if vector and width[0] == height[0] == "1":
        return (("input ", where), depth)
    if int(height[0]) < int(depth[0]):  # spelled out, since 1x28x28 looks like a mistake
        return (*(("input height=", where), height, (", width=", where), width, (", channels=", where), depth),)
    return (("input ", where), height, ("x", where), width, ("x", where), depth)


def _conv(definition: Definition) -> tuple[Part, ...]:
    where = definition.type_span
    window = _window(definition, default_stride=1)
    return (("conv ", where), *window, (", ", where), definition.number("filters"), *_pad(definition))


def _window(definition: Definition, default_stride: int) -> tuple[Part, ...]:
    """`5x5` or `3x3/2`: height × width, and the stride if it is not archc's default."""
    width = definition.number("sx")
    height = definition.number("sy", "sx")
    stride = definition.number("stride", default=default_stride)
    size = (height, ("x", width[1]), width)
    if definition.type == "conv" and stride[0] == "1":
        return size
    return (*size, ("/", stride[1]), stride)


def _pad(definition: Definition) -> tuple[Part, ...]:
    pad = definition.number("pad", default=0, least=0)
    return () if pad[0] == "0" else ((", pad=", pad[1]), pad)


def _lrn(definition: Definition, notes: list[str]) -> tuple[Part, ...]:
    """The window has ⌊n/2⌋ channels to both sides, and alpha is divided by n: for an even n the window is n + 1."""
    size, place = definition.number("n")
    values = {key: definition.number(key, least=0, whole=False) for key in ("alpha", "beta", "k")}
    if int(size) % 2 == 0:
        seen, (alpha, alpha_place) = int(size) + 1, values["alpha"]
        notes.append(f"n: {size} is even: ConvNetJS sums {seen} channels, and divides alpha = {alpha} by {size}")
        values["alpha"] = repr(float(alpha) * seen / int(size)), alpha_place
        size = str(seen)
    parts: list[Part] = [("lrn ", definition.type_span), (size, place)]
    for key, value in values.items():
        parts += [(f", {key}=", value[1]), value]
    return tuple(parts)
