"""PyTorch's layers that change a value's shape: Flatten, Unflatten, Upsample, shuffles, borders."""

from math import prod

from archc.elaborate.foreign import Given, Layer, Misread, Python, Unsaid, borders, chain, made, per_axis, reshaped
from archc.ops import Op, Shape


def axis(given: Given, dim: Python) -> int:
    """An axis as torch counts them, the batch being 0. Raises Misread."""
    count = len(given.shape) + 1
    if isinstance(dim, bool) or not isinstance(dim, int) or not -count <= dim < count:
        raise Misread(dim)
    return dim % count


def axis_name(given: Given, index: int) -> str:
    """`the batch`, `the channels`, `the width`"""
    names = {2: ("length",), 3: ("height", "width"), 4: ("depth", "height", "width")}.get(len(given.shape), ())
    return f"the {('batch', 'channels', *names)[index]}"


def _flatten(given: Given) -> list[Op]:
    shape = given.shape
    first, last = axis(given, given.values["start_dim"]), axis(given, given.values["end_dim"])
    if first > last:
        raise Misread
    if first == 0:
        raise Unsaid("joins the batch with what follows it, and a layer here works on one sample")
    sizes = (*shape[: first - 1], prod(shape[first - 1 : last]), *shape[last:])
    if len(sizes) == 1:
        return [made("flatten")]
    if sizes == (shape[0], prod(shape[1:])) and len(shape) > 2:
        return [made("tokens")]
    return chain(shape, reshaped(sizes))


def _unflatten(given: Given) -> list[Op]:
    where = axis(given, given.values["dim"])
    sizes = given.values["unflattened_size"]
    if not isinstance(sizes, tuple):
        raise Misread(sizes)
    if where == 0:
        raise Unsaid("takes the batch apart, and a layer here works on one sample")
    parts = [size for size in sizes if isinstance(size, int) and not isinstance(size, bool)]
    here = given.shape[where - 1]
    known = prod(size for size in parts if size != -1)
    if len(parts) != len(sizes) or parts.count(-1) > 1 or known < 1 or here % known:
        raise Misread(sizes)
    filled = tuple(here // known if size == -1 else size for size in parts)
    if prod(filled) != here:
        raise Misread(sizes)
    shape: Shape = (*given.shape[: where - 1], *filled, *given.shape[where:])
    if len(shape) > 4:
        raise Unsaid("gives more than 3 sizes and channels")
    return chain(given.shape, reshaped(shape))


MODES = {"nearest": (1, 2, 3), "linear": (1,), "bilinear": (2,), "bicubic": (2,), "trilinear": (3,)}


def _upsample(given: Given) -> list[Op]:
    mode, align = given.values["mode"], given.values["align_corners"]
    if mode == "nearest-exact":
        raise Unsaid("has `mode='nearest-exact'`, which no layer here has")
    if mode not in MODES or align not in (None, True, False) or (mode == "nearest" and align is not None):
        raise Misread(mode)
    return _interpolated(given, str(mode), bool(align))


def _interpolated(given: Given, mode: str, align: bool) -> list[Op]:
    rank = len(given.shape) - 1
    if rank not in MODES[mode]:
        raise Unsaid(f"interpolates ({mode}) on {' or '.join(map(str, MODES[mode]))} sizes, not on {rank}")
    size, scale = given.values["size"], given.values["scale_factor"]
    if (size is None) == (scale is None):
        raise Misread(size)
    if size is not None:
        return [made("upsample", output_size=per_axis(size, rank), mode=mode, align_corners=align)]
    factors = scale if isinstance(scale, tuple) else (scale,) * rank
    numbers = [f for f in factors if isinstance(f, int | float) and not isinstance(f, bool)]
    if len(factors) != rank or len(numbers) != rank:
        raise Misread(scale)
    if given.values.get("recompute_scale_factor") and any(f != int(f) for f in numbers):
        raise Unsaid("works the factor out anew (`recompute_scale_factor=True`); `upsample to` a size does that here")
    one = numbers[0] if len(set(numbers)) == 1 else tuple(numbers)
    return [made("upsample", scale=one, mode=mode, align_corners=align)]


def _upsampling(mode: str) -> Layer:
    def read(given: Given) -> list[Op]:
        if len(given.shape) != 3:
            raise Unsaid(f"works on 2 sizes and channels, not on {len(given.shape) - 1}")
        return _interpolated(given, mode, align=mode == "bilinear")

    return Layer("size=None scale_factor=None", read)


def _pixel_shuffle(given: Given) -> list[Op]:
    return [made("pixel_shuffle", factor=given.whole("upscale_factor"))]


def _channel_shuffle(given: Given) -> list[Op]:
    return [made("channel_shuffle", groups=given.whole("groups"))]


def _pad(mode: str, signature: str = "padding") -> Layer:
    """torch lists the last axis first: (left, right, top, bottom)."""

    def read(given: Given) -> list[Op]:
        given.needs_rank()
        flat = per_axis(given.values["padding"], 2 * given.rank)
        pairs = [(flat[2 * i], flat[2 * i + 1]) for i in reversed(range(given.rank))]
        value = given.number("value") if "value" in given.values else 0
        return [made("pad", padding=borders(tuple(pairs)), mode=mode, value=value)]

    return Layer(signature, read)


LAYERS = {
    "Flatten": Layer("start_dim=1 end_dim=-1", _flatten),
    "Unflatten": Layer("dim unflattened_size", _unflatten),
    "Upsample": Layer(
        "size=None scale_factor=None mode='nearest' align_corners=None recompute_scale_factor=None", _upsample
    ),
    "UpsamplingNearest2d": _upsampling("nearest"),
    "UpsamplingBilinear2d": _upsampling("bilinear"),
    "PixelShuffle": Layer("upscale_factor", _pixel_shuffle),
    "ChannelShuffle": Layer("groups", _channel_shuffle),
    "ZeroPad{n}d": _pad("zero"),
    "ConstantPad{n}d": _pad("zero", "padding value"),
    "ReflectionPad{n}d": _pad("reflect"),
    "ReplicationPad{n}d": _pad("replicate"),
}
