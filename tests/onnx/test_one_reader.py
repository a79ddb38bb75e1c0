"""The same picture through every door: the reader of training, `eval`, `predict`, calibration, `look`, and an ONNX file
that prepares pictures itself. The oracle is Pillow's resize, with the sizes and offsets of torchvision's Resize and
CenterCrop written out here.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from io import BytesIO
from math import floor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

import archc as library
from archc.backends.onnx.model import model
from archc.backends.onnx.preprocess import IMAGE, with_preprocessing
from archc.diagnostics import ArchError
from archc.images import fitted_array, read_pixels
from archc.look.image import read_image as look_at
from archc.preprocessing import IMAGENET, Fit, Preprocessing
from archc.serving.evaluate import labelled
from archc.serving.inputs import read_inputs
from archc.serving.predictor import Predictor
from archc.serving.verify import run
from archc.train.augment import middle
from archc.train.data.folder import ImageFiles, read_image
from tests.cli.running import archc

Array = NDArray[Any]


def scene(width: int, height: int, channels: int = 3) -> Array:
    """A disc on a ground that changes, with noise: what is moved, stretched or smoothed shows."""
    y, x = np.mgrid[:height, :width]
    disc = (x - width * 0.4) ** 2 + (y - height * 0.55) ** 2 < (0.3 * min(width, height)) ** 2
    ground = 40 + 60 * x / width + 50 * y / height + 90 * disc
    noise = np.random.default_rng(width * 1000 + height).normal(0, 9, (height, width, channels))
    shades = np.array([1.0, 0.8, 1.15])[:channels]
    return np.asarray((ground[..., None] * shades + noise).clip(0, 255), np.uint8)


def rgb(width: int, height: int) -> Array:
    return scene(width, height)


def grey(width: int, height: int) -> Array:
    return scene(width, height, 1)[..., 0]


def as_rgb(picture: Image.Image) -> Array:
    return np.asarray(picture.convert("RGB"))


def turned(pixels: Array) -> tuple[Image.Image, Image.Exif]:
    """As a camera that was held a quarter turn stores it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return Image.fromarray(np.rot90(pixels).copy()), exif


def jpeg(folder: Path) -> tuple[Path, Array]:
    path = folder / "a.jpg"
    Image.fromarray(rgb(640, 480)).save(path, quality=92)
    return path, as_rgb(Image.open(path))


def large_jpeg(folder: Path) -> tuple[Path, Array]:
    path = folder / "a.jpg"
    Image.fromarray(rgb(811, 602)).save(path, quality=92)
    return path, as_rgb(Image.open(path))


def turned_jpeg(folder: Path) -> tuple[Path, Array]:
    path = folder / "a.jpg"
    image, exif = turned(rgb(90, 50))
    image.save(path, quality=95, exif=exif)
    stored = as_rgb(Image.open(path))
    return path, np.rot90(stored, -1)


def turned_sixteen_bits(folder: Path) -> tuple[Path, Array]:
    pixels = grey(70, 41)
    image, exif = turned(pixels.astype(np.uint16) * 257)
    image.save(folder / "a.png", exif=exif)
    return folder / "a.png", np.stack([pixels] * 3, -1)


def saved(name: str, make: Callable[[], tuple[Image.Image, Array]]) -> Callable[[Path], tuple[Path, Array]]:
    def write(folder: Path) -> tuple[Path, Array]:
        image, pixels = make()
        options: dict[str, Any] = {"lossless": True} if name.endswith("webp") else {}
        image.save(folder / name, **options)
        return folder / name, pixels if pixels.ndim == 3 else np.stack([pixels] * 3, -1)

    return write


def plain(width: int, height: int) -> Callable[[], tuple[Image.Image, Array]]:
    return lambda: (Image.fromarray(rgb(width, height)), rgb(width, height))


def palette() -> tuple[Image.Image, Array]:
    image = Image.fromarray(rgb(33, 64)).quantize(40)
    return image, as_rgb(image)


def inks() -> tuple[Image.Image, Array]:
    image = Image.fromarray(rgb(64, 30)).convert("CMYK")
    return image, as_rgb(image)


def alpha() -> tuple[Image.Image, Array]:
    pixels = rgb(50, 33)
    return Image.fromarray(np.dstack([pixels, grey(50, 33)])), pixels


