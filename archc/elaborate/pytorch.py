"""Layers as PyTorch writes them: for each of torch.nn's, the layers here that compute the same, or why none do.

tests/torch/test_pytorch_words.py holds each against torch.nn. Source: the signatures of torch.nn, PyTorch 2.13.
"""

from archc.elaborate import pytorch_shapes as shapes
from archc.elaborate import pytorch_windows as windows
from archc.elaborate.foreign import Given, Layer, Misread, Tool, Unsaid, made
from archc.ops import Op, hwc

# ---- norms


def _batch_norm(given: Given) -> list[Op]:
    if len(given.shape) - 1 != given.rank and not (given.rank == 1 and len(given.shape) == 1):
        given.needs_rank()
    given.needs_channels("num_features")
    _weighed(given)
    if given.values["momentum"] is None:
        raise Unsaid("averages over all batches (`momentum=None`), which `bn` does not")
    return [
        made(
            "bn",
            eps=given.number("eps"),
            momentum=given.number("momentum"),
            affine=given.flag("affine"),
            track_running_stats=given.flag("track_running_stats"),
        )
    ]


def _weighed(given: Given) -> None:
    """`bias=False` beside `affine=True` is a weight alone."""
    if given.flag("affine") and not given.flag("bias"):
        raise Unsaid("has a weight and no bias (`bias=False`), and here `affine` is both")


def _instance_norm(given: Given) -> list[Op]:
    given.needs_rank()
    given.needs_channels("num_features")
    _weighed(given)
    if given.flag("track_running_stats"):
        raise Unsaid("keeps running statistics (`track_running_stats=True`), which `instancenorm` does not")
    return [made("instancenorm", eps=given.number("eps"), affine=given.flag("affine"))]


def _group_norm(given: Given) -> list[Op]:
    given.needs_channels("num_channels")
    _weighed(given)
    return [made("gn", groups=given.whole("num_groups"), eps=given.number("eps"), affine=given.flag("affine"))]


def _layer_norm(given: Given) -> list[Op]:
    over, shape = given.values["normalized_shape"], given.shape
    sizes = over if isinstance(over, tuple) else (over,)
    if sizes != shape:
        said = (
            f"normalises the last sizes, {'x'.join(map(str, sizes))}, and {hwc(shape)} has its channels first in torch"
        )
        also = "; over the channels of each position it is `ln channels`" if sizes == shape[:1] else ""
        raise Unsaid(said + also)
    affine = given.flag("elementwise_affine")
    return [made("ln", eps=given.number("eps"), affine=affine, bias=given.flag("bias") or not affine)]


def _local_response_norm(given: Given) -> list[Op]:
    settings = {name: given.number(name) for name in ("alpha", "beta", "k")}
    return [made("lrn", size=given.whole("size"), **settings)]


# ---- dropout and activations


def _dropout(given: Given) -> list[Op]:
    given.flag("inplace")
    if given.rank:
        given.needs_rank()
    return [made("dropout", p=given.number("p"), spatial=bool(given.rank))]


def _plain(name: str, signature: str = "") -> Layer:
    def read(given: Given) -> list[Op]:
        if "inplace" in given.values:
            given.flag("inplace")
        return [made(name)]

    return Layer(signature, read)


def _numbered(name: str, signature: str, **fields: str) -> Layer:
    """An activation whose numbers are called so here."""

    def read(given: Given) -> list[Op]:
        if "inplace" in given.values:
            given.flag("inplace")
        return [made(name, **{ours: given.number(theirs) for theirs, ours in fields.items()})]

    return Layer(signature, read)


def _gelu(given: Given) -> list[Op]:
    if given.values["approximate"] not in ("none", "tanh"):
        raise Misread("approximate")
    return [made("gelu", approximate=given.values["approximate"])]


def _prelu(given: Given) -> list[Op]:
    count = given.whole("num_parameters")
    if count not in (1, given.shape[0]):
        raise Unsaid(f"is for {count} channels (`num_parameters`), and {given.shape[0]} flow in")
    return [made("prelu", shared=count == 1, initial=given.number("init"))]


