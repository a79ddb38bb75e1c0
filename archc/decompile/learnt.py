"""Which numbers of a file are learnt: what the file says, and what is held where it says nothing.

The rule, which `grammar/importing.md` states: the tensors that a convolution, a fully connected layer or a norm owns
are learnt. Of numbers that stand in arithmetic, a node's constant and a single number are fixed, unless the file says
that they are parameters; a tensor is as the file says; where it says nothing, it is fixed in arithmetic on what flows
into the net, and learnt elsewhere, which is told.
"""

import re
from collections.abc import Iterator, Mapping

from onnx import GraphProto, ModelProto

KIND = "pkg.torch.export.graph_signature.InputSpec.kind"
"""Where torch.onnx's newer exporter says what an initialiser was."""
FOLDED = "pkg.onnxscript.optimizer.folded_from"
"""Where it says what one was made of."""
ARCHC_CONSTANT = "/constant_"
"""In the names that archc itself writes for what a layer says and does not learn: ones for a norm without weights."""
INLINE = re.compile(r"(val|scalar_tensor_default|full|arange)(_\w+)?")
"""The names of numbers that stood in its module's code; what it fuses keeps a module's name, and says no kind."""
VARIABLE = "ReadVariableOp"
"""In the names that tf2onnx gives what were variables."""
WRITTEN = re.compile(r".*/(x|y|Const(_\d+)?)(:0)?")
"""Its names of numbers that stood in a model's code. What it folded, `const_fold_opt__…`, may be either."""


def stated_learnt(model: ModelProto) -> dict[str, bool]:
    """Of values by name: whether the file says that they are learnt, or that they are not."""
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
    """What a writer's names say; None where they say nothing."""
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
    """What is known of values, through whatever they were turned into."""

    def __init__(self, said: Mapping[str, bool]) -> None:
        self.said = dict(said)
        self.origins: dict[str, frozenset[str]] = {}

    def of(self, value: str) -> frozenset[str]:
        """The values of the file that this one was made of."""
        return self.origins.get(value, frozenset((value,)))

    def derive(self, value: str, sources: frozenset[str]) -> None:
        """Enter a value that is another's numbers in another shape or order."""
        self.origins[value] = frozenset().union(*(self.of(source) for source in sources))

    def __call__(self, value: str) -> bool | None:
        """Whether the file says so; None where it does not. One learnt number among constants makes a value learnt."""
        known = {self.said.get(name) for name in self.of(value)}
        if True in known:
            return True
        return False if known == {False} else None
