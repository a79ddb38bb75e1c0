"""Small modules with numbers that are learnt and numbers that are not."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


class Small(nn.Module):
    """A convolution of 3 to 8 channels; what follows it is the subclass's."""

    def __init__(self, padding: int = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=padding)


class Halved(Small):
    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.conv(x) * 0.5
        return answer


class Raised(Small):
    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.conv(x) + 1.5
        return answer


class Masked(Small):
    """By a buffer."""

    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mask", torch.rand(1, 8, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.conv(x) * self.mask
        return answer


class Biased(Small):
    """By a parameter after an activation."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.randn(1, 8, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = functional.relu(self.conv(x)) + self.bias
        return answer


class Without(Small):
    """One value less another."""

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        answer: Tensor = y - functional.relu(y)
        return answer


class Twice(nn.Module):
    """One convolution used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.conv(functional.relu(self.conv(x)))
        return answer


class Complement(Small):
    """1 − σ(2x − 1)."""

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = 1 - torch.sigmoid(2 * self.conv(x) - 1)
        return answer


class Pixels(Small):
    """x/255, less a mean, by a deviation, written as numbers and as buffers."""

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.conv((x / 255 - self.mean) / self.deviation)
        return answer


class Residual(Small):
    """x + 0.1·f(x)."""

    def __init__(self) -> None:
        super().__init__()
        self.again = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y + 0.1 * functional.relu(self.again(y))


class Gate(Small):
    """A learnt number for all channels."""

    def __init__(self) -> None:
        super().__init__()
        self.share = nn.Parameter(torch.tensor([0.3]))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        return y + self.share * functional.relu(y)


class Opposite(Small):
    """A parameter less a value, and a parameter as a divisor."""

    def __init__(self) -> None:
        super().__init__()
        self.start, self.share = nn.Parameter(torch.rand(1, 8, 1, 1)), nn.Parameter(1 + torch.rand(8, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.start - self.conv(x) / self.share
        return answer


class Adaptive(Small):
    """Bins of one size, of which neighbours share rows."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.adaptive_avg_pool2d(self.conv(x), (3, 3))


class Uneven(Small):
    """Bins of several sizes."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.adaptive_avg_pool2d(self.conv(x), (3, 5))


class Global(Small):
    """A norm with the channels last, and a global pool of what strides that way."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.wide, self.pool, self.head = (
            nn.LayerNorm(8),
            nn.Linear(8, 8),
            nn.AdaptiveAvgPool2d(1),
            nn.Linear(8, 5),
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.wide(self.norm(self.conv(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        answer: Tensor = self.head(self.pool(y).flatten(1))
        return answer


class RoundedUp(Small):
    """A mean over padded windows that reach beyond."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(self.conv(x), 3, 2, 1, ceil_mode=True)


class Clamped(Small):
    def forward(self, x: Tensor) -> Tensor:
        return torch.clamp(self.conv(x), min=0)


class Several(Small):
    """Outputs of which the first is read by the others."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        y: Tensor = self.conv(x)
        return y, functional.relu(y), y.mean((2, 3))


@dataclass(frozen=True)
class Case:
    """params: torch's. unsaid: what the older exporter's file does not say, and how many parameters it is taken for.
    older: whether that exporter can write it."""

    module: type[nn.Module]
    params: int
    said: str
    unsaid: tuple[str, int] | None = None
    older: bool = True


SMALL = {
    "halved": Case(Halved, 224, "rescale 0.5"),
    "raised": Case(Raised, 224, "rescale offset=1.5"),
    "masked": Case(Masked, 224, "rescale (0.", ("mask", 232)),
    "biased": Case(Biased, 232, "relu\n  scale weight=no", ("bias", 232)),
    "without": Case(Without, 224, "add { | | relu -> rescale -1 }"),
    "twice": Case(Twice, 168, "conv 3x3, 3, pad=1 -> relu\n  conv 3x3, 3, pad=1"),  # 84 of torch's, and a copy
    "complement": Case(Complement, 224, "rescale 2, offset=-1 -> sigmoid\n  rescale -1, offset=1"),
    "pixels": Case(Pixels, 224, "input 16x16x3\n  rescale (0.0171", ("mean", 224)),
    "residual": Case(Residual, 224 + 584, "relu -> rescale 0.1"),
    "gate": Case(Gate, 225, "scale bias=no, shared=yes", ("share", 224)),
    "opposite": Case(Opposite, 240, "layer_scale", ("start", 240)),
    "adaptive": Case(Adaptive, 224, "avgpool to=3x3", older=False),
    "uneven": Case(Uneven, 224, "avgpool to=3x5", older=False),
    "global": Case(Global, 224 + 16 + 72 + 45, "avgpool global\n  flatten"),
    "rounded_up": Case(RoundedUp, 224, "avgpool 3x3/2, pad=1, ceil=yes"),
    "clamped": Case(Clamped, 224, "conv 3x3, 8 -> relu"),
    "several": Case(Several, 224, "-> identity\n  output "),
}


def made(name: str) -> nn.Module:
    torch.manual_seed(0)
    return SMALL[name].module().eval()
