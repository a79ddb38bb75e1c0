"""PyTorch's layers that multiply weights or slide a window: convolutions, fully connected layers, pools."""

from math import prod

from archc.elaborate.foreign import Given, Layer, Misread, Unsaid, alike, chain, made
from archc.ops import Op, hwc


def _conv(given: Given) -> list[Op]:
    given.needs_rank()
    given.needs_channels("in_channels")
    stride, dilation, kernel = given.each("stride"), given.each("dilation"), given.each("kernel_size")
    padding = given.values["padding"]
    if padding == "same" and set(stride) != {1}:
        raise Unsaid("takes `padding='same'` with a stride of 1 alone")
    pad = alike(given.each("padding")) if not isinstance(padding, str) else padding
    if pad not in ("same", "valid") and isinstance(pad, str):
        raise Misread(pad)
    before, pad = _bordered(given, pad, kernel, dilation)
    conv = made(
        "conv",
        kernel_size=kernel,
        out_channels=given.whole("out_channels"),
        stride=alike(stride),
        padding=0 if pad == "valid" else pad,
        dilation=alike(dilation),
        groups=given.whole("groups"),
        bias=given.flag("bias"),
    )
    return [*before, conv]


def _bordered(
    given: Given, pad: int | str | tuple[int, ...], kernel: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[list[Op], int | str | tuple[int, ...]]:
    """A border that is not of zeros is a layer of its own; and what the convolution pads then."""
    mode = given.values["padding_mode"]
    if mode == "zeros" or pad in (0, "valid"):
        return [], pad
    if mode not in ("reflect", "replicate"):
        raise Unsaid(f"has `padding_mode='{mode}'`, which no layer here has")
    if pad == "same":
        totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        pad = tuple(side for total in totals for side in (total // 2, total - total // 2))
    return [made("pad", padding=pad, mode=mode)], 0


def _tconv(given: Given) -> list[Op]:
    given.needs_rank()
    given.needs_channels("in_channels")
    given.only("padding_mode", "zeros")
    return [
        made(
            "tconv",
            kernel_size=given.each("kernel_size"),
            out_channels=given.whole("out_channels"),
            stride=alike(given.each("stride")),
            padding=alike(given.each("padding")),
            output_padding=alike(given.each("output_padding")),
            dilation=alike(given.each("dilation")),
            groups=given.whole("groups"),
            bias=given.flag("bias"),
        )
    ]


def _linear(given: Given) -> list[Op]:
    """On a vector. In front of a map torch needs a Flatten, which then goes without saying."""
    features, shape = given.whole("in_features"), given.shape
    fc = made("fc", units=given.whole("out_features"), bias=given.flag("bias"))
    if features == prod(shape) and (len(shape) == 1 or features != shape[-1]):
        return chain(shape, made("flatten"), fc)
    if len(shape) == 1:
        raise Unsaid(f"is for {features} values (`in_features`), and {shape[0]} flow in")
    along = "; `conv` with a window of 1 is a layer on the channels of each position" if features == shape[0] else ""
    raise Unsaid(f"is for {features} values (`in_features`), and {hwc(shape)} are {prod(shape)}{along}")


# ---- pools


def _maxpool(given: Given) -> list[Op]:
    given.needs_rank()
    _no_indices(given)
    return [_pool(given, "maxpool", dilation=alike(given.each("dilation")))]


def _avgpool(given: Given) -> list[Op]:
    given.needs_rank()
    given.only("divisor_override", None)
    return [_pool(given, "avgpool", count_include_pad=given.flag("count_include_pad") or _unpadded(given))]


def _unpadded(given: Given) -> bool:
    return set(given.each("padding")) == {0}


def _pool(given: Given, name: str, **settings: object) -> Op:
    """Without a stride it is the window's."""
    kernel = given.each("kernel_size")
    stride = given.each("stride") if given.values["stride"] is not None else kernel
    return made(
        name,
        kernel_size=kernel,
        stride=alike(stride),
        padding=alike(given.each("padding")),
        ceil_mode=given.flag("ceil_mode"),
        **settings,
    )


def _no_indices(given: Given) -> None:
    if given.flag("return_indices"):
        raise Unsaid("gives the places of the maxima besides (`return_indices=True`), and a layer here gives one value")


def _adaptive(name: str) -> Layer:
    def read(given: Given) -> list[Op]:
        given.needs_rank()
        if name == "maxpool":
            _no_indices(given)
        size = given.values["output_size"]
        asked = size if isinstance(size, tuple) else (size,) * given.rank
        if len(asked) != given.rank or (given.rank == 1 and asked == (None,)):
            raise Misread(size)
        kept = [n if want is None else want for want, n in zip(asked, given.shape[1:], strict=True)]
        if set(kept) == {1}:
            return [made(name, kernel_size="global")]
        return [made(name, output_size=tuple(kept))]

    return Layer("output_size return_indices=False" if name == "maxpool" else "output_size", read)


CONV = "in_channels out_channels kernel_size stride=1 padding=0"
POOL = "kernel_size stride=None padding=0"
LAYERS = {
    "Conv{n}d": Layer(f"{CONV} dilation=1 groups=1 bias=True padding_mode='zeros'", _conv),
    "ConvTranspose{n}d": Layer(f"{CONV} output_padding=0 groups=1 bias=True dilation=1 padding_mode='zeros'", _tconv),
    "Linear": Layer("in_features out_features bias=True", _linear),
    "MaxPool{n}d": Layer(f"{POOL} dilation=1 return_indices=False ceil_mode=False", _maxpool),
    "AvgPool{n}d": Layer(f"{POOL} ceil_mode=False count_include_pad=True divisor_override=None", _avgpool),
    "AdaptiveAvgPool{n}d": _adaptive("avgpool"),
    "AdaptiveMaxPool{n}d": _adaptive("maxpool"),
}
