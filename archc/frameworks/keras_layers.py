"""The meaning of Keras's arguments here, and the layers that need more than their arguments."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from archc.elaborate.advice.python_values import Misread, Python
from archc.frameworks.calls import Given, NoEquivalent, alike, borders, complete, made, per_axis
from archc.ops import OPS, Op, Shape
from archc.ops.window import AXES

SAME_NAME = "relu sigmoid tanh elu selu softplus mish silu gelu softmax relu6 log_softmax"
ACTIVATIONS: Mapping[Python, Op] = {
    **{name: made(name) for name in SAME_NAME.split()},
    **{
        "swish": made("silu"),
        "hard_sigmoid": made("hardsigmoid"),
        "leaky_relu": made("leaky_relu", negative_slope=0.2),
    },
    **dict.fromkeys(("hard_silu", "hard_swish"), made("hardswish")),
}


def chain(given: Given, layers: str, **fields: Any) -> list[Op]:
    """The layers here with these fields, or else with those of the arguments. `activation` is the named one."""
    values = {**_fields(given), **fields}
    found: list[Op] = []
    for layer in layers.split():
        if layer == "activation":
            found += _activation(given.values["activation"])
        else:
            found.append(made(layer, **{name: values[name] for name in OPS[layer].fields if name in values}))
    return found or [made("identity")]


def _activation(word: Python) -> list[Op]:
    if word in (None, "linear"):
        return []
    if not isinstance(word, str):
        raise Misread(word)
    if word not in ACTIVATIONS:
        raise NoEquivalent(f'has `activation="{word}"`, which no layer here computes')
    return [ACTIVATIONS[word]]


# ---- arguments


def _fields(given: Given) -> dict[str, Any]:
    """The fields that the arguments give; arguments without a field are checked. Raises NoEquivalent, Misread."""
    if given.rank:
        given.needs_rank()
    found: dict[str, Any] = {}
    for name in given.values:
        if name in NORMAL:
            found |= NORMAL[name](given) or {}
    return found


def _format(given: Given) -> None:
    """Both orders of axes mean the channels and the spatial sizes of the input. Raises Misread for another word."""
    if given.values["data_format"] not in (None, "channels_last", "channels_first"):
        raise Misread("data_format")


def _over_channels(given: Given) -> None:
    """Raises NoEquivalent if the axis is not the last, the channels."""
    value = given.values["axis"]
    axis = value[0] if isinstance(value, tuple) and len(value) == 1 else value
    if not isinstance(axis, int):
        raise NoEquivalent(f"works along other axes than the channels (`axis={axis}`)")
    if given.as_axis(axis) != len(given.shape):
        raise NoEquivalent(f"works along axis {axis}, and the channels are the last")


def _padding(given: Given) -> dict[str, Any]:
    """`causal` is a border before the signal only."""
    word = given.values["padding"]
    if word == "causal" and given.name in ("Conv1D", "Convolution1D"):
        return {"padding": (given.each("dilation_rate")[0] * (given.each("kernel_size")[0] - 1), 0)}
    if word not in ("same", "valid"):
        raise Misread(word)
    return {"padding": word if word == "same" else 0}


def _strides(given: Given) -> dict[str, Any]:
    pooled = given.values["strides"] is None and "pool_size" in given.values
    name = "pool_size" if pooled else "strides"
    return {"stride": alike(given.each(name))}


def _dilation(given: Given) -> dict[str, Any]:
    """Keras does not combine dilation and stride. Raises Misread."""
    dilation = given.each("dilation_rate")
    if max(dilation) > 1 and max(given.each("strides")) > 1:
        raise Misread("dilation_rate")
    return {"dilation": alike(dilation)}


def _groups(given: Given) -> dict[str, Any]:
    groups = given.whole("groups")
    return {"groups": given.shape[0] if groups == -1 and given.name == "GroupNormalization" else groups}


def _affine(given: Given) -> dict[str, Any]:
    if given.values["center"] != given.values["scale"]:
        raise NoEquivalent("has a weight or a bias alone, and here `affine` is both")
    return {"affine": given.values["center"]}


def _interpolation(given: Given) -> dict[str, Any]:
    mode = given.values["interpolation"]
    if mode not in ("nearest", "bilinear"):
        raise NoEquivalent(f'interpolates (`"{mode}"`) as no layer here does')
    return {"mode": mode}


NORMAL: Mapping[str, Callable[[Given], dict[str, Any] | None]] = {
    "filters": lambda given: {"out_channels": given.whole("filters")},
    "units": lambda given: dict.fromkeys(("out_channels", "out_features"), given.whole("units")),
    "kernel_size": lambda given: {"kernel_size": given.each("kernel_size")},
    "pool_size": lambda given: {"kernel_size": given.each("pool_size")},
    "output_size": lambda given: {"output_size": given.each("output_size")},
    "strides": _strides,
    "padding": _padding,
    "dilation_rate": _dilation,
    "depth_multiplier": lambda given: {"multiplier": given.whole("depth_multiplier")},
    "groups": _groups,
    "use_bias": lambda given: {"bias": given.values["use_bias"]},
    "size": lambda given: {"scale": alike(given.each("size"))},
    "interpolation": _interpolation,
    "axis": _over_channels,
    "epsilon": lambda given: {"eps": given.number("epsilon")},
    "momentum": lambda given: {
        "momentum": round(1 - given.number("momentum"), 12)
    },  # the share of the running mean that stays
    "center": _affine,
    "rate": lambda given: {"p": given.number("rate")},
    "negative_slope": lambda given: {"negative_slope": given.number("negative_slope")},
    "alpha": lambda given: {"alpha": given.number("alpha")},
    "data_format": _format,
    "output_padding": lambda given: given.only("output_padding", None),
    "noise_shape": lambda given: given.only("noise_shape", None),
    "renorm": lambda given: given.only("renorm", False),
    "threshold": lambda given: given.only("threshold", 0),
}
"""Argument → the fields that it gives, or a check of its value."""


# ---- convolutions and pools


def separable(given: Given) -> list[Op]:
    pointwise = {"kernel_size": _ones(given), "stride": 1, "padding": 0, "dilation": 1}
    return [*chain(given, "dwconv", bias=False), *chain(given, "conv activation", **pointwise)]


def dense(given: Given) -> list[Op]:
    """On the last axis, the channels: on a map it is a convolution with kernel size 1."""
    return chain(given, "conv activation", kernel_size=_ones(given)) if given.sizes else chain(given, "fc activation")


def _ones(given: Given) -> tuple[int, ...]:
    return (1,) * len(given.sizes)


def transposed(given: Given) -> list[Op]:
    """TensorFlow's sizes.

    `same`: n·s, cut at both ends, one more at the end if odd. `valid`: (n − 1)·s + max(k, s).
    """
    fields = _fields(given)
    extents = [d * (k - 1) + 1 for k, d in zip(fields["kernel_size"], given.each("dilation_rate"), strict=True)]
    over = [extent - s for extent, s in zip(extents, given.each("strides"), strict=True)]
    if min(over) < 0:
        raise NoEquivalent("has a window smaller than its stride, so no window reaches some positions of the output")
    cut = over if fields["padding"] == "same" else [0] * given.rank
    if any(size % 2 for size in cut):
        raise NoEquivalent(
            "cuts off one position more at the end than at the beginning, but `tconv` cuts both ends alike"
        )
    return chain(given, "tconv activation", padding=alike(tuple(size // 2 for size in cut)))


def average(given: Given) -> list[Op]:
    return chain(given, "avgpool", count_include_pad=given.values["padding"] != "same")


def over_all(pool: str) -> Callable[[Given], list[Op]]:
    """Global pooling to a vector, or to a map with `keepdims`."""
    return lambda given: chain(given, pool if given.values["keepdims"] else f"{pool} flatten", kernel_size="global")


def adaptive(pool: str) -> Callable[[Given], list[Op]]:
    def read(given: Given) -> list[Op]:
        if set(given.each("output_size")) == {1}:
            return chain(given, pool, output_size=None, kernel_size="global")
        return chain(given, pool)

    return read


# ---- norms, dropout and activations


def layer_norm(given: Given) -> list[Op]:
    axes, rank = given.values["axis"], len(given.shape)
    listed = sorted(map(given.as_axis, axes)) if isinstance(axes, tuple) else []
    center, scale = given.values["center"], given.values["scale"]
    if center and not scale:
        raise NoEquivalent("has a bias and no weight")
    if rank > 1 and listed == list(range(1, rank + 1)):
        raise NoEquivalent("has a weight for each position, height, width, channels; `ln` has them channels first")
    _over_channels(given)
    over = {"over": "channels"} if rank > 1 else {}
    return [made("ln", **over, eps=given.number("epsilon"), affine=scale, bias=center or not scale)]


def spatial_dropout(given: Given) -> list[Op]:
    return chain(given, "dropout", spatial=True)


def relu(given: Given) -> list[Op]:
    most, slope = given.values["max_value"], given.number("negative_slope")
    if most is None:
        return chain(given, "leaky_relu" if slope else "relu")
    if given.number("max_value") != 6 or slope:
        raise NoEquivalent("is limited as no layer here is; with a maximum of 6 it is `relu6`")
    return chain(given, "relu6")


def prelu(given: Given) -> list[Op]:
    """One slope for each value, or a shared one along the shared axes."""
    initial = str(given.values["alpha_initializer"]).lower()
    if initial not in ("zeros", "ones"):
        raise NoEquivalent("has initial values that `prelu initial=` cannot express")
    shared, rank = given.values["shared_axes"], len(given.sizes)
    axes = shared if isinstance(shared, tuple) else (shared,) * (shared is not None)
    counted = set(map(given.as_axis, axes))
    start = float(initial == "ones")
    if counted == set(range(1, rank + 1)):
        return [made("prelu", shared=rank == 0 and given.shape[0] == 1, initial=start)]
    if counted == set(range(1, rank + 2)):
        return [made("prelu", shared=True, initial=start)]
    raise NoEquivalent("learns a slope for each position; `prelu` has one for each channel or one in all")


# ---- shapes


def _moved(shape: Shape, *layers: Op) -> list[Op]:
    """The layers without those that do not change a value of this shape."""
    kept, flows = [], shape
    for op in layers:
        after = op.output((flows,))
        idle = after == flows and op.name in ("reshape", "flatten")
        if not idle and getattr(op, "order", None) != tuple(range(len(flows))):
            kept.append(op)
        flows = after
    return kept or [made("identity")]


def _last(shape: Shape) -> list[Op]:
    """A permutation that moves the channels to the end."""
    return [made("permute", order=(*range(1, len(shape)), 0))] if len(shape) > 1 else []


def flatten(given: Given) -> list[Op]:
    """In the order of positions, where torch and `flatten` go channel by channel."""
    _format(given)
    alone = prod(given.sizes) == 1 or given.shape[0] == 1
    return [*([] if alone else _last(given.shape)), made("flatten")]


def reshaped(given: Given) -> list[Op]:
    target = given.values["target_shape"]
    asked = target if isinstance(target, tuple) else (target,)
    sizes = complete(per_axis(asked, len(asked)), prod(given.shape))
    if not 1 <= len(sizes) <= max(AXES) + 1:
        raise Misread(target)
    back = [made("permute", order=(len(sizes) - 1, *range(len(sizes) - 1)))] if len(sizes) > 1 else []
    turned = made("reshape", dims=(*sizes[1:], sizes[0]))
    return _moved(given.shape, *_last(given.shape), turned, *back)


def permuted(given: Given) -> list[Op]:
    """The axes count from 1, with the channels last."""
    count = len(given.shape)
    dims = per_axis(given.values["dims"], count)
    if sorted(dims) != list(range(1, count + 1)):
        raise Misread(dims)
    here = [dim % count for dim in dims]
    return _moved(given.shape, made("permute", order=(here[-1], *here[:-1])))


def _sides(given: Given, name: str) -> list[tuple[int, int]]:
    """(begin, end) of each axis: of 1, of (1, 2) with one for each axis, or of ((1, 2), (3, 4)).

    Of a signal, (1, 2) is begin and end.
    """
    given.needs_rank()
    if "data_format" in given.values:
        _format(given)
    value = given.values[name]
    listed = value if isinstance(value, tuple) else (value,) * given.rank
    if given.rank == 1 and len(listed) == 2:
        listed = (listed,)
    if len(listed) != given.rank:
        raise Misread(value)
    return [(begin, end) for begin, end in (per_axis(side, 2) for side in listed)]


def zero_padding(given: Given) -> list[Op]:
    return [made("pad", padding=borders(_sides(given, "padding")))]


def cropping(given: Given) -> list[Op]:
    sides = _sides(given, "cropping")
    kept = tuple(n - begin - end for n, (begin, end) in zip(given.sizes, sides, strict=True))
    if min(kept) < 1 or min(map(min, sides)) < 0:
        raise Misread(kept)
    if all(begin == (begin + end) // 2 for begin, end in sides):  # `crop` takes the size of the middle
        return [made("crop", size=alike(kept))]
    rows = zip(AXES[given.rank], sides, kept, strict=True)
    return [made("slice", start=begin, stop=begin + n, axis=axis) for axis, (begin, end), n in rows if begin or end]
