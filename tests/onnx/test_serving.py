"""`archc predict`, `archc eval` and `archc bench` as a user runs them, beside what PyTorch says of the pictures."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from PIL import Image

import archc as library
from tests.cli.running import archc

NAMES = ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "<truck> & “co”"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights, an ONNX file of them, names, and 30 pictures of noise."""
    made = tmp_path_factory.mktemp("serving")
    (made / "names.txt").write_text("\n".join(NAMES), encoding="utf-8")
    assert archc("export", "cifar10net", "-o", made / "w.safetensors", "--init", "he_normal").code == 0
    options = ("--weights", made / "w.safetensors", "--classes", made / "names.txt", "--preprocessing", "0.5/0.25")
    assert archc("export", "cifar10net", *options, "-o", made / "net.onnx").code == 0
    pictures = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 3), np.uint8)
    (made / "pictures").mkdir()
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(made / "pictures" / f"{number:02}.png")
    np.save(made / "pictures.npy", pictures)
    return made


def expected(folder: Path) -> torch.Tensor:
    """(30, 10): PyTorch's probabilities."""
    pictures = torch.from_numpy(np.load(folder / "pictures.npy")).permute(0, 3, 1, 2).float() / 255
    module = library.load("cifar10net").torch(weights=folder / "w.safetensors").eval()
    scores: torch.Tensor = module((pictures - 0.5) / 0.25)
    return scores.softmax(1).detach()


def test_pictures_are_named(folder: Path) -> None:
    ran = archc("predict", folder / "net.onnx", folder / "pictures", "--json", "--top", "10", "--batch", "7")
    assert ran.code == 0
    answers = json.loads(ran.out)["predictions"]
    assert [Path(one["file"]).name for one in answers] == [f"{number:02}.png" for number in range(30)]
    for answer, row in zip(answers, expected(folder), strict=True):
        shares = {one["index"]: one["probability"] for one in answer["top"]}
        torch.testing.assert_close(torch.tensor([shares[i] for i in range(10)]), row, rtol=1e-4, atol=1e-5)
        assert answer["top"][0]["class"] == NAMES[int(row.argmax())]
        assert [one["probability"] for one in answer["top"]] == sorted(shares.values(), reverse=True)


def test_a_net_and_its_weights_say_the_same(folder: Path) -> None:
    image = folder / "pictures" / "03.png"
    told = ("--classes", folder / "names.txt", "--preprocessing", "0.5/0.25")
    from_file = archc("predict", folder / "net.onnx", image)
    from_net = archc("predict", "cifar10net", image, "--weights", folder / "w.safetensors", *told)
    assert (from_file.code, from_net.code) == (0, 0)
    assert from_file.out == from_net.out
    assert from_file.out.startswith(f"{image}  {NAMES[int(expected(folder)[3].argmax())]} ")


def test_a_picture_on_standard_input(folder: Path) -> None:
    ran = archc("predict", folder / "net.onnx", "-", stdin=(folder / "pictures" / "00.png").read_bytes())
    assert ran.code == 0
    assert ran.out.startswith("<stdin>  ")


def test_every_kind_of_image(folder: Path, tmp_path: Path) -> None:
    """The same picture in other guises: as near as the format keeps it."""
    y, x = np.mgrid[0:64, 0:64]
    grey = Image.fromarray(((x + y) * 2).astype(np.uint8))
    (tmp_path / "i").mkdir()
    grey.save(tmp_path / "i" / "grey.png")
    grey.convert("RGB").save(tmp_path / "i" / "rgb.bmp")
    grey.convert("RGBA").save(tmp_path / "i" / "rgba.png")
    grey.convert("P").save(tmp_path / "i" / "palette.gif")
    grey.convert("CMYK").save(tmp_path / "i" / "cmyk.tiff")
    Image.fromarray(np.asarray(grey).astype(np.uint16) * 257).save(tmp_path / "i" / "deep.png")
    frames = [grey.convert("RGB"), grey.convert("RGB").rotate(90)]
    frames[0].save(tmp_path / "i" / "animated.webp", save_all=True, append_images=frames[1:], lossless=True)
    turned = grey.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera held a quarter turn
    turned.save(tmp_path / "i" / "turned.png", exif=exif)
    ran = archc("predict", folder / "net.onnx", tmp_path / "i", "--json", "--top", "10")
    assert ran.code == 0, ran.err
    answers = {
        Path(one["file"]).name: {t["index"]: t["probability"] for t in one["top"]}
        for one in json.loads(ran.out)["predictions"]
    }
    assert len(answers) == 8
    for name, shares in answers.items():
        assert max(abs(shares[i] - answers["rgb.bmp"][i]) for i in range(10)) < 0.02, name


