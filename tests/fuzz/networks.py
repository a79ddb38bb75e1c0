"""Whole valid networks as source text, drawn at random: to 60 layers, with all that the language has for them.

Paths, blocks and their parameters, repetitions, loops, choices, constants, joins within joins, labels brought back,
several inputs and outputs, tables; each line may state what comes of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod

from hypothesis import strategies as st

from archc.elaborate.input_sizes import channels_first, written_sizes
from tests.fuzz.layers import LARGEST, Draw, Shape, layer, number, one_of, sizes

DEEPEST = 3
"""Joins, blocks and loops within each other."""
GROWING = 3
"""Products of values in one net: more of them overflow."""
MOST = (3, 10, 25, 60)


@dataclass
class Writer:
    """A net in the making. left: layers that may yet be written, loops unrolled."""

    draw: Draw
    left: int
    blocks: list[str] = field(default_factory=list)
    labels: dict[str, Shape] = field(default_factory=dict)
    growing: int = 0
    names: int = 0

    def fresh(self, word: str) -> str:
        self.names += 1
        return f"{word}{self.names}"


Step = tuple[list[str], Shape]  # lines, and what comes of them


@st.composite
def networks(draw: Draw, most: int = MOST[-1], one_input: bool = False) -> str:
    """A net of 0 to 3 dimensions, of two inputs at times."""
    writer = Writer(draw, draw(st.sampled_from([size for size in MOST if size <= most] or [most])))
    rank = draw(st.sampled_from([0, 1, 2, 2, 2, 3]))
    shape = (number(draw, 1, 6), *(number(draw, 1, (12, 9, 6)[rank - 1]) for _ in range(rank)))
    head = [f"input {written(draw, shape)}"]
    if not one_input and draw(st.integers(0, 9)) == 0:
        other = (number(draw, 1, 4), *shape[1:])
        head = [f"first: input {written(draw, shape)}", f"second: input {written(draw, other)}", "concat @first"]
        shape = (shape[0] + other[0], *shape[1:])
    lines: list[str] = []
    while writer.left > 0:
        made, shape = labelled(writer, *step(writer, shape, DEEPEST))
        lines += made
    parameters = ""
    if draw(st.integers(0, 3)) == 0:
        parameters = f"(classes={number(draw, 1, 5)})"
        lines.append("flatten -> fc classes")
    elif draw(st.booleans()):
        lines.append(f"expect output = {sizes((*shape[1:], shape[0]))}")
    lines += outputs(writer)
    if not parameters and draw(st.integers(0, 7)) == 0 and all("\n" not in line for line in lines):
        return "\n".join([*writer.blocks, *table(head, lines), ""])
    body = "\n".join([*head, *lines])
    return "\n".join([*writer.blocks, f"net random{parameters} {{", body, "}", ""])


def written(draw: Draw, shape: Shape) -> str:
    """An input's sizes: by name where they may be a slip, which is not what is tested here."""
    words = (*shape[1:], shape[0])
    if channels_first(words):
        return written_sizes(words)
    return ("×" if draw(st.integers(0, 9)) == 0 and len(words) > 1 else "x").join(map(str, words))


def table(head: list[str], lines: list[str]) -> list[str]:
    """The same as a table of one variant: a row for each line that is a path by itself."""
    made = ["table random {", *head, "| the net |"]
    for line in lines:
        plain = not line.startswith(("let ", "if ", "for ", "repeat ", "expect ", "output ")) and ":" not in line
        made.append(f"| {line} |" if plain and "=>" not in line and "|" not in line else line)
    return [*made, "}"]


def outputs(writer: Writer) -> list[str]:
    """A further output at times, of training alone or not."""
    if not writer.labels or writer.draw(st.integers(0, 5)):
        return []
    label = writer.draw(st.sampled_from(sorted(writer.labels)))
    only = one_of(writer.draw, "(train_only=true)", "(train_only=yes)", "")
    return [f"output extra{only}: @{label} -> flatten -> fc {number(writer.draw, 1, 4)}"]


def labelled(writer: Writer, lines: list[str], after: Shape) -> Step:
    """A name for what a line gives, and a statement of it, at times."""
    draw = writer.draw
    if len(lines) == 1 and not lines[0].startswith(("if ", "let ")):
        claim = draw(st.integers(0, 3)) == 0
        if claim and not lines[0].startswith(("for ", "repeat ")):
            lines = [f"{lines[0]} => {sizes((*after[1:], after[0]))}"]
        if draw(st.integers(0, 3)) == 0:
            name = writer.fresh("v") + one_of(draw, "", "", ".a")
            lines = [f"{name}: {lines[0]}"]
            writer.labels[name] = after
    return lines, after


def step(writer: Writer, shape: Shape, depth: int) -> Step:
    """One step that fits the shape, in one line or several."""
    kinds = ["layer"] * 8
    if depth and writer.left > 2:
        kinds += ["residual", "branches", "block", "times", "choice", "constant", "chain"]
        kinds += ["gate", "loop", "product"] if len(shape) > 1 else []
        kinds += ["recall"] if depth == DEEPEST and _alike(writer, shape) else []
    return KINDS[writer.draw(st.sampled_from(kinds))](writer, shape, depth)


