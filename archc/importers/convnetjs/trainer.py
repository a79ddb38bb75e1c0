"""The trainer line and the cost layer as a recipe that trains like ConvNetJS.

Defaults of ConvNetJS, src/convnet_trainers.js: learning_rate 0.01, momentum 0.9, batch_size 1, method sgd, ro 0.95, eps
1e-8, no decay. It divides the decay by the batch together with the sum of gradients. The rate is constant.
"""

from collections.abc import Mapping
from types import MappingProxyType

from archc.diagnostics import Code, Diagnostic, Span
from archc.importers.convnetjs.layers import COSTS, rewrites
from archc.importers.convnetjs.recipe import Entry, Trainer
from archc.importers.convnetjs.statements import Found
from archc.importers.convnetjs.values import Member
from archc.importers.convnetjs.weighted import Weighted, weighted
from archc.spelling import close_words, suggestion

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "sgd": "sgd",
        "adagrad": "adagrad",
        "adadelta": "adadelta",
        "windowgrad": "rmsprop",  # "adagrad but with a moving window weighted average"
        "adam": "adam",
        "nesterov": "nesterov",
        "netsterov": "nesterov",  # ConvNetJS's spelling
    }
)
NUMBERS: Mapping[str, float] = MappingProxyType(
    {
        "learning_rate": 0.01,
        "momentum": 0.9,
        "batch_size": 1,
        "l1_decay": 0.0,
        "l2_decay": 0.0,
        "ro": 0.95,
        "eps": 1e-8,
        "beta1": 0.9,
        "beta2": 0.999,
    }
)
LOSSES: Mapping[str, str] = MappingProxyType(
    {"softmax": "cross_entropy", "svm": "multi_margin", "regression": "euclidean"}
)
NO_ADAM = "version 0.3.0 on npm does not have it, and trains by sgd with momentum"
EPS_UNSAID = "the default of ConvNetJS's repository; its package 0.3.0 on npm has 1e-6"
ADAM_WRONG = "ConvNetJS multiplies by the bias corrections; here they divide, as in Kingma & Ba 2015"
L1_IDLE = "l1_decay does nothing: ConvNetJS multiplies it by a layer's l1_decay_mul, which is 0 unless given"
LRN_WRONG = "ConvNetJS's gradient of lrn leaves out the influence of a channel on its neighbours; here it is exact"


def trainer(found: Found) -> tuple[Trainer | None, list[Diagnostic]]:
    """The training settings, and errors in them. None if there are none: archc has softmax by default."""
    cost = _last(found)
    if found.trainer is None or found.trainer_span is None:
        if cost is None or cost[0] == "softmax":
            return None, []
        return Trainer(cost[1], (*_loss(cost), *_start(weighted(found), cost[1]))), []
    span = found.trainer_span
    diagnostics = []
    numbers, places = dict(NUMBERS), dict.fromkeys(NUMBERS, span)
    method, method_span = "sgd", span
    for key, member in found.trainer.items():
        data, place = member.value.data, member.value.span
        if key == "method":
            method, method_span = str(data), place
            if method not in METHODS:
                diagnostics.append(
                    _unknown(method, place, tuple(METHODS), "the trainer has no method `{}`", quoted=True)
                )
        elif key not in NUMBERS:
            diagnostics.append(_unknown(key, member.key_span, ("method", *NUMBERS), "the trainer takes no `{}`"))
        elif isinstance(data, bool) or not isinstance(data, int | float) or data < 0:
            diagnostics.append(Diagnostic(Code.BAD_VALUE, f"`{key}` takes a number from 0, not {place.text}", place))
        elif key == "batch_size" and (data < 1 or not isinstance(data, int)):
            diagnostics.append(Diagnostic(Code.BAD_VALUE, f"`{key}` takes a whole number from 1, not {data:g}", place))
        else:
            numbers[key], places[key] = data, place
    layers = weighted(found)
    entries = [
        Entry("", "batch", int(numbers["batch_size"]), places["batch_size"]),
        *(_loss(cost) if cost is not None else ()),
        *_start(layers, span),
        Entry("schedule", "name", "constant", span),
        *_optimizer(METHODS.get(method, "sgd"), method_span, numbers, places, found.trainer),
        *_decays(layers, numbers, places),
    ]
    has_lrn = any(_type(value.data) == "lrn" for value in found.definitions)
    return Trainer(span, tuple(entries), (LRN_WRONG,) if has_lrn else ()), diagnostics


