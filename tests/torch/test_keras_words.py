"""What is proposed for a layer written as Keras writes it computes what that layer computes.

The oracle is Keras, where it is installed (`pip install keras`, on PyTorch): both get the same weights and the same
values, Keras with the channels last. What Keras gave is kept in keras_words.json, and held in every run.
ARCHC_UPDATE=1 with `-m nightly` writes it anew.
"""

import inspect
import json
import os
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import archc
from archc.diagnostics import Diagnostic, apply_edits
from archc.frameworks.calls import signature
from archc.frameworks.keras import KERAS

FACTS = Path(__file__).with_name("keras_words.json")
SHAPES = {0: (12,), 1: (4, 11), 2: (4, 9, 8), 3: (4, 5, 6, 7)}
EVEN = {0: (8,), 1: (8, 8), 2: (8, 8, 8), 3: (6, 6, 6, 6)}  # in which one axis passes for another
SEEDS, KEPT = 60, 6  # calls of each layer that are tried with Keras, and those whose results are kept
SAMPLED = 5  # values of each output that are kept

ACTIVATIONS = (
    *('"relu"', "None", '"linear"', '"softmax"', '"swish"', '"gelu"', '"tanh"', '"elu"', '"selu"', '"hard_sigmoid"'),
    *('"leaky_relu"', '"hard_silu"', '"mish"', '"softplus"', '"sigmoid"', '"relu6"', '"log_softmax"', '"softsign"'),
)
WINDOW = {
    "strides": ("1", "2", "(2,1,2)"),
    "padding": ('"valid"', '"same"'),
    "dilation_rate": ("1", "2"),
    "activation": ACTIVATIONS,
    "use_bias": ("True", "False"),
}
POOL = {"strides": ("None", "1", "2", "(2,1,2)"), "padding": ('"valid"', '"same"')}
NORM = {"axis": ("-1", "1", "2"), "epsilon": ("0.001", "1e-5"), "center": ("True", "False"), "scale": ("True", "False")}
KERNEL = ("3", "2", "(3,2,4)", "1")
CALLS: dict[str, dict[str, tuple[str, ...]]] = {
    "Conv$nD": {"filters": ("6", "8"), "kernel_size": KERNEL, **WINDOW, "groups": ("1", "2")},
    "DepthwiseConv$nD": {"kernel_size": KERNEL, **WINDOW, "depth_multiplier": ("1", "2")},
    "SeparableConv$nD": {"filters": ("6",), "kernel_size": KERNEL, **WINDOW, "depth_multiplier": ("1", "2")},
    "Conv$nDTranspose": {"filters": ("6", "8"), "kernel_size": (*KERNEL, "4"), **WINDOW},
    "Dense": {"units": ("5", "7"), "activation": ACTIVATIONS, "use_bias": ("True", "False")},
    "MaxPooling$nD": {"pool_size": ("2", "3", "(3,2,2)"), **POOL},
    "AveragePooling$nD": {"pool_size": ("2", "3", "(3,2,2)"), **POOL, "padding": ('"valid"',)},
    "GlobalAveragePooling$nD": {"keepdims": ("False", "True")},
    "GlobalMaxPooling$nD": {"keepdims": ("False", "True")},
    "AdaptiveAveragePooling$nD": {"output_size": ("2", "1", "(3,2,1)")},
    "BatchNormalization": {"axis": ("-1", "1", "3"), "momentum": ("0.99", "0.9"), **NORM},
    "LayerNormalization": {**NORM, "axis": ("-1", "1", "(1,2)", "(1,2,3)")},
    "GroupNormalization": {"groups": ("2", "4", "-1", "32"), **NORM},
    "Dropout": {"rate": ("0.5", "0.2")},
    "SpatialDropout$nD": {"rate": ("0.5", "0.2")},
    "Activation": {"activation": ACTIVATIONS},
    "ReLU": {"max_value": ("None", "6.0", "1.0"), "negative_slope": ("0.0", "0.1"), "threshold": ("0.0", "1.0")},
    "LeakyReLU": {"negative_slope": ("0.3", "0.2")},
    "ELU": {"alpha": ("1.0", "0.5")},
    "PReLU": {"shared_axes": ("[1, 2]", "None", "[1]", "[1, 2, 3]"), "alpha_initializer": ('"zeros"', '"ones"')},
    "Softmax": {"axis": ("-1", "1", "3", "2")},
    "Identity": {},
    "Flatten": {},
    "Reshape": {"target_shape": ("(3,4)", "(-1,)", "(2,-1)", "(8,9,4)", "(2,2,11)", "(6,2)")},
    "Permute": {"dims": ("(1,2)", "(2,1)", "(2,1,3)", "(3,1,2)", "(1,)", "(2,4,1,3)")},
    "ZeroPadding$nD": {"padding": ("1", "(1,2,0)", "((1,0),(2,1),(0,3))", "(1,0)")},
    "Cropping$nD": {"cropping": ("1", "(1,2,1)", "((1,0),(2,1),(0,3))", "((1,2),(0,1),(1,1))")},
    "UpSampling$nD": {"size": ("2", "(2,3,1)"), "interpolation": ('"nearest"', '"bilinear"', '"bicubic"')},
}
REQUIRED = {"filters", "units", "kernel_size", "pool_size", "rate", "activation", "target_shape", "dims", "output_size"}
REQUIRED |= {"cropping"}
ONE_EACH = {"kernel_size", "strides", "pool_size", "padding", "cropping", "size", "output_size", "dilation_rate"}