def path(writer: Writer, shape: Shape, most: int, depth: int) -> Step:
    """A few steps, each on a line of its own."""
    lines: list[str] = []
    for _ in range(number(writer.draw, 1, most)):
        made, shape = step(writer, shape, depth)
        lines += made
    return lines, shape


def plain(writer: Writer, shape: Shape, depth: int) -> Step:
    writer.left -= 1
    _, text, after = layer(writer.draw, shape)
    return [text], after


def chain(writer: Writer, shape: Shape, depth: int) -> Step:
    """Layers on one line."""
    texts = []
    for _ in range(number(writer.draw, 2, 4)):
        (text,), shape = plain(writer, shape, depth)
        texts.append(text)
    return [one_of(writer.draw, " -> ", " →\n    ").join(texts)], shape


def point(shape: Shape, channels: object) -> str:
    """A convolution that changes the channels alone, or on a vector the like."""
    return f"conv {'x'.join('1' * (len(shape) - 1))}, {channels}" if len(shape) > 1 else f"fc {channels}"


def join(name: str, branches: list[list[str]]) -> list[str]:
    inner = "\n".join(f"  | {chr(10).join(branch)}" for branch in branches)
    return [f"{name} {{\n{inner}\n}}"]


def residual(writer: Writer, shape: Shape, depth: int) -> Step:
    """Branches of one shape, joined value by value."""
    draw = writer.draw
    name = one_of(draw, "add", "add", "max", "mean", "mul" if writer.growing < GROWING else "add")
    writer.growing += name == "mul"
    branches: list[list[str]] = [[]]
    for _ in range(number(draw, 1, 2)):
        lines, after = path(writer, shape, 3, depth - 1)
        if after[1:] == shape[1:]:
            lines += [point(shape, shape[0])] if after != shape else []
        else:
            lines = [point(shape, one_of(draw, str(shape[0]), "in.channels" if len(shape) > 1 else "in.features"))]
        branches.insert(number(draw, 0, len(branches)), lines)
        writer.left -= 1
    writer.left -= 1
    return join(name, branches), shape


def branches(writer: Writer, shape: Shape, depth: int) -> Step:
    """Branches of different channels, or widths, side by side."""
    draw = writer.draw
    parts, widths = [], []
    for _ in range(number(draw, 1, 3)):
        lines, after = path(writer, shape, 2, depth - 1)
        if after[1:] != shape[1:]:
            lines, after = [point(shape, 2)], (2, *shape[1:])
        parts.append(lines)
        widths.append(after[0])
        writer.left -= 1
    if len(parts) == 1 or draw(st.booleans()):
        parts.append([])
        widths.append(shape[0])
    along = len(shape) > 1 and set(widths) == {shape[0]} and draw(st.booleans())
    if along and len(widths) * prod(shape) <= LARGEST:
        return join("concat(axis=width)", parts), (*shape[:-1], shape[-1] * len(parts))
    if sum(widths) * prod(shape[1:]) > LARGEST:
        return ["relu"], shape
    return join("concat", parts), (sum(widths), *shape[1:])


def gate(writer: Writer, shape: Shape, depth: int) -> Step:
    """One value a channel beside the map: squeeze and excitation."""
    writer.left -= 4
    name = one_of(writer.draw, "mul", "add")
    squeeze = f"avgpool global -> {point(shape, 2)} -> relu -> {point(shape, shape[0])} -> sigmoid"
    if writer.draw(st.booleans()):
        squeeze += " -> flatten"
    return join(name, [[], [squeeze]]), shape


def product(writer: Writer, shape: Shape, depth: int) -> Step:
    """A matrix by its own transpose."""
    rows = shape[-2]
    if writer.growing >= GROWING or len(shape) > 3 or rows**2 * (shape[0] if len(shape) == 3 else 1) > LARGEST:
        return plain(writer, shape, depth)
    writer.growing += 1
    writer.left -= 3
    turned = "permute [1, 0]" if len(shape) == 2 else "permute [0, 2, 1]"
    scale = one_of(writer.draw, "", "(scale=0.5)")
    return join(f"matmul{scale}", [[], [turned]]), (*shape[:-1], rows)


