"""Layers that torch.nn has no module for. A generated file carries the source of those it needs, so it stands
alone: torch is all that it imports. Shapes are torch's, (N, C, n…)."""

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class SparseConv(nn.Module):
    """A convolution whose output channel o sees the input channels connections[o] alone.

    weight (Σ|connections|, k…), output by output: what is not connected has no weight
    and can learn none. Source: LeCun et al. 1998, table I.
    """

    rows: Tensor
    channels: Tensor

    def __init__(
        self,
        in_channels: int,
        kernel_size: tuple[int, ...],
        connections: tuple[tuple[int, ...], ...],
        stride: tuple[int, ...] | None = None,
        padding: tuple[int, ...] | None = None,
        dilation: tuple[int, ...] | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.shape = (len(connections), in_channels, *kernel_size)
        ones = (1,) * len(kernel_size)
        self.stride, self.dilation = stride or ones, dilation or ones
        self.padding = padding or (0,) * len(kernel_size)
        rows = [row for row, seen in enumerate(connections) for _ in seen]
        channels = [channel for seen in connections for channel in seen]
        self.register_buffer("rows", torch.tensor(rows), persistent=False)
        self.register_buffer("channels", torch.tensor(channels), persistent=False)
        self.fan_in = [len(seen) * prod(kernel_size) for seen in connections]
        self.weight = nn.Parameter(torch.empty(len(rows), *kernel_size))
        self.bias = nn.Parameter(torch.empty(len(connections))) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Uniform within ±1/√fan_in, as torch's own, each output with its own fan_in."""
        bound = torch.tensor(self.fan_in, device=self.weight.device).rsqrt()
        sizes = (-1, *(1,) * (self.weight.dim() - 1))
        with torch.no_grad():
            self.weight.uniform_(-1, 1).mul_(bound[self.rows].view(sizes))
            if self.bias is not None:
                self.bias.uniform_(-1, 1).mul_(bound)

    def forward(self, x: Tensor) -> Tensor:
        dense = self.weight.new_zeros(self.shape)
        dense = dense.index_put((self.rows, self.channels), self.weight)
        sliding = (self.stride, self.padding, self.dilation)
        none = [0] * len(self.stride)
        return torch.convolution(x, dense, self.bias, *sliding, False, none, 1)


class RadialBasis(nn.Module):
    """The squared distance to a fixed code for each class: (N, n) → (N, classes).

    weight (classes, n) is a buffer of ±1; these stand for the codes that are meant.
    Source: LeCun et al. 1998, section II.B.
    """

    weight: Tensor

    def __init__(self, in_features: int, classes: int) -> None:
        super().__init__()
        waves = torch.arange(1, classes * in_features + 1).mul(12.9898).sin()
        self.register_buffer("weight", waves.sign().reshape(classes, in_features))

    def forward(self, x: Tensor) -> Tensor:
        return (x[:, None] - self.weight).square().sum(2)


class FixedKernel(nn.Module):
    """One 3×3 filter on every channel of an image. weight (3, 3) is a buffer."""

    weight: Tensor

    def __init__(
        self,
        filter: tuple[tuple[float, ...], ...],
        padding: tuple[int, ...] = (1, 1, 1, 1),
    ) -> None:
        super().__init__()
        self.padding = padding
        self.register_buffer("weight", torch.tensor(filter))

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        return F.conv2d(
            F.pad(x, self.padding),
            self.weight.expand(channels, 1, 3, 3),
            groups=channels,
        )


class PaddedAvgPool(nn.Module):
    """A mean over windows on unequal borders, of the values that count alone.

    counted, beyond: borders as torch.nn.functional.pad has them, zeros that count in
    the mean and, around those, places that do not.
    """

    def __init__(
        self,
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...],
        counted: tuple[int, ...],
        beyond: tuple[int, ...],
    ) -> None:
        super().__init__()
        pools: tuple[type[nn.Module], ...] = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
        self.pool = pools[len(kernel_size) - 1](kernel_size, stride)
        self.counted, self.beyond = counted, beyond

    def forward(self, x: Tensor) -> Tensor:
        ones = F.pad(x.new_ones(1, 1, *x.shape[2:]), self.counted, value=1.0)
        mean: Tensor = self.pool(F.pad(F.pad(x, self.counted), self.beyond))
        share: Tensor = self.pool(F.pad(ones, self.beyond))
        return mean / share


