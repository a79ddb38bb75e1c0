"""Imported trainers against ConvNetJS itself: three updates of each, losses, and what the layers give.

convnetjs_facts.json is what convnetjs_oracle.js says under Node of ConvNetJS's repository at 4c3358a, its files joined
in the order of compile/build.xml. The nightly test asks the package that npm has (0.3.0), or the convnet.js that
ARCHC_CONVNETJS names; with ARCHC_UPDATE=1 that one writes the facts anew.
"""

import json
import math
import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archc
from archc.diagnostics import Source
from archc.rewrite import Rewritten, rewritten
from archc.train.batches import Batches
from archc.train.data.image_set import NO_AUGMENT, Split
from archc.train.data.open_sets import Sets
from archc.train.distributed import Ranks
from archc.train.loop import fit
from archc.train.parameter_patterns import start
from archc.train.settings import merged, recipe_of
from archc.train.signals import Stop
from archc.train.training import Training
from tests.cli.running import archc as command
from tests.train.helping import training

HERE = Path(__file__).parent
FACTS: dict[str, Any] = json.loads((HERE / "convnetjs_facts.json").read_text("utf-8"))
CLOSE = 1e-6
SOFTMAX, SVM, NUMBERS = (
    "{type:'softmax', num_classes:3}",
    "{type:'svm', num_classes:3}",
    "{type:'regression', num_neurons:3}",
)


def _source(layers: str, cost: str = SOFTMAX, trainer: str | None = None) -> str:
    text = f"layer_defs = [{{type:'input', out_sx:5, out_sy:6, out_depth:2}}, {layers}{cost}];\n"
    text += "net = new convnetjs.Net();\nnet.makeLayers(layer_defs);\n"
    return text + (f"trainer = new convnetjs.Trainer(net, {{{trainer}}});\n" if trainer is not None else "")


CONV = "{type:'conv', sx:3, filters:3, pad:1, activation:'relu'}, {type:'pool', sx:2}, "
DECAYED = "{type:'conv', sx:3, filters:2, l1_decay_mul:1, l2_decay_mul:0.5, bias_pref:-0.2}, {type:'tanh'}, "
TRAINERS = {
    "sgd": _source(CONV, trainer="learning_rate:0.05, momentum:0.9, batch_size:2, l2_decay:0.1"),
    "sgd without momentum": _source(CONV, trainer="learning_rate:0.05, momentum:0, batch_size:3, l2_decay:0.1"),
    "one image a batch": _source(CONV, trainer="l2_decay:0.05"),
    "adagrad": _source(CONV, trainer="method:'adagrad', eps:0.001, batch_size:2, l2_decay:0.1"),
    "windowgrad": _source(CONV, trainer="method:'windowgrad', eps:0.001, ro:0.9, batch_size:2, l2_decay:0.1"),
    "adadelta": _source(CONV, trainer="method:'adadelta', eps:1e-6, batch_size:2, l2_decay:0.1"),
    "adadelta as it is": _source(CONV, trainer="method:'adadelta', batch_size:2"),
    "nesterov": _source(CONV, trainer="method:'nesterov', learning_rate:0.05, batch_size:2, l2_decay:0.1"),
    "nesterov without momentum": _source(CONV, trainer="method:'nesterov', momentum:0, batch_size:2"),
    "svm": _source(CONV, SVM, "batch_size:2, l2_decay:0.1"),
    "svm with adagrad": _source(CONV, SVM, "method:'adagrad', eps:1e-6, batch_size:2"),
    "regression": _source(CONV, NUMBERS, "batch_size:2, learning_rate:0.02"),
    "regression with windowgrad": _source(CONV, NUMBERS, "method:'windowgrad', eps:1e-6, batch_size:3"),
    "l1 alone": _source(CONV, trainer="batch_size:2, l1_decay:0.5"),
    "l1 by layer": _source(DECAYED, trainer="batch_size:2, l1_decay:0.5, l2_decay:0.3"),
    "l2 by layer": _source("{type:'fc', num_neurons:4, l2_decay_mul:0}, {type:'sigmoid'}, ", trainer="l2_decay:0.3"),
    "even lrn and maxout": _source("{type:'maxout', group_size:2}, ", trainer="batch_size:2, momentum:0.5"),
}
FORWARD = {
    "lrn": _source("{type:'lrn', k:2, n:3, alpha:0.5, beta:0.75}, "),
    "lrn, n of 2": _source("{type:'conv', sx:1, filters:5}, {type:'lrn', k:1, n:2, alpha:0.5, beta:0.75}, "),
    "lrn, n of 4": _source("{type:'conv', sx:1, filters:5}, {type:'lrn', k:1, n:4, alpha:0.9, beta:0.5}, "),
    "maxout of 7 on a map": _source("{type:'conv', sx:2, filters:7, activation:'maxout', group_size:2}, "),
    "maxout of 7 by 3": _source("{type:'fc', num_neurons:7}, {type:'maxout', group_size:3}, "),
    "maxout twice": _source("{type:'conv', sx:1, filters:11, activation:'maxout'}, {type:'maxout', group_size:2}, "),
    "a pool that drops a column": _source("{type:'pool', sx:2, stride:2}, {type:'conv', sx:1, sy:2, filters:2}, "),
    "height unsaid": _source("").replace("out_sx:5, out_sy:6, out_depth:2", "sx:8, depth:2"),
    "width unsaid": _source("").replace("out_sx:5, out_sy:6, out_depth:2", "out_sy:4, out_depth:9"),
    "a height, and a convolution": _source("{type:'conv', sx:3, sy:1, filters:2}, ").replace("out_sy:6, ", ""),
}
WRONG_THERE = {
    "adam": _source(CONV, trainer="method:'adam', learning_rate:0.01, batch_size:2"),
    "gradient of lrn": _source(
        "{type:'conv', sx:1, filters:4}, {type:'lrn', k:1, n:3, alpha:2, beta:0.75}, ", trainer="learning_rate:0.1"
    ),
}
SOURCES = {**TRAINERS, **FORWARD, **WRONG_THERE}
NOT_IN_THE_PACKAGE = (
    "nesterov",
    "nesterov without momentum",
    "adam",
    "adadelta as it is",
    "height unsaid",
    "width unsaid",
    "a height, and a convolution",
)
OTHER_LOSS_IN_THE_PACKAGE = ("svm", "svm with adagrad", "regression", "regression with windowgrad")


