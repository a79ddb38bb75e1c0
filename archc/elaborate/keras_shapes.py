"""Keras's layers that pool or move values, and its axes: batch, sizes, and the channels last."""

from math import prod

from archc.elaborate.foreign import Given, Layer, Misread, Unsaid, alike, borders, chain, made, per_axis, reshaped
from archc.ops import Op, Shape


def known_format(given: Given) -> None:
    """Either order of axes means the channels and the sizes that flow in. Raises Misread for another word."""
    if given.values["data_format"] not in (None, "channels_last", "channels_first"):
        raise Misread("data_format")


def over_channels(given: Given, name: str) -> None:
    """Raises Unsaid where an axis is not the last, the channels."""
    axis, count = given.values[name], len(given.shape) + 1
    axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise Unsaid(f"works along other axes than the channels (`{name}={axis}`)")
    if not -count <= axis < count:
        raise Misread(axis)
    if axis % count != count - 1:
        raise Unsaid(f"works along axis {axis}, and the channels are the last")


def _last(shape: Shape) -> list[Op]:
    """The channels moved to the end."""
    return [made("permute", order=(*range(1, len(shape)), 0))] if len(shape) > 1 else []


def _flatten(given: Given) -> list[Op]:
    """Position by position, where torch and `flatten` go channel by channel."""
    known_format(given)
    if prod(given.shape[1:]) == 1 or given.shape[0] == 1:
        return [made("flatten")]
    return [*_last(given.shape), made("flatten")]


def _reshape(given: Given) -> list[Op]:
    target = given.values["target_shape"]
    sizes = target if isinstance(target, tuple) else (target,)
    if not all(isinstance(size, int) and not isinstance(size, bool) for size in sizes):
        raise Misread(target)
    numbers = [size for size in sizes if isinstance(size, int)]
    total, known = prod(given.shape), prod(size for size in numbers if size != -1)
    if numbers.count(-1) > 1 or known < 1 or total % known:
        raise Misread(target)
    filled = tuple(total // known if size == -1 else size for size in numbers)
    if prod(filled) != total or not 1 <= len(filled) <= 4:
        raise Misread(target)
    back = [made("permute", order=(len(filled) - 1, *range(len(filled) - 1)))] if len(filled) > 1 else []
    return chain(given.shape, *_last(given.shape), reshaped(filled), *back)


def _permute(given: Given) -> list[Op]:
    """Axes from 1, the channels the last of them."""
    count = len(given.shape)
    dims = per_axis(given.values["dims"], count)
    if sorted(dims) != list(range(1, count + 1)):
        raise Misread(dims)
    here = [dim % count for dim in dims]
    return chain(given.shape, made("permute", order=(here[-1], *here[:-1])))


def _sides(given: Given, name: str) -> tuple[tuple[int, int], ...]:
    """1, (1, 2) one an axis, ((1, 2), (3, 4)) begin and end; of a signal (1, 2) is begin and end."""
    value = given.values[name]
    listed = value if isinstance(value, tuple) else (value,) * given.rank
    if given.rank == 1 and len(listed) == 2:
        listed = (listed,)
    if len(listed) != given.rank:
        raise Misread(value)
    first, last = zip(*(per_axis(side, 2) for side in listed), strict=True)
    return tuple(zip(first, last, strict=True))


def _zero_padding(given: Given) -> list[Op]:
    given.needs_rank()
    known_format(given)
    return [made("pad", padding=borders(_sides(given, "padding")))]


AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def _cropping(given: Given) -> list[Op]:
    given.needs_rank()
    known_format(given)
    sides = _sides(given, "cropping")
    kept = tuple(n - begin - end for n, (begin, end) in zip(given.shape[1:], sides, strict=True))
    if min(kept) < 1 or min(map(min, sides)) < 0:
        raise Misread(kept)
    if all(begin == (begin + end) // 2 for begin, end in sides):  # the middle, as `crop` takes it
        return [made("crop", size=alike(kept))]
    rows = zip(AXES[given.rank], sides, kept, strict=True)
    return [
        made("slice", start=begin, stop=begin + size, axis=axis) for axis, (begin, end), size in rows if begin or end
    ]


def _upsampling(given: Given) -> list[Op]:
    given.needs_rank()
    mode = given.values.get("interpolation", "nearest")
    if mode not in ("nearest", "bilinear"):
        raise Unsaid(f'interpolates (`"{mode}"`) as no layer here does')
    return [made("upsample", scale=alike(given.each("size")), mode=mode)]


def padding(given: Given) -> str:
    """Raises Misread for what is neither of Keras's two."""
    word = given.values["padding"]
    if word not in ("same", "valid"):
        raise Misread(word)
    return str(word)


def _pool(name: str) -> Layer:
    def read(given: Given) -> list[Op]:
        given.needs_rank()
        known_format(given)
        kernel = given.each("pool_size")
        stride = given.each("strides") if given.values["strides"] is not None else kernel
        pad = "same" if padding(given) == "same" else 0
        more = {"count_include_pad": False} if name == "avgpool" and pad else {}
        return [made(name, kernel_size=kernel, stride=alike(stride), padding=pad, **more)]

    return Layer("pool_size=2 strides=None padding='valid' data_format=None", read)


def _global(name: str) -> Layer:
    """A vector, unless keepdims."""

    def read(given: Given) -> list[Op]:
        given.needs_rank()
        known_format(given)
        pool = made(name, kernel_size="global")
        return [pool] if given.flag("keepdims") else [pool, made("flatten")]

    return Layer("data_format=None keepdims=False", read)


def _adaptive(name: str) -> Layer:
    def read(given: Given) -> list[Op]:
        given.needs_rank()
        known_format(given)
        size = given.each("output_size")
        return [made(name, kernel_size="global") if set(size) == {1} else made(name, output_size=size)]

    return Layer("output_size data_format=None", read)


LAYERS = {
    **dict.fromkeys(("MaxPooling{n}D", "MaxPool{n}D"), _pool("maxpool")),
    **dict.fromkeys(("AveragePooling{n}D", "AvgPool{n}D"), _pool("avgpool")),
    **dict.fromkeys(("GlobalAveragePooling{n}D", "GlobalAvgPool{n}D"), _global("avgpool")),
    **dict.fromkeys(("GlobalMaxPooling{n}D", "GlobalMaxPool{n}D"), _global("maxpool")),
    "AdaptiveAveragePooling{n}D": _adaptive("avgpool"),
    "AdaptiveMaxPooling{n}D": _adaptive("maxpool"),
    "Flatten": Layer("data_format=None", _flatten),
    "Reshape": Layer("target_shape", _reshape),
    "Permute": Layer("dims", _permute),
    "ZeroPadding{n}D": Layer("padding=1 data_format=None", _zero_padding),
    "Cropping{n}D": Layer("cropping data_format=None", _cropping),
    "UpSampling1D": Layer("size=2", _upsampling),
    "UpSampling2D": Layer("size=2 data_format=None interpolation='nearest'", _upsampling),
    "UpSampling3D": Layer("size=2 data_format=None", _upsampling),
}
