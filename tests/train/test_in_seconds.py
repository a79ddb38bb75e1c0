"""What the recipe for CIFAR-10 in seconds is made of, each against its definition (Jordan 2024, arXiv 2404.00498)."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import archc
from archc.diagnostics import ArchError
from archc.train import optim
from archc.train.average import SlowWeights
from archc.train.evaluate import augmented_views
from archc.train.loop import _augmented, fit
from archc.train.parameter_patterns import freeze
from archc.train.recipe import Lookahead, Optimizer
from archc.train.signals import Stop
from archc.train.whiten import whiten
from tests.train.helping import recipe, same, sets, small, trained, training


def test_each_image_is_seen_both_ways_in_two_epochs() -> None:
    made = training(small(), recipe(augment={"flip": "alternating"}), sets(64))
    seen: list[dict[int, Tensor]] = []
    for epoch in range(3):
        made.position.epoch = epoch
        seen.append({})
        for number, part in enumerate(part for parts in made.batches.epoch(epoch) for part in parts):
            made.position.updates = number
            images, _ = _augmented(made, 0, part)
            seen[-1] |= dict(zip(part[2].tolist(), images, strict=True))
    turned = 0
    for place, image in enumerate(made.train.images):
        plain = image.float() / 255
        ways = [seen[epoch][place] for epoch in range(3)]
        assert torch.equal(ways[0], ways[2]) and torch.equal(ways[0], ways[1].flip(2))
        assert torch.equal(ways[0], plain) or torch.equal(ways[1], plain)
        turned += torch.equal(ways[1], plain)
    assert 16 < turned < 48, "half of them begin turned"


def test_whitened_patches_do_not_vary_together() -> None:
    generator = torch.Generator().manual_seed(0)
    images = F.avg_pool2d(torch.randn(200, 3, 18, 18, generator=generator), 3, 1)  # neighbours are alike
    module = nn.Sequential(nn.Conv2d(3, 24, 2, bias=False), nn.GELU())
    whiten(module, "0", images)
    out = module[0](images).transpose(0, 1).flatten(1).double()
    assert torch.equal(out[:12], -out[12:])
    second = out[:12] @ out[:12].T / out.shape[1]
    assert second.diagonal().min() > 0.95 and second.diagonal().max() < 1.001
    assert (second - second.diagonal().diag()).abs().max() < 1e-3
    deviations = [float(row.detach().norm()) for row in module.get_parameter("0.weight")[:12].flatten(1)]
    assert deviations == sorted(deviations), "the directions that vary most come first"
    for name, said in (("1", "is not a convolution of the images"), ("2", "is not a convolution")):
        with pytest.raises(ArchError, match=said):
            whiten(module, name, images)
    with pytest.raises(ArchError, match="needs 54 channels to whiten 3x3 patches"):
        whiten(nn.Sequential(nn.Conv2d(3, 24, 3)), "0", images)


def test_lookahead() -> None:
    """Step by step against the arithmetic of the paper's own code."""
    total, module = 23, nn.Linear(3, 2)
    settings = Lookahead()
    slow = SlowWeights(module, settings, total)
    expected = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    schedule = 0.95**5 * (torch.arange(total + 1, dtype=torch.float64) / total) ** 3
    generator = torch.Generator().manual_seed(0)
    for update in range(1, total + 1):
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.add_(torch.randn(parameter.shape, generator=generator))
        now = {name: tensor.clone() for name, tensor in module.state_dict().items()}
        if update % 5 == 0 or update == total:
            decay = 1.0 if update == total else float(schedule[update])
            expected = {name: decay * expected[name] + (1 - decay) * now[name] for name in now}
            now = expected
        slow.update(module, update)
        for name, tensor in module.state_dict().items():
            torch.testing.assert_close(tensor, now[name])


def test_parameters_that_stay(tmp_path: Path) -> None:
    chosen = recipe(freeze=["conv1.*", "bn1.weight"], epochs=1)
    made = training(small(), chosen, sets())
    before = {name: tensor.clone() for name, tensor in made.raw.state_dict().items()}
    fit(made, tmp_path, Stop())
    still = {name for name, tensor in made.raw.named_parameters() if torch.equal(before[name], tensor)}
    assert still == {"conv1.weight", "conv1.bias", "bn1.weight"}
    with pytest.raises(ArchError, match=r"the net has no parameter `conv1\.wieght`") as caught:
        freeze(small(), ["conv1.wieght"])
    assert "did you mean `conv1.weight`?" in str(caught.value)


def test_multiples_of_the_rate_leave_the_decay_as_it_is() -> None:
    module = nn.Linear(4, 3)
    settings = Optimizer(name="sgd", lr=0.1, weight_decay=0.2, decay_all=True, rates={"*bias": 64.0})
    made = optim.build(module, settings)
    for group in made.param_groups:
        group["lr"] = 0.1 * group["times"]  # as the loop does
    before = [parameter.detach().clone() for parameter in module.parameters()]
    module(torch.ones(2, 4)).square().sum().backward()
    gradients = [parameter.grad.clone() for parameter in module.parameters() if parameter.grad is not None]
    made.step()
    for parameter, old, gradient, times in zip(module.parameters(), before, gradients, (1, 64), strict=True):
        torch.testing.assert_close(parameter.detach(), old - 0.1 * times * gradient - 0.1 * 0.2 * old)
    with pytest.raises(ArchError, match=r"`optimizer\.rates`: the net has no parameter"):
        optim.build(module, Optimizer(rates={"conv*": 2.0}))


def test_a_test_image_is_looked_at_from_six_sides() -> None:
    torch.manual_seed(0)
    net = nn.Conv2d(3, 2, 3)
    images = torch.randn(4, 3, 8, 8)

    def mirrored(x: Tensor) -> Tensor:
        out: Tensor = 0.5 * net(x) + 0.5 * net(x.flip(-1))
        return out

    wide = F.pad(images, (1,) * 4, "reflect")
    moved = (mirrored(wide[:, :, 0:8, 0:8]) + mirrored(wide[:, :, 2:10, 2:10])) / 2
    wanted = {"one": net(images), "flip": mirrored(images), "crops": 0.5 * mirrored(images) + 0.5 * moved}
    for views, expected in wanted.items():
        found = sum(share * net(look) for look, share in augmented_views(images, views))
        torch.testing.assert_close(found, expected)


def test_a_convolution_that_passes_its_input_on() -> None:
    module = archc.parse("net n { input 8x8x3\n conv 3x3, 7, pad=1 -> conv 3x3, 4, pad=1, bias=no\n }").torch(
        init="dirac", seed=0
    )
    x = torch.randn(2, 3, 8, 8)
    inner = module.get_submodule("conv1")(x)
    assert torch.equal(inner[:, :3], x) and not torch.equal(inner[:, 3:6], x)
    assert torch.equal(module.get_submodule("conv2")(inner), inner[:, :4])


@pytest.mark.parametrize("tables", [{"lookahead": {"every": 2}}, {"views": "crops", "freeze": ["conv1.weight"]}])
def test_such_runs_run_twice_the_same(tmp_path: Path, tables: dict[str, Any]) -> None:
    left, right = (trained(recipe(augment={"flip": "alternating"}, **tables), tmp_path / name) for name in "lr")
    assert same(left.raw.state_dict(), right.raw.state_dict())
    assert left.judged("test").accuracy == right.judged("test").accuracy
