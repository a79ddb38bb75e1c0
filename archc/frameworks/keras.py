"""Layers in Keras's notation: one table of signatures with the equivalent layers here.

Keras has no lowering to invert. Its arguments mean the same in all of its layers; NORMAL has these meanings, and
keras_layers.py has what holds for one layer alone. Keras has the channels last, archc first: where the order of values
changes, there is a `permute`.

tests/torch/test_keras_words.py compares every line with Keras: the signatures and the outputs.

Source: keras.layers, Keras 3.15, and Keras 2's names for some of its layers.
"""

from collections.abc import Callable, Mapping

from archc.frameworks import keras_layers as layers
from archc.frameworks.calls import Framework, Given, names
from archc.ops import Op

VALUELESS = """
name dtype trainable input_shape kernel_initializer bias_initializer kernel_regularizer bias_regularizer
activity_regularizer kernel_constraint bias_constraint depthwise_initializer pointwise_initializer
depthwise_regularizer pointwise_regularizer depthwise_constraint pointwise_constraint beta_initializer
gamma_initializer moving_mean_initializer moving_variance_initializer beta_regularizer gamma_regularizer
beta_constraint gamma_constraint alpha_regularizer alpha_constraint synchronized seed
"""
ABSENT = """
AlphaDropout Attention AdditiveAttention Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D EinsumDense Embedding GRU
GaussianDropout GaussianNoise LSTM Lambda Masking MultiHeadAttention Normalization RMSNormalization RepeatVector
Rescaling Resizing SimpleRNN SpectralNormalization Subtract TimeDistributed UnitNormalization
"""
SLIDES = "kernel_size, strides=1, padding='valid'"
REST = "data_format=None, dilation_rate=1"
THEN = "activation=None, use_bias=True"
POOL = "pool_size=2, strides=None, padding='valid', data_format=None"
AFFINE = "axis=-1, epsilon=1e-3, center=True, scale=True"
BATCH = "axis=-1, momentum=0.99, epsilon=1e-3, center=True, scale=True, *, renorm=False"
SEPARABLE = f"filters, {SLIDES}, {REST}, depth_multiplier=1, {THEN}"
TRANSPOSED = f"filters, {SLIDES}, output_padding=None, {REST}, {THEN}"
TRANSPOSED_3D = f"filters, {SLIDES}, data_format=None, output_padding=None, dilation_rate=1, {THEN}"
SLOPES = "alpha_initializer='zeros', alpha_regularizer=None, alpha_constraint=None, shared_axes=None"
TABLE: Mapping[str, str | Callable[[Given], list[Op]]] = {
    f"Conv{{n}}D Convolution{{n}}D(filters, {SLIDES}, {REST}, groups=1, {THEN})": "conv activation",
    f"DepthwiseConv1D DepthwiseConv2D({SLIDES}, depth_multiplier=1, {REST}, {THEN})": "dwconv activation",
    f"SeparableConv1D SeparableConvolution1D SeparableConv2D SeparableConvolution2D({SEPARABLE})": layers.separable,
    f"Conv1DTranspose Convolution1DTranspose Conv2DTranspose Convolution2DTranspose({TRANSPOSED})": layers.transposed,
    f"Conv3DTranspose Convolution3DTranspose({TRANSPOSED_3D})": layers.transposed,
    f"Dense(units, {THEN})": layers.dense,
    f"BatchNormalization({BATCH})": "bn",
    f"LayerNormalization({AFFINE})": layers.layer_norm,
    f"GroupNormalization(groups=32, {AFFINE})": "gn",
    "Dropout(rate, noise_shape=None, seed=None)": "dropout",
    "SpatialDropout1D(rate, seed=None)": layers.spatial_dropout,
    "SpatialDropout2D SpatialDropout3D(rate, data_format=None, seed=None)": layers.spatial_dropout,
    "Activation(activation)": "activation",
    "ReLU(max_value=None, negative_slope=0.0, threshold=0.0)": layers.relu,
    "LeakyReLU(negative_slope=0.3)": "leaky_relu",
    "ELU(alpha=1.0)": "elu",
    f"PReLU({SLOPES})": layers.prelu,
    "Softmax(axis=-1)": "softmax",
    "Identity()": "identity",
    f"MaxPooling{{n}}D MaxPool{{n}}D({POOL})": "maxpool",
    f"AveragePooling{{n}}D AvgPool{{n}}D({POOL})": layers.average,
    "GlobalAveragePooling{n}D GlobalAvgPool{n}D(data_format=None, keepdims=False)": layers.over_all("avgpool"),
    "GlobalMaxPooling{n}D GlobalMaxPool{n}D(data_format=None, keepdims=False)": layers.over_all("maxpool"),
    "AdaptiveAveragePooling{n}D(output_size, data_format=None)": layers.adaptive("avgpool"),
    "AdaptiveMaxPooling{n}D(output_size, data_format=None)": layers.adaptive("maxpool"),
    "Flatten(data_format=None)": layers.flatten,
    "Reshape(target_shape)": layers.reshaped,
    "Permute(dims)": layers.permuted,
    "ZeroPadding1D ZeroPadding2D ZeroPadding3D(padding=1, data_format=None)": layers.zero_padding,
    "Cropping1D(cropping=1)": layers.cropping,
    "Cropping2D(cropping=0, data_format=None)": layers.cropping,
    "Cropping3D(cropping=1, data_format=None)": layers.cropping,
    "UpSampling1D(size=2)": "upsample",
    "UpSampling2D(size=2, data_format=None, interpolation='nearest')": "upsample",
    "UpSampling3D(size=2, data_format=None)": "upsample",
}
"""Names with their signature → the names of the layers here, or a function that makes them."""

MAKERS = {name: made for line, made in TABLE.items() for name in names(line)}


def _layers(given: Given) -> list[Op]:
    """The layers here that compute the same as a call. Raises NoEquivalent, Misread."""
    made = MAKERS[given.name]
    return layers.chain(given, made) if isinstance(made, str) else made(given)


KERAS = Framework("Keras", TABLE, ABSENT, VALUELESS, _layers)