def sixteen_bits() -> tuple[Image.Image, Array]:
    values = grey(45, 61).astype(np.uint16) * 201 + 37
    return Image.fromarray(values), np.floor(values / 65535 * 255 + 0.5).astype(np.uint8)


def floats() -> tuple[Image.Image, Array]:
    values = (grey(45, 61) / 300).astype(np.float32)
    return Image.fromarray(values), np.floor(values * 255 + 0.5).astype(np.uint8)


def two_colours() -> tuple[Image.Image, Array]:
    values = grey(40, 47) > 120
    return Image.fromarray(values), values.astype(np.uint8) * 255


def ten_bits(folder: Path) -> tuple[Path, Array]:
    values = grey(31, 44).astype(np.uint16) * 4
    (folder / "a.pgm").write_bytes(b"P5 31 44 1023\n" + values.astype(">u2").tobytes())
    pixels = np.floor(values / 1023 * 255 + 0.5).astype(np.uint8)
    return folder / "a.pgm", np.stack([pixels] * 3, -1)


PICTURES = {
    "2:1": saved("a.png", plain(96, 48)),
    "1:3": saved("a.bmp", plain(31, 93)),
    "odd": saved("a.webp", plain(101, 67)),
    "small": saved("a.png", plain(7, 5)),
    "thread": saved("a.png", plain(3, 200)),
    "as large as the net takes": saved("a.ppm", plain(40, 36)),
    "jpeg": jpeg,
    "large jpeg": large_jpeg,
    "turned jpeg": turned_jpeg,
    "turned, 16 bits": turned_sixteen_bits,
    "palette": saved("a.gif", palette),
    "cmyk": saved("a.tiff", inks),
    "alpha": saved("a.png", alpha),
    "16 bits": saved("a.png", sixteen_bits),
    "16 bits, tiff": saved("a.tiff", sixteen_bits),
    "10 bits": ten_bits,
    "floats": saved("a.tiff", floats),
    "two colours": saved("a.png", two_colours),
}
WAYS = {
    "crop": Preprocessing(fit="crop"),
    "squeeze": Preprocessing(fit="squeeze"),
    "pad": Preprocessing(fit="pad"),
    "crop of more": IMAGENET,
    "squeeze of more": Preprocessing(fit="squeeze", kept=(0.8, 0.75)),
}
SIZES = (36, 40)
"""Not square, so that no axis passes for the other."""


def expected(pixels: Array, channels: int, how: Preprocessing) -> Array:
    """(H, W, C): Pillow's resize; torchvision's int(size · long / short) and int(round((a − b) / 2))."""
    image = Image.fromarray(np.ascontiguousarray(pixels)).convert("L" if channels == 1 else "RGB")
    box = tuple(round(size / share) for size, share in zip(SIZES, how.kept, strict=True))
    if how.fit == "squeeze":
        size = box
    elif (how.fit == "crop") == (box[0] * image.width >= box[1] * image.height):
        size = box[0], max(1, floor(box[0] * image.width / image.height))
    else:
        size = max(1, floor(box[1] * image.height / image.width)), box[1]
    resized = np.asarray(image.resize((size[1], size[0]), Image.Resampling.BILINEAR)).reshape(*size, channels)
    canvas = np.zeros((*SIZES, channels), np.uint8)
    places = []
    for inner, outer in zip(SIZES, size, strict=True):
        if outer >= inner:
            first = round((outer - inner) / 2.0)
            places.append((slice(0, inner), slice(first, first + inner)))
        else:
            first = round((inner - outer) / 2.0)
            places.append((slice(first, first + outer), slice(0, outer)))
    canvas[places[0][0], places[1][0]] = resized[places[0][1], places[1][1]]
    return canvas


def nothing(batch: Any) -> Any:
    raise AssertionError("the net is not asked")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("picture", PICTURES)
