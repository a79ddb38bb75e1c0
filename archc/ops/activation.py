"""Activations. By element, unless the docstring says otherwise.

flops count a comparison, a sum, a product, a quotient, an exponential, a logarithm, a hyperbolic tangent
and an error function as one operation each; `cost` is how many a value of the output takes.
"""

from math import prod
from typing import Annotated, ClassVar, Literal

from archc.diagnostics import Code
from archc.ops.base import Category, Inputs, OpError, Probabilities, SameShape, Shape, Tensor, channels_mixed
from archc.ops.declared import field
from archc.ops.fields import Flag, Positive, Real, one_of
from archc.ops.reads import Reading

Approximate = Annotated[Literal["none", "tanh"], one_of("none", "tanh")]


class Activation(SameShape):
    """(C, n…) → (C, n…), any rank."""

    category: ClassVar[Category] = "activation"
    cost: ClassVar[int] = 1
    shows_fields: ClassVar[bool] = False
    follows: ClassVar[bool] = True

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return self.cost * prod(output)


class Relu(Activation):
    """y = max(0, x). 1 flop a value. Source: Nair & Hinton 2010."""

    name: ClassVar[str] = "relu"
    title: ClassVar[str] = "ReLU"
    in_place: ClassVar[bool] = True


class Relu6(Activation):
    """y = min(max(0, x), 6). 2 flops a value. Source: Krizhevsky 2010; torch.nn.ReLU6."""

    name: ClassVar[str] = "relu6"
    cost: ClassVar[int] = 2
    title: ClassVar[str] = "ReLU6"
    in_place: ClassVar[bool] = True


class LeakyRelu(Activation):
    """y = x where x ≥ 0, else slope·x. 2 flops a value. Source: Maas et al. 2013."""

    name: ClassVar[str] = "leaky_relu"
    positional: ClassVar[tuple[str, ...]] = ("negative_slope",)
    cost: ClassVar[int] = 2
    title: ClassVar[str] = "leaky ReLU"
    in_place: ClassVar[bool] = True

    negative_slope: Real = field(0.01, alias="slope")


class Prelu(Activation):
    """y = x where x ≥ 0, else w·x, w learnt. 2 flops a value.

    weight (1), or (C) with `shared=no`: one for each channel. It starts at `initial`.
    Source: He et al. 2015; torch.nn.PReLU.
    """

    name: ClassVar[str] = "prelu"
    cost: ClassVar[int] = 2
    title: ClassVar[str] = "PReLU"

    shared: Flag = True
    initial: Real = 0.25

    def parameters(self, inputs: Inputs) -> tuple[Tensor, ...]:
        return (Tensor("weight", (1,) if self.shared else inputs[0][:1]),)


class Elu(Activation):
    """y = x where x > 0, else alpha·(eˣ − 1). 4 flops a value. Source: Clevert et al. 2016."""

    name: ClassVar[str] = "elu"
    positional: ClassVar[tuple[str, ...]] = ("alpha",)
    cost: ClassVar[int] = 4
    title: ClassVar[str] = "ELU"

    alpha: Real = 1.0


class Selu(Activation):
    """y = 1.0507·x where x > 0, else 1.0507·1.6733·(eˣ − 1). 5 flops a value. Source: Klambauer et al. 2017."""

    name: ClassVar[str] = "selu"
    cost: ClassVar[int] = 5
    title: ClassVar[str] = "SELU"


class Gelu(Activation):
    """y = x·Φ(x), Φ the normal distribution function. 5 flops a value.

    `approximate=tanh`: y = x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))), 9 flops a value.
    Source: Hendrycks & Gimpel 2016; torch.nn.GELU.
    """

    name: ClassVar[str] = "gelu"
    symbols: ClassVar[frozenset[str]] = frozenset({"none", "tanh"})
    title: ClassVar[str] = "GELU"

    approximate: Approximate = "none"

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return (5 if self.approximate == "none" else 9) * prod(output)


class Silu(Activation):
    """y = x·σ(x), also called swish. 4 flops a value. Source: Ramachandran et al. 2017."""

    name: ClassVar[str] = "silu"
    cost: ClassVar[int] = 4
    title: ClassVar[str] = "SiLU"


