"""Augmentation of a batch against doing it image by image."""

import random

import pytest
import torch
from torch import Generator

from archc.train.augment import (
    Augmentation,
    Normalise,
    colour_jitter,
    cutout,
    middle,
    mixed,
    padded,
    rotate_and_crop,
    windows,
)
from archc.train.recipe import Augment

IMAGES = torch.randint(0, 256, (32, 3, 10, 12), dtype=torch.uint8, generator=Generator().manual_seed(0))
LABELS = torch.arange(32) % 4


def generator(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def test_a_flip_is_of_half_the_images() -> None:
    out = windows(IMAGES, (10, 12), generator(), flip=True)
    same = [torch.equal(one, other) for one, other in zip(out, IMAGES, strict=True)]
    turned = [torch.equal(one, other.flip(2)) for one, other in zip(out, IMAGES, strict=True)]
    assert all(a != b for a, b in zip(same, turned, strict=True))
    assert 8 <= sum(turned) <= 24


@pytest.mark.parametrize("fill", ["zero", "reflect", "edge"])
def test_a_shift_is_a_window_of_the_padded_image(fill: str) -> None:
    wide = padded(IMAGES, 2, fill)
    out = windows(wide, (10, 12), generator())
    places = set()
    for number in range(32):
        found = [
            (y, x)
            for y in range(5)
            for x in range(5)
            if torch.equal(out[number], wide[number, :, y : y + 10, x : x + 12])
        ]
        assert len(found) == 1
        places.add(found[0])
    assert len(places) > 10, "each image its own"
    assert torch.equal(middle(wide, (10, 12)), IMAGES)


def test_no_turn_and_the_whole_area_change_nothing() -> None:
    out = rotate_and_crop(IMAGES, Augment(resized_crop=(1.0, 1.0), ratio=(1.0, 1.0)), generator())
    assert (out.int() - IMAGES.int()).abs().max() <= 1
    out = rotate_and_crop(IMAGES, Augment(rotate=30, fill="edge"), generator())
    assert out.shape == IMAGES.shape and not torch.equal(out, IMAGES)


def test_a_turn_is_one_of_pixels() -> None:
    """By 90° on the nose: a point right of the middle comes to stand as far above or below it."""
    image = torch.zeros(1, 1, 9, 15, dtype=torch.uint8)
    image[0, 0, 4, 10] = 255  # three to the right
    for seed in range(5):
        out = rotate_and_crop(image, Augment(rotate=90), generator(seed))[0, 0]
        if out.max() > 60:
            y, x = divmod(int(out.argmax()), 15)
            assert (y - 4) ** 2 + (x - 7) ** 2 == pytest.approx(9, abs=4)


def test_cutout_is_a_square_of_zeros() -> None:
    values = torch.ones(64, 3, 10, 12)
    out = cutout(values, 4, generator())
    holes = (out == 0).sum((2, 3))
    assert (holes[:, 0] == holes[:, 1]).all()
    assert int(holes.min()) >= 4 and int(holes.max()) == 16


def test_mixup_and_cutmix_mix_targets_as_they_mix_images() -> None:
    values = torch.arange(8.0)[:, None, None, None].expand(8, 1, 6, 6).contiguous()
    targets = torch.eye(8)
    for chosen in (Augment(mixup=1.0), Augment(cutmix=1.0)):
        for seed in range(10):
            out, soft = mixed(values, targets, chosen, generator(seed), random.Random(seed))
            torch.testing.assert_close(soft.sum(1), torch.ones(8))
            torch.testing.assert_close(out.mean((1, 2, 3)), soft @ torch.arange(8.0))


def test_colours_stay_in_range() -> None:
    out = colour_jitter(IMAGES, Augment(brightness=1, contrast=1, saturation=1), generator())
    assert out.min() >= 0 and out.max() <= 255
    grey = IMAGES[:, :1].expand(-1, 3, -1, -1).contiguous()
    torch.testing.assert_close(colour_jitter(grey, Augment(saturation=1), generator()), grey.float(), atol=1e-3, rtol=0)


@pytest.mark.parametrize("last", [False, True])
def test_the_whole_is_a_function_of_the_seed(last: bool) -> None:
    settings = Augment(flip=True, shift=2, cutout=3, mixup=0.2, brightness=0.2, rotate=10, resized_crop=(0.5, 1))
    normalise = Normalise(torch.full((1, 3, 1, 1), 100.0), torch.full((1, 3, 1, 1), 50.0), last)
    augment = Augmentation(settings, normalise, 4, (10, 12))
    before = IMAGES.clone()
    one, two, other = augment(IMAGES, LABELS, 7), augment(IMAGES, LABELS, 7), augment(IMAGES, LABELS, 8)
    assert torch.equal(IMAGES, before)
    assert torch.equal(one[0], two[0]) and torch.equal(one[1], two[1])
    assert not torch.equal(one[0], other[0])
    assert one[0].is_contiguous(memory_format=torch.channels_last) == last


def test_nothing_asked_for_is_nothing_done() -> None:
    plain = Augmentation(Augment(), Normalise(torch.tensor(0.0), torch.tensor(255.0)), 4, (10, 12))
    values, labels = plain(IMAGES, LABELS, 0)
    assert torch.equal(values, IMAGES.float() / 255) and labels is LABELS
