"""Norms, and the layers of one factor a channel, in PyTorch."""

from archc.backends.torch.lowered import Lowered, lowers, module
from archc.ops import Inputs, Shape
from archc.ops.fixed import LayerScale, Rescale, Scale
from archc.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm


@lowers(BatchNorm)
def batch_norm(op: BatchNorm, inputs: Inputs, output: Shape) -> Lowered:
    return module(
        f"nn.BatchNorm{max(1, len(inputs[0]) - 1)}d",
        ("num_features", inputs[0][0]),
        eps=(op.eps, 1e-5),
        momentum=(op.momentum, 0.1),
        affine=(op.affine, True),
        track_running_stats=(op.track_running_stats, True),
    )


@lowers(LayerNorm)
def layer_norm(op: LayerNorm, inputs: Inputs, output: Shape) -> Lowered:
    """Over the channels of a map it is a class of layers.py, since torch's norm takes the last axes."""
    shape = inputs[0]
    affine = {"eps": (op.eps, 1e-5), "elementwise_affine": (op.affine, True), "bias": (op.bias or not op.affine, True)}
    if op.over == "channels" and len(shape) > 1:
        return module("ChannelNorm", ("channels", shape[0]), **affine)
    return module("nn.LayerNorm", ("normalized_shape", shape if len(shape) > 1 else shape[0]), **affine)


@lowers(GroupNorm)
def group_norm(op: GroupNorm, inputs: Inputs, output: Shape) -> Lowered:
    sizes = (("num_groups", op.groups), ("num_channels", inputs[0][0]))
    return module("nn.GroupNorm", *sizes, eps=(op.eps, 1e-5), affine=(op.affine, True))


@lowers(InstanceNorm)
def instance_norm(op: InstanceNorm, inputs: Inputs, output: Shape) -> Lowered:
    name = f"nn.InstanceNorm{len(inputs[0]) - 1}d"
    return module(name, ("num_features", inputs[0][0]), eps=(op.eps, 1e-5), affine=(op.affine, False))


@lowers(LocalResponseNorm)
def local_response_norm(op: LocalResponseNorm, inputs: Inputs, output: Shape) -> Lowered:
    keywords = {"alpha": (op.alpha, 1e-4), "beta": (op.beta, 0.75), "k": (op.k, 1.0)}
    made = module("nn.LocalResponseNorm", ("size", op.size), **keywords)
    if len(inputs[0]) < 4:
        return made
    return Lowered("{m}({0}.contiguous())", made.make)  # of a volume torch takes a view, which a permuted one has not


@lowers(Scale)
def scale(op: Scale, inputs: Inputs, output: Shape) -> Lowered:
    channels = 1 if op.shared else inputs[0][0]
    return module("Scale", ("channels", channels), bias=(op.bias, True), weight=(op.weight, True))


@lowers(Rescale)
def rescale(op: Rescale, inputs: Inputs, output: Shape) -> Lowered:
    """Single numbers are literals in the expression; a list is a buffer that is not in the state_dict."""
    if isinstance(op.scale, tuple) or isinstance(op.offset, tuple):
        scale, offset = ((v,) if isinstance(v, float) else v for v in (op.scale, op.offset))
        return module("Rescale", ("scale", scale), offset=(offset, (0.0,)))
    value = "{0}" if op.scale == 1 else f"{{0}} * {op.scale!r}"
    return Lowered(
        value if op.offset == 0 and op.scale != 1 else f"{value} {'-' if op.offset < 0 else '+'} {abs(op.offset)!r}"
    )


@lowers(LayerScale)
def layer_scale(op: LayerScale, inputs: Inputs, output: Shape) -> Lowered:
    return module("LayerScale", ("shape", op.parameters(inputs)[0].shape), init=(op.init, 1e-6))
