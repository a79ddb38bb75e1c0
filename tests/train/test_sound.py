"""What a run takes of a set, what stays frozen, what it says it will cost, and norms with nothing to normalise."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

import archc
from archc.analysis.batch_norms import single_valued
from archc.diagnostics import ArchError
from archc.train import checkpoint
from archc.train.checks import check_norms
from archc.train.data.image_set import NO_AUGMENT, Split
from archc.train.data.open_sets import Sets, open_sets
from archc.train.data.splits import spread
from archc.train.distributed import Ranks
from archc.train.loop import fit
from archc.train.recipe import Data
from archc.train.signals import Stop
from tests.cli.running import archc as command
from tests.train.helping import recipe, sets, small, training


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Classes of 20, 10 and 2 images to train on, and of 5 each to test on."""
    root = tmp_path_factory.mktemp("set")
    for part, sizes in (("train", (20, 10, 2)), ("test", (5, 5, 5))):
        for name, size in zip("abc", sizes, strict=True):
            (root / part / name).mkdir(parents=True)
            for number in range(size):
                Image.new("RGB", (8, 8), (number, 0, 0)).save(root / part / name / f"{number}.png")
    return root


def test_a_part_of_a_folder_has_all_its_classes(folder: Path) -> None:
    data = Data(name=str(folder), validation=0.0, train_size=16, test_size=6)
    made = open_sets(data, (3, 8, 8), 3)
    assert made.train.labels.bincount().tolist() == [10, 5, 1]
    assert made.test.labels.bincount().tolist() == [2, 2, 2]
    again = open_sets(data, (3, 8, 8), 3)
    assert torch.equal(again.train.labels, made.train.labels)
    whole = open_sets(Data(name=str(folder), validation=0.0, train_size=99), (3, 8, 8), 3)
    assert len(whole.train) == 32