def drawn(name: str, seed: int) -> tuple[str, tuple[int, ...]]:
    """A call with settings at random, by name or by place, and the shape of what flows in."""
    drawing = random.Random(f"{name} {seed}")
    rank = drawing.choice((1, 2, 2, 3)) if "$n" in name else drawing.choice((0, 1, 2, 2, 3))
    arguments, named = [], False
    for setting, texts in CALLS[name].items():
        if (setting not in REQUIRED or (setting == "activation" and len(CALLS[name]) > 1)) and drawing.random() < 0.5:
            named = True
            continue
        named = named or drawing.random() < 0.2 or setting not in ("filters", "kernel_size", "units", "pool_size")
        text = texts[0] if drawing.random() < 0.4 else drawing.choice(texts)
        if text.startswith("(") and setting in ONE_EACH:
            sides = eval(text)[:rank]
            text = str(sides if len(sides) > 1 else sides[0])
        arguments.append(f"{setting}={text}" if named else text)
    return f"{name.replace('$n', str(rank))}({', '.join(arguments)})", (EVEN if seed % 4 == 3 else SHAPES)[rank]


def told(call: str, shape: tuple[int, ...]) -> tuple[str, tuple[Diagnostic, ...]]:
    """A source with the call, and what archc says of it."""
    source = f"net n {{\n  input {'x'.join(map(str, (*shape[1:], shape[0])))}\n  {call}\n}}\n"
    with pytest.raises(archc.ArchError) as raised:
        archc.parse(source)
    return source, raised.value.diagnostics


def proposed(call: str, shape: tuple[int, ...]) -> str | None:
    """The source with what is proposed as Keras's; None where nothing is."""
    source, (diagnostic,) = told(call, shape)
    for sentence in (diagnostic.help or "").split("; "):
        whose, _, here = sentence.partition("` is `")
        if "Keras's" in whose and here:
            (fix,) = [fix for fix in diagnostic.fixes if fix.edits[0].text == here.removesuffix("`")]
            return apply_edits(source, fix.edits)
    return None


# ---- the same weights and values on both sides


def values(shape: tuple[int, ...]) -> np.ndarray:
    """What flows in: (2, channels, sizes…)."""
    return 2 * np.random.RandomState(1).randn(2, *shape).astype(np.float32)


def weights(named: list[list[Any]]) -> list[np.ndarray]:
    """Weights for Keras's names and shapes; a variance is positive."""
    made = []
    for index, (name, shape) in enumerate(named):
        array = 0.5 * np.random.RandomState(100 + index).randn(*shape).astype(np.float32)
        made.append(np.abs(array) + 0.5 if "variance" in name else array)
    return made