def imported(name: str) -> Rewritten:
    made = rewritten(Source("net.js", SOURCES[name]))
    assert made.text is not None and not made.diagnostics
    return made


def image(number: int, shape: tuple[int, ...]) -> Tensor:
    """As the oracle makes it, (H, W, C), turned to (C, H, W); or a vector."""
    values = torch.sin(2 + number + 0.37 * torch.arange(math.prod(shape), dtype=torch.float64)).float()
    if len(shape) == 1:
        return values
    return values.view(shape[1], shape[2], shape[0]).permute(2, 0, 1)


def from_there(values: Tensor, like: Tensor, into: tuple[int, ...]) -> Tensor:
    """ConvNetJS's weights (y, x, channel) as torch's. into: what a fully connected layer takes, as (C, H, W)."""
    if like.dim() == 4:
        return values.view(like.shape[0], *like.shape[2:], like.shape[1]).permute(0, 3, 1, 2)
    if like.dim() == 2 and len(into) == 3:
        return values.view(like.shape[0], *into[1:], into[0]).permute(0, 3, 1, 2).flatten(1)
    return values.view(like.shape)


def groups(flat: list[list[float]], module: nn.Module, net: archc.Net) -> list[tuple[nn.Parameter, Tensor]]:
    """Each parameter with ConvNetJS's: it has a list for each filter, then one of biases."""
    found, at = [], 0
    for node in net.graph.nodes:
        names = [tensor.name for tensor in node.op.parameters(node.input_shapes)]
        if not names:
            continue
        weight, bias = (module.get_parameter(f"{node.name}.{name}") for name in names)
        rows = torch.tensor([value for row in flat[at : at + len(weight)] for value in row], dtype=torch.float64)
        came = node.input_shapes[0]
        while net.graph[node.inputs[0]].op.name == "flatten":
            node = net.graph[node.inputs[0]]  # noqa: PLW2901 - what was flattened
            came = node.input_shapes[0]
        found.append((weight, from_there(rows, weight, came)))
        found.append((bias, torch.tensor(flat[at + len(weight)], dtype=torch.float64)))
        at += len(weight) + 1
    assert at == len(flat)
    return found


