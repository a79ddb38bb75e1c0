"""What grammar/layers.md says of each layer: its class's docstring, its arguments, an example and its picture."""

import inspect
import re

from archc.backends.diagram.draw import DrawOptions
from archc.backends.diagram.picture import graph_picture
from archc.backends.diagram.place import BoxOptions
from archc.backends.diagram.svg import svg
from archc.backends.diagram.theme import LIGHT
from archc.elaborate.fields import written_name
from archc.graph import Graph
from archc.ops import OPS, Op
from archc.ops.source_text import value_text
from archc.program import compile_text

GROUPS = {
    "conv": "Convolutions",
    "fc": "Fully connected, attention",
    "pool": "Pools",
    "norm": "Norms",
    "activation": "Activations",
    "join": "Joins",
    "shape": "Shapes",
    "other": "Regularisation, constants and others",
}

EXAMPLES = {
    "conv": "conv 3x3/2, 8, pad=1                          => 8x8x8",
    "dwconv": "dwconv 3x3, pad=1                           => 16x16x4",
    "tconv": "tconv 2x2/2, 2                               => 32x32x2",
    "fc": "fc 10                                           => 10",
    "rbf": "flatten -> fc 84 -> rbf 10                     => 10",
    "maxpool": "maxpool 3x3/2, pad=1                       => 8x8x4",
    "avgpool": "avgpool global                             => 1x1x4",
    "bn": "conv 3x3, 8, pad=1, bias=no -> bn               => 16x16x8",
    "ln": "ln channels                                     => 16x16x4",
    "gn": "gn 2                                            => 16x16x4",
    "instancenorm": "instancenorm affine=yes               => 16x16x4",
    "lrn": "lrn 5, alpha=5e-4, k=2                         => 16x16x4",
    "relu": "conv 3x3, 8 -> relu                           => 14x14x8",
    "relu6": "dwconv 3x3, pad=1 -> relu6                   => 16x16x4",
    "leaky_relu": "leaky_relu 0.2                          => 16x16x4",
    "prelu": "prelu shared=no                              => 16x16x4",
    "selu": "fc 32 -> selu                                 => 32",
    "gelu": "gelu approximate=tanh                         => 16x16x4",
    "silu": "conv 3x3, 8, pad=1 -> silu                    => 16x16x8",
    "hardsigmoid": "avgpool global -> conv 1x1, 4 -> hardsigmoid => 1x1x4",
    "sigmoid": "fc 1 -> sigmoid                            => 1",
    "tanh": "tanh scale=1.7159, slope=2/3                  => 16x16x4",
    "glu": "conv 1x1, 12 -> glu                            => 16x16x6",
    "maxout": "fc 20 -> maxout 2                           => 10",
    "softmax": "fc 10 -> softmax                           => 10",
    "log_softmax": "fc 10 -> log_softmax                   => 10",
    "attention": "tokens -> attention 2                    => 256x4",
    "dropout": "fc 32 -> dropout 0.5                       => 32",
    "stochastic_depth": "add { | | conv 3x3, 4, pad=1 -> stochastic_depth 0.1 } => 16x16x4",
    "flatten": "flatten                                    => 1024",
    "reshape": "reshape 8x8x16                             => 8x8x16",
    "permute": "permute [0, 2, 1]                          => 16x16x4",
    "pixel_shuffle": "pixel_shuffle 2                      => 32x32x1",
    "channel_shuffle": "channel_shuffle 2                  => 16x16x4",
    "slice": "slice 0, 3                                   => 16x16x3",
    "split": "split 2, 1                                   => 16x16x2",
    "upsample": "upsample 2, mode=bilinear                 => 32x32x4",
    "crop": "crop 12                                       => 12x12x4",
    "pad": "pad 2, mode=reflect                            => 20x20x4",
    "pad_channels": "pad_channels (2, 2)                   => 16x16x8",
    "tokens": "tokens                                      => 256x4",
    "class_token": "tokens -> class_token                  => 257x4",
    "position": "tokens -> position                        => 256x4",
    "rescale": "rescale 1/255                              => 16x16x4",
    "layer_scale": "add { | | conv 3x3, 4, pad=1 -> layer_scale } => 16x16x4",
    "kernel": "kernel sharpen                              => 16x16x4",
    "add": "add { | conv 3x3, 4, pad=1 | }                 => 16x16x4",
    "concat": "concat { | conv 1x1, 8 | maxpool 3x3/1, pad=1 } => 16x16x12",
    "mul": "mul { | | avgpool global -> conv 1x1, 4 -> sigmoid } => 16x16x4",
    "max": "max { | conv 1x1, 8 | conv 3x3, 8, pad=1 }     => 16x16x8",
    "mean": "mean { | conv 1x1, 8 | conv 3x3, 8, pad=1 }   => 16x16x8",
    "matmul": "k: tokens\nmatmul { | @k -> permute [1, 0] | @k }       => 256x256",
}  # fmt: skip
"""A part of a net for a layer, where it is more than its name; 16x16x4 flows in."""


