"""The layers with weights, by their names here, with ConvNetJS's initial values and decay."""

from collections import Counter
from collections.abc import Mapping

from archc.importers.convnetjs.layers import COSTS
from archc.importers.convnetjs.statements import Found
from archc.importers.convnetjs.values import Member
from archc.records import dataclass

RELU_BIAS = 0.1


@dataclass(frozen=True, slots=True)
class Weighted:
    """name: `conv1`. l1, l2: factors of the trainer's decay for the weights. bias: initial value of the biases."""

    name: str
    l1: float = 0.0
    l2: float = 1.0
    bias: float = 0.0


def weighted(found: Found) -> list[Weighted]:
    """In the order of the net. The fully connected layer of a cost layer has none of its settings (`desugar`)."""
    counts: Counter[str] = Counter()
    layers = []
    for value in found.definitions:
        members = value.data if isinstance(value.data, dict) else {}
        kind = _word(members, "type")
        if kind not in ("conv", "fc", *COSTS):
            continue
        own = "conv" if kind == "conv" else "fc"
        counts[own] += 1
        name = f"{own}{counts[own]}"
        if kind in COSTS:
            layers.append(Weighted(name))
            continue
        bias = RELU_BIAS if _word(members, "activation") == "relu" else 0.0
        layers.append(
            Weighted(
                name,
                _number(members, "l1_decay_mul", 0.0),
                _number(members, "l2_decay_mul", 1.0),
                _number(members, "bias_pref", bias),
            )
        )
    return layers


def _word(members: Mapping[str, Member], key: str) -> str:
    return str(members[key].value.data) if key in members else ""


def _number(members: Mapping[str, Member], key: str, default: float) -> float:
    data = members[key].value.data if key in members else None
    return float(data) if isinstance(data, int | float) else default
