"""`words` writes a layer as source; what it wrote names the fields that make an equal layer."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.ops import OPS, Op, symbols


def value(text: str, symbols: frozenset[str]) -> object:
    """A value as the language reads it: a small reader of what `words` may write."""
    text = text.strip()
    if text in ("yes", "no"):
        return text == "yes"
    if text in symbols:
        return text
    if text[0] == "[":
        rows = [[value(item, symbols) for item in row.split(",")] for row in text[1:-1].split(";")]
        return rows if len(rows) > 1 else rows[0]
    if text[0] == "(":
        return tuple(value(item, symbols) for item in text[1:-1].split(","))
    if "x" in text:
        return tuple(int(size) for size in text.split("x"))
    return ast.literal_eval(text)


def split(text: str) -> list[str]:
    """Arguments at the commas outside brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def read(text: str) -> Op:
    name, _, rest = text.partition(" ")
    made = OPS[name]
    fields: dict[str, object] = {}
    names = list(made.positional)
    for part in split(rest):
        keyword, equals, given_value = part.partition("=")
        if equals:
            fields[keyword] = value(given_value, made.symbols)
            continue
        window, _, stride = part.partition("/")
        if stride:
            fields["stride"] = value(stride, made.symbols)
        fields[names.pop(0)] = value(window, made.symbols)
    if name == "input":
        shape = fields["shape"]
        assert isinstance(shape, int | tuple)
        fields["shape"] = shape if isinstance(shape, int) else (shape[-1], *shape[:-1])
    return made.of(fields)


SAMPLES: list[tuple[str, dict[str, object]]] = [
    ("conv 3x3/2, 64, pad=1, bias=no", {"kernel": (3, 3), "channels": 64, "stride": 2, "pad": 1, "bias": False}),
    ("conv 3x3, 64", {"kernel": (3, 3), "channels": 64}),
    ("conv 3, 64, stride=2", {"kernel": 3, "channels": 64, "stride": 2}),
    ("conv 3x3, 8, stride=2x1", {"kernel": (3, 3), "channels": 8, "stride": (2, 1)}),
    ("conv 1x1, 8, pad=same, groups=2", {"kernel": (1, 1), "channels": 8, "pad": "same", "groups": 2}),
    ("conv 5x5, 2, pad=(1, 1, 2, 2)", {"kernel": (5, 5), "channels": 2, "pad": (1, 1, 2, 2)}),
    ("conv 5x5, 2, connections=[0, 1; 1, 2]", {"kernel": (5, 5), "channels": 2, "connections": [[0, 1], [1, 2]]}),
    ("conv 5x5, 1, connections=[0, 1]", {"kernel": (5, 5), "channels": 1, "connections": [0, 1]}),
    ("dwconv 3x3, pad=half, multiplier=2", {"kernel": (3, 3), "pad": "half", "multiplier": 2}),
    ("tconv 2x2/2, 64, output_padding=1", {"kernel": (2, 2), "channels": 64, "stride": 2, "output_padding": 1}),
    ("fc 10", {"units": 10}),
    ("fc 10, bias=no, in_features=400", {"units": 10, "bias": False, "in_features": 400}),
    ("rbf 10", {"classes": 10}),
    ("maxpool 2x2/2", {"kernel": (2, 2)}),
    ("maxpool 2x2/2", {"kernel": (2, 2), "stride": (2, 2)}),
    ("maxpool 3x3/2, pad=1, ceil=yes", {"kernel": (3, 3), "stride": 2, "pad": 1, "ceil": True}),
    ("maxpool 3x2", {"kernel": (3, 2)}),
    ("maxpool 3x2/1", {"kernel": (3, 2), "stride": (1, 1)}),
    ("maxpool 2", {"kernel": 2}),
    ("maxpool 3, stride=2", {"kernel": 3, "stride": 2}),
    ("avgpool global", {"kernel": "global"}),
    ("avgpool to=7x7", {"to": (7, 7)}),
    ("bn", {}),
    ("bn eps=0.001, momentum=0.01", {"eps": 1e-3, "momentum": 0.01}),
    ("bn eps=1e-06", {"eps": 1e-6}),
    ("ln channels, eps=1e-06", {"over": "channels", "eps": 1e-6}),
    ("gn 32", {"groups": 32}),
    ("lrn", {}),
    ("lrn 5, alpha=0.0005, k=2", {"size": 5, "alpha": 5e-4, "k": 2}),
    ("leaky_relu 0.2", {"slope": 0.2}),
    ("gelu approximate=tanh", {"approximate": "tanh"}),
    ("tanh scale=1.7159, slope=0.6666666666666666", {"scale": 1.7159, "slope": 2 / 3}),
    ("dropout", {"p": 0.5}),
    ("dropout 0.3, spatial=yes", {"p": 0.3, "spatial": True}),
    ("reshape 7x7x64", {"dims": (7, 7, 64)}),
    ("permute [0, 2, 1]", {"order": [0, 2, 1]}),
    ("upsample 2, mode=bilinear", {"scale": 2, "mode": "bilinear"}),
    ("upsample 1.5", {"scale": 1.5}),
    ("upsample to=56x56", {"to": (56, 56)}),
    ("slice 0, 32", {"start": 0, "stop": 32}),
    ("slice 4, axis=width", {"start": 4, "axis": "width"}),
    ("split 2, 1", {"parts": 2, "index": 1}),
    ("crop 56x56", {"size": (56, 56)}),
    ("pad (1, 1, 2, 2), mode=reflect", {"padding": (1, 1, 2, 2), "mode": "reflect"}),
    ("kernel blur", {"filter": "blur"}),
    ("concat axis=height", {"axis": "height"}),
    ("input 224x224x3", {"shape": (3, 224, 224)}),
]


