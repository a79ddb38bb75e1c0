"""ResNet, DenseNet and MobileNetV2 by hand, as torchvision has them: the names and the order of its state_dicts.

What a bench holds the built modules against, wherever torchvision is not installed.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn


class Bottleneck(nn.Module):
    """1×1, 3×3, 1×1 to four times the width, and a skip."""

    def __init__(self, inputs: int, width: int, stride: int, downsample: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        y += x if self.downsample is None else self.downsample(x)
        result: Tensor = self.relu(y)
        return result


class ResNet(nn.Module):
    """He et al. 2015; the 3×3 of a bottleneck strides."""

    def __init__(self, depths: Sequence[int], classes: int = 1000) -> None:
        super().__init__()
        self.inputs = 64
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1, self.layer2, self.layer3, self.layer4 = (
            self._stage(64 << number, depth, 1 if number == 0 else 2) for number, depth in enumerate(depths)
        )
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(2048, classes)
        for part in self.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")

    def _stage(self, width: int, depth: int, stride: int) -> nn.Sequential:
        downsample = nn.Sequential(nn.Conv2d(self.inputs, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))
        first = Bottleneck(self.inputs, width, stride, downsample)
        self.inputs = 4 * width
        return nn.Sequential(first, *(Bottleneck(4 * width, width, 1, None) for _ in range(depth - 1)))

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        result: Tensor = self.fc(torch.flatten(self.avgpool(x), 1))
        return result


class DenseLayer(nn.Module):
    """Takes all maps before it, gives `growth` new ones."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(inputs, 4 * growth, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, 1, 1, bias=False)

    def forward(self, maps: list[Tensor]) -> Tensor:
        x = self.conv1(self.relu1(self.norm1(torch.cat(maps, 1))))
        result: Tensor = self.conv2(self.relu2(self.norm2(x)))
        return result


class DenseBlock(nn.ModuleDict):
    """Layers on the concatenation of what came before."""

    def __init__(self, layers: int, inputs: int, growth: int) -> None:
        super().__init__()
        for number in range(layers):
            self.add_module(f"denselayer{number + 1}", DenseLayer(inputs + number * growth, growth))

    def forward(self, x: Tensor) -> Tensor:
        maps = [x]
        for layer in self.values():
            maps.append(layer(maps))
        return torch.cat(maps, 1)


class DenseNet(nn.Module):
    """Huang et al. 2016, of growth 32."""

    def __init__(self, depths: Sequence[int], classes: int = 1000, growth: int = 32) -> None:
        super().__init__()
        channels = 2 * growth
        parts: OrderedDict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(3, channels, 7, 2, 3, bias=False),
            norm0=nn.BatchNorm2d(channels),
            relu0=nn.ReLU(inplace=True),
            pool0=nn.MaxPool2d(3, 2, 1),
        )
        for number, layers in enumerate(depths, 1):
            parts[f"denseblock{number}"] = DenseBlock(layers, channels, growth)
            channels += layers * growth
            if number < len(depths):
                parts[f"transition{number}"] = nn.Sequential(
                    OrderedDict(
                        norm=nn.BatchNorm2d(channels),
                        relu=nn.ReLU(inplace=True),
                        conv=nn.Conv2d(channels, channels // 2, 1, bias=False),
                        pool=nn.AvgPool2d(2, 2),
                    )
                )
                channels //= 2
        parts["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(parts)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.relu(self.features(x), inplace=True)
        x = nn.functional.adaptive_avg_pool2d(x, (1, 1))
        result: Tensor = self.classifier(torch.flatten(x, 1))
        return result


def _unit(inputs: int, channels: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(channels), nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """Wider, 3×3 each channel by itself, narrow again without an activation."""

    def __init__(self, inputs: int, channels: int, stride: int, expand: int) -> None:
        super().__init__()
        wide = expand * inputs
        parts: list[nn.Module] = [] if expand == 1 else [_unit(inputs, wide)]
        parts += [_unit(wide, wide, 3, stride, wide), nn.Conv2d(wide, channels, 1, bias=False)]
        self.conv = nn.Sequential(*parts, nn.BatchNorm2d(channels))
        self.residual = stride == 1 and inputs == channels

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.conv(x) if self.residual else self.conv(x)
        return result


class MobileNetV2(nn.Module):
    """Sandler et al. 2018, table 2."""

    ROWS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        parts: list[nn.Module] = [_unit(3, 32, 3, 2)]
        inputs = 32
        for expand, channels, count, stride in self.ROWS:
            for number in range(count):
                parts.append(InvertedResidual(inputs, channels, stride if number == 0 else 1, expand))
                inputs = channels
        self.features = nn.Sequential(*parts, _unit(inputs, 1280))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.adaptive_avg_pool2d(self.features(x), (1, 1))
        result: Tensor = self.classifier(torch.flatten(x, 1))
        return result


TWINS: Mapping[str, Callable[[], nn.Module]] = {
    "resnet50": lambda: ResNet((3, 4, 6, 3)),
    "resnet152": lambda: ResNet((3, 8, 36, 3)),
    "densenet121": lambda: DenseNet((6, 12, 24, 16)),
    "mobilenet_v2": MobileNetV2,
}
