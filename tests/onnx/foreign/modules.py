"""Modules that are not archc's, each with inputs and what it is known to have."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


class Gated(nn.Module):
    """Squeeze and excitation, hard swish, means for pools."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 16, 3, 2, 1), nn.BatchNorm2d(16)
        self.down, self.up, self.head = nn.Linear(16, 4), nn.Linear(4, 16), nn.Linear(16, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.hardswish(self.norm(self.conv(x)))
        gate = torch.sigmoid(self.up(functional.relu(self.down(x.mean((2, 3))))))
        return functional.softmax(self.head((x * gate[:, :, None, None]).mean([2, 3])), 1)


class Unet(nn.Module):
    """A skip, a transposed convolution, a bilinear resize."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 16, 3, padding=1)
        self.up, self.three = nn.ConvTranspose2d(16, 8, 2, 2), nn.Conv2d(16, 8, 3, padding=1)
        self.twice, self.head = nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skip = functional.relu(self.one(x))
        x = functional.relu(self.two(functional.max_pool2d(skip, 2)))
        x = functional.gelu(self.three(torch.cat([self.up(x), skip], 1)))
        return torch.sigmoid(self.head(self.twice(x)))


class Shuffled(nn.Module):
    """Group norm, halves of the channels, a shuffle by views."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 16, 3, padding=1), nn.GroupNorm(4, 16)
        self.depthwise = nn.Conv2d(8, 8, 3, padding=1, groups=8)

    def forward(self, x: Tensor) -> Tensor:
        left, right = functional.silu(self.norm(self.conv(x))).chunk(2, 1)
        x = torch.cat([left, self.depthwise(right)], 1)
        samples, channels, height, width = x.shape
        x = x.view(samples, 2, channels // 2, height, width).transpose(1, 2)
        return x.reshape(samples, channels, height, width).amax((2, 3))


class ChannelsLast(nn.Module):
    """A block of ConvNeXt, whose norm and products work on the last axis."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(3, 16, 4, 4), nn.LayerNorm(16)
        self.wide, self.narrow = nn.Linear(16, 64), nn.Linear(64, 16)
        self.scale, self.head = nn.Parameter(torch.rand(16)), nn.Linear(16, 7)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        y = self.scale * self.narrow(functional.gelu(self.wide(self.norm(x.permute(0, 2, 3, 1)))))
        answer: Tensor = self.head((x + y.permute(0, 3, 1, 2)).mean((-2, -1)))
        return answer


class TwoHeads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.one, self.two = nn.Conv2d(3, 8, 3), nn.Linear(8, 10), nn.Linear(8, 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = functional.relu(self.conv(x)).mean((2, 3))
        return self.one(x), self.two(x)


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(1, 8, 3, padding=1)
        self.head = nn.Linear(16, 10)

    def forward(self, image: Tensor, depth: Tensor) -> Tensor:
        both = torch.cat([functional.relu(self.one(image)), functional.relu(self.two(depth))], 1)
        answer: Tensor = self.head(both.mean((2, 3)))
        return answer


class Scaled(nn.Module):
    """Arithmetic with constants before the first layer."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.register_buffer("mean", torch.tensor([0.4, 0.5, 0.6]).view(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.conv((x - self.mean) / 0.25 * 2 - 1)).mean((2, 3))


class Several(nn.Module):
    """Reflection, instance norm, a slope for each channel, pixel shuffle, local response norm."""

    def __init__(self) -> None:
        super().__init__()
        self.border, self.conv = nn.ReflectionPad2d(1), nn.Conv2d(3, 12, 3)
        self.norm, self.slope = nn.InstanceNorm2d(12, affine=True), nn.PReLU(12)
        self.shuffle, self.local = nn.PixelShuffle(2), nn.LocalResponseNorm(3)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.local(self.shuffle(self.slope(self.norm(self.conv(self.border(x))))))
        return y


class Attending(nn.Module):
    """A vision transformer of one layer: a class token, positions, torch's attention."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.norm = nn.Conv2d(3, 8, 8, 8), nn.LayerNorm(8)
        self.token, self.position = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 17, 8))
        self.attention, self.head = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        y = self.norm(x)
        answer: Tensor = self.head((x + self.attention(y, y, y, need_weights=False)[0])[:, 0])
        return answer


class Heads(nn.Module):
    """Attention written by hand, with a product each for queries, keys and values."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 12, 8, 8)
        self.q, self.k, self.v, self.out = (nn.Linear(12, 12) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        q, k, v = (one(x).unflatten(2, (3, 4)).transpose(1, 2) for one in (self.q, self.k, self.v))
        y = ((q * 4**-0.5) @ k.transpose(2, 3)).softmax(-1) @ v
        answer: Tensor = (x + self.out(y.transpose(1, 2).flatten(2))).mean(1)
        return answer


@dataclass(frozen=True)
class Foreign:
    """said: what its source has in it. params: what the file holds: a batch norm is folded into its convolution."""

    module: type[nn.Module]
    shapes: tuple[tuple[int, ...], ...]
    params: int
    said: str


IMAGE = (2, 3, 32, 32)
FOREIGN = {
    "gated": Foreign(Gated, (IMAGE,), 16 * 28 + 4 * 17 + 16 * 5 + 10 * 17, "mul {\n    |\n    | avgpool global"),
    "unet": Foreign(Unet, (IMAGE,), 8 * 28 + 16 * 73 + 520 + 8 * 145 + 18, "upsample 2, mode=bilinear"),
    "shuffled": Foreign(Shuffled, (IMAGE,), 16 * 28 + 32 + 80, "channel_shuffle 2\n  maxpool global"),
    "channels_last": Foreign(
        ChannelsLast, (IMAGE,), 16 * 49 + 32 + 1088 + 1040 + 16 + 119, "ln channels -> conv 1x1, 64"
    ),
    "two_heads": Foreign(TwoHeads, (IMAGE,), 8 * 28 + 90 + 36, "output "),
    "two_inputs": Foreign(TwoInputs, (IMAGE, (2, 1, 32, 32)), 8 * 28 + 80 + 170, "concat { | @v2 | }"),
    "scaled": Foreign(Scaled, (IMAGE,), 8 * 28, "rescale 8, offset=(-4.2, -5, -5.8)\n  conv 3x3, 8 -> relu"),
    "attending": Foreign(
        Attending, (IMAGE,), 8 * 193 + 16 + 8 + 17 * 8 + 216 + 72 + 45, "add { | | ln channels -> attention 2 }"
    ),
    "heads": Foreign(Heads, (IMAGE,), 12 * 193 + 4 * 156, "add { | | attention 3 }"),
    "several": Foreign(Several, (IMAGE,), 12 * 28 + 24 + 12, "pixel_shuffle 2\n  lrn 3"),
}


def made(name: str) -> tuple[nn.Module, tuple[Tensor, ...]]:
    """The module with weights of every sign and size, and inputs of two samples."""
    foreign = FOREIGN[name]
    torch.manual_seed(0)
    module = foreign.module().eval()
    for key, buffer in module.named_buffers():
        if key.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
        elif key.endswith("running_mean"):
            buffer.normal_(0, 0.1)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.dim() == 1:
                parameter.uniform_(0.3, 1.2)
    return module, tuple(torch.randn(*shape) for shape in foreign.shapes)