def test_what_is_no_image_is_named_and_passed_over(folder: Path, tmp_path: Path) -> None:
    good = (folder / "pictures" / "00.png").read_bytes()
    (tmp_path / "a.png").write_bytes(good)
    (tmp_path / "b.png").write_bytes(good[:200])
    (tmp_path / "c.jpg").write_bytes(b"no image at all")
    Image.new("1", (12_000, 12_000)).save(tmp_path / "d.png")
    ran = archc("predict", folder / "net.onnx", tmp_path, tmp_path / "absent.png")
    assert ran.code == 1
    assert ran.out.count("\n") == 1
    for said in ("`b.png` ", "`c.jpg` is no image", "`d.png` has 12000x12000 pixels", "`absent.png` cannot be read"):
        assert said in ran.err
    assert "internal" not in ran.err


def set_of(folder: Path, path: Path, wrong: int) -> None:
    """The pictures under the class that PyTorch takes them for, but for the first few."""
    answers = expected(folder).argmax(1)
    for number, label in enumerate(answers.tolist()):
        said = (label + 1) % 10 if number < wrong else label
        place = path / NAMES[said].replace("/", "_")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.png").write_bytes((folder / "pictures" / f"{number:02}.png").read_bytes())


def test_a_labelled_folder(folder: Path, tmp_path: Path) -> None:
    set_of(folder, tmp_path / "set", wrong=6)
    ran = archc("eval", folder / "net.onnx", tmp_path / "set", "-o", tmp_path / "confusion.png", "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert (found["count"], found["top1"]) == (30, pytest.approx(24 / 30))
    assert np.trace(np.array(found["confusion"])) == 24
    rows = expected(folder)
    answers = rows.argmax(1)
    labels = torch.where(torch.arange(30) < 6, (answers + 1) % 10, answers)
    among = (rows.topk(5).indices == labels[:, None]).any(1).float().mean()
    assert found["top5"] == pytest.approx(float(among))
    with Image.open(tmp_path / "confusion.png") as picture:
        assert picture.width > 400
    text = archc("eval", folder / "net.onnx", tmp_path / "set")
    assert text.out.rstrip().endswith("top-1 80.00%, top-5 " + f"{float(among):.2%} of 30 images")


def test_a_labelled_array(folder: Path, tmp_path: Path) -> None:
    labels = expected(folder).argmax(1).numpy()
    np.savez(tmp_path / "set.npz", x=np.load(folder / "pictures.npy"), y=labels)
    ran = archc("eval", folder / "net.onnx", tmp_path / "set.npz", "--json")
    assert json.loads(ran.out)["top1"] == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("absent", "is not there"),
        ("empty", "holds no folders"),
        ("strange", "does not know: zebra"),
        ("wrong.npz", "is no labelled set"),
        ("only_x.npz", "and not x and y"),
        ("torn.npz", "is damaged"),
        ("many.npz", "the set has 13 classes, and net.onnx gives 10"),
    ],
)
def test_bad_sets(folder: Path, tmp_path: Path, data: str, said: str) -> None:
    pictures = np.load(folder / "pictures.npy")
    (tmp_path / "empty").mkdir()
    (tmp_path / "strange" / "zebra").mkdir(parents=True)
    (tmp_path / "strange" / "zebra" / "0.png").write_bytes((folder / "pictures" / "00.png").read_bytes())
    np.savez(tmp_path / "wrong.npz", x=pictures.astype(float), y=np.zeros(30, int))
    np.savez(tmp_path / "only_x.npz", x=pictures)
    np.savez(tmp_path / "many.npz", x=pictures, y=np.full(30, 12))
    (tmp_path / "torn.npz").write_bytes((tmp_path / "only_x.npz").read_bytes()[:3000])
    made = archc(
        "export", "cifar10net", "--weights", folder / "w.safetensors", "-o", tmp_path / "net.onnx", "--no-verify"
    )
    assert made.code == 0
    model = folder / "net.onnx" if data == "strange" else tmp_path / "net.onnx"
    ran = archc("eval", model, tmp_path / data)
    assert ran.code == 1
    assert said in ran.err