def _hardtanh(given: Given) -> list[Op]:
    given.flag("inplace")
    given.only("min_value", None)
    given.only("max_value", None)
    if (given.number("min_val"), given.number("max_val")) != (0, 6):
        raise Unsaid("cuts off at values that no layer here has; from 0 to 6 it is `relu6`")
    return [made("relu6")]


def _over_channels(name: str, signature: str = "dim=None") -> Layer:
    """Without a `dim` torch takes the batch of (N, C, L) and the channels of others."""

    def read(given: Given) -> list[Op]:
        rank = len(given.shape) - 1
        dim = given.values["dim"]
        if dim is None:
            dim = 0 if rank == 1 else 1
        axis = shapes.axis(given, dim)
        if axis != 1:
            raise Unsaid(f"works along axis {axis}, {shapes.axis_name(given, axis)}, and `{name}` over the channels")
        return [made(name)]

    return Layer(signature, read)


def _softmax2d(given: Given) -> list[Op]:
    if len(given.shape) != 3:
        raise Unsaid(f"works on 2 sizes and channels, and {hwc(given.shape)} flows in")
    return [made("softmax")]


def _identity(given: Given) -> list[Op]:
    return [made("identity")]


ABSENT = """
AlphaDropout Bilinear CELU CircularPad1d CircularPad2d CircularPad3d CrossMapLRN2d Embedding EmbeddingBag
FeatureAlphaDropout Fold FractionalMaxPool2d FractionalMaxPool3d GRU Hardshrink LPPool1d LPPool2d LPPool3d LSTM
LogSigmoid MaxUnpool1d MaxUnpool2d MaxUnpool3d MultiheadAttention PixelUnshuffle RMSNorm RNN RReLU Softmin Softshrink
Softsign SyncBatchNorm Tanhshrink Threshold Transformer TransformerEncoder TransformerEncoderLayer TransformerDecoder
TransformerDecoderLayer Unfold
"""
NORM = "num_features eps=1e-5 momentum=0.1"
PYTORCH = Tool(
    "PyTorch",
    {
        "BatchNorm{n}d": Layer(f"{NORM} affine=True track_running_stats=True * bias=True", _batch_norm),
        "InstanceNorm{n}d": Layer(f"{NORM} affine=False track_running_stats=False * bias=True", _instance_norm),
        "GroupNorm": Layer("num_groups num_channels eps=1e-5 affine=True * bias=True", _group_norm),
        "LayerNorm": Layer("normalized_shape eps=1e-5 elementwise_affine=True bias=True", _layer_norm),
        "LocalResponseNorm": Layer("size alpha=1e-4 beta=0.75 k=1.0", _local_response_norm),
        "Dropout": Layer("p=0.5 inplace=False", _dropout),
        "Dropout{n}d": Layer("p=0.5 inplace=False", _dropout),
        "ReLU": _plain("relu", "inplace=False"),
        "ReLU6": _plain("relu6", "inplace=False"),
        "LeakyReLU": _numbered("leaky_relu", "negative_slope=0.01 inplace=False", negative_slope="negative_slope"),
        "PReLU": Layer("num_parameters=1 init=0.25", _prelu),
        "ELU": _numbered("elu", "alpha=1.0 inplace=False", alpha="alpha"),
        "SELU": _plain("selu", "inplace=False"),
        "GELU": Layer("approximate='none'", _gelu),
        "SiLU": _plain("silu", "inplace=False"),
        "Mish": _plain("mish", "inplace=False"),
        "Hardswish": _plain("hardswish", "inplace=False"),
        "Hardsigmoid": _plain("hardsigmoid", "inplace=False"),
        "Hardtanh": Layer("min_val=-1.0 max_val=1.0 inplace=False min_value=None max_value=None", _hardtanh),
        "Sigmoid": _plain("sigmoid"),
        "Tanh": _plain("tanh"),
        "Softplus": _numbered("softplus", "beta=1.0 threshold=20.0", beta="beta", threshold="threshold"),
        "GLU": _over_channels("glu", "dim=-1"),
        "Softmax": _over_channels("softmax"),
        "LogSoftmax": _over_channels("log_softmax"),
        "Softmax2d": Layer("", _softmax2d),
        "Identity": Layer("", _identity),
        **windows.LAYERS,
        **shapes.LAYERS,
    },
    frozenset({"device", "dtype"}),
    frozenset(ABSENT.split()),
)