def started(sizes: list[int]) -> list[list[float]]:
    """The oracle's formula."""
    return [[0.4 * math.sin(1 + 3 * k + 0.7 * j) for j in range(size)] for k, size in enumerate(sizes)]


def sizes(net: archc.Net) -> list[int]:
    """Of ConvNetJS's lists of parameters."""
    found: list[int] = []
    for node in net.graph.nodes:
        shapes = [tensor.shape for tensor in node.op.parameters(node.input_shapes)]
        if shapes:
            found += [math.prod(shapes[0][1:])] * shapes[0][0] + [shapes[1][0]]
    return found


@torch.no_grad()
def filled(net: archc.Net, logits: bool) -> nn.Module:
    module = net.torch(logits=logits)
    for parameter, values in groups(started(sizes(net)), module, net):
        parameter.copy_(values)
    return module


def trained(name: str, folder: Path) -> tuple[Training, archc.Net]:
    """Three updates by the recipe that was imported, on the oracle's images."""
    made = imported(name)
    assert made.text is not None and made.recipe is not None
    net = archc.parse(made.text)
    here = {"data": {"normalise": "unit"}, "augment": {}, "precision": "fp32", "epochs": 1}
    chosen = recipe_of(merged(tomllib.loads(made.recipe), here))
    count = 3 * chosen.batch
    shape = net.graph.inputs[0].shape
    order = Batches(
        Split(torch.empty(count), torch.empty(count)), chosen.batch, 1, 0, Ranks(), torch.device("cpu")
    ).order(0)
    images = torch.empty(count, *shape)
    labels = torch.empty(count, 3) if chosen.loss.name == "euclidean" else torch.empty(count, dtype=torch.int64)
    for number, place in enumerate(order.tolist()):
        images[place] = image(number, shape)
        labels[place] = (
            torch.tensor([math.cos(number + 2 * k) for k in range(3)])
            if labels.is_floating_point()
            else torch.tensor(number % 3)
        )
    split = Split(images, labels)
    classes = () if labels.is_floating_point() else ("a", "b", "c")
    given = Sets(name, split, split, split, classes, NO_AUGMENT, "validation")
    run = training(filled(net, logits=True), chosen, given, shape)
    assert fit(run, folder, Stop()) == "finished"
    assert run.position.updates == 3
    return run, net


@pytest.mark.parametrize("name", TRAINERS)
def test_three_updates(name: str, tmp_path: Path) -> None:
    run, net = trained(name, tmp_path)
    for parameter, theirs in groups(FACTS[name]["weights"], run.raw, net):
        torch.testing.assert_close(parameter.double(), theirs, rtol=0, atol=CLOSE)
    losses = FACTS[name]["losses"]
    assert run.history[0]["train_loss"] == pytest.approx(sum(losses) / len(losses), abs=1e-5)


@pytest.mark.parametrize("name", [*FORWARD, *TRAINERS])
def test_what_the_layers_give(name: str) -> None:
    made = imported(name)
    net = archc.parse(made.text or "")
    shape = net.graph.inputs[0].shape
    height, width, channels = FACTS[name]["input"]
    assert shape in ((channels, height, width), (channels,))
    module = filled(net, logits=False).eval()
    outcome = module(image(0, shape)[None]).double().flatten()
    torch.testing.assert_close(outcome, torch.tensor(FACTS[name]["output"], dtype=torch.float64), rtol=0, atol=CLOSE)


def test_adam_is_that_of_its_paper_and_the_recipe_says_why(tmp_path: Path) -> None:
    run, net = trained("adam", tmp_path)
    differ = [(ours - theirs).abs().max().item() for ours, theirs in groups(FACTS["adam"]["weights"], run.raw, net)]
    assert max(differ) > 1e-3
    assert "divide, as in Kingma & Ba" in (imported("adam").recipe or "")
    assert run.optimizer.__class__ is torch.optim.Adam


def test_lrn_has_its_true_gradient_and_the_recipe_says_so(tmp_path: Path) -> None:
    run, net = trained("gradient of lrn", tmp_path)
    facts = FACTS["gradient of lrn"]
    differ = [(ours - theirs).abs().max().item() for ours, theirs in groups(facts["weights"], run.raw, net)]
    assert max(differ) > 1e-3
    assert run.history[0]["train_loss"] != pytest.approx(sum(facts["losses"]) / 3, abs=1e-3)
    assert "gradient of lrn" in (imported("gradient of lrn").recipe or "")


