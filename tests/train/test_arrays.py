"""Labelled arrays: which are meant, how their axes lie, and what labels are told as."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import archc as library
from archc.diagnostics import ArchError
from archc.preprocessing import Preprocessing
from archc.serving.evaluate import labelled
from archc.serving.inputs import read_inputs
from archc.serving.predictor import Predictor
from archc.train.augment import middle
from archc.train.data.open_sets import Sets, open_sets
from archc.train.loop import fit
from archc.train.recipe import Data
from archc.train.signals import Stop
from tests.cli.running import archc
from tests.train.helping import recipe, small, training

Array = NDArray[Any]
COUNT = 20


def opened(path: Path, shape: tuple[int, ...], outputs: int = 4, **more: Any) -> Sets:
    return open_sets(Data.model_validate({"name": str(path), "validation": 0, **more}), shape, outputs)


def refused(path: Path, shape: tuple[int, ...], outputs: int = 4, **more: Any) -> str:
    with pytest.raises(ArchError) as caught:
        opened(path, shape, outputs, **more)
    (one,) = caught.value.diagnostics
    return f"{one.message} | {one.help}"


def saved(folder: Path, **arrays: Array) -> Path:
    np.savez(folder / "mine.npz", **arrays)  # type: ignore[arg-type]  # numpy's stubs take them for allow_pickle
    return folder / "mine.npz"


def classes(count: int = COUNT, outputs: int = 4) -> Array:
    return np.arange(count) % outputs


def numbers(*shape: int) -> Array:
    """All different, so that an axis in the wrong place shows."""
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


LAYOUTS: dict[str, tuple[tuple[int, ...], str, tuple[int, ...]]] = {
    # array: (the net's (C, n…), layout, sizes in the layout's order)
    "signals": ((1, 50), "NL", (50,)),
    "signals, channels first": ((3, 50), "NCL", (3, 50)),
    "signals, channels last": ((3, 50), "NLC", (50, 3)),
    "signals, one channel first": ((1, 50), "NCL", (1, 50)),
    "signals, one channel last": ((1, 50), "NLC", (50, 1)),
    "short signals of many channels": ((50, 3), "NLC", (3, 50)),
    "volumes": ((1, 4, 5, 6), "NDHW", (4, 5, 6)),
    "volumes, channels first": ((2, 4, 5, 6), "NCDHW", (2, 4, 5, 6)),
    "volumes, channels last": ((2, 4, 5, 6), "NDHWC", (4, 5, 6, 2)),
    "grey images": ((1, 8, 9), "NHW", (8, 9)),
    "images, channels first": ((3, 8, 9), "NCHW", (3, 8, 9)),
    "images, channels last": ((3, 8, 9), "NHWC", (8, 9, 3)),
    "images of five bands": ((5, 8, 9), "NHWC", (8, 9, 5)),
    "thin images": ((3, 3, 9), "NHWC", (3, 9, 3)),
    "vectors": ((12,), "NC", (12,)),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_layouts_that_fit_in_one_way(case: str, tmp_path: Path) -> None:
    shape, layout, sizes = LAYOUTS[case]
    x = numbers(COUNT, *sizes)
    named = layout if "C" in layout else f"{layout}C"
    wanted = f"NC{layout.replace('N', '').replace('C', '')}"
    expected = np.einsum(f"{named}->{wanted}", x.reshape(*x.shape, *[1] * (len(named) - len(layout))))
    path = saved(tmp_path, x_train=x, y_train=classes(), x_test=x[:5], y_test=classes(5))
    for more in (dict[str, Any](), {"layout": layout}):
        sets = opened(path, shape, **more)
        assert isinstance(sets.train.images, torch.Tensor)
        np.testing.assert_array_equal(sets.train.images.numpy(), expected)
        np.testing.assert_array_equal(sets.test.images[:].numpy(), expected[:5])  # type: ignore[index]
        assert sets.notes == ()


@pytest.mark.parametrize(
    ("shape", "sizes", "candidates"),
    [
        ((6, 6), (6, 6), ("NCL", "NLC")),
        ((4, 4, 4, 4), (4, 4, 4, 4), ("NCDHW", "NDHWC")),
        ((3, 3, 3), (3, 3, 3), ("NCHW", "NHWC")),
        ((3, 8, 8), (3, 9, 3), ("NCHW", "NHWC")),  # to be resized, and either may be the channels
        ((1, 8, 8), (3, 9, 1), ("NCHW", "NHWC")),
    ],
)
def test_layouts_that_fit_in_several_ways_are_asked_for(
    shape: tuple[int, ...], sizes: tuple[int, ...], candidates: tuple[str, str], tmp_path: Path
) -> None:
    x = (numbers(COUNT, *sizes) % 251).astype(np.uint8)
    path = saved(tmp_path, x=x, y=classes())
    told = refused(path, shape)
    assert f"`x` of `mine.npz` is ({COUNT}, {', '.join(map(str, sizes))}), and the net takes" in told
    assert f"that may be {candidates[0]} or {candidates[1]} | " in told
    assert f"say which: --set data.layout={candidates[0]} or --set data.layout={candidates[1]}" in told
    seen = [opened(path, shape, layout=one).train.images for one in candidates]
    assert not torch.equal(*seen)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shape", "sizes", "more", "said"),
    [
        ((2, 50), (50, 3), {}, "and the net takes 50x2: archc reads NCL (N, 2, 50), NLC (N, 50, 2)"),
        ((1, 50), (40,), {}, "archc reads NL (N, 50), NCL (N, 1, 50), NLC (N, 50, 1)"),
        ((64,), (8, 8), {}, "and the net takes 64 | begin the net with the maps, and `flatten`: `input 8x8x1`"),
        ((2, 8, 8), (8, 8, 3), {}, "archc reads NCHW (N, 2, 8, 8), NHWC (N, 8, 8, 2)"),
        ((1, 50), (50,), {"layout": "NHW"}, "laid out as NL, NCL or NLC, and not as `NHW`"),
        ((1, 50), (50,), {"layout": "NCL"}, "of 2 axes, and `NCL` names 3"),
        ((1, 50), (50,), {"fit": "crop"}, "data.fit is for pictures, and the net takes 50x1"),
    ],
)
def test_layouts_that_do_not_fit(
    shape: tuple[int, ...], sizes: tuple[int, ...], more: dict[str, Any], said: str, tmp_path: Path
) -> None:
    assert said in refused(saved(tmp_path, x=numbers(COUNT, *sizes), y=classes()), shape, **more)


def test_a_layout_is_of_arrays(tmp_path: Path) -> None:
    with pytest.raises(ArchError, match=r"data\.layout is of the arrays in a \.npz, and digits is none"):
        open_sets(Data(layout="NHW"), (1, 8, 8), 10)


def test_targets_that_are_maps_lie_as_their_images_do(tmp_path: Path) -> None:
    x, y = numbers(COUNT, 4, 5, 3), numbers(COUNT, 4, 5, 2)
    train = opened(saved(tmp_path, x_train=x, y_train=y, x_test=x, y_test=y), (3, 4, 5), 40).train
    np.testing.assert_array_equal(train.labels.reshape(COUNT, 2, 4, 5).numpy(), np.moveaxis(y, -1, 1))


# ---- which arrays


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_val", "y_val", "x_test", "y_test"),
        ("train_images", "train_labels", "val_images", "val_labels", "test_images", "test_labels"),
        ("XTrain", "yTrain", "XValid", "yValid", "XTest", "yTest"),
        ("X", "Y", "X_DEV", "Y_DEV", "X_TEST", "Y_TEST"),
    ],
)
def test_three_parts(names: tuple[str, ...], tmp_path: Path) -> None:
    """val validates, as in folders. Labels may be a column."""
    parts = dict(zip(names[::2], (12, 8, 5), strict=True))
    arrays = {name: numbers(count, 8, 8) for name, count in parts.items()}
    arrays |= {name: classes(count)[:, None] for name, count in zip(names[1::2], (12, 8, 5), strict=True)}
    sets = opened(saved(tmp_path, **arrays), (1, 8, 8), validation=0.5)
    assert (len(sets.train), len(sets.validation), len(sets.test), sets.judged) == (12, 8, 5, "validation")
    assert sets.train.labels.tolist() == classes(12).tolist()


def test_other_parts(tmp_path: Path) -> None:
    x, y = numbers(COUNT, 8, 8), classes()
    sets = opened(saved(tmp_path, x_train=x, y_train=y, x_val=x[:4], y_val=y[:4]), (1, 8, 8), validation=0.25)
    assert (len(sets.train), len(sets.validation), len(sets.test)) == (15, 5, 4)
    assert sets.notes == ("there is no x_test: x_val is tested, once, and does not validate",)
    sets = opened(saved(tmp_path, x=x, y=y, mean=x[0], x_test=x), (1, 8, 8))
    assert (len(sets.train), len(sets.test)) == (16, 4)
    assert sets.notes == ("`mine.npz` holds mean, x_test besides, not used",)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("images", "x", "y"), "has images and x: which are the images?"),
        (("x_train", "y_train", "x", "y"), "has x and x_train: which are the images to train on?"),
        (("x_test", "y_test"), "holds x_test, y_test, and not x and y | archc looks for x_train, y_train"),
        (("x",), "holds x, and not x and y | archc looks for"),
    ],
)
def test_arrays_that_are_unclear(names: tuple[str, ...], said: str, tmp_path: Path) -> None:
    arrays = {name: numbers(COUNT, 8, 8) if name[0] in "xi" else classes() for name in names}
    assert said in refused(saved(tmp_path, **arrays), (1, 8, 8))


@pytest.mark.parametrize(("images", "labels"), [(20, 19), (20, 21), (20, 1), (5, 20)])
@pytest.mark.parametrize("names", [("x", "y"), ("images", "labels"), ("x_train", "y_train")])
def test_as_many_labels_as_images(images: int, labels: int, names: tuple[str, str], tmp_path: Path) -> None:
    arrays = {names[0]: numbers(images, 8, 8), names[1]: classes(labels)}
    if "_" in names[0]:
        arrays |= {"x_test": numbers(4, 8, 8), "y_test": classes(4)}
    told = refused(saved(tmp_path, **arrays), (1, 8, 8))
    assert f"`mine.npz` has {images} images in `{names[0]}` and {labels} labels in `{names[1]}`" in told
    arrays = {"x": numbers(20, 8, 8), "y": classes(20), "x_test": numbers(4, 8, 8), "y_test": classes(3)}
    assert "has 4 images in `x_test` and 3 labels in `y_test`" in refused(saved(tmp_path, **arrays), (1, 8, 8))


# ---- labels

TEXTS = np.array(["bee", "ant", "cat", "dog"])[classes()]
LABELS: dict[str, tuple[Array, str, Callable[[Array], Array] | None]] = {
    "from 1": (classes() + 1, "count from 1 to 4; classes count from 0 | save `y - 1`", lambda y: y - 1),
    "from 1, bytes": ((classes() + 1).astype(np.uint8)[:, None], "count from 1 to 4", lambda y: y - 1),
    "from 10": (classes() + 10, "count from 10 to 13; classes count from 0 | save `y - 10`", lambda y: y - 10),
    "gaps": (
        classes() * 10 + 10,
        "are 10, 20, 30, 40; classes count from 0, without gaps | number them: `values, y = np.unique(",
        lambda y: np.unique(y, return_inverse=True)[1],
    ),
    "below 0": (classes() - 1, "are -1, 0, 1, 2; classes count from 0", lambda y: y + 1),
    "one-hot": (np.eye(4, dtype=np.int64)[classes()], "are one-hot rows of 4 classes | save", lambda y: y.argmax(1)),
    "one-hot, bytes": (np.eye(4, dtype=np.uint8)[classes()], "`y.argmax(1)`", lambda y: y.argmax(1)),
    "one-hot, truths": (np.eye(4, dtype=bool)[classes()], "are one-hot rows", lambda y: y.argmax(1)),
    "texts": (
        TEXTS,
        "are texts: ant, bee, cat, dog | number them: `names, y = np.unique(y, return_inverse=True)`",
        lambda y: np.unique(y, return_inverse=True)[1],
    ),
    "byte texts": (TEXTS.astype("S3"), "are texts:", lambda y: np.unique(y, return_inverse=True)[1]),
    "floats": (
        classes().astype(np.float64),
        "are whole numbers saved as float64: classes are integers | save them as `y.astype(np.int64)`",
        lambda y: y.astype(np.int64),
    ),
    "several": (np.eye(4, dtype=int)[classes()] | np.eye(4, dtype=int)[0], "several classes each, or none", None),
    "counts": (np.arange(40).reshape(20, 2), "are integers of shape (20, 2), which are no classes", None),
    "complex": (classes().astype(complex), "are complex128", None),
    "no numbers": (np.full((20, 4), np.nan), "have values that are NaN or infinite", None),
}


@pytest.mark.parametrize("case", LABELS)
def test_labels_are_told_as_what_they_are(case: str, tmp_path: Path) -> None:
    """With the fix, which was applied."""
    y, said, mend = LABELS[case]
    told = refused(saved(tmp_path, x=numbers(COUNT, 8, 8), y=y), (1, 8, 8))
    assert "the labels `y` of `mine.npz`" in told
    assert said in told
    if mend is not None:
        sets = opened(saved(tmp_path, x=numbers(COUNT, 8, 8), y=mend(y)), (1, 8, 8))
        assert sorted({*sets.train.labels.tolist()}) == [0, 1, 2, 3]


def test_labels_of_several_parts_are_taken_together(tmp_path: Path) -> None:
    """Of one part alone it cannot be said where they count from."""
    x = numbers(COUNT, 8, 8)
    path = saved(tmp_path, x_train=x, y_train=classes() + 1, x_test=x[:2], y_test=np.array([2, 3]))
    assert "the labels `y_train`, `y_test` of `mine.npz` count from 1 to 4" in refused(path, (1, 8, 8))
    path = saved(tmp_path, x_train=x, y_train=np.maximum(classes(), 1), x_test=x[:2], y_test=np.array([0, 3]))
    assert opened(path, (1, 8, 8)).notes == ()
    path = saved(tmp_path, x_train=x, y_train=classes(), x_test=x, y_test=numbers(COUNT, 3))
    assert "has classes in one part and numbers, or more of them, in the other" in refused(path, (1, 8, 8))
    path = saved(tmp_path, x=x, y=classes() + 1)
    assert "where they count from 1, save `y - 1`, and end the net with `fc 4`" in opened(path, (1, 8, 8), 5).notes[0]


def test_one_value_wants_numbers(tmp_path: Path) -> None:
    path = saved(tmp_path, x=numbers(COUNT, 8, 8), y=classes())
    assert "are whole numbers, which are classes, and the net gives 1 value" in refused(path, (1, 8, 8), 1)
    sets = opened(saved(tmp_path, x=numbers(COUNT, 8, 8), y=classes().astype(np.float32)), (1, 8, 8), 1)
    assert (sets.classes, sets.train.labels.shape) == ((), (16, 1))
    truths = opened(saved(tmp_path, x=numbers(COUNT, 8, 8), y=classes() > 1), (1, 8, 8), 2)
    assert truths.classes == ("0", "1")


def test_one_hot_rows_of_floats_are_targets_or_classes(tmp_path: Path) -> None:
    """For mse they are what they say."""
    sets = opened(saved(tmp_path, x=numbers(COUNT, 8, 8, 3), y=np.eye(4)[classes()]), (3, 8, 8))
    assert sets.train.labels.shape == (16, 4)
    training(small(), recipe(loss="mse"), sets)
    with pytest.raises(
        ArchError, match="has one-hot rows of numbers for targets, and cross_entropy takes classes: save"
    ):
        training(small(), recipe(), sets)


def test_python_objects_are_not_read(tmp_path: Path) -> None:
    path = saved(tmp_path, x=numbers(COUNT, 8, 8), y=TEXTS.astype(object))
    assert "it holds Python objects | save them as numbers" in refused(path, (1, 8, 8))
    path = saved(tmp_path, x=numbers(COUNT, 8, 8), y=classes(), names=TEXTS.astype(object))
    assert opened(path, (1, 8, 8)).notes == ("`mine.npz` holds names besides, not used",)


# ---- the same arrays through every door


def nothing(batch: Any) -> Any:
    return np.eye(4, dtype=np.float32)[[0] * len(batch)]


@pytest.mark.parametrize("chosen", ["crop", "squeeze", "pad"])
@pytest.mark.parametrize("layout", ["NHWC", "NCHW", "NHW"])
@pytest.mark.parametrize("channels", [1, 3])
def test_training_eval_and_calibration_see_the_same(chosen: str, layout: str, channels: int, tmp_path: Path) -> None:
    sizes = {"NHWC": (19, 14, 3), "NCHW": (3, 19, 14), "NHW": (19, 14)}[layout]
    x = np.random.default_rng(0).integers(0, 256, (COUNT, *sizes), np.uint8)
    path = saved(tmp_path, x_train=x, y_train=classes(), x_test=x, y_test=classes())
    shape = (channels, 12, 12)
    sets = opened(path, shape, fit=chosen)
    wanted = middle(sets.test.images[:], shape[1:]).movedim(1, -1).numpy()  # type: ignore[index]
    assert wanted.shape == (COUNT, 12, 12, channels)
    how = Preprocessing.from_json(sets.how.to_json())
    asked = labelled(path, Predictor("net", nothing, shape, (), how))
    pairs = list(asked.read())
    np.testing.assert_array_equal(np.stack([pixels for pixels, _ in pairs]), wanted)
    assert ([label for _, label in pairs], asked.notes) == (
        classes().tolist(),
        ("what is tested is `x_test` of `mine.npz`",),
    )
    np.save(tmp_path / "x.npy", x)
    np.testing.assert_array_equal(
        np.rint(read_inputs(tmp_path / "x.npy", shape, how) * 255), np.moveaxis(wanted, -1, 1)
    )


def test_what_was_trained_on_values_is_asked_with_values(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(3, 2, (COUNT, 8, 8, 3)).astype(np.float32)
    path = saved(tmp_path, x=x, y=classes())
    how = Preprocessing((3.0, 3.0, 3.0), (2.0, 2.0, 2.0), of=opened(path, (3, 8, 8)).how.of)
    model = Predictor("net", nothing, (3, 8, 8), (), how)
    pixels = np.stack([row for row, _ in labelled(path, model).read()])
    np.testing.assert_array_equal(pixels, x)
    np.testing.assert_allclose(read_inputs(path, (3, 8, 8), how), (np.moveaxis(x, -1, 1) - 3) / 2, rtol=1e-6)
    with pytest.raises(ArchError, match="was trained on arrays of values, and what makes a picture such"):
        model.fitted(tmp_path / "a.png")
    bytes_ = saved(tmp_path, x=x.astype(np.uint8), y=classes())
    with pytest.raises(ArchError, match=r"`x` of `mine\.npz` is uint8, and net takes floats, as it was trained on"):
        labelled(bytes_, model)


@pytest.mark.parametrize(
    ("source", "shape", "sizes"),
    [
        ("input 40x2 -> conv 5, 8 -> bn -> relu -> avgpool global -> flatten -> fc 4", (2, 40), (40, 2)),
        ("input 6x6x6x1 -> conv 3x3x3, 4 -> bn -> relu -> avgpool global -> flatten -> fc 4", (1, 6, 6, 6), (6, 6, 6)),
        ("input 10 -> fc 16 -> bn -> relu -> fc 4", (10,), (10,)),
    ],
)
def test_nets_of_one_and_three_dimensions_learn(
    source: str, shape: tuple[int, ...], sizes: tuple[int, ...], tmp_path: Path
) -> None:
    """Classes that differ in their mean."""
    x = np.random.default_rng(0).normal(0, 0.5, (200, *sizes)) + classes(200).reshape(-1, *[1] * len(sizes))
    sets = opened(saved(tmp_path, x=x, y=classes(200)), shape)
    chosen = recipe(data={"normalise": "standard"}, epochs=15, batch=20, optimizer={"name": "adam", "lr": 0.02})
    made = training(library.parse(f"net n {{ {source} }}").torch(seed=0), chosen, sets, shape)
    fit(made, tmp_path, Stop())
    assert made.judged("test").accuracy > 0.8


def test_the_command(tmp_path: Path) -> None:
    """Signals with their channels last; an ambiguous set, answered as it asks."""
    (tmp_path / "n.arch").write_text("net n { input 8x8 -> conv 3, 8 -> relu -> avgpool global -> flatten -> fc 4 }")
    path = saved(tmp_path, x=numbers(COUNT, 8, 8), y=classes())
    ran = archc("train", "n.arch", "--data", path.name, cwd=tmp_path)
    assert ran.code == 1
    assert "that may be NCL or NLC" in ran.err
    assert "--set data.layout=NCL or --set data.layout=NLC" in ran.err
    settings = ("--set", "data.layout=NLC", "--set", "epochs=1", "--json")
    ran = archc("train", "n.arch", "--data", path.name, *settings, cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert 'layout = "NLC"' in (tmp_path / json.loads(ran.out)["run"] / "recipe.toml").read_text("utf-8")


@pytest.mark.parametrize(("part", "most"), [("test", 1.0), ("val", 1.0), ("test", 255.0)])
def test_bytes_in_one_part_and_floats_in_another(part: str, most: float, tmp_path: Path) -> None:
    """Bytes are of 255; which value of the floats is white is not known."""
    x = (numbers(COUNT, 8, 8) % 256).astype(np.uint8)
    arrays = {"x_train": x, "y_train": classes(), f"x_{part}": x / 255 * most, f"y_{part}": classes()}
    said = refused(saved(tmp_path, **arrays), (1, 8, 8))
    assert f"has `x_train` uint8 and `x_{part}` float64, pictures in one part and values in another" in said


@pytest.mark.parametrize(
    ("times", "told"), [(255.0, "`x_test` of `mine.npz` reaches 255, and `x_train` 1"), (0.01, "reaches 0.01"), (3, "")]
)
def test_parts_on_other_scales_are_told(times: float, told: str, tmp_path: Path) -> None:
    x = numbers(COUNT, 8, 8) / (COUNT * 64 - 1)
    notes = opened(saved(tmp_path, x_train=x, y_train=classes(), x_test=x * times, y_test=classes()), (1, 8, 8)).notes
    assert len(notes) == bool(told)
    assert all(told in note and "another scale" in note for note in notes)