class Mish(Activation):
    """y = x·tanh(log(1 + eˣ)). 5 flops a value. Source: Misra 2019."""

    name: ClassVar[str] = "mish"
    cost: ClassVar[int] = 5
    title: ClassVar[str] = "Mish"


class HardSwish(Activation):
    """y = x·min(max(0, x + 3), 6)/6. 5 flops a value. Source: Howard et al. 2019 (MobileNetV3)."""

    name: ClassVar[str] = "hardswish"
    cost: ClassVar[int] = 5
    title: ClassVar[str] = "hard-swish"


class HardSigmoid(Activation):
    """y = min(max(0, x + 3), 6)/6. 4 flops a value. Source: torch.nn.Hardsigmoid (Keras's slope is 0.2)."""

    name: ClassVar[str] = "hardsigmoid"
    cost: ClassVar[int] = 4
    title: ClassVar[str] = "hard-sigmoid"


class Sigmoid(Activation):
    """y = 1/(1 + e⁻ˣ). 3 flops a value. Source: torch.nn.Sigmoid."""

    name: ClassVar[str] = "sigmoid"
    cost: ClassVar[int] = 3
    probabilities: ClassVar[Probabilities | None] = "of each class"


class Tanh(Activation):
    """y = scale·tanh(slope·x), both 1 by default. 1 flop a value, and 2 more where they are not 1.

    LeNet-5 has scale 1.7159 and slope 2/3 (LeCun et al. 1998, appendix A).
    Source: LeCun et al. 1998, appendix A; torch.nn.Tanh.
    """

    name: ClassVar[str] = "tanh"

    scale: Real = 1.0
    slope: Real = 1.0

    def flops(self, inputs: Inputs, output: Shape) -> int:
        return (1 + (self.scale != 1) + (self.slope != 1)) * prod(output)


class Softplus(Activation):
    """y = log(1 + e^(beta·x))/beta, and x itself where beta·x > threshold. 5 flops a value.

    Source: Dugas et al. 2001; torch.nn.Softplus.
    """

    name: ClassVar[str] = "softplus"
    cost: ClassVar[int] = 5

    beta: Positive = 1.0
    threshold: Real = 20.0


class Glu(Activation):
    """(C, n…) → (C/2, n…): y = a·σ(b), a the first half of the channels and b the second.

    4 flops a value of the output. Source: Dauphin et al. 2017; torch.nn.GLU with dim=1.
    """

    name: ClassVar[str] = "glu"
    keeps_channels: ClassVar[bool] = False
    cost: ClassVar[int] = 4
    title: ClassVar[str] = "GLU"

    def output(self, inputs: Inputs) -> Shape:
        channels = inputs[0][0]
        if channels % 2:
            raise OpError(
                f"glu halves the channels, and {channels} is odd",
                code=Code.GROUPS_DO_NOT_DIVIDE,
                notes=(f"{channels} = 2·{channels // 2} + 1",),
                label_inputs=True,
            )
        return (channels // 2, *inputs[0][1:])

    def reading(self, inputs: Inputs) -> Reading:
        return channels_mixed(inputs)


class Softmax(Activation):
    """y[c] = e^x[c] / Σ_j e^x[j], over the channels at each position.

    5 flops a value: the greatest, which is subtracted; exponential, sum, quotient.
    Source: torch.nn.Softmax with dim=1.
    """

    name: ClassVar[str] = "softmax"
    cost: ClassVar[int] = 5
    probabilities: ClassVar[Probabilities | None] = "of one class"


class LogSoftmax(Activation):
    """y[c] = x[c] − log Σ_j e^x[j], over the channels at each position.

    5 flops a value: the greatest, which is subtracted; exponential, sum, the logarithm subtracted.
    Source: torch.nn.LogSoftmax with dim=1.
    """

    name: ClassVar[str] = "log_softmax"
    cost: ClassVar[int] = 5
    title: ClassVar[str] = "log-softmax"
    probabilities: ClassVar[Probabilities | None] = "as logarithms"