def ours(call: str, named: list[list[Any]], tensors: Iterator[tuple[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Keras's weights as archc's: the channels first."""
    state = {}
    theirs = zip(named, weights(named), strict=True)
    for key, tensor in tensors:
        if key.endswith("num_batches_tracked"):
            state[key] = tensor
            continue
        (name, _), array = next(theirs)
        made = torch.from_numpy(array)
        sizes = tuple(range(made.ndim - 2))
        if made.ndim > 2 and ("depthwise" in name or call.startswith("Depthwise")):
            made = made.permute(-2, -1, *sizes)
        elif (made.ndim > 2 and "Transpose" in call) or (made.ndim > 1 and "kernel" in name):
            made = made.permute(-1, -2, *sizes)
        if "Transpose" in call and made.ndim > 2:
            made = torch.from_numpy(array).permute(-1, -2, *sizes)
        state[key] = made.reshape(tensor.shape)
    assert next(theirs, None) is None
    return state


def computed(source: str, call: str, shape: tuple[int, ...], named: list[list[Any]]) -> np.ndarray:
    """What archc's module gives, the channels last."""
    module = archc.parse(source).torch(seed=0).eval()
    module.load_state_dict(ours(call, named, iter(module.state_dict().items())))
    y = module(torch.from_numpy(values(shape))).detach().numpy()
    return np.moveaxis(y, 1, -1)


def sampled(y: np.ndarray) -> list[float]:
    """A few values of an output, from all over it."""
    flat = y.reshape(-1)
    return [float(f"{flat[i]:.7g}") for i in np.linspace(0, flat.size - 1, SAMPLED).astype(int)]


# ---- with Keras


@cache
def keras() -> Any:
    """Keras, on PyTorch."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    return pytest.importorskip("keras", reason="needs Keras: pip install keras")


def by_keras(call: str, shape: tuple[int, ...]) -> tuple[list[list[Any]], np.ndarray] | None:
    """The names and shapes of Keras's weights, and what it gives; None where it takes no such call."""
    layers = keras().layers
    x = np.moveaxis(values(shape), 1, -1)
    try:
        layer = eval(f"layers.{call}", {"layers": layers})
        layer(x)
        named = [[weight.path.rpartition("/")[2], list(weight.shape)] for weight in layer.weights]
        named = [entry for entry in named if "seed_generator" not in entry[0]]
        if layer.weights and named:
            layer.set_weights(weights(named))
        return named, keras().ops.convert_to_numpy(layer(x, training=False) if takes_training(layer) else layer(x))
    except (ValueError, TypeError, AttributeError, RuntimeError, NotImplementedError, IndexError):
        return None


def takes_training(layer: Any) -> bool:
    """Whether a layer asks if it is being trained."""
    return bool(layer._call_has_training_arg)


# Keras 2 has a default that Keras 3 has not, and a word for what Keras 3 has as an object.
OLDER = {"pool_size": 2, "alpha_initializer": "zeros"}


@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name, told in KERAS.parameters.items() if told is not None])
def test_the_signature_is_kerass(name: str) -> None:
    """Ours come first, and the rest changes no value or is refused as an argument that is not known."""
    theirs = list(inspect.signature(getattr(keras().layers, name)).parameters.values())
    found = signature(KERAS.parameters[name] or "").parameters.values()
    places = [one for one in found if one.kind == one.POSITIONAL_OR_KEYWORD]
    assert [one.name for one in places] == [one.name for one in theirs[: len(places)]]
    assert {one.name for one in found} <= {one.name for one in theirs}
    for mine, one in zip(places, theirs, strict=False):
        if one.default != mine.default and mine.default != OLDER.get(mine.name):
            assert set(np.ravel(one.default)) == {mine.default}  # (2, 2) is 2


@pytest.mark.nightly
def test_absent_layers_are_kerass() -> None:
    layers = vars(keras().layers)
    assert [name for name, told in KERAS.parameters.items() if told is None and name not in layers] == []


@pytest.mark.nightly
@pytest.mark.parametrize("name", CALLS)
def test_keras_computes_what_is_proposed(name: str) -> None:
    held = 0
    kept: list[dict[str, Any]] = []
    for seed in range(SEEDS):
        call, shape = drawn(name, seed)
        theirs, source = by_keras(call, shape), proposed(call, shape)
        if source is None:
            continue
        assert theirs is not None, f"Keras refuses {call} on {shape}, and archc proposes\n{source}"
        named, y = theirs
        found = computed(source, call, shape, named)
        np.testing.assert_allclose(found, y, rtol=1e-4, atol=2e-5, err_msg=f"{call} on {shape}\n{source}")
        held += 1
        if len(kept) < KEPT and call not in {fact["call"] for fact in kept}:
            kept.append({"call": call, "shape": shape, "weights": named, "output": y.shape[1:], "values": sampled(y)})
    assert held
    if os.environ.get("ARCHC_UPDATE"):
        facts = json.loads(FACTS.read_text(encoding="utf-8")) if FACTS.exists() else {}
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in {**facts, name: kept}.items())
        FACTS.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


