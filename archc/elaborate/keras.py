"""Layers as Keras writes them: for each of keras.layers', the layers here that compute the same, or why none do.

Keras has the channels last, archc first: what reorders values says so (`permute`). tests/unit/test_keras_words.py holds
each against Keras. Source: the signatures of keras.layers, Keras 3.15, and Keras 2's names for some of them.
"""

from archc.elaborate import keras_shapes as shapes
from archc.elaborate.foreign import Given, Layer, Misread, Tool, Unsaid, alike, made
from archc.ops import Op

SAME_HERE = {"relu", "sigmoid", "tanh", "elu", "selu", "softplus", "mish", "silu", "gelu", "softmax", "relu6"}
RENAMED = {
    **{"swish": "silu", "hard_sigmoid": "hardsigmoid", "hard_silu": "hardswish", "hard_swish": "hardswish"},
    **{"log_softmax": "log_softmax"},
}


def _activation_of(given: Given) -> list[Op]:
    """The layers of `activation="relu"`: none for linear."""
    word = given.values["activation"]
    if word in (None, "linear"):
        return []
    if not isinstance(word, str):
        raise Misread(word)
    if word == "leaky_relu":
        return [made("leaky_relu", negative_slope=0.2)]
    if word not in SAME_HERE and word not in RENAMED:
        raise Unsaid(f'has `activation="{word}"`, which no layer here is')
    return [made(RENAMED.get(word, word))]


# ---- convolutions


def _window(given: Given) -> dict[str, object]:
    given.needs_rank()
    shapes.known_format(given)
    dilation, kernel = _dilation(given), given.each("kernel_size")
    padding: object = {"same": "same", "valid": 0, "causal": None}.get(str(given.values["padding"]), "")
    if padding == "" or (padding is None and given.rank != 1):
        raise Misread("padding")
    if padding is None:  # causal: before the signal alone
        padding = (dilation[0] * (kernel[0] - 1), 0)
    return {
        "kernel_size": kernel,
        "stride": alike(given.each("strides")),
        "padding": padding,
        "dilation": alike(dilation),
    }


def _dilation(given: Given) -> tuple[int, ...]:
    """Keras takes none beside a stride. Raises Misread."""
    dilation = given.each("dilation_rate")
    if max(dilation) > 1 and max(given.each("strides")) > 1:
        raise Misread("dilation_rate")
    return dilation


def _conv(given: Given) -> list[Op]:
    settings = _window(given)
    groups, bias = given.whole("groups"), given.flag("use_bias")
    conv = made("conv", **settings, out_channels=given.whole("filters"), groups=groups, bias=bias)
    return [conv, *_activation_of(given)]


def _depthwise(given: Given) -> list[Op]:
    settings = _window(given)
    conv = made("dwconv", **settings, multiplier=given.whole("depth_multiplier"), bias=given.flag("use_bias"))
    return [conv, *_activation_of(given)]


def _separable(given: Given) -> list[Op]:
    depthwise = made("dwconv", **_window(given), multiplier=given.whole("depth_multiplier"), bias=False)
    return [depthwise, *_pointwise(given, "filters")]


def _pointwise(given: Given, units: str) -> list[Op]:
    window = (1,) * (len(given.shape) - 1)
    conv = made("conv", kernel_size=window, out_channels=given.whole(units), bias=given.flag("use_bias"))
    return [conv, *_activation_of(given)]


