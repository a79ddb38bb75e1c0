"""Whole valid networks as source text, drawn at random: paths, blocks, repetitions, joins, labels, further outputs."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

Shape = tuple[int, ...]  # (C, n…)
Draw = st.DrawFn

PLAIN = (
    "relu",
    "relu6",
    "silu",
    "gelu",
    "tanh",
    "sigmoid",
    "hardswish",
    "elu",
    "leaky_relu",
    "softplus",
    "mish",
    "selu",
)


@dataclass
class Text:
    """What has been written so far, and the values that may be brought back."""

    lines: list[str] = field(default_factory=list)
    labels: dict[str, Shape] = field(default_factory=dict)
    blocks: list[str] = field(default_factory=list)


@st.composite
def networks(draw: Draw, most: int = 12) -> str:
    """A net with 1 to 3 dimensions or none."""
    rank = draw(st.sampled_from([0, 1, 2, 2, 2, 3]))
    channels = draw(st.integers(1, 6))
    shape = (channels, *(draw(st.integers(1, 9)) for _ in range(rank)))
    text = Text()
    sizes = "x".join(map(str, (*shape[1:], channels)))
    if rank == 2:  # in words: 1x5x5 may be a slip, which is not what is tested here
        sizes = f"height={shape[1]}, width={shape[2]}, channels={channels}"
    body, _ = path(draw, shape, draw(st.integers(1, most)), text, depth=2)
    outputs = ""
    further: bool = draw(st.booleans())
    if text.labels and further:
        label = draw(st.sampled_from(sorted(text.labels)))
        only = "(train_only=true)" if draw(st.booleans()) else ""
        outputs = f"\n  output extra{only}: @{label} -> flatten -> fc {draw(st.integers(1, 4))}"
    written = "\n  ".join(body)
    return "\n".join([*text.blocks, f"net random {{\n  input {sizes}\n  {written}{outputs}\n}}\n"])


def path(draw: Draw, shape: Shape, count: int, text: Text, depth: int) -> tuple[list[str], Shape]:
    """Steps, a line each, and the shape that comes out."""
    lines = []
    for _ in range(count):
        line, shape = step(draw, shape, text, depth)
        if depth == 2 and draw(st.integers(0, 4)) == 0:
            label = f"v{len(text.labels)}"
            text.labels[label] = shape
            line = f"{label}: {line}"
        lines.append(line)
    return lines, shape


def step(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    """One step that fits the shape."""
    rank = len(shape) - 1
    kinds = ["plain", "norm", "dropout", "fc"]
    if rank:
        kinds += ["conv", "conv", "conv", "pool", "tconv", "global", "upsample", "pad", "lrn"]
    if rank and shape[0] % 2 == 0:
        kinds += ["gn", "shuffle", "split", "grouped"]
    if depth:
        kinds += ["residual", "branches", "block", "family"] if rank else ["block"]
    return WRITERS[draw(st.sampled_from(kinds))](draw, shape, text, depth)


def window(draw: Draw, shape: Shape) -> tuple[str, Shape, str]:
    """A kernel and stride that fit: (`3x2/2`, output sizes, `, pad=1`)."""
    kernel = [draw(st.integers(1, min(4, n))) for n in shape[1:]]
    stride = draw(st.integers(1, 3))
    padding = draw(st.sampled_from(["", "same", "half"]))
    sizes = tuple(
        -(-n // stride) if padding == "same" else (n + 2 * ((k - 1) // 2 if padding else 0) - k) // stride + 1
        for n, k in zip(shape[1:], kernel, strict=True)
    )
    return f"{'x'.join(map(str, kernel))}/{stride}", sizes, f", pad={padding}" if padding else ""


def plain(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    return draw(st.sampled_from(PLAIN)), shape


def norm(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    return draw(st.sampled_from(["bn", "ln", "scale", "ln channels" if len(shape) > 1 else "bn(affine=no)"])), shape


def dropout(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    return f"dropout 0.{draw(st.integers(0, 9))}", shape


def fc(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    units = draw(st.integers(1, 8))
    return f"fc {units}", (units,)


def conv(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    kernel, sizes, pad = window(draw, shape)
    channels = draw(st.integers(1, 8))
    bias = ", bias=no" if draw(st.booleans()) else ""
    return f"conv {kernel}, {channels}{pad}{bias}", (channels, *sizes)


def grouped(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    kernel, sizes, pad = window(draw, shape)
    if draw(st.booleans()):
        return f"dwconv {kernel}{pad}", (shape[0], *sizes)
    return f"conv {kernel}, 4, groups=2{pad}", (4, *sizes)


def pool(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    kernel, sizes, pad = window(draw, shape)
    return f"{draw(st.sampled_from(['maxpool', 'avgpool']))} {kernel}{pad}", (shape[0], *sizes)


def tconv(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    kernel, stride, channels = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 5))
    word = "x".join([str(kernel)] * (len(shape) - 1))
    return f"tconv {word}/{stride}, {channels}", (channels, *((n - 1) * stride + kernel for n in shape[1:]))


def whole(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    return f"{draw(st.sampled_from(['maxpool', 'avgpool']))} global", (shape[0], *(1 for _ in shape[1:]))


def upsample(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    return "upsample 2", (shape[0], *(2 * n for n in shape[1:]))


def pad(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    return "pad 1", (shape[0], *(n + 2 for n in shape[1:]))


def lrn(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    return f"lrn {draw(st.integers(1, 5))}", shape


def gn(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    return "gn 1" if max(shape[1:]) == 1 else "gn 2", shape


def shuffle(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    return "channel_shuffle 2", shape


def split(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    return f"split 2, {draw(st.integers(0, 1))}", (shape[0] // 2, *shape[1:])


def residual(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    inner, out = path(draw, shape, draw(st.integers(1, 3)), Text(blocks=text.blocks), depth - 1)
    if out != shape:
        word = "x".join(["1"] * (len(shape) - 1))
        inner = [f"conv {word}, {shape[0]}"]
    branch = " -> ".join(inner)
    return draw(st.sampled_from(["add", "mul", "max", "mean"])) + f" {{ | {branch} | }}", shape


def branches(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    word = "x".join(["1"] * (len(shape) - 1))
    widths = [draw(st.integers(1, 4)) for _ in range(draw(st.integers(1, 3)))]
    inner = " ".join(f"| conv {word}, {width} -> {draw(st.sampled_from(PLAIN))}" for width in widths)
    empty = draw(st.booleans())
    return f"concat {{ {inner} {'|' if empty else ''}}}", (sum(widths) + (shape[0] if empty else 0), *shape[1:])


def block(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    """A new block, called once, or a few times where it keeps its shape."""
    place = len(text.blocks)
    text.blocks.append("")
    inner, out = path(draw, shape, draw(st.integers(1, 3)), Text(blocks=text.blocks), depth - 1)
    name = f"block{place}"
    text.blocks[place] = f"block {name} {{\n  " + "\n  ".join(inner) + "\n}"
    times = draw(st.integers(2, 3)) if out == shape and draw(st.booleans()) else 1
    return f"{name} x {times}" if times > 1 else name, out


def family(draw: Draw, shape: Shape, text: Text, depth: int) -> tuple[str, Shape]:
    """A new block with parameters, whose uses differ in widths, strides, kernels, and in what they have at all."""
    rank = len(shape) - 1
    name = f"family{len(text.blocks)}"
    point = "x".join(["1"] * rank)
    gate = f"gate: mul {{ | | avgpool global -> conv {point}, width -> sigmoid }}"
    grow = f"concat {{ | | conv {point}, 2 }}" if draw(st.booleans()) else f"conv {point}, width -> relu"
    body = ["let skips = stride == 1 and in.channels == width"]
    body += [f"conv {point}, width -> bn -> relu" if draw(st.booleans()) else "relu"]
    body += ["conv kernel, width, stride=stride, pad=half", f"if gated {{ {gate} }}"]
    body += [f"repeat layers {{ {grow} }}"] if draw(st.booleans()) else []
    body += ["if skips { add @in }"] if "concat" not in "".join(body) else []
    parameters = "width, kernel, stride=1, gated=no, layers=1"
    text.blocks.append(f"block {name}({parameters}) {{\n  " + "\n  ".join(body) + "\n}")
    steps = []
    for _ in range(draw(st.integers(2, 4))):
        width, stride, layers = draw(st.integers(2, 4)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
        kernel = "x".join([str(draw(st.sampled_from([1, 3])))] * rank)
        gated = draw(st.sampled_from(["yes", "no"]))
        steps.append(f"{name}({width}, {kernel}, {stride}, {gated}, {layers})")
        channels = width + 2 * layers if any("repeat" in part and "concat" in part for part in body) else width
        shape = (channels, *(-(-n // stride) for n in shape[1:]))
    return " -> ".join(steps), shape


WRITERS = {
    **{"plain": plain, "norm": norm, "dropout": dropout, "fc": fc, "conv": conv, "pool": pool, "tconv": tconv},
    **{"global": whole, "upsample": upsample, "pad": pad, "lrn": lrn, "gn": gn, "shuffle": shuffle, "split": split},
    **{"grouped": grouped, "residual": residual, "branches": branches, "block": block, "family": family},
}
