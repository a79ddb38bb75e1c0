"""Every layer of the language as text that fits a shape, with the shape that comes of it.

Sizes are counted here by laying windows, not by archc's formulas: where both differ, the source's claim is refuted.
"""

from collections.abc import Callable
from math import prod

from hypothesis import strategies as st

from archc.ops import OPS

Shape = tuple[int, ...]  # (C, n…)
Draw = st.DrawFn
Made = tuple[str, Shape]
Writer = Callable[[Draw, Shape], Made]

LARGEST = 3_000
"""Numbers of one value: many small nets find more than a few large ones."""
AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def one_of(draw: Draw, *choices: str) -> str:
    return draw(st.sampled_from(choices))


def number(draw: Draw, least: int, most: int) -> int:
    return draw(st.integers(least, max(least, most)))


def divisor(draw: Draw, of: int) -> int:
    return draw(st.sampled_from([n for n in range(1, of + 1) if of % n == 0]))


def sizes(numbers: tuple[int, ...]) -> str:
    """3x4, and the plain number where there is one axis."""
    return "x".join(map(str, numbers))


def listed(numbers: tuple[int, ...]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"({', '.join(map(str, numbers))})"


def positions(n: int, k: int, s: int, begin: int, end: int, d: int = 1, ceil: bool = False) -> int:
    """Windows laid one after another; with ceil one more that starts no later than the input ends."""
    reach = d * (k - 1) + 1
    starts = [start for start in range(-begin, n + end, s) if start + reach <= n + end]
    if not starts:
        return 0
    after = starts[-1] + s
    return len(starts) + (ceil and after < n and starts[-1] + reach < n + end)


def sliding(draw: Draw, shape: Shape, pool: bool = False, dilated: bool = True) -> tuple[str, str, tuple[int, ...]]:
    """A window that fits: (`3x2/2`, `, pad=1, dilation=2`, output sizes)."""
    rank = len(shape) - 1
    kernel = tuple(number(draw, 1, min(4, n)) for n in shape[1:])
    stride = (number(draw, 1, 3),) * rank if draw(st.booleans()) else tuple(number(draw, 1, 2) for _ in range(rank))
    fits = [d for d in (1, 1, 2, 3) if all(d * (k - 1) + 1 <= n for k, n in zip(kernel, shape[1:], strict=True))]
    dilation = draw(st.sampled_from(fits)) if dilated else 1
    kind = one_of(draw, "none", "none", "same", "half", "number", "axes", "sides")
    reach = [dilation * (k - 1) + 1 for k in kernel]
    begins, ends, word = [0] * rank, [0] * rank, ""
    if kind == "half":
        begins = ends = [dilation * (k - 1) // 2 for k in kernel]
        word = "half"
    elif kind == "same":
        totals = [max(0, (-(-n // s) - 1) * s + r - n) for n, s, r in zip(shape[1:], stride, reach, strict=True)]
        begins, ends, word = [t // 2 for t in totals], [t - t // 2 for t in totals], "same"
    elif kind == "number":
        pad = number(draw, 0, min(k // 2 for k in kernel) if pool else 2)
        begins = ends = [pad] * rank
        word = str(pad)
    elif kind == "axes" and rank > 1:
        begins = ends = [number(draw, 0, k // 2 if pool else 2) for k in kernel]
        word = listed(tuple(begins))
    elif kind == "sides":
        begins = [number(draw, 0, k // 2 if pool else 2) for k in kernel]
        ends = [number(draw, 0, k // 2 if pool else 2) for k in kernel]
        word = listed(tuple(side for pair in zip(begins, ends, strict=True) for side in pair))
    ceil = pool and draw(st.booleans())
    found = tuple(
        positions(n, k, s, b, e, dilation, ceil)
        for n, k, s, b, e in zip(shape[1:], kernel, stride, begins, ends, strict=True)
    )
    more = f", pad={word}" if word else ""
    more += f", dilation={dilation}" if dilation > 1 else ""
    more += f", ceil={one_of(draw, 'yes', 'true')}" if ceil else ""
    if len(set(stride)) > 1:
        return sizes(kernel), f"{more}, stride={listed(stride)}", found
    alike = len(set(kernel)) == 1 and rank > 1 and draw(st.booleans())
    return f"{kernel[0] if alike else sizes(kernel)}/{stride[0]}", more, found


def bias(draw: Draw) -> str:
    return one_of(draw, "", "", ", bias=no", ", bias=false")


def conv(draw: Draw, shape: Shape) -> Made:
    window, more, after = sliding(draw, shape)
    channels = number(draw, 1, 8)
    groups = divisor(draw, shape[0])
    if groups > 1 and draw(st.booleans()):
        channels = groups * number(draw, 1, 2)
        more += f", groups={groups}"
    elif draw(st.integers(0, 9)) == 0:
        rows = [sorted(draw(st.sets(st.integers(0, shape[0] - 1), min_size=1, max_size=3))) for _ in range(channels)]
        more += f", connections=[{'; '.join(', '.join(map(str, row)) for row in rows)}]"
    if draw(st.integers(0, 5)) == 0:
        more += f", in_channels={shape[0]}"
    named = draw(st.integers(0, 7)) == 0 and "/" not in window
    arguments = f"kernel={window}, channels={channels}" if named else f"{window}, {channels}"
    return f"conv {arguments}{more}{bias(draw)}", (channels, *after)


def dwconv(draw: Draw, shape: Shape) -> Made:
    window, more, after = sliding(draw, shape)
    multiplier = one_of(draw, "1", "1", "2")
    more += f", multiplier={multiplier}" if multiplier != "1" else ""
    return f"dwconv {window}{more}{bias(draw)}", (shape[0] * int(multiplier), *after)


def tconv(draw: Draw, shape: Shape) -> Made:
    rank = len(shape) - 1
    kernel = tuple(number(draw, 1, 3) for _ in range(rank))
    stride, dilation = number(draw, 1, 2), number(draw, 1, 2)
    reach = [dilation * (k - 1) + 1 for k in kernel]
    extra = number(draw, 0, max(stride, dilation) - 1)
    pad = number(draw, 0, min(((n - 1) * stride + r + extra - 1) // 2 for n, r in zip(shape[1:], reach, strict=True)))
    groups = divisor(draw, shape[0]) if draw(st.booleans()) else 1
    channels = groups * number(draw, 1, 4)
    more = f", pad={pad}" if pad else ""
    more += f", output_padding={extra}" if extra else ""
    more += f", dilation={dilation}" if dilation > 1 else ""
    more += f", groups={groups}" if groups > 1 else ""
    after = tuple((n - 1) * stride + r - 2 * pad + extra for n, r in zip(shape[1:], reach, strict=True))
    return f"tconv {sizes(kernel)}/{stride}, {channels}{more}{bias(draw)}", (channels, *after)


def fc(draw: Draw, shape: Shape) -> Made:
    units = number(draw, 1, 12)
    more = f", in_features={prod(shape)}" if draw(st.integers(0, 5)) == 0 else ""
    return f"fc {units}{more}{bias(draw)}", (units,)


def rbf(draw: Draw, shape: Shape) -> Made:
    classes = number(draw, 1, 6)
    return f"rbf {classes}", (classes,)


def _pool(draw: Draw, shape: Shape, name: str) -> Made:
    kind = one_of(draw, "window", "window", "window", "global", "to")
    rank = len(shape) - 1
    if kind == "global":
        return f"{name} global", (shape[0], *(1,) * rank)
    if kind == "to":
        to = tuple(number(draw, 1, 5) for _ in range(rank))
        return f"{name} to {sizes(to)}", (shape[0], *to)
    window, more, after = sliding(draw, shape, pool=True, dilated=name == "maxpool")
    if name == "avgpool":
        more += one_of(draw, "", ", count_include_pad=no")
    return f"{name} {window}{more}", (shape[0], *after)


def maxpool(draw: Draw, shape: Shape) -> Made:
    return _pool(draw, shape, "maxpool")


def avgpool(draw: Draw, shape: Shape) -> Made:
    return _pool(draw, shape, "avgpool")


def keeps(*texts: str) -> Writer:
    """A layer of which any shape comes out as it went in, in one of several spellings."""
    return lambda draw, shape: (one_of(draw, *texts), shape)


def bn(draw: Draw, shape: Shape) -> Made:
    texts = ["bn", "bn", "bn eps=1e-3", "bn momentum=0.01", "bn affine=no", "bn(eps=0.01, affine=no)"]
    if prod(shape[1:]) > 3:  # of the batch alone: a few values have hardly a variance
        texts.append("bn track_running_stats=no")
    return one_of(draw, *texts), shape


def gn(draw: Draw, shape: Shape) -> Made:
    groups = divisor(draw, shape[0])
    groups = 1 if prod(shape) // groups < 4 else groups
    return f"gn {groups}{one_of(draw, '', ', affine=no', ', eps=1e-3')}", shape


def halved(layer: str) -> Writer:
    return lambda draw, shape: (layer, (shape[0] // 2, *shape[1:]))


def maxout(draw: Draw, shape: Shape) -> Made:
    pieces = divisor(draw, shape[0])
    return (f"maxout {pieces}" if pieces != 2 else "maxout"), (shape[0] // pieces, *shape[1:])


def attention(draw: Draw, shape: Shape) -> Made:
    return f"attention {divisor(draw, shape[0])}{bias(draw)}", shape


def dropout(draw: Draw, shape: Shape) -> Made:
    spatial = ", spatial=yes" if len(shape) > 1 and draw(st.booleans()) else ""
    return f"dropout 0.{number(draw, 0, 9)}{spatial}", shape


def reshape(draw: Draw, shape: Shape) -> Made:
    left, made = prod(shape), []
    for _ in range(number(draw, 0, 3)):
        made.append(divisor(draw, left))
        left //= made[-1]
    return f"reshape {sizes((*made, left))}", (left, *made)


def permute(draw: Draw, shape: Shape) -> Made:
    order = draw(st.permutations(range(len(shape))))
    return f"permute [{', '.join(map(str, order))}]", tuple(shape[axis] for axis in order)


def pixel_shuffle(draw: Draw, shape: Shape) -> Made:
    factor = draw(st.sampled_from([r for r in (1, 2, 3) if shape[0] % r**2 == 0]))
    return f"pixel_shuffle {factor}", (shape[0] // factor**2, *(n * factor for n in shape[1:]))


def channel_shuffle(draw: Draw, shape: Shape) -> Made:
    return f"channel_shuffle {divisor(draw, shape[0])}", shape


def slice_(draw: Draw, shape: Shape) -> Made:
    axis = number(draw, 0, len(shape) - 1)
    start = number(draw, 0, shape[axis] - 1)
    stop = number(draw, start + 1, shape[axis])
    word = f", {stop}" if stop < shape[axis] or draw(st.booleans()) else ""
    named = f", axis={AXES[len(shape) - 1][axis - 1]}" if axis else one_of(draw, "", ", axis=channels")
    return f"slice {start}{word}{named}", (*shape[:axis], stop - start, *shape[axis + 1 :])


def split(draw: Draw, shape: Shape) -> Made:
    parts = divisor(draw, shape[0])
    return f"split {parts}, {number(draw, 0, parts - 1)}", (shape[0] // parts, *shape[1:])


def upsample(draw: Draw, shape: Shape) -> Made:
    rank = len(shape) - 1
    modes = {1: ("linear",), 2: ("bilinear", "bicubic"), 3: ("trilinear",)}[rank]
    mode = one_of(draw, "nearest", *modes)
    more = f", mode={mode}" if mode != "nearest" or draw(st.booleans()) else ""
    if mode in ("linear", "bilinear", "trilinear"):
        more += one_of(draw, "", ", align_corners=yes")
    if draw(st.booleans()):
        to = tuple(number(draw, 1, 9) for _ in range(rank))
        return f"upsample to {sizes(to)}{more}", (shape[0], *to)
    halves = [number(draw, 1, 5) for _ in range(rank)] if draw(st.booleans()) else [number(draw, 2, 4)] * rank
    scales = [f"{half / 2:g}" for half in halves]
    word = scales[0] if len(set(scales)) == 1 else f"({', '.join(scales)})"
    return f"upsample {word}{more}", (shape[0], *(n * half // 2 for n, half in zip(shape[1:], halves, strict=True)))


def crop(draw: Draw, shape: Shape) -> Made:
    after = tuple(number(draw, 1, n) for n in shape[1:])
    return f"crop {sizes(after)}", (shape[0], *after)


def pad(draw: Draw, shape: Shape) -> Made:
    mode = one_of(draw, "", "", ", mode=reflect", ", mode=replicate", ", value=-1.5")
    most = [n - 1 if "reflect" in mode else 2 for n in shape[1:]]
    if draw(st.booleans()):
        side = number(draw, 0, min(2, *most))
        return f"pad {side}{mode}", (shape[0], *(n + 2 * side for n in shape[1:]))
    pairs = [(number(draw, 0, min(2, m)), number(draw, 0, min(2, m))) for m in most]
    word = listed(tuple(side for pair in pairs for side in pair))
    return f"pad {word}{mode}", (shape[0], *(n + sum(pair) for n, pair in zip(shape[1:], pairs, strict=True)))


def pad_channels(draw: Draw, shape: Shape) -> Made:
    before, after = number(draw, 0, 2), number(draw, 0, 2)
    return f"pad_channels ({before}, {after})", (shape[0] + before + after, *shape[1:])


def kernel(draw: Draw, shape: Shape) -> Made:
    name = one_of(draw, "blur", "sharpen", "laplacian", "emboss", "edge")
    if min(shape[1:]) >= 3 and draw(st.booleans()):
        return f"kernel {name}, pad=0", (shape[0], *(n - 2 for n in shape[1:]))
    return f"kernel {name}", shape


def tokens(draw: Draw, shape: Shape) -> Made:
    return "tokens", (shape[0], prod(shape[1:]))


def class_token(draw: Draw, shape: Shape) -> Made:
    return "class_token", (shape[0], shape[1] + 1)


def flatten(draw: Draw, shape: Shape) -> Made:
    return "flatten", (prod(shape),)


ANY = {
    **{name: keeps(name) for name in ("relu", "relu6", "selu", "silu", "mish", "hardswish", "hardsigmoid", "sigmoid")},
    **{name: keeps(name) for name in ("softmax", "log_softmax", "identity")},
    "leaky_relu": keeps("leaky_relu", "leaky_relu 0.2"),
    "prelu": keeps("prelu", "prelu shared=no", "prelu initial=0.1"),
    "elu": keeps("elu", "elu 0.7"),
    "gelu": keeps("gelu", "gelu approximate=tanh"),
    "tanh": keeps("tanh", "tanh(scale=1.7159, slope=2/3)", "tanh slope=0.5"),
    "softplus": keeps("softplus", "softplus beta=2", "softplus(beta=0.5, threshold=4)"),
    "ln": keeps("ln", "ln over=channels", "ln affine=no", "ln channels, bias=no", "ln eps=1e-3"),
    "stochastic_depth": keeps("stochastic_depth 0.2", "stochastic_depth(0.1, mode=batch)"),
    "scale": keeps("scale", "scale bias=no", "scale weight=no", "scale shared=yes"),
    "rescale": keeps("rescale 0.5", "rescale(-1, offset=1)", "rescale offset=0.25"),
    "layer_scale": keeps("layer_scale", "layer_scale 0.5"),
    **{"bn": bn, "gn": gn, "fc": fc, "dropout": dropout, "flatten": flatten, "reshape": reshape, "permute": permute},
    **{"maxout": maxout, "slice": slice_, "split": split},
    "pad_channels": pad_channels,
}
EVEN = {"glu": halved("glu")}
MAPS = {
    **{"conv": conv, "dwconv": dwconv, "tconv": tconv, "maxpool": maxpool, "avgpool": avgpool, "upsample": upsample},
    **{"crop": crop, "pad": pad, "tokens": tokens, "channel_shuffle": channel_shuffle},
    "lrn": keeps("lrn", "lrn 3", "lrn 4", "lrn(2, alpha=5e-4, k=2)", "lrn(5, beta=0.5)"),
}
SIGNALS: dict[str, Writer] = {"attention": attention, "class_token": class_token, "position": keeps("position")}
IMAGES: dict[str, Writer] = {"pixel_shuffle": pixel_shuffle, "kernel": kernel}
VECTORS: dict[str, Writer] = {"rbf": rbf}
SPREAD: dict[str, Writer] = {"instancenorm": keeps("instancenorm", "instancenorm affine=yes", "instancenorm eps=1e-3")}
MAPS |= {
    name: keeps(name)
    for name in {name for name, op in OPS.items() if op.category in ("activation", "norm")}
    - {*ANY, *EVEN, *MAPS, *SIGNALS, *IMAGES, *VECTORS, *SPREAD}
}  # a new one, as long as it needs no argument
LAYERS = {**ANY, **EVEN, **MAPS, **SIGNALS, **IMAGES, **VECTORS, **SPREAD}


def fitting(shape: Shape) -> list[str]:
    """The layers that a value of this shape can go through."""
    rank = len(shape) - 1
    names = [*ANY]
    names += [*EVEN] if shape[0] % 2 == 0 else []
    names += [*MAPS, *MAPS, "conv", "conv", "conv"] if rank else [*VECTORS]
    names += [*SIGNALS] * 3 if rank == 1 else [*IMAGES] * 3 if rank == 2 else []
    names += [*SPREAD] * 2 if rank and prod(shape[1:]) > 3 else []
    if prod(shape) < 4:
        names.remove("gn")
    return names


def layer(draw: Draw, shape: Shape) -> tuple[str, str, Shape]:
    """(name, text, shape). What would grow too large, or leave nothing, is an activation instead."""
    name = draw(st.sampled_from(fitting(shape)))
    text, after = LAYERS[name](draw, shape)
    if prod(after) > LARGEST or min(after) < 1:
        return "relu", "relu", shape
    return name, text, after
