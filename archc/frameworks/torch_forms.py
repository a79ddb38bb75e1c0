"""The normal form of PyTorch's calls, in which a user's call is compared with that of a lowering.

A call is a sequence of steps. Arguments that do not change values are dropped; one number for all axes becomes one for
each; axes count from the batch; words for padding become numbers. Calls that torch writes in several ways have one
form: every border is a step `F.pad` and every change of shape a step `Tensor.reshape`, with archc's arguments (the
channels last, the first axis first).

Source: the documentation and the code of torch.nn, PyTorch 2.13.
"""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, NamedTuple

from archc.elaborate.advice.python_values import Misread, Python
from archc.frameworks.calls import Given, NoEquivalent, borders, complete, per_axis
from archc.ops import Shape, hwc
from archc.ops.window import AXES, sides

RESHAPE = "Tensor.reshape"
VALUELESS = ("device", "dtype", "inplace")
CHANNELS = (
    "in_channels",
    "num_features",
    "num_channels",
    "num_parameters",
)  # parameters that state the channels of the input
EACH = ("kernel_size", "stride", "padding", "output_padding", "dilation")  # parameters with one number for each axis
FILLS = {"zeros": "zero", "constant": "zero"}  # archc's names of the modes of a border


class Step(NamedTuple):
    """A constructor, or `F.pad` and `Tensor.reshape`, with arguments."""

    name: str
    values: Mapping[str, Python]


def steps(given: Given) -> list[Step]:
    """The steps of a call; empty if it does not change values. Raises NoEquivalent, Misread."""
    given = _filled(given)
    stem = given.name.replace(str(given.rank), "{n}") if given.rank else given.name
    if given.rank and not (given.name == "BatchNorm1d" and not given.sizes):
        given.needs_rank()
    for name in CHANNELS:
        stated = given.whole(name) if name in given.values else given.shape[0]
        if stated != given.shape[0] and not (name == "num_parameters" and stated == 1):  # one slope for all channels
            raise NoEquivalent(f"is for {stated} channels (`{name}`), and {given.shape[0]} flow in")
    return FORMS.get(stem, _with)(given)


def _filled(given: Given) -> Given:
    """Without arguments that do not change values; `LazyConv2d` gets the channels of the input."""
    values = {name: value for name, value in given.values.items() if name not in VALUELESS}
    name = given.name.removeprefix("Lazy")
    if name != given.name:
        counted = {"Linear": "in_features"}.get(name, "in_channels" if "Conv" in name else "num_features")
        values[counted] = given.shape[-1] if name == "Linear" else given.shape[0]
    return Given(name, given.shape, values)


def _with(given: Given, **changed: Python) -> list[Step]:
    """The call as one step, with some arguments in another form."""
    return [Step(given.name, {**given.values, **changed})]


# ---- windows


def _spread(given: Given) -> dict[str, Python]:
    """The arguments of a window, with one number for each axis."""
    values = given.values
    return {name: given.each(name) for name in EACH if not isinstance(values.get(name, ""), str | None)}