def block(writer: Writer, shape: Shape, depth: int) -> Step:
    """A new block with a parameter, called once, or a few times where it keeps its shape."""
    draw, name = writer.draw, writer.fresh("block")
    place = len(writer.blocks)
    writer.blocks.append("")
    before = writer.left
    lines, after = path(writer, shape, 3, depth - 1)
    width = number(draw, 1, 6)
    if draw(st.booleans()) and width * prod(after[1:]) <= LARGEST:
        lines.append(point(after, "width"))
        after = (width, *after[1:])
        writer.left -= 1
    default = one_of(draw, f"width={width}", "width=in.channels" if len(shape) > 1 else "width=2", "width")
    body = "\n".join(lines)
    writer.blocks[place] = f"block {name}({default}) {{\n{body}\n}}"
    call = f"{name}({one_of(draw, '', 'width=')}{width})"
    if default == f"width={width}" and draw(st.booleans()):
        call = name
    elif draw(st.integers(0, 5)) == 0:
        call = f"{name}-{width}"
    times = number(draw, 2, 3) if after == shape and draw(st.booleans()) else 1
    writer.left -= (before - writer.left) * (times - 1)
    return [f"{call} x {times}" if times > 1 else call], after


def times(writer: Writer, shape: Shape, depth: int) -> Step:
    """Repetition of what keeps its shape: of a layer, a group, a body."""
    draw = writer.draw
    before = writer.left
    lines, after = path(writer, shape, 2, depth - 1)
    if after != shape or any("\n" in line or line.startswith(("if ", "for ", "repeat ", "let ")) for line in lines):
        return lines, after
    count = number(draw, 2, 3)
    writer.left -= (before - writer.left) * (count - 1)
    if draw(st.booleans()):
        return [f"repeat {count} {{ {' -> '.join(lines)} }}"], shape
    return [f"({' -> '.join(lines)}) x {count}"], shape


def loop(writer: Writer, shape: Shape, depth: int) -> Step:
    """Over channels, or channels and strides."""
    draw = writer.draw
    channels = [number(draw, 1, 6) for _ in range(number(draw, 1, 3))]
    writer.left -= 2 * len(channels)
    if prod(shape[1:]) * max(channels) > LARGEST:
        return ["relu"], shape
    if draw(st.booleans()):
        inner = f"{point(shape, 'c')} -> relu"
        listed = ", ".join(map(str, channels))
        return [f"for c in [{listed}] {{ {inner} }}"], (channels[-1], *shape[1:])
    strides = [number(draw, 1, 2) for _ in channels]
    if len(channels) == 1:
        channels, strides = channels * 2, strides * 2
    rows = "; ".join(f"{c}, {s}" for c, s in zip(channels, strides, strict=True))
    after = shape[1:]
    for stride in strides:
        after = tuple(-(-n // stride) for n in after)
    text = f"conv {'x'.join('3' * (len(shape) - 1))}/s, c, pad=same"
    return [f"for c, s in [{rows}] {{ {text} }}"], (channels[-1], *after)


def choice(writer: Writer, shape: Shape, depth: int) -> Step:
    """An arm that holds and one that does not."""
    draw = writer.draw
    lines, after = path(writer, shape, 2, depth - 1)
    size = "in.channels" if len(shape) > 1 else "in.features"
    body = "\n".join(lines)
    other = point(shape, 99)
    if draw(st.booleans()):
        return [f"if {size} == {shape[0]} {{\n{body}\n}} else {{ {other} }}"], after
    return [f"if not ({size} <= {shape[0]} and yes) {{ {other} }} else {{\n{body}\n}}"], after


def constant(writer: Writer, shape: Shape, depth: int) -> Step:
    """A number by name and by arithmetic."""
    draw, name = writer.draw, writer.fresh("n")
    value = number(draw, 1, 4)
    use, channels = {
        "name": (name, value),
        "double": (f"2*{name}", 2 * value),
        "sum": (f"{name} + {shape[0]}", value + shape[0]),
        "divided": (f"{name} // 2 + 1", value // 2 + 1),
        "least": (f"min({name}, 3)", min(value, 3)),
    }[one_of(draw, "name", "double", "sum", "divided", "least")]
    if channels * prod(shape[1:]) > LARGEST:
        return plain(writer, shape, depth)
    writer.left -= 1
    return [f"let {name} = {value}", point(shape, use)], (channels, *shape[1:])


def recall(writer: Writer, shape: Shape, depth: int) -> Step:
    """A labelled value joined with the current one."""
    draw = writer.draw
    label = draw(st.sampled_from(_alike(writer, shape)))
    known = writer.labels[label]
    writer.left -= 1
    if known == shape and draw(st.booleans()):
        return [one_of(draw, f"add @{label}", f"max @{label}", f"mean {{ | | @{label} }}")], shape
    if (known[0] + shape[0]) * prod(shape[1:]) > LARGEST:
        return ["relu"], shape
    after = (shape[0] + known[0], *shape[1:])
    return [one_of(draw, f"concat @{label}", f"concat {{ | | @{label} -> identity }}")], after


def _alike(writer: Writer, shape: Shape) -> list[str]:
    """The labels of values with these sizes."""
    return [name for name, known in writer.labels.items() if known[1:] == shape[1:]]


KINDS: dict[str, Callable[[Writer, Shape, int], Step]] = {
    **{"layer": plain, "chain": chain, "residual": residual, "branches": branches, "gate": gate, "product": product},
    **{"block": block, "times": times, "loop": loop, "choice": choice, "constant": constant, "recall": recall},
}
