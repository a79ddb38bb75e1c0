"""The trainer line and the cost layer as a recipe.

ConvNetJS, src/convnet_trainers.js: learning_rate 0.01, momentum 0.9, batch_size 1, method sgd, ro 0.95, eps 1e-8, no
decay, unless given. It divides decay by the batch size with the gradient, as torch's mean loss has it not: kept as
written, and said in the recipe.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from archc.diagnostics import Diagnostic, Edit, Fix, Span
from archc.importers.convnetjs.layers import COSTS
from archc.importers.convnetjs.statements import Found
from archc.importers.convnetjs.values import Member

METHODS: Mapping[str, str] = MappingProxyType(
    {
        "sgd": "sgd",
        "adagrad": "adagrad",
        "adadelta": "adadelta",
        "windowgrad": "rmsprop",  # "adagrad but with a moving window weighted average"
        "adam": "adam",
        "nesterov": "nesterov",
        "netsterov": "nesterov",  # as ConvNetJS spells it
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
LOSSES: Mapping[str, str] = MappingProxyType({"softmax": "cross_entropy", "svm": "multi_margin", "regression": "mse"})


@dataclass(frozen=True, slots=True)
class Trainer:
    """optimizer: one of METHODS' values. loss: None where the net ends in no cost layer. The rest as ConvNetJS."""

    optimizer: str
    numbers: Mapping[str, float]
    loss: str | None

    def toml(self) -> str:
        """The recipe as a file beside the net."""
        number = self.numbers
        lines = [f"batch = {number['batch_size']:g}", *([f'loss = "{self.loss}"'] if self.loss else []), ""]
        lines += ["[optimizer]", f'name = "{self.optimizer}"']
        if self.optimizer != "adadelta":
            lines.append(f"lr = {number['learning_rate']:g}")
        if self.optimizer in ("sgd", "nesterov"):
            lines.append(f"momentum = {number['momentum']:g}")
        if self.optimizer in ("adadelta", "rmsprop"):
            lines.append(f"rho = {number['ro']:g}")
        if self.optimizer == "adam":
            lines.append(f"betas = [{number['beta1']:g}, {number['beta2']:g}]")
        if self.optimizer not in ("sgd", "nesterov"):
            lines.append(f"eps = {number['eps']:g}")
        lines += [f"{name}_decay = {number[f'{name}_decay']:g}" for name in ("l1", "l2") if number[f"{name}_decay"]]
        return "\n".join(lines) + "\n"


def trainer(found: Found) -> tuple[Trainer | None, list[Diagnostic]]:
    """What is said of training, and what of that cannot be."""
    if found.trainer is None:
        return None, []
    diagnostics = []
    numbers = dict(NUMBERS)
    method = "sgd"
    for key, member in found.trainer.items():
        data, span = member.value.data, member.value.span
        if key == "method":
            method = str(data)
            if method not in METHODS:
                diagnostics.append(
                    _unknown(method, span, tuple(METHODS), "the trainer has no method `{}`", quoted=True)
                )
        elif key not in NUMBERS:
            diagnostics.append(_unknown(key, member.key_span, ("method", *NUMBERS), "the trainer takes no `{}`"))
        elif isinstance(data, bool) or not isinstance(data, int | float) or data < 0:
            diagnostics.append(Diagnostic("bad-value", f"`{key}` takes a number from 0, not {span.text}", span))
        else:
            numbers[key] = data
    last = _last_type(found)
    return Trainer(METHODS.get(method, "sgd"), numbers, LOSSES.get(last)), diagnostics


def _last_type(found: Found) -> str:
    members: Mapping[str, Member] = {}
    if found.definitions and isinstance(found.definitions[-1].data, dict):
        members = found.definitions[-1].data
    said = members.get("type")
    return str(said.value.data) if said is not None and str(said.value.data) in COSTS else ""


def _unknown(name: str, span: Span, known: tuple[str, ...], message: str, quoted: bool = False) -> Diagnostic:
    close = get_close_matches(name, known, 1)
    help_text = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(known)}"
    quote = span.text[0] if quoted and span.text[:1] in ("'", '"') else ""
    fixes = tuple(Fix(f"write {quote}{one}{quote}", (Edit(span, f"{quote}{one}{quote}"),)) for one in close)
    return Diagnostic("unknown-argument", message.format(name), span, help=help_text, fixes=fixes)