def _conv(given: Given) -> list[Step]:
    """A border that is uneven or not of zeros is a step before the convolution."""
    padding, none = given.values["padding"], (0,) * given.rank
    if padding == "same":
        if set(given.each("stride")) != {1}:
            raise NoEquivalent("takes `padding='same'` only with a stride of 1")
        totals = [d * (k - 1) for k, d in zip(given.each("kernel_size"), given.each("dilation"), strict=True)]
        around = [(total // 2, total - total // 2) for total in totals]
    else:
        around = [(size, size) for size in (none if padding == "valid" else given.each("padding"))]
    begins, ends = (tuple(side) for side in zip(*around, strict=True))
    mode = given.values["padding_mode"]
    if mode not in ("zeros", "reflect", "replicate", "circular"):
        raise Misread(mode)
    apart = begins != ends or (mode != "zeros" and begins != none)
    if apart:
        given.only("padding_mode", "zeros", "reflect", "replicate")
    before = _border(around, str(mode)) if apart else []
    rest = {"padding": none if apart else begins, "padding_mode": "zeros"}
    return [*before, *_with(given, **{**_spread(given), **rest})]


def _pool(given: Given) -> list[Step]:
    """The default stride is that of the window. Without padding, count_include_pad changes nothing."""
    if given.values["stride"] is None:
        given = Given(given.name, given.shape, {**given.values, "stride": given.values["kernel_size"]})
    window = _spread(given)
    counted = {"count_include_pad": True} if "Avg" in given.name and not any(given.each("padding")) else {}
    return _with(given, **window, **counted)


def _adaptive(given: Given) -> list[Step]:
    """None keeps the size of its axis, but not if it is the only value."""
    target = given.values["output_size"]
    each = target if isinstance(target, tuple) else (target,) * given.rank
    if len(each) != given.rank or target in (None, (None,)):
        raise Misread(target)
    kept = tuple(n if size is None else size for size, n in zip(each, given.sizes, strict=True))
    return _with(given, output_size=per_axis(kept, given.rank))


def _linear(given: Given) -> list[Step]:
    features, shape = given.whole("in_features"), given.shape
    if shape == (features,):
        return _with(given)
    if len(shape) == 1:
        raise NoEquivalent(f"is for {features} values (`in_features`), and {shape[0]} flow in")
    along = "; `conv` with a window of 1 is a layer on the channels of each position" if features == shape[0] else ""
    raise NoEquivalent(f"is for {features} values (`in_features`), and {hwc(shape)} are {prod(shape)}{along}")


# ---- norms and activations


def _norm(given: Given) -> list[Step]:
    """Without learnt weights there is no bias; without running statistics there is no momentum."""
    changed: dict[str, Python] = {}
    if not given.values.get("affine", given.values.get("elementwise_affine")):
        changed["bias"] = True
    if given.name.startswith("Instance") and not given.values["track_running_stats"]:
        changed["momentum"] = 0.1
    return _with(given, **changed)


def _layer_norm(given: Given) -> list[Step]:
    over = given.values["normalized_shape"]
    sizes = over if isinstance(over, tuple) else (over,)
    if sizes == given.shape:
        return [Step(step.name, {**step.values, "normalized_shape": sizes}) for step in _norm(given)]
    last = "x".join(map(str, sizes))
    along = "; over the channels of each position it is `ln channels`" if sizes == given.shape[:1] else ""
    raise NoEquivalent(
        f"normalises the last sizes, {last}, and {hwc(given.shape)} has its channels first in torch{along}"
    )


def _hardtanh(given: Given) -> list[Step]:
    given.only("min_value", None)
    given.only("max_value", None)
    if (given.number("min_val"), given.number("max_val")) != (0, 6):
        raise NoEquivalent("cuts off at values that no layer here has; from 0 to 6 it is `relu6`")
    return [Step("ReLU6", {})]


def _along(given: Given) -> list[Step]:
    """Without `dim`, torch takes the batch of (N, C, L) and the channels of other shapes."""
    unsaid = 0 if len(given.sizes) == 1 else 1
    return _with(given, dim=unsaid if given.values["dim"] is None else given.axis("dim"))


# ---- shapes


def reshape(before: Shape, shape: Shape) -> list[Step]:
    """To another shape with the values in the same order; empty if the shape is the same."""
    if before == shape and len(shape) > 1:
        return []
    if len(shape) > max(AXES) + 1:
        raise NoEquivalent(f"gives more than {max(AXES)} sizes and channels")
    return [Step(RESHAPE, {"dims": (*shape[1:], shape[0])})]


def _flatten(given: Given) -> list[Step]:
    shape, first, last = given.shape, given.axis("start_dim"), given.axis("end_dim")
    if first > last:
        raise Misread
    if first == 0:
        raise NoEquivalent("joins the batch with other axes, but a layer here works on one sample")
    return reshape(shape, (*shape[: first - 1], prod(shape[first - 1 : last]), *shape[last:]))


def _unflatten(given: Given) -> list[Step]:
    axis, sizes = given.axis("dim"), given.values["unflattened_size"]
    if axis == 0:
        raise NoEquivalent("splits the batch, but a layer here works on one sample")
    shape = given.shape
    if not isinstance(sizes, tuple):
        raise Misread(sizes)
    parts = complete(per_axis(sizes, len(sizes)), shape[axis - 1])
    return reshape(shape, (*shape[: axis - 1], *parts, *shape[axis:]))


def shape_after(step: Step, shape: Shape) -> Shape:
    """The shape after a border or a reshape. Other steps are not expected here."""
    dims: Any = step.values.get("dims")
    if dims is not None:
        return (dims[-1], *dims[:-1])
    around: Any = step.values["padding"]
    return (
        shape[0],
        *(n + begin + end for n, (begin, end) in zip(shape[1:], sides(around, len(shape) - 1), strict=True)),
    )


def _border(around: list[tuple[int, int]], mode: str, value: Python = 0) -> list[Step]:
    return [Step("F.pad", {"padding": borders(around), "mode": FILLS.get(mode, mode), "value": value or 0})]


def _padded(mode: str) -> Callable[[Given], list[Step]]:
    """torch lists the last axis first: (left, right, top, bottom)."""

    def form(given: Given) -> list[Step]:
        values = given.values
        flat = per_axis(next(iter(values.values())), 2 * len(given.sizes))
        pairs = list(zip(flat[::2], flat[1::2], strict=True))[::-1]
        return _border(pairs, str(values.get("mode", mode)), values.get("value"))

    return form


def _upsample(given: Given, mode: str = "", align: Python = None) -> list[Step]:
    """The factor is given for each axis; without align_corners in the mode it is False."""
    arguments = given.values
    size, scale, mode = arguments["size"], arguments["scale_factor"], mode or str(arguments["mode"])
    if (size is None) == (scale is None) or (mode == "nearest" and arguments.get("align_corners") is not None):
        raise Misread(mode)
    values: dict[str, Python] = {"mode": mode, "align_corners": align or bool(arguments.get("align_corners"))}
    rank = len(given.sizes)
    if size is not None:
        return [Step("Upsample", {**values, "size": per_axis(size, rank), "scale_factor": None})]
    factors = scale if isinstance(scale, tuple) else (scale,) * rank
    if len(factors) != rank or not all(isinstance(f, int | float) and not isinstance(f, bool) for f in factors):
        raise Misread(scale)
    if arguments.get("recompute_scale_factor") and any(isinstance(f, float) and f % 1 for f in factors):
        raise NoEquivalent(
            "computes the factor again (`recompute_scale_factor=True`); `upsample to` a size does that here"
        )
    return [Step("Upsample", {**values, "size": None, "scale_factor": factors})]


def _module(name: str, usual: Mapping[str, Python], fixed: Mapping[str, Python]) -> Callable[[Given], list[Step]]:
    """The form of a function that computes the same as a module.

    usual: arguments that the module does not have, with the values that they must have. fixed: arguments of the module.
    """

    def form(given: Given) -> list[Step]:
        for argument, value in usual.items():
            given.only(argument, value)
        values = {key: value for key, value in given.values.items() if key not in {*usual, "inplace"}}
        return steps(Given(name.replace("{n}", str(given.rank)), given.shape, {**values, **fixed}))

    return form


FORMS: Mapping[str, Callable[[Given], list[Step]]] = {
    "Conv{n}d": _conv,
    "ConvTranspose{n}d": lambda given: _with(given, **_spread(given)),
    "MaxPool{n}d": _pool,
    "AvgPool{n}d": _pool,
    **dict.fromkeys(("AdaptiveAvgPool{n}d", "AdaptiveMaxPool{n}d"), _adaptive),
    "Linear": _linear,
    **dict.fromkeys(("BatchNorm{n}d", "InstanceNorm{n}d", "GroupNorm"), _norm),
    "LayerNorm": _layer_norm,
    "F.layer_norm": _module("LayerNorm", {"weight": None, "bias": None}, {"elementwise_affine": False, "bias": True}),
    "F.dropout": _module("Dropout", {"training": True}, {}),
    "F.dropout{n}d": _module("Dropout{n}d", {"training": True}, {}),
    "F.max_pool{n}d": _module("MaxPool{n}d", {}, {}),
    "Hardtanh": _hardtanh,
    "GLU": lambda given: _with(given, dim=given.axis("dim")),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _along),
    "Softmax{n}d": lambda given: [Step("Softmax", {"dim": 1})],
    "Identity": lambda given: [],
    **dict.fromkeys(("Flatten", "torch.flatten"), _flatten),
    "Unflatten": _unflatten,
    "Upsample": _upsample,
    "UpsamplingNearest{n}d": lambda given: _upsample(given, "nearest"),
    "UpsamplingBilinear{n}d": lambda given: _upsample(given, "bilinear", align=True),
    **dict.fromkeys(("ZeroPad{n}d", "ConstantPad{n}d"), _padded("constant")),
    "ReflectionPad{n}d": _padded("reflect"),
    "ReplicationPad{n}d": _padded("replicate"),
    "F.pad": _padded("constant"),
}