def test_files_of_others(tmp_path: Path) -> None:
    """A batch that is fixed, a size that is open, no metadata."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, None, None])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 3, 1, 1])
    graph = helper.make_graph([helper.make_node("GlobalAveragePool", ["x"], ["y"])], "mean", [x], [y])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10), tmp_path / "m.onnx")
    colors = {"red": (250, 0, 0), "green": (0, 250, 0), "blue": (0, 0, 250)}
    for name, color in colors.items():
        Image.new("RGB", (20, 30), color).save(tmp_path / f"{name}.png")
    (tmp_path / "names").write_text("red\ngreen\nblue")
    images = [tmp_path / f"{name}.png" for name in colors]
    ran = archc(
        "predict", tmp_path / "m.onnx", *images, "--classes", tmp_path / "names", "--input", "8x8", "--top", "1"
    )
    assert ran.code == 0, ran.err
    assert [line.split()[1] for line in ran.out.splitlines()] == list(colors)


@pytest.mark.parametrize("content", [b"", b"no protobuf", b"\x08\x0a" * 400])
def test_what_is_no_onnx(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    for command in (("predict", "bad.onnx", "a.png"), ("bench", "bad.onnx"), ("eval", "bad.onnx", ".")):
        ran = archc(*command, cwd=tmp_path)
        assert ran.code == 1, command
        assert "`bad.onnx` " in ran.err
        assert "internal" not in ran.err


def test_the_bench(folder: Path) -> None:
    ran = archc("bench", folder / "net.onnx", "--batch", "1,4", "--threads", "1", "--seconds", "0.05", "--json")
    assert ran.code == 0
    rows = json.loads(ran.out)["rows"]
    assert [(row["batch"], row["threads"]) for row in rows] == [(1, 1), (4, 1)]
    for row in rows:
        assert row["median_s"] <= row["p95_s"]
        assert row["per_second"] == pytest.approx(row["batch"] / row["median_s"])
        assert row["flops_per_second"] == pytest.approx(2 * 10_848_768 * row["per_second"])  # FACTS of the course
    assert "GFLOP/s" in archc("bench", "lenet5_modern", "--seconds", "0.02", "--threads", "1").out
    assert archc("bench", "lenet5_modern", "--batch", "none").code == 2


def test_grey_pictures_for_a_net_of_one_channel(tmp_path: Path) -> None:
    """A file that takes pictures of any size takes them with its own number of channels."""
    (tmp_path / "grey.arch").write_text("net grey { input 8x8x1 -> conv 3x3, 4 -> relu -> flatten -> fc 3 -> softmax }")
    assert archc("export", "grey.arch", "-o", "grey.onnx", "--with-preprocessing", cwd=tmp_path).code == 0
    picture = np.random.default_rng(0).integers(0, 256, (8, 8), np.uint8)
    Image.fromarray(picture).save(tmp_path / "grey.png")
    ran = archc("predict", "grey.onnx", "grey.png", "--json", cwd=tmp_path)
    assert ran.code == 0, ran.err
    shares = {one["index"]: one["probability"] for one in json.loads(ran.out)["predictions"][0]["top"]}
    module = library.load(tmp_path / "grey.arch").torch(seed=0).eval()
    expected = module(torch.from_numpy(picture / np.float32(255))[None, None])[0]
    torch.testing.assert_close(torch.tensor([shares[i] for i in range(3)]), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    "ending",
    ["sigmoid", "identity", *(pytest.param(one, marks=pytest.mark.nightly) for one in ("softmax", "log_softmax"))],
)
def test_what_a_net_ends_in(ending: str, tmp_path: Path) -> None:
    """Sigmoids are a probability for each class by itself; all else is one distribution over the classes."""
    source = tmp_path / "n.arch"
    source.write_text(f"net n {{ input 8x8x3 -> flatten -> fc 3 -> {ending} }}")
    assert archc("export", source, "-o", tmp_path / "w.safetensors").code == 0
    assert archc("export", source, "-o", tmp_path / "n.onnx", "--weights", tmp_path / "w.safetensors").code == 0
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "x.png")
    module = library.load(str(source)).torch(weights=tmp_path / "w.safetensors").eval()
    scores = module(torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255)[0].detach()
    shares = scores if ending in ("sigmoid", "softmax") else scores.softmax(0)
    for model in ((tmp_path / "n.onnx",), (source, "--weights", tmp_path / "w.safetensors")):
        ran = archc("predict", model[0], tmp_path / "x.png", "--json", "--top", "3", *model[1:])
        found = {one["index"]: one["probability"] for one in json.loads(ran.out)["predictions"][0]["top"]}
        torch.testing.assert_close(torch.tensor([found[i] for i in range(3)]), shares, rtol=1e-4, atol=1e-5)
