"""A run, made of a module, a recipe and a data set; and its state, saved and loaded."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from archc.train import checkpoint, optim, precision
from archc.train.augment import Augmentation, Normalise, crop_targets, middle
from archc.train.average import Average, SlowWeights
from archc.train.batches import Batches, derived, read, resident, statistics
from archc.train.checks import check, check_norms, other_data, refused
from archc.train.data.fingerprint import differences, fingerprint
from archc.train.data.open_sets import RESIDENT_BYTES, Sets
from archc.train.distributed import Ranks, wrap
from archc.train.evaluate import evaluate
from archc.train.loss import training_loss
from archc.train.metrics import Figures, Running
from archc.train.non_finite import Guard
from archc.train.parameter_patterns import freeze
from archc.train.recipe import Channels, Data, Recipe
from archc.train.run_length import Best, Position, length, renumbered
from archc.train.schedule import Rate
from archc.train.whiten import MOST_IMAGES, whiten

Row = dict[str, float]


@dataclass(frozen=True, slots=True)
class Net:
    """Facts about the module.

    shape: (C, H, W). main: the evaluated output; heads: those for training only. identity: what a checkpoint belongs
    to: fingerprint, name and source. single: the batch norms that see one value of each channel of an image.
    """

    shape: tuple[int, ...]
    main: str = "output"
    heads: tuple[str, ...] = ()
    identity: Mapping[str, str] = field(default_factory=dict)
    single: tuple[str, ...] = ()


class Training:
    """A run, ready for its loop. Raises ArchError if the recipe and the net do not fit."""

    def __init__(
        self, module: nn.Module, recipe: Recipe, sets: Sets, net: Net, device: torch.device, ranks: Ranks | None = None
    ) -> None:
        self.recipe, self.sets, self.net, self.device = recipe, sets, net, device
        self.ranks = ranks or Ranks()
        self.precision = precision.resolve(recipe.precision, device)
        precision.prepare(self.precision)
        check(recipe, sets, net.shape, self.ranks)
        self.resting = freeze(module, recipe.freeze)
        resting = {name for name, one in module.named_modules() if one in self.resting}
        check_norms(recipe, [name for name in net.single if name not in resting], self.ranks)
        if not any(parameter.requires_grad for parameter in module.parameters()):
            raise refused("the net has no weights to train")

        def settled(name: str) -> Any:
            split = getattr(sets, name)
            return resident(split, net.shape, device, RESIDENT_BYTES, recipe.data.resident)

        self.train, self.validation = settled("train"), settled("validation")
        self.test = self.validation if sets.test is sets.validation else settled("test")
        last = recipe.channels_last and len(net.shape) == 3
        sharded = recipe.distributed.strategy == "fsdp"
        self.raw = module.to(device)
        if last and not sharded:  # FSDP2 takes contiguous weights only; images still come in this layout
            self.raw.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.wrapped = wrap(self.raw, recipe.distributed, self.ranks, device)
        self.forward = torch.compile(self.wrapped) if recipe.compile else self.wrapped
        self.optimizer = optim.build(self.raw, recipe.optimizer, fused=not sharded)
        self.scaler = precision.scaler(self.precision, device)
        self.loss = training_loss(recipe.loss, net.main, net.heads)
        self.batches = Batches(
            self.train, recipe.batch, recipe.accumulate, recipe.seed, self.ranks, device, recipe.data.workers
        )
        self.epochs, self.total = length(recipe, len(self.batches.sizes))
        self.rate = Rate(recipe.schedule, recipe.optimizer.rate, self.total, len(self.batches.sizes))
        deferred = device.type == "cuda" and not self.scaler.is_enabled() and _fused(self.optimizer)
        self.guard = Guard(device, self.optimizer, deferred)
        self.normalise = _normalise(recipe.data, self.train, device, last)
        size = net.shape[1:]
        augment = recipe.augment or sets.augment
        span = _span(self.train) if augment.brightness or augment.contrast or augment.saturation else (0.0, 1.0)
        self.augmentation = Augmentation(augment, self.normalise, len(sets.classes), size, span)
        if recipe.init.whiten is not None:
            whiten(self.raw, recipe.init.whiten, self.prepare(self._first(MOST_IMAGES)))
        self.slow = SlowWeights(self.raw, recipe.lookahead, self.total) if recipe.lookahead is not None else None
        self.average = Average(self.raw, recipe.ema) if recipe.ema else None
        self.sides = self._first_flips() if self.augmentation.settings.flip == "alternating" else None
        self.running = self.counted()
        self.position, self.best, self.history = Position(), Best(), list[Row]()

    def _first(self, most: int) -> Tensor:
        """The first `most` training images."""
        chosen = torch.arange(min(most, len(self.train)))
        return torch.cat([images for images, _ in read(self.train, torch.split(chosen, 512), self.device)])

    def _first_flips(self) -> Tensor:
        """Which training images are flipped in the first epoch."""
        generator = torch.Generator().manual_seed(derived(self.recipe.seed, len(self.train)))
        return torch.randint(0, 2, (len(self.train),), generator=generator).bool()

    def learn(self) -> None:
        """Put the module into training mode, and frozen norms into evaluation mode."""
        self.wrapped.train()
        for norm in self.resting:
            norm.eval()

    def counted(self) -> Running:
        """The figures of a new epoch."""
        return Running(self.device, numbers=not self.sets.classes)

    def prepare(self, images: Tensor) -> Tensor:
        """Stored images as inputs for evaluation."""
        return self.normalise(middle(images, self.net.shape[1:]))

    def _judging(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        return self.prepare(images), crop_targets(labels, images, self.net.shape[1:])

    def judged(self, name: str = "validation") -> Figures:
        """The figures of a split, with the averaged weights if there are any."""
        split = getattr(self, name)

        def figures() -> Figures:
            return evaluate(
                self.wrapped,
                split,
                self.loss.each,
                self._judging,
                main=self.net.main,
                classes=max(len(self.sets.classes), 1),
                batch=self.recipe.eval_batch,
                precision=self.precision,
                ranks=self.ranks,
                device=self.device,
                workers=self.recipe.data.workers,
                views=self.recipe.views if name == "test" else "one",
            )

        if self.average is None:
            return figures()
        with self.average.applied(self.raw):
            return figures()

    def weights(self) -> dict[str, Tensor]:
        """The weights to publish: the average if there is one. On a sharded net every rank has to call this."""
        state = self.average.weights if self.average is not None else self.raw.state_dict()
        return {name: full(tensor) for name, tensor in state.items()}

    def resolution(self) -> int | None:
        """The current size of images, if the recipe changes it."""
        done = self.position.updates / self.total
        return next((part.size for part in self.recipe.progressive if done < part.until), None)

    def save(self, folder: Path) -> Path:
        """A checkpoint, from which the run resumes as if it had not stopped. All ranks take part."""
        randoms = self.ranks.gather(_random_state(self.device))
        sums = self.ranks.gather(self.running.sums.cpu())
        state: dict[str, Any] = {
            "net": dict(self.net.identity),
            "recipe": self.recipe.model_dump_json(),
            "data": self.data,
            "position": [self.position.epoch, self.position.step, self.position.updates],
            "per_epoch": len(self.batches.sizes),
            "best": [self.best.epoch, self.best.accuracy, self.best.loss],
            "history": self.history,
            "schedule": self.rate.state(),
            "scaler": self.scaler.state_dict(),
            "averaged": self.average.updates if self.average is not None else 0,
            "random": randoms,
            "sums": sums,
        }
        keep = self.recipe.checkpoints.keep
        if self.recipe.distributed.strategy == "fsdp":
            from archc.train import sharded  # noqa: PLC0415 - torch's distributed checkpoints take a second to import

            tensors = sharded.tensors(self.raw, self.optimizer, self.average)
            return sharded.save(folder, self.position.updates, tensors, state, keep, self.ranks)
        path = folder / f"{checkpoint.name_of(self.position.updates)}.pt"
        if self.ranks.first:
            state |= {"module": self.raw.state_dict(), "optimizer": self.optimizer.state_dict()}
            state |= {"average": self.average.weights} if self.average is not None else {}
            state |= {"slow": self.slow.weights} if self.slow is not None else {}
            checkpoint.save(folder, self.position.updates, state, keep)
        self.ranks.barrier()
        return path

    def load(self, path: Path, state: Mapping[str, Any]) -> None:
        """Resume from a checkpoint. Raises ArchError if it is of another net or another kind of run."""
        if state["net"].get("graph") != self.net.identity.get("graph"):
            raise refused(f"`{path}` is a checkpoint of another architecture, {state['net'].get('name')}")
        if (self.average is not None) != bool(state["averaged"]) and state["position"][2]:
            raise refused(f"`{path}` was written {'without' if self.average else 'with'} an average of the weights")
        self._check_same(path, state)
        optimiser = json.loads(state["recipe"])["optimizer"]["name"]
        if optimiser != self.recipe.optimizer.name:
            raise refused(f"`{path}` has the state of {optimiser}, and {self.recipe.optimizer.name} needs another")
        if path.is_dir():
            from archc.train import sharded  # noqa: PLC0415

            sharded.load(path, self.raw, self.optimizer, self.average, self.ranks)
        elif self.recipe.distributed.strategy == "fsdp":
            raise refused(f"`{path}` was written by a run that does not shard; go on without fsdp")
        else:
            self.raw.load_state_dict(state["module"])
            self._load_moments(path, state["optimizer"])
            if self.average is not None:
                self.average.weights = {name: tensor.to(self.device) for name, tensor in state["average"].items()}
        if self.slow is not None:
            if "slow" not in state:
                raise refused(f"`{path}` was written without lookahead")
            self.slow.weights = {name: tensor.to(self.device) for name, tensor in state["slow"].items()}
        if self.average is not None:
            self.average.updates = state["averaged"]
        self.position = renumbered(Position(*state["position"]), state["per_epoch"], len(self.batches.sizes))
        self.best, self.history = Best(*state["best"]), list(state["history"])
        self.rate.load(state["schedule"])
        if self.scaler.is_enabled() and state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        same = len(state["random"]) == self.ranks.world
        if same:  # with another number of ranks the data resumes in place, and dropout draws anew
            _set_random_state(state["random"][self.ranks.rank], self.device)
            self.running.sums.copy_(state["sums"][self.ranks.rank])
        elif self.ranks.first:
            self.running.sums.copy_(sum(state["sums"]))

    @cached_property
    def data(self) -> dict[str, Any]:
        """The fingerprint of the data of the run."""
        return fingerprint(self.sets, self.recipe.data)

    def _check_same(self, path: Path, state: Mapping[str, Any]) -> None:
        """Raises ArchError with the differences if the data or the seed is not that of the checkpoint."""
        changes = differences(state["data"], self.data) if "data" in state else []
        seed = json.loads(state["recipe"])["seed"]
        if seed != self.recipe.seed:
            changes.insert(0, f"seed: {seed} then, {self.recipe.seed} now")
        if changes:
            raise other_data(path, changes)

    def _load_moments(self, path: Path, state: Mapping[str, Any]) -> None:
        """Load the state of the optimiser; its settings remain those of this recipe."""
        settings = [{key: group[key] for key in group if key != "params"} for group in self.optimizer.param_groups]
        try:
            self.optimizer.load_state_dict(dict(state))
        except ValueError:
            reason = "other weights decayed there: keep optimizer.decay_all, and a decay of 0 what it is"
            raise refused(f"the optimiser of `{path}` does not fit this recipe: {reason}") from None
        for group, own in zip(self.optimizer.param_groups, settings, strict=True):
            group.update(own)


def full(tensor: Tensor) -> Tensor:
    """A sharded tensor as a whole; other tensors unchanged."""
    gather: Callable[[], Tensor] | None = getattr(tensor, "full_tensor", None)
    return gather() if gather is not None else tensor


def _span(train: Any) -> tuple[float, float]:
    """The least and the greatest value of float images, taken as black and white."""
    images = train.images
    if not isinstance(images, Tensor) or not images.is_floating_point():
        return 0.0, 1.0  # bytes have 0 and 255
    return images.min().item(), images.max().item()


def _normalise(data: Data, train: Any, device: torch.device, channels_last: bool) -> Normalise:
    """Statistics in the units that images are stored in."""
    stored = train.images.dtype if isinstance(train.images, Tensor) else torch.uint8
    most = 255.0 if stored == torch.uint8 else 1.0
    if data.normalise == "standard":
        mean, std = statistics(train)
        std = torch.where(std > 0, std, torch.ones_like(std))
    elif isinstance(data.normalise, Channels):
        mean, std = torch.tensor(data.normalise.mean) * most, torch.tensor(data.normalise.std) * most
    else:
        half = most / 2 if data.normalise == "symmetric" else 0.0
        mean, std = torch.tensor([half]), torch.tensor([half or most])
    dims = train.images.dim() if isinstance(train.images, Tensor) else 4
    shape = (1, -1, *[1] * (dims - 2))
    channels = train.images.shape[1] if isinstance(train.images, Tensor) else 3
    for one in (mean, std):
        if len(one) not in (1, channels):
            raise refused(f"data.normalise gives {len(one)} channels, and the images have {channels}")
    return Normalise(mean.view(shape).to(device), std.view(shape).to(device), channels_last)


def _fused(optimizer: torch.optim.Optimizer) -> bool:
    return all(group.get("fused") for group in optimizer.param_groups)


def _random_state(device: torch.device) -> list[Tensor]:
    """The states of torch's generators, from which dropout and stochastic depth draw."""
    states = [torch.get_rng_state()]
    return [*states, torch.cuda.get_rng_state(device)] if device.type == "cuda" else states


def _set_random_state(states: list[Tensor], device: torch.device) -> None:
    torch.set_rng_state(states[0])
    if device.type == "cuda" and len(states) > 1:
        torch.cuda.set_rng_state(states[1], device)


Publish = Callable[[Mapping[str, Tensor], Path], None]