def test_every_door_gives_the_same_pixels(picture: str, way: str, tmp_path: Path) -> None:
    (tmp_path / "set" / "class").mkdir(parents=True)
    path, truth = PICTURES[picture](tmp_path / "set" / "class")
    how = replace(WAYS[way], mean=(0.0,), std=(1.0,))
    for channels in (3, 1):
        shape = (channels, *SIZES)
        wanted = expected(truth, channels, how)
        asked = Predictor("net", nothing, shape, (), how)
        doors = {
            "predict": asked.fitted(path),
            "standard input": asked.fitted(BytesIO(path.read_bytes())),
            "eval": next(labelled(tmp_path / "set", asked).read())[0],
            "training": as_pixels(read_image(path, shape, how)),
            "training, a batch": as_pixels(ImageFiles([path], shape, how).__getitems__([0]))[0],
            "calibration": np.rint(read_inputs(tmp_path / "set", shape, how)[0].transpose(1, 2, 0) * 255),
            "look": np.rint(look_at(path, shape, how)[0].permute(1, 2, 0).numpy() * 255),
        }
        if channels == 3:
            doors["array"] = fitted_array(truth, shape, how)
        for door, pixels in doors.items():
            np.testing.assert_array_equal(pixels, wanted, err_msg=f"{door}, {channels} channels")


def as_pixels(found: object) -> Array:
    assert isinstance(found, torch.Tensor), found
    return np.asarray(found.movedim(-3, -1).numpy())


def baked(how: Preprocessing, folder: Path) -> Path:
    """A file whose output is what its net would see."""
    graph = library.parse(f"net seen {{ input {SIZES[0]}x{SIZES[1]}x3 -> identity }}").graph
    path = folder / "seen.onnx"
    path.write_bytes(with_preprocessing(model(graph, {}), graph.inputs[0].shape, how).whole().SerializeToString())
    return path


@pytest.mark.parametrize("way", WAYS)
def test_a_file_that_prepares_pictures_itself_is_alike_to_two_levels(way: str, tmp_path: Path) -> None:
    """A value that rounds the other way on each axis is two levels off; most round alike."""
    how = replace(WAYS[way], mean=(0.0,), std=(1.0,))
    path = baked(how, tmp_path)
    apart = []
    for picture, make in PICTURES.items():
        (tmp_path / picture).mkdir()
        image, truth = make(tmp_path / picture)
        given = read_pixels(image, (3,))
        np.testing.assert_array_equal(given, truth)
        seen = run(path, {IMAGE: given[None]})["output"][0].transpose(1, 2, 0) * 255
        difference = np.abs(np.rint(seen) - expected(truth, 3, how))
        assert difference.max() <= 2, picture
        apart.append(float(difference.mean()))
    assert max(apart) < 0.3 and np.mean(apart) < 0.15, apart


def test_the_fit_is_written_and_read(tmp_path: Path) -> None:
    for how in (*WAYS.values(), Preprocessing((1.5,), (2.0,), of="values")):
        assert Preprocessing.from_json(how.to_json()) == how
    before = '{"mean": [0.5], "std": [0.25], "fit": "squeeze"}'
    assert Preprocessing.from_json(before) == Preprocessing((0.5,), (0.25,))
    for wrong in ('{"mean": [0], "std": [1], "fit": "stretch"}', '{"mean": [0], "std": [1], "kept": [0, 1]}'):
        with pytest.raises(ValueError, match="no preprocessing"):
            Preprocessing.from_json(wrong)


@pytest.mark.parametrize("size", [(28, 28), (29, 28), (31, 37)])
def test_windows_of_arrays_are_served_as_they_are_judged(size: tuple[int, int]) -> None:
    """Arrays that are cropped stay as they are in training, and their middle is judged: it is what is served."""
    pixels = rgb(size[1], size[0])
    how = Preprocessing(fit="crop", kept=(24 / size[0], 22 / size[1]))
    assert how.box((24, 22)) == size
    judged = middle(torch.from_numpy(pixels).permute(2, 0, 1)[None], (24, 22))
    np.testing.assert_array_equal(fitted_array(pixels, (3, 24, 22), how), as_pixels(judged)[0])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.linspace(0, 255, 48, dtype=np.float32), "floats from 0 to 255"),
        (np.linspace(-1, 1, 48, dtype=np.float32), "floats from -1 to 1"),
        (np.arange(48, dtype=np.int32) * 5000, "integers of 32 bits from 0 to 235000"),
        (np.arange(48, dtype=np.int32), "integers of 32 bits from 0 to 47"),
    ],
)
def test_values_whose_white_is_not_known_are_refused(values: Array, said: str, tmp_path: Path) -> None:
    Image.fromarray(values.reshape(6, 8)).save(tmp_path / "a.tiff")
    with pytest.raises(ArchError, match=said):
        read_pixels(tmp_path / "a.tiff", (1, 4, 4))