def _transposed(given: Given) -> list[Op]:
    """TensorFlow's: `same` is n·s, cut from both ends, the odd one at the end; `valid` is (n − 1)·s + max(k, s)."""
    given.needs_rank()
    shapes.known_format(given)
    given.only("output_padding", None)
    stride, dilation = given.each("strides"), _dilation(given)
    extents = [d * (k - 1) + 1 for k, d in zip(given.each("kernel_size"), dilation, strict=True)]
    over = [extent - s for extent, s in zip(extents, stride, strict=True)]
    if min(over) < 0:
        raise Unsaid("has a window smaller than its stride, and gives positions that no window reaches")
    cut = over if shapes.padding(given) == "same" else [0] * given.rank
    if any(size % 2 for size in cut):
        raise Unsaid("cuts off one position more at the end than at the beginning, and `tconv` cuts both ends alike")
    layer = made(
        "tconv",
        kernel_size=given.each("kernel_size"),
        out_channels=given.whole("filters"),
        stride=alike(stride),
        padding=alike(tuple(size // 2 for size in cut)),
        dilation=alike(dilation),
        bias=given.flag("use_bias"),
    )
    return [layer, *_activation_of(given)]


def _dense(given: Given) -> list[Op]:
    """On the last axis, the channels: of a map that is a convolution of width 1."""
    if len(given.shape) > 1:
        return _pointwise(given, "units")
    return [made("fc", units=given.whole("units"), bias=given.flag("use_bias")), *_activation_of(given)]


# ---- norms


def _affine(given: Given) -> bool:
    center, scale = given.flag("center"), given.flag("scale")
    if center != scale:
        raise Unsaid("has a weight or a bias alone, and here `affine` is both")
    return center


def _batch_norm(given: Given) -> list[Op]:
    """Keras's momentum is what the running mean keeps."""
    shapes.over_channels(given, "axis")
    given.only("renorm", False)
    momentum = round(1 - given.number("momentum"), 12)
    return [made("bn", eps=given.number("epsilon"), momentum=momentum, affine=_affine(given))]


def _layer_norm(given: Given) -> list[Op]:
    axes, rank = given.values["axis"], len(given.shape)
    every = tuple(range(1, rank + 1))
    listed = tuple(a % (rank + 1) for a in axes if isinstance(a, int)) if isinstance(axes, tuple) else ()
    center, scale = given.flag("center"), given.flag("scale")
    if center and not scale:
        raise Unsaid("has a bias and no weight")
    if rank > 1 and tuple(sorted(listed)) == every:
        raise Unsaid("has a weight for each position, height, width, channels; `ln` has them channels first")
    shapes.over_channels(given, "axis")
    over = {"over": "channels"} if rank > 1 else {}
    return [made("ln", **over, eps=given.number("epsilon"), affine=scale, bias=center or not scale)]


def _group_norm(given: Given) -> list[Op]:
    shapes.over_channels(given, "axis")
    groups = given.whole("groups")
    groups = given.shape[0] if groups == -1 else groups
    return [made("gn", groups=groups, eps=given.number("epsilon"), affine=_affine(given))]


# ---- dropout and activations


def _dropout(given: Given) -> list[Op]:
    given.only("noise_shape", None)
    return [made("dropout", p=given.number("rate"))]


def _spatial_dropout(given: Given) -> list[Op]:
    given.needs_rank()
    shapes.known_format(given)
    return [made("dropout", p=given.number("rate"), spatial=True)]


def _activation(given: Given) -> list[Op]:
    return _activation_of(given) or [made("identity")]


def _relu(given: Given) -> list[Op]:
    given.only("threshold", 0, 0.0)
    most, slope = given.values["max_value"], given.number("negative_slope")
    if most is None:
        return [made("leaky_relu", negative_slope=slope) if slope else made("relu")]
    if given.number("max_value") != 6 or slope:
        raise Unsaid("is cut off as no layer here is; at 6 it is `relu6`")
    return [made("relu6")]


def _leaky_relu(given: Given) -> list[Op]:
    return [made("leaky_relu", negative_slope=given.number("negative_slope"))]


def _elu(given: Given) -> list[Op]:
    return [made("elu", alpha=given.number("alpha"))]


def _prelu(given: Given) -> list[Op]:
    """A slope for each value, unless axes share theirs."""
    initial = str(given.values["alpha_initializer"]).lower()
    if initial not in ("zeros", "ones"):
        raise Unsaid("begins with values that `prelu initial=` has no number for")
    shared, rank = given.values["shared_axes"], len(given.shape) - 1
    axes = shared if isinstance(shared, tuple) else (shared,) * (shared is not None)
    counted = {a % (rank + 2) for a in axes if isinstance(a, int)}
    start = float(initial == "ones")
    if counted == set(range(1, rank + 1)):
        return [made("prelu", shared=rank == 0 and given.shape[0] == 1, initial=start)]
    if counted == set(range(1, rank + 2)):
        return [made("prelu", shared=True, initial=start)]
    raise Unsaid("learns a slope for each position; `prelu` has one for each channel or one in all")


def _softmax(given: Given) -> list[Op]:
    shapes.over_channels(given, "axis")
    return [made("softmax")]


VALUELESS = """
name dtype trainable input_shape kernel_initializer bias_initializer kernel_regularizer bias_regularizer
activity_regularizer kernel_constraint bias_constraint depthwise_initializer pointwise_initializer
depthwise_regularizer pointwise_regularizer beta_initializer gamma_initializer moving_mean_initializer
moving_variance_initializer beta_regularizer gamma_regularizer
"""
ABSENT = """
AlphaDropout Attention AdditiveAttention Bidirectional ConvLSTM1D ConvLSTM2D ConvLSTM3D EinsumDense Embedding GRU
GaussianDropout GaussianNoise LSTM Lambda Masking MultiHeadAttention Normalization RMSNormalization RepeatVector
Rescaling Resizing SimpleRNN SpectralNormalization Subtract TimeDistributed UnitNormalization
"""
REST = "data_format=None dilation_rate=1"
THEN = "activation=None use_bias=True"
CONV = f"filters kernel_size strides=1 padding='valid' {REST} groups=1 {THEN}"
AFFINE = "axis=-1 epsilon=1e-3 center=True scale=True"
TRANSPOSED = f"filters kernel_size strides=1 padding='valid' output_padding=None {REST} {THEN}"
SEPARABLE = f"filters kernel_size strides=1 padding='valid' {REST} depth_multiplier=1 {THEN}"
DEPTHWISE = f"kernel_size strides=1 padding='valid' depth_multiplier=1 {REST} {THEN}"
KERAS = Tool(
    "Keras",
    {
        **dict.fromkeys(("Conv{n}D", "Convolution{n}D"), Layer(CONV, _conv)),
        **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), Layer(DEPTHWISE, _depthwise)),
        **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), Layer(SEPARABLE, _separable)),
        **dict.fromkeys(("SeparableConvolution1D", "SeparableConvolution2D"), Layer(SEPARABLE, _separable)),
        **dict.fromkeys(("Conv{n}DTranspose", "Convolution{n}DTranspose"), Layer(TRANSPOSED, _transposed)),
        "Dense": Layer(f"units {THEN}", _dense),
        "BatchNormalization": Layer(
            "axis=-1 momentum=0.99 epsilon=1e-3 center=True scale=True * renorm=False", _batch_norm
        ),
        "LayerNormalization": Layer(AFFINE, _layer_norm),
        "GroupNormalization": Layer(f"groups=32 {AFFINE}", _group_norm),
        "Dropout": Layer("rate noise_shape=None seed=None", _dropout),
        "SpatialDropout{n}D": Layer("rate data_format=None seed=None", _spatial_dropout),
        "Activation": Layer("activation", _activation),
        "ReLU": Layer("max_value=None negative_slope=0.0 threshold=0.0", _relu),
        "LeakyReLU": Layer("negative_slope=0.3", _leaky_relu),
        "ELU": Layer("alpha=1.0", _elu),
        "PReLU": Layer(
            "alpha_initializer='zeros' alpha_regularizer=None alpha_constraint=None shared_axes=None", _prelu
        ),
        "Softmax": Layer("axis=-1", _softmax),
        "Identity": Layer("", lambda given: [made("identity")]),
        **shapes.LAYERS,
    },
    frozenset(VALUELESS.split()),
    frozenset(ABSENT.split()),
)