def _loss(cost: tuple[str, Span, int | None]) -> list[Entry]:
    kind, span, classes = cost
    entries = [Entry("loss", "name", LOSSES[kind], span)]
    if kind == "svm" and classes is not None:
        entries.append(Entry("loss", "scale", classes, span, "ConvNetJS sums over the classes, and this is a mean"))
    return entries


def _start(layers: list[Weighted], span: Span) -> list[Entry]:
    """Weights of variance 1 / fan in (convnet_vol.js); biases of 0, or 0.1 before a relu from an `activation`."""
    biases = {f"{layer.name}.bias": layer.bias for layer in layers if layer.bias}
    entries = [Entry("init", "name", "lecun_normal", span)]
    return [*entries, Entry("init", "biases", biases, span)] if biases else entries


def _optimizer(
    name: str, span: Span, numbers: Mapping[str, float], places: Mapping[str, Span], given: Mapping[str, Member]
) -> list[Entry]:
    def entry(key: str, number: str, note: str | None = None) -> Entry:
        return Entry("optimizer", key, numbers[number], places[number], note)

    momentum = numbers["momentum"]
    if name == "nesterov" and not momentum:
        name = "sgd"  # nesterov without momentum is sgd
    note = f"{ADAM_WRONG}; {NO_ADAM}" if name == "adam" else NO_ADAM if name == "nesterov" else None
    entries = [Entry("optimizer", "name", name, span, note)]
    if name != "adadelta":
        entries.append(entry("lr", "learning_rate"))
    if name in ("sgd", "nesterov"):
        entries.append(entry("momentum", "momentum"))
        return entries
    if name in ("adadelta", "rmsprop"):
        entries.append(entry("rho", "ro"))
    if name == "adam":
        betas = [numbers["beta1"], numbers["beta2"]]
        entries.append(Entry("optimizer", "betas", betas, places["beta1"]))
    entries.append(entry("eps", "eps", None if "eps" in given else EPS_UNSAID))
    if name in ("adagrad", "rmsprop"):
        entries.append(Entry("optimizer", "eps_in_root", True, places["eps"]))
    return entries


def _decays(layers: list[Weighted], numbers: Mapping[str, float], places: Mapping[str, Span]) -> list[Entry]:
    """One number if all weights have the same decay, else one by name. Divided by the batch, as in ConvNetJS."""
    batch = numbers["batch_size"]
    entries = []
    for key in ("l1_decay", "l2_decay"):
        decay = numbers[key]
        shares = {f"{one.name}.weight": one.l1 if key == "l1_decay" else one.l2 for one in layers}
        if not decay or not batch:
            continue
        note = f"{decay:g} / {batch:g}: ConvNetJS divides it by the batch"
        if not any(shares.values()):
            if key == "l1_decay":
                entries.append(Entry("optimizer", key, 0, places[key], L1_IDLE))
            continue
        alike = all(share == 1 for share in shares.values())
        each = {name: decay * share / batch for name, share in shares.items() if share}
        entries.append(Entry("optimizer", key, decay / batch if alike else each, places[key], note))
    return entries


def _type(data: object) -> str:
    given = data.get("type") if isinstance(data, dict) else None
    return str(given.value.data) if isinstance(given, Member) else ""


def _last(found: Found) -> tuple[str, Span, int | None] | None:
    """The cost layer that ends the net: its type, its span and its number of classes."""
    data = found.definitions[-1].data if found.definitions else None
    kind = _type(data)
    if kind not in COSTS or not isinstance(data, dict):
        return None
    classes = data[COSTS[kind]].value.data if COSTS[kind] in data else None
    return kind, data["type"].value.span, classes if isinstance(classes, int) else None


def _unknown(name: str, span: Span, known: tuple[str, ...], message: str, quoted: bool = False) -> Diagnostic:
    close = close_words(name, known)
    help_text = suggestion(close, known)
    return Diagnostic(
        Code.UNKNOWN_ARGUMENT, message.format(name), span, help=help_text, fixes=rewrites(span, close, quoted)
    )