# ---- with what Keras gave


def facts() -> list[dict[str, Any]]:
    """Each call with what Keras gave for it."""
    return [fact for of in json.loads(FACTS.read_text(encoding="utf-8")).values() for fact in of]


def test_what_is_proposed_gives_what_keras_gave() -> None:
    for fact in facts():
        call, shape = fact["call"], tuple(fact["shape"])
        source = proposed(call, shape)
        assert source is not None, call
        y = computed(source, call, shape, fact["weights"])
        assert list(y.shape[1:]) == fact["output"], call
        np.testing.assert_allclose(sampled(y), fact["values"], rtol=1e-4, atol=2e-5, err_msg=f"{call}\n{source}")


def test_a_mean_beside_uneven_padding_is_tensorflows() -> None:
    """It is over what lies inside, as on TensorFlow; Keras on PyTorch counts the edge twice."""
    source = proposed('AveragePooling1D(3, padding="same")', SHAPES[1])
    assert source is not None
    x = np.moveaxis(values(SHAPES[1]), 1, -1)
    means = np.stack([x[:, start : start + 3].mean(axis=1) for start in (0, 3, 6, 9)], axis=1)
    np.testing.assert_allclose(computed(source, "AveragePooling1D", SHAPES[1], []), means, atol=1e-6)


def test_every_layer_has_facts() -> None:
    assert {name for name, kept in json.loads(FACTS.read_text(encoding="utf-8")).items() if kept} == set(CALLS)


# keras.io/examples/vision/mnist_convnet: its summary says 34,826, and these shapes.
MNIST = """\
net mnist {
  input 28x28x1
  Conv2D(32, kernel_size=(3, 3), activation="relu")
  MaxPooling2D(pool_size=(2, 2))
  Conv2D(64, kernel_size=(3, 3), activation="relu")
  MaxPooling2D(pool_size=(2, 2))
  Flatten()
  Dropout(0.5)
  Dense(10, activation="softmax")
}
"""
MNIST_SHAPES = [(26, 26, 32, 320), (13, 13, 32, 0), (11, 11, 64, 18_496), (5, 5, 64, 0), (1600, 0), (10, 16_010)]


def test_the_net_of_the_documentation() -> None:
    with pytest.raises(archc.ArchError) as raised:
        archc.parse(MNIST)
    edits = [edit for diagnostic in raised.value.diagnostics for edit in diagnostic.fixes[0].edits]
    net = archc.parse(apply_edits(MNIST, edits))
    found = [
        (*(shape[1:] + shape[:1]), params)
        for node in net.graph
        if node.op.name in ("conv", "maxpool", "flatten", "fc")
        for shape, params in [(node.shape, sum(t.size for t in node.op.parameters(node.input_shapes)))]
    ]
    assert found == MNIST_SHAPES
    assert net.params == 34_826


