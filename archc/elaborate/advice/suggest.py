"""Near names: those of other tools, and the closest spellings."""

from collections.abc import Iterable

from archc.diagnostics import Edit, Fix, Span

# What other tools call the layers that archc has.
ELSEWHERE = {
    "avgpooling": "avgpool",
    "averagepool": "avgpool",
    "averagepooling": "avgpool",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "batch_norm": "bn",
    "convolution": "conv",
    "convtranspose": "tconv",
    "conv_transpose": "tconv",
    "deconv": "tconv",
    "deconvolution": "tconv",
    "dense": "fc",
    "depthwise": "dwconv",
    "depthwiseconv": "dwconv",
    "dropout2d": "dropout",
    "elementwise": "add",
    "fully_connected": "fc",
    "fullyconnected": "fc",
    "globalavgpool": "avgpool",
    "globalaveragepooling": "avgpool",
    "gap": "avgpool",
    "groupnorm": "gn",
    "group_norm": "gn",
    "hard_swish": "hardswish",
    "hswish": "hardswish",
    "innerproduct": "fc",
    "instance_norm": "instancenorm",
    "layernorm": "ln",
    "layer_norm": "ln",
    "leakyrelu": "leaky_relu",
    "linear": "fc",
    "localresponsenorm": "lrn",
    "logsoftmax": "log_softmax",
    "lrelu": "leaky_relu",
    "maxpooling": "maxpool",
    "max_pool": "maxpool",
    "avg_pool": "avgpool",
    "merge": "concat",
    "pixelshuffle": "pixel_shuffle",
    "pool": "maxpool",
    "swish": "silu",
    "upsampling": "upsample",
    "concatenate": "concat",
    "cat": "concat",
    "sum": "add",
    "multiply": "mul",
    "zeropadding": "pad",
    # what they call the figures of a net
    "flop": "flops",
    "gflops": "flops",
    "layers": "depth",
    "mac": "macs",
    "madds": "macs",
    "parameters": "params",
    "weights": "params",
}

# What other tools call the arguments.
ARGUMENTS = {
    "dilation_rate": "dilation",
    "features": "units",
    "filters": "channels",
    "filter_size": "kernel",
    "k": "kernel",
    "keepdim": "global",
    "ksize": "kernel",
    "num_filters": "channels",
    "num_outputs": "channels",
    "out": "channels",
    "output_dim": "units",
    "p": "pad",
    "pads": "pad",
    "pool_size": "kernel",
    "prob": "p",
    "rate": "p",
    "s": "stride",
    "size": "kernel",
    "strides": "stride",
    "sx": "kernel",
    "use_bias": "bias",
}
MAX_CANDIDATES = 2000  # names compared for one mistake
MAX_LENGTH = 64


def nearest(name: str, known: Iterable[str], synonyms: bool = False) -> list[str]:
    """Up to three known names: another tool's name for it, or else the closest spellings."""
    candidates = sorted({other for other in known if len(other) <= MAX_LENGTH})
    plain = name.lower()
    if len(plain) > MAX_LENGTH:
        return []
    if synonyms:
        bare = plain.removesuffix("1d").removesuffix("2d").removesuffix("3d")
        meant = (ELSEWHERE.get(plain), ELSEWHERE.get(bare), bare, ARGUMENTS.get(plain))
        found = [other for other in meant if other in candidates]
        if found:
            return [found[0]]
    most = max(1, len(plain) // 3)
    scored = [(_distance(plain, other.lower(), most), other) for other in candidates[:MAX_CANDIDATES]]
    least = min((score for score, _ in scored), default=most + 1)
    if least <= most:
        return [other for score, other in scored if score == least][:3]
    shortened = [other for other in candidates if len(other) > 2 and plain.startswith(other.lower())]
    return shortened[-1:] or [other for other in candidates if len(plain) > 2 and other.startswith(plain)][:3]


def _distance(one: str, other: str, most: int) -> int:
    """Letters changed, added, left out or swapped with their neighbour; above `most` it is not exact."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def did_you_mean(names: list[str]) -> str | None:
    """`did you mean a, b or c?`"""
    if not names:
        return None
    quoted = [f"`{name}`" for name in names]
    return f"did you mean {' or '.join([', '.join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)}?"


def renames(span: Span, names: list[str], prefix: str = "") -> tuple[Fix, ...]:
    """A fix for each candidate name."""
    return tuple(Fix(f"write `{prefix}{name}`", (Edit(span, prefix + name),)) for name in names)
