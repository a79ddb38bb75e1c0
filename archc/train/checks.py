"""Checks that a recipe suits the data set, the net and the number of ranks."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.sets.labels import one_hot
from archc.shapes import hwc
from archc.train.data.open_sets import Sets
from archc.train.distributed import Ranks
from archc.train.recipe import Augment, Recipe

MOVES = ("shift", "resized_crop", "rotate")
OF_PICTURES = ("flip", *MOVES, "cutout", "brightness", "contrast", "saturation", "cutmix")


def check(recipe: Recipe, sets: Sets, shape: tuple[int, ...], ranks: Ranks) -> None:
    """shape: the input of the net, (C, n…). Raises ArchError."""
    unit = ranks.world * recipe.accumulate
    if recipe.batch % unit:
        raise refused(
            f"a batch of {recipe.batch} does not part evenly into {recipe.accumulate} parts on {ranks.world} ranks: "
            f"set batch to a multiple of {unit}"
        )
    if len(sets.train) < 2 * unit:
        raise refused(f"{len(sets.train)} images are too few for {unit} parts of two")
    if sets.judged == "test" and (recipe.early_stop.patience or recipe.schedule.name == "plateau"):
        what = "early_stop" if recipe.early_stop.patience else "plateau"
        raise refused(f"{what} needs validation images: set data.validation above 0")
    augment = recipe.augment or sets.augment
    if (augment.mixup or augment.cutmix) and recipe.loss.name == "multi_margin":
        raise refused("mixup and cutmix make soft targets, and multi_margin takes one class")
    if not sets.classes and recipe.loss.name in ("cross_entropy", "multi_margin"):
        if one_hot(sets.train.labels.numpy()):
            raise refused(
                f"{sets.name} has one-hot rows of numbers for targets, and {recipe.loss.name} takes classes: "
                "save `y.argmax(1)`"
            )
        raise refused(f"{sets.name} has numbers for targets, and {recipe.loss.name} takes classes: set loss=mse")
    _check_images(recipe, augment, shape)
    if sets.train.labels.dim() > 2:
        _check_maps(recipe, augment, sets, shape)


def _check_images(recipe: Recipe, augment: Augment, shape: tuple[int, ...]) -> None:
    asked = [name for name in OF_PICTURES if getattr(augment, name)]
    if len(shape) != 3:
        what = f"augment.{asked[0]}" if asked else "progressive" if recipe.progressive else ""
        if what:
            raise refused(f"{what} is of pictures, and the net takes {hwc(shape)}")
    elif augment.saturation and shape[0] != 3:
        raise refused(f"augment.saturation is of colours, and the images have {shape[0]} channels")


def _check_maps(recipe: Recipe, augment: Augment, sets: Sets, shape: tuple[int, ...]) -> None:
    """Targets that are maps are moved as their images are."""
    if recipe.progressive:
        raise refused("progressive makes images smaller, and the targets are maps of one size")
    if recipe.views != "one":
        raise refused(
            f"views={recipe.views} takes the mean over moved images, and the outputs are maps, which move along"
        )
    images, maps = sets.train.images, sets.train.labels.shape[2:]
    stored = tuple(images.shape[2:]) if isinstance(images, Tensor) else shape[1:]
    if tuple(maps) == stored:
        return
    moved = [f"augment.{name}" for name in (*MOVES, "cutmix") if getattr(augment, name)]
    moved += ["data.fit=crop"] if stored != shape[1:] else []
    if moved:
        sizes = ["x".join(map(str, size)) for size in (stored, maps)]
        raise refused(f"{moved[0]} moves images by pixels: these are {sizes[0]}, and their targets {sizes[1]}")


def check_norms(recipe: Recipe, single: Sequence[str], ranks: Ranks) -> None:
    """single: the trained batch norms that see one value of each channel of an image. Raises ArchError."""
    together = recipe.batch // recipe.accumulate
    if not recipe.distributed.sync_bn:
        together //= ranks.world
    if together > 1 or not single:
        return
    many = f" and {len(single) - 1} more" if len(single) > 1 else ""
    parts = [f"a batch of {recipe.batch}"]
    parts += [f"in {recipe.accumulate} parts"] if recipe.accumulate > 1 else []
    parts += [f"on {ranks.world} ranks"] if ranks.world > 1 else []
    least = 2 * recipe.batch
    raise refused(
        f"{single[0]}{many} normalises each channel over the images that are computed at once, and {' '.join(parts)} is"
        " one image at once: less its own mean, a single value is 0",
        f"set batch={least}" + (", or a smaller accumulate" if recipe.accumulate > 1 else ""),
    )


def other_data(path: Path, differences: Sequence[str]) -> ArchError:
    """The error if the data or the seed differs from the checkpoint's. differences: one line each."""
    message = f"`{path}` is of a run on other data, or with another seed: it would not go on as if it had not stopped"
    help_text = "go on with what it had, or start anew with --weights and the run's last.safetensors"
    return ArchError([Diagnostic(Code.OTHER_DATA, message, notes=tuple(differences), help=help_text)])


def refused(message: str, help: str | None = None) -> ArchError:
    return ArchError([Diagnostic(Code.BAD_RUN, message, help=help)])