@pytest.mark.parametrize(("text", "fields"), SAMPLES)
def test_words(text: str, fields: dict[str, object]) -> None:
    name = text.partition(" ")[0]
    made = OPS[name].of(fields)
    written = made.words()
    if text != "lrn 5, alpha=0.0005, k=2":  # a positional field at its default is left out
        assert written == text
    assert read(written) == made
    assert read(text) == made


extents = st.integers(1, 9) | st.tuples(st.integers(1, 9), st.integers(1, 9))
paddings = (
    st.sampled_from(["half", "same", "valid"])
    | st.integers(0, 9)
    | st.lists(st.integers(0, 4), min_size=1, max_size=6).map(tuple)
)
finite = st.floats(1e-300, 1e300)


@given(st.sampled_from(["conv", "dwconv", "maxpool", "avgpool"]), extents, st.none() | extents, paddings, st.booleans())
def test_windows_read_back(name: str, kernel: object, stride: object, pad: object, flag: bool) -> None:
    fields: dict[str, object] = {"kernel": kernel, "pad": pad}
    if stride is not None:
        fields["stride"] = stride
    if name == "conv":
        fields |= {"channels": 3, "bias": flag}
    elif name != "dwconv":
        fields["ceil"] = flag
    made = OPS[name].of(fields)
    assert read(made.words()) == made


@given(finite, finite, finite)
def test_every_float_reads_back_exactly(a: float, b: float, c: float) -> None:
    made = OPS["lrn"].of({"alpha": a, "beta": b, "k": c})
    assert read(made.words()) == made


def test_every_layer_stands_under_its_own_name() -> None:
    assert {name: made.name for name, made in OPS.items()} == {name: name for name in OPS}
    assert len(set(OPS.values())) == len(OPS)


def test_positional_fields_and_aliases_exist() -> None:
    for made in OPS.values():
        assert set(made.positional) <= set(made.fields)
        aliases = [info.alias or field for field, info in made.fields.items()]
        assert len(set(aliases)) == len(aliases)
        assert made.__doc__
        assert made.symbols <= symbols()
