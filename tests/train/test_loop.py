"""The loop against one written by hand in plain torch, bit for bit."""

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import HealthCheck, assume, given, settings
from torch import Tensor, nn

import archc
from archc.diagnostics import ArchError
from archc.train import checkpoint
from archc.train.loop import fit
from archc.train.non_finite import Guard
from archc.train.recipe import Recipe
from archc.train.signals import Stop
from tests.fuzz.networks import networks
from tests.train.helping import StopAfter, recipe, same, sets, small, trained, training

STEPS, BATCH = 10, 4
CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def manual_download(
    module: nn.Module, images: Tensor, labels: Tensor, chosen: Recipe, main: str, heads: tuple[str, ...]
) -> None:
    """What a person writes: shuffle, forward, backward, step."""
    torch.manual_seed(chosen.seed)
    optimizer = torch.optim.SGD(module.parameters(), 0.01, momentum=0.9, nesterov=True, fused=True)
    module.train()
    epoch = updates = 0
    while updates < STEPS:
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(chosen.seed + epoch))
        for index in torch.split(order, BATCH):
            out = module(images[index])
            if isinstance(out, dict):
                loss = F.cross_entropy(out[main].flatten(1), labels[index])
                for name in heads:
                    loss = loss + 0.3 * F.cross_entropy(out[name].flatten(1), labels[index])
            else:
                loss = F.cross_entropy(out.flatten(1), labels[index])
            assume(loss.requires_grad)
            if not math.isfinite(loss.item()):
                raise FloatingPointError
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            optimizer.zero_grad()
            updates += 1
            if updates == STEPS:
                return
        epoch += 1


def agree(text: str, folder: Path) -> None:
    net = archc.parse(text)
    assume(len(net.graph.inputs) == 1)  # a set of images has no more
    shape = net.graph.inputs[0].shape
    widths = {output.name: math.prod(net.graph[output.node].shape) for output in net.graph.outputs}
    main = next(output.name for output in net.graph.outputs if not output.train_only)
    heads = tuple(output.name for output in net.graph.outputs if output.train_only)
    assume(net.params > 0)
    generator = torch.Generator().manual_seed(5)
    classes = min([widths[main], *(widths[name] for name in heads)])
    given = sets(4 * BATCH, shape, classes, floats=True)
    given = replace(given, classes=tuple(map(str, range(widths[main]))))
    images = torch.randn(given.train.images.shape, generator=generator)  # type: ignore[union-attr]
    given.train.images.copy_(images)  # type: ignore[union-attr]
    chosen = recipe(
        batch=BATCH, steps=STEPS, schedule="constant", optimizer={"name": "nesterov", "lr": 0.01}, channels_last=False
    )
    left, right = net.torch(seed=1), net.torch(seed=1)
    failed = False
    try:
        manual_download(left, images, given.train.labels, chosen, main, heads)
    except FloatingPointError:
        failed = True
    except ValueError:  # batch norm of one value a channel
        assume(False)
    made = training(right, chosen, given, shape, main=main, heads=heads)
    try:
        fit(made, folder, Stop())
    except ArchError as error:
        assert failed and "non-finite" in str(error)
    else:
        assert not failed
        assert made.position.updates == STEPS
        assert all(
            torch.equal(tensor.nan_to_num(7), other.nan_to_num(7))
            for tensor, other in zip(left.state_dict().values(), right.state_dict().values(), strict=True)
        )


