"""Models of Keras 3, whose ONNX files hold maps with the channels last: `KERAS_BACKEND=torch python -m
tests.onnx.foreign.keras_models` writes the files anew; it needs Keras.

trainable: what Keras says of the model. said: what the source has in it.
"""

import importlib
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import Any, NamedTuple


class Written(NamedTuple):
    make: Callable[[Any], Any]
    shape: tuple[int, ...]
    trainable: int
    said: str


def _plain(k: Any) -> Any:
    return _chain(
        k,
        (12, 12, 1),
        k.Conv2D(8, 3, activation="relu"),
        k.MaxPooling2D(),
        k.Flatten(),
        k.Dense(10, activation="softmax"),
    )


def _two(k: Any) -> Any:
    x = k.Input((8, 8, 3))
    y = k.Conv2D(4, 3, padding="same", activation="relu")(x)
    return k.Model(x, [k.Conv2D(5, 1)(y), k.Conv2D(2, 3, padding="same")(y)])


def _residual(k: Any) -> Any:
    x = k.Input((16, 16, 3))
    y = k.BatchNormalization()(k.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(k.Rescaling(1 / 255)(x)))
    y = k.Activation("relu")(k.Add()([y, k.Conv2D(8, 3, padding="same")(k.ReLU()(y))]))
    return k.Model(x, k.Dense(5, activation="softmax")(k.GlobalAveragePooling2D()(y)))


def _gated(k: Any) -> Any:
    x = k.Input((8, 8, 3))
    y = k.Conv2D(8, 3, padding="same", activation="swish")(x)
    gate = k.Conv2D(2, 1, activation="relu")(k.GlobalAveragePooling2D(keepdims=True)(y))
    y = k.Multiply()([y, k.Conv2D(8, 1, activation="sigmoid")(gate)])
    return k.Model(x, k.Dense(5)(k.Flatten()(k.MaxPooling2D()(y))))


def _normalised(k: Any) -> Any:
    known = k.Normalization(mean=[0.4, 0.5, 0.6], variance=[0.04, 0.05, 0.06])
    return _chain(k, (8, 8, 3), known, k.Conv2D(4, 3), k.LeakyReLU(), k.GlobalMaxPooling2D(), k.Dense(3))


def _unet(k: Any) -> Any:
    x = k.Input((8, 8, 3))
    y = k.Conv2D(4, 3, padding="same", activation="relu")(x)
    z = k.Conv2D(8, 3, padding="same", activation="relu")(k.MaxPooling2D()(y))
    z = k.Concatenate()([k.UpSampling2D()(z), y, k.Conv2DTranspose(4, 2, strides=2)(z)])
    return k.Model(x, k.Conv2D(1, 1, activation="sigmoid")(z))


def _signal(k: Any) -> Any:
    first = k.Conv1D(8, 3, padding="same", activation="relu")
    return _chain(k, (32, 4), first, k.MaxPooling1D(), k.Conv1D(4, 3), k.GlobalAveragePooling1D(), k.Dense(2))


def _drawn(k: Any) -> Any:
    widened = k.Conv2DTranspose(3, 4, strides=2, padding="same")
    return _chain(k, (10,), k.Dense(4 * 4 * 8, activation="relu"), k.Reshape((4, 4, 8)), widened)


def _chain(k: Any, shape: tuple[int, ...], *layers: Any) -> Any:
    return k.Sequential([k.Input(shape), *layers])


KERAS: Mapping[str, Written] = {
    "plain": Written(_plain, (12, 12, 1), 80 + 2010, "12x12x1\n  conv 3x3, 8 -> relu\n  maxpool 2x2/2\n  flatten\n"),
    "two": Written(_two, (8, 8, 3), 112 + 25 + 74, "@v2 -> conv 1x1, 5\n  output "),
    "residual": Written(_residual, (16, 16, 3), 216 + 16 + 584 + 45, "input 16x16x3\n  rescale 0.003921569\n"),
    "gated": Written(_gated, (8, 8, 3), 224 + 18 + 24 + 645, "avgpool global -> conv 1x1, 2 -> relu -> conv 1x1, 8"),
    "normalised": Written(_normalised, (8, 8, 3), 112 + 15, "input 8x8x3\n  rescale (5, "),
    "unet": Written(_unet, (8, 8, 3), 112 + 296 + 132 + 17, "upsample 2\n"),
    "signal": Written(_signal, (32, 4), 104 + 100 + 10, "input 32x4\n  conv 3, 8, pad=1 -> relu\n  maxpool 2\n"),
    "drawn": Written(_drawn, (10,), 1408 + 387, "reshape 4x8x4\n  permute [2, 0, 1]\n  tconv 4x4/2, 3"),
}  # fmt: skip


def write(name: str, path: Path) -> Any:
    """The file, and the model of which it is: with weights of every size."""
    import numpy as np  # noqa: PLC0415

    keras = importlib.import_module("keras")  # a big package, which only who writes the files has

    class Layers:
        def __getattr__(self, of: str) -> Any:
            return getattr(keras if hasattr(keras, of) and of in ("Input", "Model", "Sequential") else keras.layers, of)

    keras.utils.set_random_seed(0)
    written = KERAS[name]
    model = written.make(Layers())
    model(np.zeros((2, *written.shape), np.float32))
    random = np.random.default_rng(0)
    for weight in model.variables:
        if "kernel" not in weight.path and "seed" not in weight.path:
            weight.assign(random.uniform(0.3, 1.2, weight.shape))
    model.export(path, format="onnx", verbose=False)
    return model


def trainable(model: Any) -> int:
    return sum(prod(weight.shape) for weight in model.trainable_variables)


if __name__ == "__main__":
    for _name in KERAS:
        _model = write(_name, Path(__file__).parent / f"keras_{_name}.onnx")
        print(_name, trainable(_model))