def test_a_part_of_arrays_in_the_order_of_their_classes(tmp_path: Path) -> None:
    labels = np.repeat(np.arange(4), 25)
    images = np.broadcast_to(labels[:, None, None, None], (100, 8, 8, 3)).astype(np.uint8)
    np.savez(tmp_path / "set.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    made = open_sets(Data(name=str(tmp_path / "set.npz"), validation=0.0, train_size=40, test_size=4), (3, 8, 8), 4)
    assert made.train.labels.bincount().tolist() == [10, 10, 10, 10]
    assert made.test.labels.tolist() == [0, 1, 2, 3]
    assert isinstance(made.train.images, Tensor)
    assert torch.equal(made.train.images[:, 0, 0, 0].long(), made.train.labels), "each with its own label"


@pytest.mark.parametrize("sizes", [(100, 10, 1), (3, 3, 3, 3), (0, 5, 50), (7,)])
def test_shares_of_classes(sizes: tuple[int, ...]) -> None:
    labels = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    for count in range(1, len(labels) + 1):
        places = spread(labels, count)
        assert len(set(places.tolist())) == count and torch.equal(places, places.sort().values)
        taken = labels[places].bincount(minlength=len(sizes)).tolist()
        if count >= sum(size > 0 for size in sizes):
            assert all(taken[number] > 0 for number, size in enumerate(sizes) if size)
        for took, size in zip(taken, sizes, strict=True):
            assert abs(took - count * size / len(labels)) <= len(sizes)


def test_a_part_of_numbers_is_drawn() -> None:
    places = spread(torch.arange(100.0)[:, None], 20)
    assert len(set(places.tolist())) == 20 and places.max() > 50


FROZEN: dict[str, tuple[list[str], bool]] = {
    "all of it": (["bn1.*"], True),
    "both by name": (["*.weight", "*.bias"], True),
    "its statistics": (["bn1.running_mean"], True),
    "a net but its head": (["conv*", "bn*"], True),
    "the weight alone": (["bn1.weight"], False),
    "another layer": (["conv1.*"], False),
}


@pytest.mark.parametrize("name", FROZEN)
def test_a_norm_that_is_frozen_keeps_its_statistics(tmp_path: Path, name: str) -> None:
    patterns, stays = FROZEN[name]
    text = "net n { input 8x8x3 -> conv 3x3, 4 -> bn -> relu -> bn affine=no -> flatten -> dropout 0.2 -> fc 4 }"
    if "*.weight" in patterns:
        patterns = ["bn1.weight", "bn1.bias"]
    made = training(archc.parse(text).torch(seed=0), recipe(freeze=patterns, ema=0.9), sets())
    norms = [made.raw.get_submodule(one) for one in ("bn1", "bn2")]
    assert all(isinstance(norm, nn.BatchNorm2d) for norm in norms)
    before = [norm.state_dict()["running_mean"].clone() for norm in norms]
    seen: list[bool] = []
    norms[0].register_forward_hook(lambda module, given, output: seen.append(module.training))
    fit(made, tmp_path, Stop())
    after = [norm.state_dict()["running_mean"] for norm in norms]
    moved = [not torch.equal(*pair) for pair in zip(after, before, strict=True)]
    assert moved == [not stays, "bn*" not in patterns]
    assert (True in seen) != stays
    if stays:
        assert int(norms[0].state_dict()["num_batches_tracked"]) == 0


def test_a_frozen_norm_goes_by_its_statistics_as_by_hand(tmp_path: Path) -> None:
    text = "net n { input 8x8x3 -> conv 3x3, 4 -> bn -> relu -> flatten -> fc 4 }"
    module, twin = (archc.parse(text).torch(seed=0) for _ in range(2))
    for one in (module, twin):
        nn.init.constant_(one.state_dict()["bn1.running_mean"], 0.3)
    chosen = recipe(freeze=["bn1.*"], epochs=1, batch=70, optimizer={"name": "sgd", "lr": 0.1}, schedule="constant")
    given = sets(floats=True)
    made = training(module, chosen, given)
    fit(made, tmp_path, Stop())
    twin.eval()
    assert isinstance(given.train.images, Tensor)
    loss = nn.functional.cross_entropy(twin(given.train.images), given.train.labels)
    assert made.history[0]["train_loss"] == pytest.approx(loss.item(), rel=1e-5)
    again = training(archc.parse(text).torch(seed=1), chosen, given)
    path = checkpoint.find(tmp_path)
    again.load(path, checkpoint.load(path))
    assert again.raw.state_dict()["bn1.running_mean"].tolist() == pytest.approx([0.3] * 4)


@pytest.fixture(name="cost")
def _cost(tmp_path: Path) -> Callable[..., dict[str, int]]:
    (tmp_path / "n.arch").write_text("net n { input 8x8x3 -> flatten -> fc 3 }")

    def cost(data: Path, *more: str) -> dict[str, int]:
        words = [word for one in more for word in ("--set", one)]
        ran = command("train", tmp_path / "n.arch", "--data", data, *words, "--dry-run", "--json")
        assert ran.code == 0, ran.err
        told: dict[str, int] = json.loads(ran.out)["cost"]
        return told

    return cost


def test_the_memory_of_a_dry_run_is_of_what_is_held(tmp_path: Path, folder: Path, cost: Any) -> None:
    assert cost(folder)["image_bytes"] == (32 + 15) * 192
    assert cost(folder, "data.resident=no")["image_bytes"] == 0
    assert cost(folder, "data.validation=0")["image_bytes"] == (32 + 15) * 192, "the test images once"
    images = np.zeros((50, 3, 8, 8), np.float32)
    np.savez(tmp_path / "floats.npz", x=images, y=np.arange(50) % 3)
    assert cost(tmp_path / "floats.npz")["image_bytes"] == 50 * 192 * 4


SINGLE = "net n { input 12 -> fc 8 -> bn -> relu -> fc 4 }"
ON_A_PIXEL = "net n { input 8x8x3 -> conv 8x8, 8 -> bn -> relu -> flatten -> fc 4 }"


def vectors(count: int = 12) -> Sets:
    split = Split(torch.rand(count, 12), torch.arange(count) % 4)
    return Sets("vectors", split, split, split, tuple("abcd"), NO_AUGMENT, "validation")


@pytest.mark.parametrize(
    ("text", "shape", "tables", "world", "said"),
    [
        (SINGLE, (12,), {"batch": 1}, 1, "a batch of 1 is one image at once"),
        (SINGLE, (12,), {"batch": 4, "accumulate": 4}, 1, "a batch of 4 in 4 parts is one image at once"),
        (ON_A_PIXEL, (3, 8, 8), {"batch": 1}, 1, "bn1 normalises each channel"),
        (SINGLE, (12,), {"batch": 2, "distributed": {"sync_bn": False}}, 2, "a batch of 2 on 2 ranks is one image"),
        (SINGLE, (12,), {"batch": 2}, 1, None),
        (SINGLE, (12,), {"batch": 1, "freeze": ["bn1.*"]}, 1, None),
        ("net n { input 8x8x3 -> conv 3x3, 8 -> bn -> relu -> flatten -> fc 4 }", (3, 8, 8), {"batch": 1}, 1, None),
        ("net n { input 12 -> fc 8 -> ln -> fc 4 }", (12,), {"batch": 1}, 1, None),
    ],
)
def test_a_batch_that_leaves_a_norm_one_value_a_channel(
    tmp_path: Path, text: str, shape: tuple[int, ...], tables: dict[str, Any], world: int, said: str | None
) -> None:
    net = archc.parse(text)
    single = single_valued(net.graph)
    given = vectors() if shape == (12,) else sets()
    if said is None:
        made = training(net.torch(seed=0), recipe(epochs=1, **tables), given, shape, single=single)
        assert fit(made, tmp_path, Stop()) == "finished"
        return
    with pytest.raises(ArchError, match=said):
        if world > 1:
            check_norms(recipe(**tables), single, Ranks(0, world))
        else:
            training(net.torch(), recipe(**tables), given, shape, single=single)


def test_the_command_says_so_before_it_makes_a_folder(tmp_path: Path) -> None:
    (tmp_path / "n.arch").write_text("net n { input 8x8x1 -> flatten -> fc 8 -> bn -> relu -> fc 10 }")
    for more in ((), ("--dry-run",)):
        ran = command("train", "n.arch", "--set", "batch=1", "--set", "epochs=1", *more, cwd=tmp_path)
        assert ran.code == 1 and "Traceback" not in ran.err
        assert "less its own mean, a single value is 0" in ran.err and "set batch=2" in ran.err
    assert not (tmp_path / "runs").exists()


def test_a_net_of_another_shape_is_left_alone() -> None:
    assert training(small(), recipe(), sets()).resting == []