def argument(op: type[Op], field: str) -> str:
    """`kernel` must be given, `stride=1` need not, `[to]` has no default and may be left out."""
    info = op.fields[field]
    name = written_name(op, field)
    if info.required:
        return name
    return f"[{name}]" if info.default is None else f"{name}={value_text(info.default, field)}"


def arguments(op: type[Op]) -> tuple[str, str]:
    """Those that may be given without a name, in their order, and those that need it."""
    named = [field for field in op.fields if field not in op.positional]
    unnamed, by_name = (", ".join(argument(op, field) for field in fields) for fields in (op.positional, named))
    return unnamed, by_name


def example(name: str) -> str:
    return re.sub(r" +=>", "   =>", EXAMPLES.get(name, f"{name} => 16x16x4"))


def graph(name: str) -> Graph:
    """The example as a net."""
    (net,) = compile_text(f"net {name} {{\ninput 16x16x4\n{example(name)}\n}}").nets
    assert net.graph is not None
    return net.graph


def picture(name: str) -> str:
    """The example drawn, as SVG."""
    choice = DrawOptions(title=name, boxes=BoxOptions(shapes="all"))
    return svg(graph_picture(graph(name), choice, down=False, legend=False)[1], LIGHT)


def parts(text: str) -> tuple[str, str, list[str], str]:
    """A docstring as what is done, its formulas, the other paragraphs, and its source."""
    text, _, source = inspect.cleandoc(text).partition("Source: ")
    if is_one(text):
        text = re.sub(r"\.\s+(?=\d)", ".\n\n", text, count=1)
    about, _, rest = text.partition("\n\n")
    paragraphs = [part for part in re.split(r"\n\s*\n", rest) if part.strip()]
    formulas = [part for part in paragraphs if part.startswith(("(C", "(n", "(b", "    "))]
    prose = [sentence(part.strip()) for part in paragraphs if part not in formulas]
    return about.strip(), "\n".join(map(inspect.cleandoc, formulas)), prose, " ".join(source.split())


def is_one(text: str) -> bool:
    """A docstring of one line, whose costs follow what is done."""
    return re.search(r"\d flops? a value", text.split("\n", maxsplit=1)[0]) is not None


def sentence(text: str) -> str:
    """It begins with a capital letter; tensors are named by what they are."""
    if text.startswith(("weight", "in_proj_weight")):
        return f"Tensors: {text}"
    return text if text.startswith("`") else text[0].upper() + text[1:]


def section(op: type[Op]) -> str:
    about, formulas, prose, source = parts(op.__doc__ or "")
    unnamed, named = arguments(op)
    lines = [f"### {op.name}", f"```text\n{about}\n```" if about.startswith("y") else about]
    lines += [f"```text\n{formulas}\n```"] if formulas else []
    lines += [f"Arguments, in this order: `{unnamed}`." + (f" By name: `{named}`." if named else "")] if unnamed else []
    lines += [f"Arguments, by name: `{named}`."] if named and not unnamed else []
    lines += prose
    lines += [f"```arch body\n{example(op.name)}\n```", f"![{op.name}](pictures/{op.name}.svg)"]
    lines += [f"Source: {source}"] if source else []
    return "\n\n".join(lines)


def listed() -> str:
    """All layers: the index, then a section for each, in groups."""
    ops = [op for name, op in OPS.items() if name != "input"]
    groups = {category: [op for op in ops if op.category == category] for category in GROUPS}
    links = {key: " ".join(f"[{op.name}](#{op.name})" for op in groups[key]) for key in GROUPS}
    index = [f"| {title} | {links[key]} |" for key, title in GROUPS.items()]
    text = "\n".join(["| | |", "|---|---|", *index, ""])
    for key, title in GROUPS.items():
        text += f"\n## {title}\n\n" + "\n\n".join(section(op) for op in groups[key]) + "\n"
    return text