@pytest.mark.parametrize(
    ("call", "here"),
    [
        ('Conv2D(64, 3, 2, "same")', "conv 3x3/2, 64, pad=same"),
        ('Conv2D(8, 1, groups=2, activation="swish", name="stem")', "conv 1x1, 8, groups=2 -> silu"),
        ('DepthwiseConv2D(3, padding="same", depth_multiplier=2)', "dwconv 3x3, pad=same, multiplier=2"),
        ("SeparableConv2D(16, 3)", "dwconv 3x3, bias=no -> conv 1x1, 16"),
        ("Conv2DTranspose(8, 4, strides=2)", "tconv 4x4/2, 8"),
        ('Conv2DTranspose(8, 4, strides=2, padding="same")', "tconv 4x4/2, 8, pad=1"),
        ("MaxPooling2D((3, 2), 1)", "maxpool 3x2/1"),
        ('AveragePooling2D(3, 2, "same")', "avgpool 3x3/2, pad=same, count_include_pad=no"),
        ('GlobalAveragePooling2D(name="gap")', "avgpool global -> flatten"),
        ("GlobalMaxPooling2D(keepdims=True)", "maxpool global"),
        ("BatchNormalization(momentum=0.9, epsilon=1e-5)", "bn"),
        ("BatchNormalization()", "bn eps=0.001, momentum=0.01"),
        ("LayerNormalization()", "ln channels, eps=0.001"),
        ("Dense(10)", "conv 1x1, 10"),
        ("ReLU(6.0)", "relu6"),
        ("ReLU(negative_slope=0.1)", "leaky_relu 0.1"),
        ("PReLU(shared_axes=[1, 2])", "prelu shared=no, initial=0"),
        ("Cropping2D(((1, 1), (2, 3)))", "crop 10x7"),
        ('UpSampling2D(2, interpolation="bilinear")', "upsample 2, mode=bilinear"),
        ("ZeroPadding2D(((1, 0), (2, 3)))", "pad (1, 0, 2, 3)"),
        ("Permute((2, 1, 3))", "permute [0, 2, 1]"),
        ("Reshape((6, 24, 8))", "permute [1, 2, 0] -> reshape 24x8x6 -> permute [2, 0, 1]"),
    ],
)
def test_the_words_here(call: str, here: str) -> None:
    source, (diagnostic,) = told(call, (8, 12, 12))
    assert f"Keras's `{call.partition('(')[0]}` is `{here}`" in (diagnostic.help or "")
    assert source.replace(call, here) in [apply_edits(source, fix.edits) for fix in diagnostic.fixes]


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ('Conv2D(64, 3, activation="quick")', 'has `activation="quick"`, which no layer here computes'),
        ("Conv2DTranspose(8, 2, strides=3)", "has a window smaller than its stride"),
        ('Conv2DTranspose(8, 3, strides=2, padding="same")', "cuts off one position more at the end"),
        ("BatchNormalization(axis=1)", "works along axis 1, and the channels are the last"),
        ("BatchNormalization(center=False)", "has a weight or a bias alone"),
        ("ReLU(max_value=1.0)", "is limited as no layer here is"),
        ("PReLU()", "learns a slope for each position"),
        ("Conv1D(8, 3)", "works on 1 size and channels"),
        ("LSTM(64)", "has no equal here"),
        ("GaussianNoise(0.1)", "has no equal here"),
    ],
)
def test_what_has_no_words_is_said_and_not_proposed(call: str, reason: str) -> None:
    _, (diagnostic,) = told(call, (8, 12, 12))
    assert not any("Keras" in fix.message for fix in diagnostic.fixes)
    assert reason in (diagnostic.help or "")


@pytest.mark.parametrize(
    "call", ['Conv2D(64, 3, padding="causal")', "Conv2D(64)", "Conv2D(8, 3, strides=2, dilation_rate=2)"]
)
def test_what_keras_does_not_take_is_not_proposed(call: str) -> None:
    _, (diagnostic,) = told(call, (8, 12, 12))
    assert "Keras" not in (diagnostic.help or "")
