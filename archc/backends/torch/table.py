"""The one table of the PyTorch backend: a layer's name → how it is written there. A new layer is a row here."""

from collections.abc import Mapping
from types import MappingProxyType

from archc.backends.torch import rows_activation as activation
from archc.backends.torch import rows_conv as conv
from archc.backends.torch import rows_join as join
from archc.backends.torch import rows_norm as norm
from archc.backends.torch import rows_pool as pool
from archc.backends.torch import rows_shape as shape
from archc.backends.torch.lowered import Row

ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "conv": conv.convolution,
        "dwconv": conv.convolution,
        "tconv": conv.transposed,
        "fc": conv.fully_connected,
        "rbf": conv.rbf,
        "kernel": conv.fixed_kernel,
        "attention": conv.attention,
        "matmul": conv.matmul,
        "maxpool": pool.maxpool,
        "avgpool": pool.avgpool,
        "bn": norm.batch_norm,
        "ln": norm.layer_norm,
        "gn": norm.group_norm,
        "instancenorm": norm.instance_norm,
        "lrn": norm.local_response_norm,
        "scale": norm.scale,
        "rescale": norm.rescale,
        "layer_scale": norm.layer_scale,
        "relu": activation.plain("nn.ReLU"),
        "relu6": activation.plain("nn.ReLU6"),
        "leaky_relu": activation.leaky_relu,
        "prelu": activation.prelu,
        "elu": activation.elu,
        "selu": activation.plain("nn.SELU"),
        "gelu": activation.gelu,
        "silu": activation.plain("nn.SiLU"),
        "mish": activation.plain("nn.Mish"),
        "hardswish": activation.plain("nn.Hardswish"),
        "hardsigmoid": activation.plain("nn.Hardsigmoid"),
        "sigmoid": activation.plain("nn.Sigmoid"),
        "tanh": activation.tanh,
        "softplus": activation.softplus,
        "glu": activation.over_channels("nn.GLU"),
        "softmax": activation.over_channels("nn.Softmax"),
        "log_softmax": activation.over_channels("nn.LogSoftmax"),
        "maxout": activation.maxout,
        "dropout": activation.dropout,
        "stochastic_depth": activation.stochastic_depth,
        "flatten": shape.flatten,
        "reshape": shape.reshape,
        "permute": shape.permute,
        "pixel_shuffle": shape.pixel_shuffle,
        "channel_shuffle": shape.channel_shuffle,
        "slice": shape.slice_,
        "split": shape.split,
        "upsample": shape.upsample,
        "crop": shape.crop,
        "pad": shape.pad,
        "pad_channels": shape.pad_channels,
        "tokens": shape.tokens,
        "class_token": shape.class_token,
        "position": shape.position,
        "identity": shape.identity,
        "add": join.operator("+"),
        "mul": join.operator("*"),
        "max": join.maximum,
        "mean": join.mean,
        "concat": join.concat,
    }
)