class CenterCrop(nn.Module):
    """The middle of a map: (N, C, n…) → (N, C, size…), from ⌊(n − size)/2⌋.

    Source: Ronneberger et al. 2015.
    """

    def __init__(self, size: tuple[int, ...]) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        for dim, size in enumerate(self.size, 2):
            x = x.narrow(dim, (x.shape[dim] - size) // 2, size)
        return x


class PadChannels(nn.Module):
    """Channels of zeros before and after those that are there. Source: He et al. 2015."""

    def __init__(self, sides: tuple[int, int]) -> None:
        super().__init__()
        self.sides = sides

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (0, 0) * (x.dim() - 2) + self.sides)


class ChannelNorm(nn.Module):
    """Layer normalisation at each position over its channels. weight, bias (C).

    (N, C, n…) → (N, C, n…). Source: Liu et al. 2022 (ConvNeXt).
    """

    def __init__(
        self,
        channels: int,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels)) if elementwise_affine else None
        biased = elementwise_affine and bias
        self.bias = nn.Parameter(torch.zeros(channels)) if biased else None

    def forward(self, x: Tensor) -> Tensor:
        shape = (x.shape[1],)
        x = F.layer_norm(x.movedim(1, -1), shape, self.weight, self.bias, self.eps)
        return x.movedim(-1, 1)


class Scale(nn.Module):
    """w·x + b, one of each for a channel. weight, bias (C). Source: LeCun et al. 1998."""

    def __init__(self, channels: int, bias: bool = True, weight: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if weight else None
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        sizes = (-1, *(1,) * (x.dim() - 2))
        if self.weight is not None:
            x = x * self.weight.view(sizes)
        return x if self.bias is None else x + self.bias.view(sizes)


class Rescale(nn.Module):
    """scale·x + offset with fixed numbers, one for each channel or one for all. Nothing
    is learnt or saved."""

    scale: Tensor
    offset: Tensor

    def __init__(self, scale: tuple[float, ...], offset: tuple[float, ...] = (0.0,)) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor(scale), persistent=False)
        self.register_buffer("offset", torch.tensor(offset), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        sizes = (-1, *(1,) * (x.dim() - 2))
        return x * self.scale.view(sizes) + self.offset.view(sizes)


class LayerScale(nn.Module):
    """One learnt factor for each channel, near zero at first. weight (C, 1…).

    Source: Touvron et al. 2021.
    """

    def __init__(self, shape: tuple[int, ...], init: float = 1e-6) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full(shape, init))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight


class StochasticDepth(nn.Module):
    """In training, zero with probability p and 1/(1 − p) times the value otherwise.

    Source: Huang et al. 2016.
    """

    def __init__(self, p: float, mode: str = "row") -> None:
        super().__init__()
        self.p, self.mode = p, mode

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        samples = x.shape[0] if self.mode == "row" else 1
        kept = x.new_empty(samples, *(1,) * (x.dim() - 1)).bernoulli_(1 - self.p)
        return x * kept.div_(1 - self.p)


class SelfAttention(nn.Module):
    """Multi-head self-attention of tokens as a signal: (N, C, L) → (N, C, L).

    Its parameters are those of torch.nn.MultiheadAttention. Source: Vaswani et al. 2017.
    """

    def __init__(self, channels: int, heads: int, bias: bool = True) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * channels, channels))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * channels)) if bias else None
        self.out_proj = nn.Linear(channels, channels, bias=bias)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Glorot uniform for q, k and v, as torch's own; biases zero."""
        nn.init.xavier_uniform_(self.in_proj_weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                nn.init.zeros_(bias)

    def forward(self, x: Tensor) -> Tensor:
        qkv = F.linear(x.mT, self.in_proj_weight, self.in_proj_bias)
        qkv = qkv.reshape(*qkv.shape[:2], 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v)
        tokens: Tensor = self.out_proj(y.transpose(1, 2).flatten(2))
        return tokens.mT


class ClassToken(nn.Module):
    """One learnt token in front of the others: (N, C, L) → (N, C, L + 1). weight (1, 1, C)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, 1, channels))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.weight.mT.expand(x.shape[0], -1, -1), x), 2)


class Position(nn.Module):
    """A learnt embedding of the position, added: (N, C, L) → (N, C, L). weight (1, L, C)."""

    def __init__(self, length: int, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, length, channels).normal_(std=0.02))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.weight.mT
