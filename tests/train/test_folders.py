"""Folders of pictures: which folders are classes, which are parts, and what is said of those that are neither."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from PIL import Image

from archc.diagnostics import ArchError
from archc.sets.folders import FolderSet, name_of, read_folders
from archc.train.data.open_sets import Sets, open_sets
from archc.train.recipe import Data
from tests.cli.running import archc


def fill(root: Path, folders: Iterable[str], count: int = 3) -> Path:
    """Small pictures in each of the folders, of a colour of its own."""
    for number, folder in enumerate(folders):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for image in range(count):
            Image.new("RGB", (8, 8), (number * 40 % 256, 80 * image, 90)).save(root / folder / f"{image}.png")
    return root


def opened(root: Path, outputs: int = 2, **more: object) -> Sets:
    return open_sets(Data.model_validate({"name": str(root), **more}), (3, 8, 8), outputs)


def refused(root: Path) -> str:
    """What is said, with the help."""
    with pytest.raises(ArchError) as caught:
        read_folders(root)
    one = caught.value.diagnostics[0]
    return f"{one.message} | {one.help}"


def sizes(found: FolderSet) -> dict[str, int]:
    return {name: len(part) for name, part in found.parts.items()}


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [
        ("train", "val", "test"),
        ("Train", "Valid", "Test"),
        ("TRAINING", "validation", "Testing"),
        ("train", "dev", "test"),
    ],
)
def test_three_parts(train: str, val: str, test: str, tmp_path: Path) -> None:
    """val validates, all of train is trained on, and test is tested."""
    for part, count in ((train, 5), (val, 4), (test, 2)):
        fill(tmp_path, (f"{part}/cat", f"{part}/dog"), count)
    sets = opened(tmp_path)
    assert (len(sets.train), len(sets.validation), len(sets.test)) == (10, 8, 4)
    assert (sets.judged, sets.classes, sets.notes) == ("validation", ("cat", "dog"), ())


def test_two_parts_and_one(tmp_path: Path) -> None:
    fill(tmp_path, ("train/cat", "train/dog"), 10)
    fill(tmp_path, ("test/cat", "test/dog"), 3)
    sets = opened(tmp_path, validation=0.25)
    assert (len(sets.train), len(sets.validation), len(sets.test), sets.judged) == (15, 5, 6, "validation")
    (tmp_path / "test").rename(tmp_path / "Val")
    sets = opened(tmp_path, validation=0.25)
    assert (len(sets.train), len(sets.validation), len(sets.test)) == (15, 5, 6)
    assert sets.notes == ("there is no test folder: `Val` is tested, once, and does not validate",)
    sets = opened(tmp_path / "train", validation=0)
    assert (len(sets.train), len(sets.test), sets.judged) == (16, 4, "test")
    assert sets.notes == ("there is no test folder: 4 images, drawn at random, are the test",)


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    found = read_folders(fill(tmp_path, ("train", "plane", "car")))
    assert (found.classes, sizes(found)) == (("car", "plane", "train"), {"train": 9})


def test_what_archivers_leave_is_no_class(tmp_path: Path) -> None:
    fill(tmp_path, ("cat", "dog", ".thumbs", "@eaDir"))
    (tmp_path / "__MACOSX" / "cat").mkdir(parents=True)
    (tmp_path / "__MACOSX" / "cat" / "._0.png").write_bytes(b"Mac OS X")
    (tmp_path / "cat" / "._0.png").write_bytes(b"Mac OS X")
    found = read_folders(tmp_path)
    assert (found.classes, sizes(found)) == (("cat", "dog"), {"train": 6})
    assert found.notes == ("@eaDir, __MACOSX left out: an archiver or the system made it",)


def test_runs_are_no_classes(tmp_path: Path) -> None:
    """`archc train --data .` writes its pictures among those of the set."""
    root = fill(tmp_path, ("cat", "dog", "runs/n-set-1", "runs/n-set-2/pictures", "own"))
    for run in ("runs/n-set-1", "runs/n-set-2", "own"):
        (root / run / "run.json").write_text("{}")
    found = read_folders(root)
    assert (found.classes, sizes(found), found.notes) == (("cat", "dog"), {"train": 6}, ())
    assert "holds no images in folders; it holds no folders" in refused(root / "runs")


def test_folders_around_the_classes(tmp_path: Path) -> None:
    root = fill(tmp_path / "a", ("images/cat", "images/dog"))
    told = refused(root)
    assert f"`{root}` has one class, `images`; within it are cat (3 images), dog (3 images)" in told
    assert f"to use the folders inside: --data {root}/images" in told
    assert read_folders(root / "images").classes == ("cat", "dog")
    (root / "labels").mkdir()
    assert "`images`, with no images in labels; within it are cat (3 images)" in refused(root)
    root = fill(tmp_path / "b", ("set/train/cat", "set/train/dog", "set/test/cat"))
    assert "within it are test (3 images), train (6 images)" in refused(root)
    root = fill(tmp_path / "c", ("train/images/cat", "train/images/dog", "test/cat", "test/dog"))
    assert f"`{root}/train` has one class, `images`; within it are cat" in refused(root)


@pytest.mark.parametrize("around", ["", "train/"])
def test_classes_without_images(around: str, tmp_path: Path) -> None:
    root = fill(tmp_path, (f"{around}cat", f"{around}dog"))
    (root / f"{around}bird").mkdir()
    (root / f"{around}bird" / "0.heic").write_bytes(b"0")
    told = refused(root)
    assert "has folders without images: bird; the classes found are cat (3 images), dog (3 images)" in told
    assert "archc does not read 1 .heic | take out what is no class, or fill it" in told


def test_flat_folders(tmp_path: Path) -> None:
    root = fill(tmp_path / "a", ("",), 5)
    told = refused(root)
    assert f"`{root}` holds 5 images and no folders: an image's class is the folder it lies in" in told
    assert f"put them as {root}/CLASS/IMAGE" in told
    root = fill(tmp_path / "b", ("train", "test"))
    assert f"`{root}/train` holds 3 images and no folders" in refused(root)
    root = fill(tmp_path / "c", ("train/cat", "train/dog", "test"))
    assert f"`{root}/test` holds 3 images and no folders" in refused(root)


def test_parts_that_do_not_go_together(tmp_path: Path) -> None:
    root = fill(tmp_path / "a", ("val/cat", "val/dog", "test/cat"))
    assert f"`{root}` has test (3 images), val (6 images), and no train" in refused(root)
    root = fill(tmp_path / "b", ("train/cat", "train/dog", "val/cat", "Valid/cat"))
    assert f"`{root}` has `Valid` and `val`, and it is not clear which one to use" in refused(root)
    root = fill(tmp_path / "c", ("train/cat", "train/dog", "test/Dog", "test/cow"))
    told = refused(root)
    assert f"`{root}/test` has classes that train does not have: Dog (dog in train), cow; train has cat, dog" in told


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    root = fill(tmp_path, ("train/cat/tabby", "train/cat/manx", "train/dog", "test/cat", "extra/cat"))
    fill(root, ("train",), 2)
    (root / "train" / "dog" / "9.avif").write_bytes(b"9")
    assert read_folders(root).notes == (
        f"`{root}/extra` is not used",
        f"2 images in `{root}/train` itself, in no class, left out",
        f"files that archc does not read in `{root}/train`, left out: 1 .avif",
        "the folders within cat count as one class each",
        "the test images are of no dog",
    )


def test_links_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = fill(tmp_path / "set", ("cat", "dog"))
    (root / "bird").symlink_to(root / "dog")
    (root / "cat" / "again").symlink_to(root)
    found = read_folders(root)
    assert found.classes == ("bird", "cat", "dog")
    monkeypatch.chdir(root)
    assert (name_of(Path()), name_of(Path("..")), name_of(Path("x/a.b.npz"))) == ("set", tmp_path.name, "a.b")
    assert opened(Path(), 3).name == "set"
    bad = root / b"caf\xe9".decode("utf-8", "surrogateescape")
    fill(bad, ("",))
    assert "has a folder b'caf\\xe9', whose name is not UTF-8" in refused(root)


def test_the_commands_say_the_same(tmp_path: Path) -> None:
    """`--data .`, with parts in any case: what validates, what is tested, how the run is called."""
    for part, count in (("Train", 6), ("Valid", 3), ("Test", 2)):
        fill(tmp_path / "pets", (f"{part}/cat", f"{part}/dog"), count)
    (tmp_path / "pets" / "net.arch").write_text("net n { input 8x8x3 -> avgpool global -> flatten -> fc 2 }")
    ran = archc("train", "net.arch", "--data", ".", "--set", "epochs=1", "--json", cwd=tmp_path / "pets")
    assert ran.code == 0, ran.err
    run = Path(json.loads(ran.out)["run"])
    assert run.name == "n-pets-1"
    facts = json.loads((tmp_path / "pets" / run / "run.json").read_text("utf-8"))["data"]
    assert (facts["name"], facts["train"], facts["judged"], facts["judged_on"], facts["test"]) == (
        "pets", 12, 6, "validation", 4,
    )  # fmt: skip
    ran = archc("eval", "net.arch", ".", "--weights", run / "best.safetensors", "--json", cwd=tmp_path / "pets")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["count"] == 4
    assert "note: what is tested is `Test`" in ran.err


def test_links_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    """As git-annex and DVC leave them where the contents were not fetched."""
    root = fill(tmp_path / "set", ("cat", "dog", "test/cat"))
    shutil.move(root / "test", tmp_path / "test")
    (root / "cat" / "9.png").symlink_to(tmp_path / "nothing")
    (root / "dog" / "more").symlink_to(tmp_path / "nothing")
    found = read_folders(root)
    assert sizes(found) == {"train": 6}
    assert found.notes == (f"2 links in `{root}` lead nowhere, left out: 9.png, more",)
    (root / "cat" / "good.png").symlink_to(tmp_path / "test" / "cat" / "0.png")
    assert sizes(read_folders(root)) == {"train": 7}
    (root / "bird").mkdir()
    (root / "bird" / "0.jpg").symlink_to(tmp_path / "nothing")
    assert "without images: bird; the classes found are cat (4 images), dog (3 images); 3 links lead" in refused(root)