@settings(max_examples=12, suppress_health_check=CHECKS)
@given(text=networks(most=6, one_input=True))
def test_random_nets_train_as_by_hand(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    agree(text, tmp_path_factory.mktemp("run"))


@pytest.mark.nightly
@settings(max_examples=int(os.environ.get("ARCHC_EXAMPLES", "200")), suppress_health_check=CHECKS)
@given(text=networks(one_input=True))
def test_many_random_nets_train_as_by_hand(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    agree(text, tmp_path_factory.mktemp("run"))


def test_accumulation_is_the_whole_batch(tmp_path: Path) -> None:
    def ended(parts: int) -> dict[str, Tensor]:
        chosen = recipe(accumulate=parts, optimizer={"name": "sgd", "lr": 0.1})
        module = archc.parse("net n { input 8x8x3\n conv 3x3, 4 -> relu\n flatten -> fc 4 }").torch(seed=0)
        made = training(module, chosen, sets(64))
        fit(made, tmp_path / str(parts), Stop())
        return made.raw.state_dict()

    whole = ended(1)
    for name, tensor in ended(4).items():
        torch.testing.assert_close(tensor, whole[name], rtol=1e-4, atol=1e-5)


def test_every_image_is_seen_once_an_epoch_but_a_last_single_one() -> None:
    made = training(small(), recipe(batch=16), sets(65))
    assert made.batches.sizes == [16, 16, 16, 16]  # the 65th alone is no batch
    made = training(small(), recipe(batch=16), sets(70))
    assert made.batches.sizes == [16, 16, 16, 16, 6]
    places = torch.cat(made.batches.places(3)).tolist()
    assert sorted(places) == list(range(70))
    assert torch.cat(made.batches.places(3, start=2)).tolist() == places[32:]
    assert made.batches.places(4)[0].tolist() != made.batches.places(3)[0].tolist()


def test_the_learning_shows_and_the_metrics_add_up(tmp_path: Path) -> None:
    made = trained(recipe(epochs=15, optimizer={"name": "adam", "lr": 0.01}), tmp_path)
    first, last = made.history[0], made.history[-1]
    assert last["loss"] < first["loss"] / 2
    assert last["accuracy"] > 0.8
    assert [row["epoch"] for row in made.history] == list(range(1, 16))
    figures = made.judged()
    assert figures.confusion is not None and int(figures.confusion.sum()) == figures.images == 14
    assert int(figures.confusion.diagonal().sum()) / 14 == pytest.approx(figures.accuracy)


def test_early_stopping_and_steps(tmp_path: Path) -> None:
    chosen = recipe(epochs=50, optimizer={"name": "sgd", "lr": 1e-9}, early_stop={"patience": 3, "least": 0.5})
    made = training(small(), chosen, sets())
    assert fit(made, tmp_path, Stop()) == "early"
    assert made.position.epoch == 4
    made = training(small(), recipe(steps=7), sets())
    assert fit(made, tmp_path / "steps", Stop()) == "finished"
    assert (made.position.updates, made.epochs) == (7, 2)


def test_without_held_out_images_the_last_epoch_counts(tmp_path: Path) -> None:
    given = replace(sets(), judged="test")
    best: list[int] = []
    made = training(small(), recipe(epochs=3, checkpoints={"every_epochs": 2, "keep": 9}), given)
    assert fit(made, tmp_path, Stop(), improved=lambda: best.append(made.position.epoch)) == "finished"
    assert best == [3] and made.best.epoch == 2
    assert [path.stem for path in checkpoint.published(tmp_path)] == ["step-000000010", "step-000000015"]
    for tables in ({"early_stop": {"patience": 1}}, {"schedule": "plateau"}):
        with pytest.raises(ArchError, match="needs validation images"):
            training(small(), recipe(**tables), given)


def poisoned() -> nn.Module:
    module = small()

    def nan(_: nn.Module, given: Any, output: Tensor) -> Tensor:
        nan.calls += 1  # type: ignore[attr-defined]
        return output * (math.nan if nan.calls > 3 else 1)  # type: ignore[attr-defined]

    nan.calls = 0  # type: ignore[attr-defined]
    module.get_submodule("conv2").register_forward_hook(nan)
    return module


@pytest.mark.parametrize("deferred", [False, True])
@pytest.mark.parametrize("name", ["adamw", "nesterov"])
def test_a_loss_that_is_no_number_never_reaches_the_weights(tmp_path: Path, deferred: bool, name: str) -> None:
    good = training(small(), recipe(epochs=3, optimizer=name), sets())
    stop = Stop()
    fit(good, tmp_path / "good", stop, StopAfter(stop, 3))
    made = training(poisoned(), recipe(epochs=3, optimizer=name), sets())
    made.guard = Guard(made.device, made.optimizer, deferred)
    with pytest.raises(ArchError, match=r"update 4 \(epoch 1, step 4\) is nan: conv2 \(Conv2d\) is the first layer"):
        fit(made, tmp_path / "bad", Stop())
    weights = dict(good.raw.named_parameters())
    assert all(torch.equal(parameter, weights[where]) for where, parameter in made.raw.named_parameters())
    assert not (tmp_path / "bad").exists()


def test_weights_and_images_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    module = small()
    with torch.no_grad():
        module.get_parameter("fc1.bias")[0] = math.inf
    with pytest.raises(ArchError, match=r"the weights fc1\.bias hold values that are NaN or infinite"):
        fit(training(module, recipe(), sets()), tmp_path, Stop())
    given = sets(floats=True)
    given.train.images[:] = math.nan  # type: ignore[index]
    with pytest.raises(ArchError, match="the images have values that are NaN or infinite"):
        fit(training(small(), recipe(), given), tmp_path, Stop())


@pytest.mark.parametrize(
    "tables",
    [
        {"precision": "bf16"},
        {"precision": "fp16"},
        {"channels_last": False},
        {"ema": 0.9},
        {
            "augment": {
                "flip": True,
                "shift": 1,
                "cutout": 2,
                "mixup": 0.4,
                "cutmix": 1.0,
                "rotate": 20,
                "contrast": 0.2,
            }
        },
        {"loss": "multi_margin"},
        {"loss": "mse"},
        {"loss": "euclidean", "optimizer": {"name": "sgd", "lr": 0.001}},
        {"loss": {"label_smoothing": 0.1}},
        {"data": {"normalise": "symmetric"}},
        {"data": {"normalise": {"mean": [0.5], "std": [0.25]}}},
    ],
    ids=str,
)
def test_every_kind_of_run_runs_twice_the_same(tmp_path: Path, tables: dict[str, Any]) -> None:
    left, right = (trained(recipe(**tables), tmp_path / name) for name in ("left", "right"))
    assert same(left.raw.state_dict(), right.raw.state_dict())
    assert not same(left.raw.state_dict(), small().state_dict())


def test_images_grow_as_the_recipe_says(tmp_path: Path) -> None:
    module = archc.parse("net n { input 8x8x3\n conv 3x3, 4 -> relu\n avgpool global -> flatten -> fc 4 }").torch(
        seed=0
    )
    seen: list[int] = []
    module.register_forward_hook(lambda _, given, output: seen.append(given[0].shape[2]))
    chosen = recipe(progressive=[{"until": 0.5, "size": 4}, {"until": 0.8, "size": 6}])
    fit(training(module, chosen, sets()), tmp_path, Stop())
    assert seen == [4] * 5 + [8] + [6] * 3 + [8] * 2 + [8], "the net's own size is what it is judged at"


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"batch": 15, "accumulate": 2}, "set batch to a multiple of 2"),
        ({"batch": 64, "accumulate": 64}, "70 images are too few"),
        ({"distributed": {"strategy": "fsdp"}}, "start several with --nproc"),
        ({"precision": "tf32"}, "NVIDIA"),
        ({"data": {"normalise": {"mean": [0.5, 0.5], "std": [1]}}}, "gives 2 channels, and the images have 3"),
        ({"loss": {"auxiliary": {"aux": 1}}}, "the net has no such output"),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_refused(tables: dict[str, Any], said: str) -> None:
    with pytest.raises(ArchError, match=said):
        training(small(), recipe(**tables), sets())


def test_a_net_without_weights_is_refused() -> None:
    module = archc.parse("net n { input 8x8x3\n avgpool global -> flatten }").torch()
    with pytest.raises(ArchError, match="no weights to train"):
        training(module, recipe(), sets(classes=3))
