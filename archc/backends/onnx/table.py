"""The one table of the ONNX backend: a layer's name → how it is written there. A new layer is a row here."""

from collections.abc import Mapping
from types import MappingProxyType

from archc.backends.onnx import rows_activation as activation
from archc.backends.onnx import rows_conv as conv
from archc.backends.onnx import rows_join as join
from archc.backends.onnx import rows_norm as norm
from archc.backends.onnx import rows_pool as pool
from archc.backends.onnx import rows_shape as shape
from archc.backends.onnx.lowered import Row

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
        "relu": activation.plain("Relu"),
        "relu6": activation.relu6,
        "leaky_relu": activation.leaky_relu,
        "prelu": activation.prelu,
        "elu": activation.elu,
        "selu": activation.plain("Selu"),
        "gelu": activation.gelu,
        "silu": activation.silu,
        "mish": activation.plain("Mish"),
        "hardswish": activation.plain("HardSwish"),
        "hardsigmoid": activation.plain("HardSigmoid", alpha=1 / 6, beta=0.5),
        "sigmoid": activation.plain("Sigmoid"),
        "tanh": activation.tanh,
        "softplus": activation.softplus,
        "glu": activation.glu,
        "softmax": activation.plain("Softmax", axis=1),
        "log_softmax": activation.plain("LogSoftmax", axis=1),
        "maxout": activation.maxout,
        "dropout": activation.passes,
        "stochastic_depth": activation.passes,
        "identity": activation.passes,
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
        "add": join.pairwise("Add"),
        "mul": join.pairwise("Mul"),
        "max": join.together("Max"),
        "mean": join.together("Mean"),
        "concat": join.concat,
    }
)
