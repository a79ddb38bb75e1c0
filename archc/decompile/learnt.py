"""Which constants of a file are learnt: what the file says, and the rule if it does not say.

The rule, as in `grammar/importing.md`: the tensors of a convolution, a fully connected layer or a norm are learnt. In
arithmetic, a Constant node and a single number are fixed, unless the file says that they are parameters. A tensor in
arithmetic is as the file says; if it does not say, it is fixed in arithmetic on an input of the net and learnt
elsewhere, and a warning names it.
"""

import re
from collections.abc import Iterator, Mapping

from onnx import GraphProto, ModelProto

KIND = "pkg.torch.export.graph_signature.InputSpec.kind"
"""The metadata key under which torch.onnx's newer exporter keeps the kind of an initialiser."""
FOLDED = "pkg.onnxscript.optimizer.folded_from"
"""The key under which it keeps the names that an initialiser was folded from."""
ARCHC_CONSTANT = "/constant_"
"""Part of the names that archc gives to constants that are not learnt, as the ones of a norm without weights."""
INLINE = re.compile(r"(val|scalar_tensor_default|full|arange)(_\w+)?")
"""The names of numbers in the module's code. Fused constants keep a module's name, and have no kind."""
VARIABLE = "ReadVariableOp"
"""Part of the names that tf2onnx gives to variables."""
WRITTEN = re.compile(r".*/(x|y|Const(_\d+)?)(:0)?")
"""Its names of numbers in a model's code. A folded constant, `const_fold_opt__…`, may be either."""


def stated_learnt(model: ModelProto) -> dict[str, bool]:
    """Value name → whether the file says that it is learnt; without the names of which it says nothing."""
    said = {tensor.name: _by_name(model, tensor.name) for tensor in model.graph.initializer}
    kinds = dict(_metadata(model.graph, KIND))
    folded = dict(_metadata(model.graph, FOLDED))
    if kinds:
        parts = {name: re.findall(r"'([^']*)'", folded.get(name, f"'{name}'")) for name in said}
        flows = {name for node in model.graph.node for name in node.output}  # of which a constant has the shape alone
        said |= {
            name: False for name, made_of in parts.items() if all(n in flows or INLINE.fullmatch(n) for n in made_of)
        }
        said |= {name: kind == "PARAMETER" for name, kind in kinds.items()}
    said |= {name: False for node in model.graph.node if node.op_type == "Constant" for name in node.output}
    return {name: learnt for name, learnt in said.items() if learnt is not None}


def _by_name(model: ModelProto, name: str) -> bool | None:
    """Whether the writer's name of a value marks it as learnt; None if it does not tell."""
    if model.producer_name == "archc":
        return ARCHC_CONSTANT not in name
    if model.producer_name == "tf2onnx" and (VARIABLE in name or WRITTEN.fullmatch(name)):
        return VARIABLE in name
    return None


def _metadata(graph: GraphProto, key: str) -> Iterator[tuple[str, str]]:
    for value in (*graph.value_info, *graph.input, *graph.initializer):
        for prop in value.metadata_props:
            if prop.key == key:
                yield value.name, prop.value


class Learnt:
    """Whether values are learnt, also values that were reshaped or folded from others."""

    def __init__(self, said: Mapping[str, bool]) -> None:
        self.said = dict(said)
        self.origins: dict[str, frozenset[str]] = {}

    def of(self, value: str) -> frozenset[str]:
        """The values of the file that a value was made from."""
        return self.origins.get(value, frozenset((value,)))

    def derive(self, value: str, sources: frozenset[str]) -> None:
        """Record that a value has the numbers of others in another shape or order."""
        self.origins[value] = frozenset().union(*(self.of(source) for source in sources))

    def __call__(self, value: str) -> bool | None:
        """Whether the file says that a value is learnt; None if it does not say. One learnt origin is enough."""
        known = {self.said.get(name) for name in self.of(value)}
        if True in known:
            return True
        return False if known == {False} else None