def test_dropout_at_test_time_is_said() -> None:
    text = _source("{type:'fc', num_neurons:4, drop_prob:0.2}, {type:'dropout'}, ")
    said = rewritten(Source("net.js", text)).text or ""
    assert "tests with 0.2·x, where 0.8·x has the mean of training" in said
    assert "tests with 0.5·x; here training has x / 0.5" in said


@pytest.mark.parametrize("name", ["sgd", "l1 by layer", "l2 by layer"])
def test_weights_and_biases_start_as_there(name: str) -> None:
    """Biases at ConvNetJS's very values; weights of variance 1 / fan in, which are drawn."""
    made = imported(name)
    net = archc.parse(made.text or "")
    init = recipe_of(tomllib.loads(made.recipe or "")).init
    assert init.scheme == "lecun_normal"
    module = net.torch(init=init.scheme, seed=0)
    start(module, init.biases)
    weighted = [node.name for node in net.graph.nodes if node.op.parameters(node.input_shapes)]
    for layer, value in zip(weighted, FACTS[name]["biases"], strict=True):
        assert sorted(set(module.get_parameter(f"{layer}.bias").tolist())) == pytest.approx([value])
    wide = archc.parse("net n { input 400 -> fc 500 }").torch(init="lecun_normal", seed=1)
    assert wide.get_parameter("fc1.weight").std().item() == pytest.approx(400**-0.5, rel=0.02)


def test_the_command_trains_by_the_files_own_trainer(tmp_path: Path) -> None:
    page = "<!doctype html><html><body><textarea id='net'>\n{}\n</textarea></body></html>"
    text = SOURCES["svm with adagrad"].replace("out_sx:5, out_sy:6", "out_sx:8, out_sy:8").replace(":3}", ":10}")
    for file, content in (("demo.js", text), ("demo.html", page.format(text.replace("<", "&lt;")))):
        (tmp_path / file).write_text(content)
        ran = command("train", tmp_path / file, "--data", "shapes", "--dry-run", "--json")
        assert ran.code == 0, ran.err
        told = json.loads(ran.out)["recipe"]
        assert (told["optimizer"]["name"], told["optimizer"]["eps_in_root"]) == ("adagrad", True)
        assert (told["batch"], told["schedule"]["name"], told["loss"]["scale"]) == (2, "constant", 10)
    assert command("import", tmp_path / "demo.js", "-o", tmp_path / "demo.arch").code == 0
    again = command("train", tmp_path / "demo.js", "--data", "shapes", "--dry-run")  # beside it lies the same recipe
    assert again.code == 0, again.err
    (tmp_path / "demo.train.toml").write_text("batch = 5\n")
    other = command("train", tmp_path / "demo.js", "--data", "shapes", "--dry-run")
    assert other.code == 1 and "demo.train.toml" in other.err


@pytest.mark.nightly
def test_convnetjs_itself(tmp_path: Path) -> None:
    node, npm = shutil.which("node"), shutil.which("npm")
    given = os.environ.get("ARCHC_CONVNETJS")
    if node is None or (given is None and npm is None):
        pytest.skip("Node and npm are not here")
    if given is None:
        asked = [str(npm), "install", "--no-audit", "--no-fund", "convnetjs@0.3.0"]
        if subprocess.run(asked, cwd=tmp_path, capture_output=True, check=False).returncode:
            pytest.skip("npm cannot fetch convnetjs")
    library = given or str(tmp_path / "node_modules" / "convnetjs" / "build" / "convnet.js")
    chosen = [name for name in SOURCES if given is not None or name not in NOT_IN_THE_PACKAGE]
    ran = subprocess.run(
        [node, str(HERE / "convnetjs_oracle.js"), library],
        input=json.dumps({name: SOURCES[name] for name in chosen}),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    told = json.loads(ran.stdout)
    if os.environ.get("ARCHC_UPDATE") and given is not None:
        (HERE / "convnetjs_facts.json").write_text(ran.stdout.replace('},"', '},\n"'))
        return
    assert told.keys() == set(chosen)
    for name in chosen:
        for key, value in told[name].items():
            if key != "losses" or given is not None or name not in OTHER_LOSS_IN_THE_PACKAGE:
                assert value == FACTS[name][key], (name, key)
