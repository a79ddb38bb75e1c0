"""Targets that are numbers and maps: which pixel they are of, before and after images are moved."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

import archc
from archc.diagnostics import ArchError
from archc.train.augment import Augmentation, Normalise, colour_jitter, mixed
from archc.train.data.image_set import NO_AUGMENT, Split
from archc.train.data.open_sets import Sets, open_sets
from archc.train.loop import fit
from archc.train.recipe import Augment, Data
from archc.train.signals import Stop
from archc.train.training import Training
from tests.train.helping import recipe, training

AS_STORED = Normalise(torch.tensor(0.0), torch.tensor(1.0))


def floats(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=Generator().manual_seed(seed))


def opened(folder: Path, x: Tensor, y: Tensor, shape: tuple[int, ...], out: tuple[int, ...], **data: Any) -> Sets:
    path = folder / "set.npz"
    np.savez(path, x_train=x.numpy(), y_train=y.numpy(), x_test=x[:5].numpy(), y_test=y[:5].numpy())
    outputs = int(np.prod(out))
    return open_sets(Data(name=str(path), validation=0.0, **data), shape, outputs, out=out)


def maps(sets: Sets) -> tuple[Tensor, Tensor]:
    assert isinstance(sets.train.images, Tensor)
    return sets.train.images, sets.train.labels


X = floats(12, 6, 5, 3)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X, X),  # channels last, both
        (X.permute(0, 3, 1, 2), X.permute(0, 3, 1, 2)),  # channels first, both
        (X, X.permute(0, 3, 1, 2)),  # each in its own order: the net's shape decides
        (X.permute(0, 3, 1, 2), X),
    ],
)
def test_a_target_is_of_its_own_pixel(tmp_path: Path, x: Tensor, y: Tensor) -> None:
    images, labels = maps(opened(tmp_path, x.contiguous(), y.contiguous(), (3, 6, 5), (3, 6, 5)))
    assert torch.equal(images, X.permute(0, 3, 1, 2)) and torch.equal(images, labels)


def test_targets_of_one_channel_and_of_another_size(tmp_path: Path) -> None:
    images, labels = maps(opened(tmp_path, X, X[..., 1], (3, 6, 5), (1, 6, 5)))
    assert torch.equal(labels[:, 0], images[:, 1])
    images, labels = maps(opened(tmp_path, X[..., 0], X[..., :2].contiguous(), (1, 6, 5), (2, 6, 5)))
    assert torch.equal(labels[:, 0], images[:, 0])
    twice = X.repeat_interleave(2, 1).repeat_interleave(2, 2)
    images, labels = maps(opened(tmp_path, X, twice, (3, 6, 5), (3, 12, 10)))
    assert torch.equal(labels[:, :, ::2, ::2], images)


def test_a_net_that_ends_in_a_vector_gets_the_pixels_in_its_order(tmp_path: Path) -> None:
    images, labels = maps(opened(tmp_path, X, X, (3, 6, 5), (90,)))
    assert torch.equal(images.flatten(1), labels.flatten(1))
    images, labels = maps(opened(tmp_path, X[..., 0], X[..., 0], (1, 6, 5), (30,)))
    assert labels.shape == (12, 1, 6, 5)
    vector = opened(tmp_path, X, X[:, 0, 0], (3, 6, 5), (3,))
    assert torch.equal(vector.train.labels, X[:, 0, 0])


def test_targets_of_no_shape_of_the_nets_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchError, match="targets of 3x6x5, and the net gives 3x5x6"):
        opened(tmp_path, X, X, (3, 6, 5), (3, 5, 6))
    for stored in (X[..., :2], floats(12, 6, 4), floats(12, 31)):
        with pytest.raises(ArchError, match="the net gives"):
            opened(tmp_path, X, stored.contiguous(), (3, 6, 5), (3, 6, 5))


MOVES: dict[str, dict[str, Any]] = {
    "flip": {"flip": True},
    "alternating": {"flip": "alternating"},
    "shift": {"shift": 2},
    "shift, reflected": {"shift": 2, "fill": "reflect", "flip": True},
    "shift, edge": {"shift": 1, "fill": "edge"},
    "crop": {"resized_crop": (0.3, 0.8)},
    "turn": {"rotate": 40, "flip": True},
    "all": {"rotate": 20, "resized_crop": (0.5, 1), "shift": 1, "flip": True},
    "window": {},
}


@pytest.mark.parametrize("name", MOVES)
def test_maps_are_moved_as_their_images(name: str) -> None:
    """Targets that are the images, with a channel more: after any move they are still."""
    images = floats(16, 3, 10, 12)
    labels = torch.cat([images, images[:, :1]], 1)
    size = (7, 9) if name == "window" else (10, 12)
    augment = Augmentation(Augment(**MOVES[name]), AS_STORED, 0, size)
    turned = torch.arange(16) % 3 == 0
    x, y = augment(images, labels, 5, turned=turned)
    assert x.shape == (16, 3, *size)
    assert torch.equal(x, y[:, :3]) and torch.equal(x[:, 0], y[:, 3])
    assert not torch.equal(x, images)
    again = Augmentation(Augment(**MOVES[name]), AS_STORED, 4, size)
    alone, _ = again(images, torch.arange(16) % 4, 5, turned=turned)
    assert torch.equal(alone, x), "what images are drawn does not depend on their targets"


def test_a_flip_is_of_larger_maps_too() -> None:
    images = floats(16, 3, 6, 5)
    larger = images.repeat_interleave(2, 2).repeat_interleave(2, 3)
    x, y = Augmentation(Augment(flip=True), AS_STORED, 0, (6, 5))(images, larger, 1)
    assert torch.equal(y[:, :, ::2, ::2], x) and not torch.equal(x, images)


def test_regions_and_shares_of_maps() -> None:
    images = floats(8, 2, 9, 7)
    for seed in range(8):
        for chosen in (Augment(cutmix=1.0), Augment(mixup=1.0)):
            drawn = Generator().manual_seed(seed)
            x, y = mixed(images, images.clone(), chosen, drawn, random.Random(seed))
            assert torch.equal(x, y)


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
@pytest.mark.parametrize("targets", ["vector", "one"])
def test_numbers_are_mixed_as_their_images(tmp_path: Path, kind: str, targets: str) -> None:
    """The target is the mean of the image (by channel), and so is that of a mixture."""
    images = floats(24, 3, 1, 1).expand(24, 3, 8, 8).contiguous()
    labels = images[:, :, 0, 0] if targets == "vector" else images.mean((1, 2, 3))[:, None]
    augment = Augmentation(Augment(**{kind: 1.0}), AS_STORED, 0, (8, 8))
    x, y = augment(images, labels, 3)
    mean = x.mean((2, 3)) if targets == "vector" else x.mean((1, 2, 3))[:, None]
    torch.testing.assert_close(y, mean)
    text = f"net n {{ input 8x8x3 -> avgpool global -> flatten -> fc {labels.shape[1]} }}"
    made = run(tmp_path, images, labels, text, augment={kind: 0.5}, epochs=2)
    assert len(made.history) == 2


def run(folder: Path, images: Tensor, labels: Tensor, text: str, **tables: Any) -> Training:
    net = archc.parse(text)
    split = Split(images, labels)
    given = Sets("numbers", split, split, split, (), NO_AUGMENT, "validation")
    made = training(net.torch(seed=0), recipe(loss="mse", **tables), given, net.graph.inputs[0].shape)
    fit(made, folder, Stop())
    return made


def test_numbers_have_no_accuracy_and_the_least_loss_is_the_best(tmp_path: Path) -> None:
    images, labels = floats(40, 3, 4, 4), floats(40, 5, seed=1)
    made = run(tmp_path, images, labels, "net n { input 4x4x3 -> flatten -> fc 5 }", epochs=5,
               optimizer={"name": "sgd", "lr": 0.9}, schedule="constant")  # fmt: skip
    assert {row["accuracy"] for row in made.history} | {row["train_accuracy"] for row in made.history} == {0.0}
    losses = [row["loss"] for row in made.history]
    assert made.best.loss == min(losses) and made.best.epoch == losses.index(min(losses))


SAME = "net same { input 6x6x3 -> conv 1x1, 3, bias=no }"


@pytest.mark.parametrize(
    "tables",
    [
        {},
        {"augment": {"flip": True, "rotate": 30}},
        {"augment": {"flip": "alternating", "shift": 1}},
        {"accumulate": 2},
    ],
)
@pytest.mark.parametrize("larger", [False, True])
def test_a_net_that_gives_what_it_gets_has_no_loss(tmp_path: Path, tables: dict[str, Any], larger: bool) -> None:
    """In training and judged, and with windows of larger images, as data.fit=crop has them."""
    net = archc.parse(SAME)
    module = net.torch()
    with torch.no_grad():
        module.get_parameter("conv1.weight").copy_(torch.eye(3).view(3, 3, 1, 1))
    images = floats(20, 3, *((9, 8) if larger else (6, 6)))
    split = Split(images, images.clone())
    given = Sets("same", split, split, split, (), NO_AUGMENT, "validation")
    made = training(module, recipe(loss="euclidean", epochs=1, batch=10, **tables), given, (3, 6, 6))
    assert made.judged().loss == pytest.approx(0, abs=1e-9)
    fit(made, tmp_path, Stop())
    assert made.history[0]["train_loss"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "shape", "target", "tables", "said"),
    [
        (SAME, (3, 6, 6), (3, 6, 6), {"progressive": [{"until": 0.5, "size": 4}]}, "progressive makes images smaller"),
        (SAME, (3, 6, 6), (3, 6, 6), {"views": "flip"}, "views=flip"),
        (SAME, (3, 9, 9), (3, 6, 6), {}, "data.fit=crop moves images by pixels"),
        ("net n { input 6x6x3 -> upsample 2 -> conv 1x1, 3}", (3, 6, 6), (3, 12, 12), {"augment": {"shift": 1}},
         "augment.shift moves images by pixels: these are 6x6, and their targets 12x12"),
        ("net n { input 6x6x1 -> flatten -> fc 2}", (1, 6, 6), (2,), {"augment": {"saturation": 0.5}}, "of colours"),
        ("net n { input 9 -> fc 2}", (9,), (2,), {"augment": {"flip": True}}, "augment.flip is of pictures"),
        ("net n { input length=9, channels=2 -> flatten -> fc 2}", (2, 9), (2,), {"augment": {"cutmix": 1.0}},
         "augment.cutmix is of pictures, and the net takes 9x2"),
    ],
)  # fmt: skip
def test_what_would_part_images_from_their_targets_is_refused(
    tmp_path: Path, text: str, shape: tuple[int, ...], target: tuple[int, ...], tables: dict[str, Any], said: str
) -> None:
    with pytest.raises(ArchError, match=said):
        run(tmp_path, floats(20, *shape), floats(20, *target), text, **tables)


@pytest.mark.parametrize("span", [(0.0, 1.0), (-1.0, 1.0), (-2.5, 7.0), (100.0, 355.0)])
def test_colours_of_floats_are_those_of_bytes(span: tuple[float, float]) -> None:
    """The same picture as bytes and as floats of another black and white."""
    low, high = span
    picture = torch.randint(0, 256, (16, 3, 6, 5), dtype=torch.uint8, generator=Generator().manual_seed(1))
    chosen = Augment(brightness=0.7, contrast=0.6, saturation=0.9)
    told = colour_jitter(picture, chosen, Generator().manual_seed(2)) / 255
    same = colour_jitter(picture / 255 * (high - low) + low, chosen, Generator().manual_seed(2), span)
    torch.testing.assert_close((same - low) / (high - low), told, atol=1e-5, rtol=0)
    assert same.min() >= low and same.max() <= high


def test_standardised_images_keep_their_values(tmp_path: Path) -> None:
    """Their black and white are the least and the greatest of the training images; they were cut to [0, 1]."""
    images = floats(20, 3, 6, 6) * 5 - 2
    split = Split(images, torch.arange(20) % 2)
    given = Sets("floats", split, split, split, ("a", "b"), NO_AUGMENT, "validation")
    net = archc.parse("net n { input 6x6x3 -> flatten -> fc 2 }")
    made = training(net.torch(), recipe(augment={"brightness": 1e-9}), given, (3, 6, 6))
    assert made.augmentation.span == (images.min().item(), images.max().item())
    x, _ = made.augmentation(images, split.labels, 0)
    torch.testing.assert_close(x, images, atol=1e-5, rtol=0)
