"""ResNet-152 in plain PyTorch on the meta device, summarised by torchinfo: the process to compare with."""

import torch
import torchinfo
from torch import nn


class Bottleneck(nn.Module):
    """1×1, 3×3 with the stride, 1×1 to four times the width, each normalised; projected where it must be."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 4 * width, 1, bias=False),
            nn.BatchNorm2d(4 * width),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != 4 * width:
            projection = nn.Conv2d(channels, 4 * width, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(4 * width))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, value: torch.Tensor) -> torch.Tensor:
        """The sum of path and shortcut, rectified."""
        result: torch.Tensor = self.relu(self.path(value) + self.shortcut(value))
        return result


def resnet152() -> nn.Module:
    """Stages of 3, 8, 36 and 3 bottlenecks."""
    stem = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
    layers: list[nn.Module] = [stem, nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for count, width, stride in [(3, 64, 1), (8, 128, 2), (36, 256, 2), (3, 512, 2)]:
        for index in range(count):
            layers.append(Bottleneck(channels, width, stride if index == 0 else 1))
            channels = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000))


if __name__ == "__main__":
    with torch.device("meta"):
        torchinfo.summary(resnet152(), (1, 3, 224, 224), device="meta", depth=5)
