"""Layers that move values or change the size of a map, in PyTorch."""

from archc.backends.torch.lowered import Lowered, call, lowers, module, one, torch_pad
from archc.ops import Inputs, Shape
from archc.ops.crop_pad import Crop, Pad, PadChannels
from archc.ops.fixed import Identity
from archc.ops.reshape import ChannelShuffle, Flatten, Permute, PixelShuffle, Reshape, Slice, Split
from archc.ops.resize import Upsample
from archc.ops.tokens import ClassToken, Position, Tokens


@lowers(Flatten)
def flatten(op: Flatten, inputs: Inputs, output: Shape) -> Lowered:
    return Lowered("torch.flatten({0}, 1)")


@lowers(Reshape)
def reshape(op: Reshape, inputs: Inputs, output: Shape) -> Lowered:
    return Lowered(f"{{0}}.reshape(-1, {', '.join(map(str, output))})")


@lowers(Permute)
def permute(op: Permute, inputs: Inputs, output: Shape) -> Lowered:
    return Lowered(f"{{0}}.permute(0, {', '.join(str(axis + 1) for axis in op.order)})")


@lowers(PixelShuffle)
def pixel_shuffle(op: PixelShuffle, inputs: Inputs, output: Shape) -> Lowered:
    return module("nn.PixelShuffle", ("upscale_factor", op.factor))


@lowers(ChannelShuffle)
def channel_shuffle(op: ChannelShuffle, inputs: Inputs, output: Shape) -> Lowered:
    return module("nn.ChannelShuffle", ("groups", op.groups))


@lowers(Slice)
def slice_(op: Slice, inputs: Inputs, output: Shape) -> Lowered:
    dim = 1 + op.dim(inputs)
    skipped = ":, " * dim
    stop = "" if op.stop is None or op.stop == inputs[0][dim - 1] else op.stop
    return Lowered(f"{{0}}[{skipped}{op.start or ''}:{stop}]")


@lowers(Split)
def split(op: Split, inputs: Inputs, output: Shape) -> Lowered:
    return Lowered(f"{{0}}.chunk({op.parts}, 1)[{op.index}]")


@lowers(Upsample)
def upsample(op: Upsample, inputs: Inputs, output: Shape) -> Lowered:
    scales = op.scales(len(inputs[0]) - 1)
    size = {"size": (one(output[1:]), None)} if not scales else {"scale_factor": (_one(scales), None)}
    corners = {} if op.mode == "nearest" else {"align_corners": (op.align_corners, None)}
    return module("nn.Upsample", **size, mode=(op.mode, "nearest"), **corners)


def _one(scales: tuple[int | float, ...]) -> object:
    return float(scales[0]) if len(set(scales)) == 1 else tuple(map(float, scales))


@lowers(Crop)
def crop(op: Crop, inputs: Inputs, output: Shape) -> Lowered:
    return module("CenterCrop", ("size", output[1:]))


@lowers(Pad)
def pad(op: Pad, inputs: Inputs, output: Shape) -> Lowered:
    borders = torch_pad(op.borders(inputs))
    if op.mode == "zero":
        return Lowered(f"F.pad({{0}}, {borders}{f', value={op.value!r}' if op.value else ''})")
    return Lowered(f'F.pad({{0}}, {borders}, mode="{op.mode}")')


@lowers(PadChannels)
def pad_channels(op: PadChannels, inputs: Inputs, output: Shape) -> Lowered:
    return module("PadChannels", ("sides", op.sides))


@lowers(Tokens)
def tokens(op: Tokens, inputs: Inputs, output: Shape) -> Lowered:
    return Lowered("torch.flatten({0}, 2)")


@lowers(ClassToken)
def class_token(op: ClassToken, inputs: Inputs, output: Shape) -> Lowered:
    return module("ClassToken", ("channels", inputs[0][0]))


@lowers(Position)
def position(op: Position, inputs: Inputs, output: Shape) -> Lowered:
    return module("Position", ("length", inputs[0][1]), ("channels", inputs[0][0]))


@lowers(Identity)
def identity(op: Identity, inputs: Inputs, output: Shape) -> Lowered:
    return Lowered("{m}({0})", call("nn.Identity"))