def test_a_picture_that_is_all_length_is_refused(tmp_path: Path) -> None:
    Image.new("L", (60_000, 1)).save(tmp_path / "a.png")
    with pytest.raises(ArchError, match="of 60000x1 would be resized to 13440000x224"):
        read_pixels(tmp_path / "a.png", (3, 224, 224), Preprocessing(fit="crop"))


NET = """net skew {
  input 24x24x3
  conv 3x3, 16, pad=1, bias=no -> bn -> relu -> maxpool 2x2/2
  conv 3x3, 16, pad=1, bias=no -> bn -> relu -> avgpool global -> flatten -> fc 2
}"""


def discs(folder: Path, tall: float, count: int) -> None:
    """Pictures of 2:1 whose class is how tall their ellipse is."""
    random = np.random.default_rng(round(tall * 100) + count)
    folder.mkdir(parents=True)
    for number in range(count):
        y, x = np.mgrid[:48, :96]
        place, side = (48 + random.uniform(-8, 8), 24 + random.uniform(-4, 4)), random.uniform(9, 13)
        inside = ((x - place[0]) / side) ** 2 + ((y - place[1]) / (side * tall)) ** 2 < 1
        pixels = (random.normal(60, 12, (48, 96)) + inside * 120).clip(0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def agreeing(fit: Fit, folder: Path, *options: str) -> None:
    """A net trained with this fit, and every later command on the same pictures. Squeezed instead of cropped, which is
    how `eval` once took them, this net is right on 74 % of those of which training reports 100 %."""
    for part, count in (("train", 60), ("test", 40)):
        for name, tall in (("round", 1), ("tall", 1.6)):
            discs(folder / "set" / part / name, tall, count)
    (folder / "skew.arch").write_text(NET)
    settings = [f"data.fit={fit}", "precision=fp32", "epochs=12", "batch=20", "optimizer.lr=0.02"]
    given = [word for one in settings for word in ("--set", one)]
    ran = archc("train", "skew.arch", "--data", "set", *given, "--out", "run", "--json", cwd=folder)
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)["test_accuracy"]
    weights = ("--weights", "run/best.safetensors")
    made = archc("export", "skew.arch", *weights, "-o", "net.onnx", "--with-preprocessing", *options, cwd=folder)
    assert made.code == 0, made.err
    for asked in (("skew.arch", "set/test", *weights), ("net.onnx", "set/test")):
        ran = archc("eval", *asked, "--json", cwd=folder)
        assert ran.code == 0, ran.err
        assert json.loads(ran.out)["top1"] == pytest.approx(told), asked


def test_training_and_every_later_command_say_the_same(tmp_path: Path) -> None:
    agreeing("crop", tmp_path, "--no-verify")


@pytest.mark.nightly
@pytest.mark.parametrize("fit", ["crop", "squeeze", "pad"])
def test_the_other_fits_too(fit: Fit, tmp_path: Path) -> None:
    agreeing(fit, tmp_path)


LIBRARY: Any = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]


def torchvision() -> Any:
    """Its transforms; its wheel's own operators do not load beside a CPU's torch, and are not needed here."""
    if find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    for name in ("nms", "qnms"):
        LIBRARY.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    from torchvision.transforms import functional  # type: ignore[import-not-found] # noqa: PLC0415

    return functional


@pytest.mark.nightly
def test_torchvision_resizes_and_crops_to_the_same_pixels(tmp_path: Path) -> None:
    transforms = torchvision()
    for width, height in ((96, 48), (31, 93), (101, 67), (640, 480), (500, 333), (7, 5), (224, 224), (225, 300)):
        image = Image.fromarray(rgb(width, height))
        image.save(tmp_path / "a.png")
        for resize, crop in ((224, 224), (256, 224), (64, 64), (40, 35)):
            wanted = transforms.center_crop(transforms.resize(image, resize), crop)
            how = Preprocessing(fit="crop", kept=(crop / resize, crop / resize))
            found = read_pixels(tmp_path / "a.png", (3, crop, crop), how)
            np.testing.assert_array_equal(found, np.asarray(wanted))
