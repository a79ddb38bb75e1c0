"""Files that have names of their own: what is loaded computes what its origin computed, and what shapes, names and
nesting leave open is refused with rules that settle it. The oracle is the module that the file is of."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import archc
from archc.backends.torch.match_weights import match_weights
from archc.diagnostics import ArchWarning

pytestmark = pytest.mark.filterwarnings("ignore::archc.diagnostics.ArchWarning")
SUFFIXES = [".pth", ".safetensors"]


def written(module: nn.Module, path: Path) -> Path:
    """The module's file; its norms are such that no two are alike."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for tensor in module.state_dict().values():
            if tensor.is_floating_point() and tensor.dim() == 1:
                tensor.uniform_(0.5, 1.5, generator=generator)
    state = {name: tensor.contiguous() for name, tensor in module.state_dict().items()}
    save_file(state, path) if path.suffix == ".safetensors" else torch.save(state, path)
    return path


def off(source: str, path: Path, module: nn.Module, x: Tensor) -> float:
    """How far the loaded net is from the module, of the module's greatest value."""
    with torch.no_grad():
        expected = module.eval()(x)
        return float((archc.parse(source).torch(weights=path).eval()(x) - expected).abs().max() / expected.abs().max())


def refused(source: str, path: Path) -> tuple[list[str], list[str]]:
    """What is said of each tensor, and the sources that the rules of each reading make."""
    with pytest.raises(archc.ArchError) as raised:
        archc.parse(source).torch(weights=path)
    (diagnostic,) = raised.value.diagnostics
    rules = re.findall(r"weights \{ theirs = \[.*?\] \}", diagnostic.help or "")
    several = diagnostic.message.endswith(f"tensors of `{path.name}` do not fit")
    return list(diagnostic.notes) if several else [diagnostic.message], [f"{one}\n{source}" for one in rules]


class Post(nn.Module):
    """A norm after each convolution, the first pair beside the block."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = nn.Conv2d(3, 4, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.blocks = nn.Sequential(self.block())
        self.fc = nn.Linear(64, 2)

    @staticmethod
    def block() -> nn.Module:
        block = nn.Module()
        block.conv = nn.Conv2d(4, 4, 3, bias=False)
        block.bn1 = nn.BatchNorm2d(4)
        return block

    def forward(self, x: Tensor) -> Tensor:
        block: Any = self.blocks[0]
        x = self.bn1(self.conv_stem(x)).relu()
        return torch.as_tensor(self.fc(block.bn1(block.conv(x)).relu().flatten(1)))


class Pre(Post):
    """The same names and shapes, with the norm of a block before its convolution."""

    def __init__(self) -> None:
        super().__init__()
        norm, block = self.bn1, nn.Module()
        del self.bn1, self.fc
        block.bn1, block.conv = nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3, bias=False)
        self.blocks, self.bn1, self.fc = nn.Sequential(block), norm, nn.Linear(64, 2)

    def forward(self, x: Tensor) -> Tensor:
        block: Any = self.blocks[0]
        x = block.conv(block.bn1(self.conv_stem(x)).relu())
        return torch.as_tensor(self.fc(self.bn1(x).relu().flatten(1)))


STEM = """net s { input 8x8x3
  stem: conv 3x3, 4, bias=no -> bn -> relu
  body: conv 3x3, 4, bias=no -> bn -> relu
  fc 2 }"""


class Rep(nn.Module):
    """RepVGG's order: the norm of the identity first, which runs beside the convolution."""

    names = ("identity", "conv", "bn")

    def __init__(self) -> None:
        super().__init__()
        first, conv, second = self.names
        self.add_module(first, nn.BatchNorm2d(4))
        self.add_module(conv, nn.Conv2d(4, 4, 3, padding=1, bias=False))
        self.add_module(second, nn.BatchNorm2d(4))

    def forward(self, x: Tensor) -> Tensor:
        first, conv, second = (self.get_submodule(name) for name in self.names)
        return second(conv(x)) + first(x)  # type: ignore[no-any-return]


class Numbered(Rep):
    """Numbers that say in which order the norms were made."""

    names = ("norm1", "conv", "norm2")


REP = "net t { input 8x8x4 -> add { | conv 3x3, 4, pad=1, bias=no -> bn | bn } }"


class Bottleneck(nn.Module):
    """Keras's names of a ResNet's block, the projection before what it is added to."""

    def __init__(self) -> None:
        super().__init__()
        for number, channels in ((1, 4), (0, 8), (2, 4), (3, 8)):
            size = 3 if number == 2 else 1
            conv = nn.Conv2d(4, channels, size, padding=size // 2, bias=False)
            self.add_module(f"conv2_block1_{number}_conv", conv)
        for number, channels in ((1, 4), (2, 4), (0, 8), (3, 8)):
            self.add_module(f"conv2_block1_{number}_bn", nn.BatchNorm2d(channels))

    def step(self, number: int, x: Tensor) -> Tensor:
        prefix = f"conv2_block1_{number}"
        norm, conv = (self.get_submodule(f"{prefix}_{kind}") for kind in ("bn", "conv"))
        return norm(conv(x))  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        return (self.step(3, self.step(2, self.step(1, x).relu()).relu()) + self.step(0, x)).relu()


BOTTLENECK = """net t { input 8x8x4
  add { | conv 1x1, 4, bias=no -> bn -> relu -> conv 3x3, 4, pad=1, bias=no -> bn -> relu -> conv 1x1, 8, bias=no -> bn
        | conv 1x1, 8, bias=no -> bn }
  relu }"""


class Decoder(nn.Module):
    """Levels that run from the last to the first, as a decoder's do."""

    def __init__(self) -> None:
        super().__init__()
        self.enc1 = nn.Conv2d(3, 4, 3, padding=1)
        self.enc2 = nn.Conv2d(4, 6, 3, padding=1)
        for level in (1, 2, 3):
            self.add_module(f"dec{level}", nn.Conv2d(6, 6, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.enc2(self.enc1(x).relu()).relu()
        for level in (3, 2, 1):
            x = self.get_submodule(f"dec{level}")(x).relu()
        return x


DECODER = """net t { input 8x8x3
  conv 3x3, 4, pad=1 -> relu -> conv 3x3, 6, pad=1 -> relu
  (conv 3x3, 6, pad=1 -> relu) x 3 }"""


class Words(nn.Module):
    """Names that say nothing of an order, made in another one than they run in."""

    def __init__(self) -> None:
        super().__init__()
        self.blur, self.lift, self.mix = (nn.Conv2d(4, 4, 3, padding=1) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.blur(self.lift(self.mix(x).relu()).relu())  # type: ignore[no-any-return]


WORDS = "net t { input 8x8x4 -> conv 3x3, 4, pad=1 -> relu -> conv 3x3, 4, pad=1 -> relu -> conv 3x3, 4, pad=1 }"

OPEN: dict[str, tuple[Callable[[], nn.Module], str, int, tuple[str, ...]]] = {
    "norm before or after": (Post, STEM, 3, (".safetensors",)),
    "the same file, the other way": (Pre, STEM, 3, (".pth", ".safetensors")),
    "RepVGG": (Rep, REP, 4, (".pth", ".safetensors")),
    "RepVGG, numbered": (Numbered, REP, 4, (".pth", ".safetensors")),
    "Keras's bottleneck": (Bottleneck, BOTTLENECK, 4, (".pth", ".safetensors")),
    "a decoder": (Decoder, DECODER, 3, (".safetensors",)),
    "words": (Words, WORDS, 4, (".pth", ".safetensors")),
}


@pytest.mark.parametrize(("name", "suffix"), [(name, suffix) for name, case in OPEN.items() for suffix in case[3]])
def test_what_is_open_is_refused_with_rules_that_settle_it(name: str, suffix: str, tmp_path: Path) -> None:
    """Each printed reading loads when it is pasted, all compute otherwise, and one of them is the module."""
    make, source, channels, _ = OPEN[name]
    torch.manual_seed(0)
    module = make().eval()
    path = written(module, tmp_path / f"w{suffix}")
    x = torch.randn(1, channels, 8, 8)
    messages, sources = refused(source, path)
    assert all("may each be" in message for message in messages)
    assert len(sources) >= 2
    errors = sorted(off(pasted, path, module, x) for pasted in sources)
    assert errors[0] < 1e-6
    assert errors[1] > 1e-3


def test_the_twins_are_named(tmp_path: Path) -> None:
    messages, sources = refused(REP, written(Rep(), tmp_path / "w.pth"))
    assert messages == [
        "bn1 and bn2 (4) may each be identity or bn of the file: names and what they lie in do not tell them apart"
    ]
    assert [source.splitlines()[0] for source in sources] == [
        'weights { theirs = ["^bn1 -> identity", "^bn2 -> bn"] }',
        'weights { theirs = ["^bn1 -> bn", "^bn2 -> identity"] }',
    ]


def test_rules_are_added_to_those_that_the_source_has(tmp_path: Path) -> None:
    path = written(Rep(), tmp_path / "w.pth")
    source = f'weights {{ others = ["bn1 -> batchnorm"] }}\n{REP}'
    with pytest.raises(archc.ArchError) as raised:
        archc.parse(source).torch(weights=path)
    found = re.findall(r"theirs = \[.*?\]", raised.value.diagnostics[0].help or "")
    assert len(found) == 2
    for rules in found:
        archc.parse(source.replace("]", f"]\n{rules}", 1)).torch(weights=path)


class Later(nn.Module):
    """Convolutions first, then norms, as many write it."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 4, 3)
        self.bn1, self.bn2, self.bn3 = nn.BatchNorm2d(4), nn.BatchNorm2d(4), nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()
        return self.bn3(self.conv3(x)).relu()  # type: ignore[no-any-return]


def flat() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()]
    for _ in range(2):
        layers += [nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.ReLU()]
    return nn.Sequential(*layers)


class Residual(nn.Module):
    """Blocks of a list, each with a shortcut that a module of its own holds."""

    class Block(nn.Module):
        def __init__(self, fan: int, channels: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(fan, channels, 3, padding=1, bias=False)
            self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
            self.skip = nn.Sequential(nn.Conv2d(fan, channels, 1, bias=False), nn.BatchNorm2d(channels))
            self.norm1, self.norm2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

        def forward(self, x: Tensor) -> Tensor:
            y = self.norm2(self.conv2(self.norm1(self.conv1(x)).relu()))
            return torch.as_tensor((y + self.skip(x)).relu())

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([self.Block(3, 4), self.Block(4, 4), self.Block(4, 6)])

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return x


CHAIN = "net t { input 12x12x3 -> (conv 3x3, 4 -> bn -> relu) x 3 }"
RESIDUAL = """
block residual(width) {
  add { | conv 3x3, width, pad=1, bias=no -> bn -> relu -> conv 3x3, width, pad=1, bias=no -> bn | shortcut(width) }
  relu
}
block shortcut(width) { conv 1x1, width, bias=no -> bn }
net t { input 12x12x3 -> residual(4) -> residual(4) -> residual(6) }
"""
SETTLED = {"numbers": (Later, CHAIN), "a list": (flat, CHAIN), "modules": (Residual, RESIDUAL)}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", SETTLED)
def test_what_names_and_modules_settle_is_loaded(name: str, suffix: str, tmp_path: Path) -> None:
    make, source = SETTLED[name]
    torch.manual_seed(0)
    module = make().eval()
    path = written(module, tmp_path / f"w{suffix}")
    assert off(source, path, module, torch.randn(1, 3, 12, 12)) < 1e-6


def test_an_order_that_modules_do_not_contradict_is_evidence(tmp_path: Path) -> None:
    module = Post().eval()
    path = written(module, tmp_path / "w.pth")
    with pytest.warns(ArchWarning, match="matched by order: .* are not in a file of weights"):
        assert off(STEM, path, module, torch.randn(1, 3, 8, 8)) < 1e-6


@pytest.mark.parametrize(
    "words",
    [
        ("gamma", "beta", "moving_mean", "moving_variance"),
        ("scale", "bias", "mean", "var"),
        ("scale", "offset", "mean", "variance"),
    ],
)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_norms_tensors_are_told_by_their_words(words: tuple[str, ...], suffix: str, tmp_path: Path) -> None:
    """All four are of one shape: their order, by file or by alphabet, says nothing."""
    module = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)).eval()
    written(module, tmp_path / "w.pth")
    state = module.state_dict()
    theirs = dict(zip(words, ("weight", "bias", "running_mean", "running_var"), strict=True))
    named = {f"norm/{word}": state[f"1.{name}"] for word, name in sorted(theirs.items())}
    path = tmp_path / f"x{suffix}"
    held = {"first/w": state["0.weight"].contiguous(), **named}
    save_file(held, path) if suffix == ".safetensors" else torch.save(held, path)
    assert off("net t { input 8x8x3 -> conv 3x3, 4, bias=no -> bn }", path, module, torch.randn(1, 3, 8, 8)) < 1e-6


def test_words_for_tensors_of_one_shape_that_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({f"norm.{word}": torch.rand(4) for word in "pqrs"} | {"first.w": torch.rand(4, 3, 3, 3)}, path)
    messages, _ = refused("net t { input 8x8x3 -> conv 3x3, 4, bias=no -> bn }", path)
    assert any("bn1.weight (4) has no partner" in message for message in messages)


def test_square_kernels_are_of_no_known_layout(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file({"dense/kernel": torch.rand(4, 4), "dense/bias": torch.rand(4)}, path)
    messages, _ = refused("net t { input 4 -> fc 4 }", path)
    assert messages[0].startswith("each `kernel` of the file is square")


def test_another_number_of_classes(tmp_path: Path) -> None:
    source = "net t(classes=10) { input 8x8x3 -> conv 3x3, 4 -> relu -> fc classes }"
    for name, state in (("own", ""), ("other", "x.")):
        module = archc.parse(source, classes=5).torch()
        path = tmp_path / f"{name}.pth"
        torch.save({f"{state}{key.replace('conv1', 'first')}": t for key, t in module.state_dict().items()}, path)
        with pytest.raises(archc.ArchError) as raised:
            archc.parse(source).torch(weights=path)
        assert raised.value.diagnostics[0].help == "the file is of classes=5: -p classes=5"


def test_partners_and_reshapes(tmp_path: Path) -> None:
    """γ of (C, 1, 1), a linear layer for a convolution over the whole map, and the one tensor left for the one that is
    missing."""
    net = archc.parse("net t { input 4x4x3 -> conv 4x4, 5 -> relu -> conv 1x1, 6 -> bn -> fc 2 }")
    state = net.torch(seed=1).state_dict()
    theirs = {name.replace("fc1", "classifier"): tensor for name, tensor in state.items()}
    theirs["conv1.weight"] = theirs["conv1.weight"].reshape(5, 48)
    theirs["conv2.weight"] = theirs["conv2.weight"].reshape(6, 5)
    theirs["bn1.weight"] = theirs["bn1.weight"].reshape(6, 1, 1)
    save_file(theirs, tmp_path / "w.safetensors")
    with pytest.warns(ArchWarning, match=r"classifier\.weight is taken for fc1\.weight: no other tensor is left"):
        loaded = net.torch(weights=tmp_path / "w.safetensors").state_dict()
    assert all(torch.equal(state[name], loaded[name]) for name in state)
    theirs["more.weight"] = torch.zeros(2, 6)
    theirs["more.bias"] = torch.zeros(2)
    save_file(theirs, tmp_path / "w.safetensors")
    messages, _ = refused(net.text, tmp_path / "w.safetensors")
    assert "fc1.weight (2, 6) is missing" in messages


def test_a_map_that_is_flattened_another_way_is_not_reshaped(tmp_path: Path) -> None:
    net = archc.parse("net t { input 4x4x3 -> conv 2x2/2, 5 -> relu -> flatten -> fc 2 }")
    state = net.torch().state_dict()
    save_file({**state, "conv1.weight": torch.zeros(5, 3, 4)}, tmp_path / "w.safetensors")
    messages, _ = refused(net.text, tmp_path / "w.safetensors")
    assert messages == ["conv1.weight is (5, 3, 2, 2) in the net and (5, 3, 4) in the file"]


ORACLE: dict[str, Any] = json.loads((Path(__file__).parent / "oracle" / "torchvision.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "theirs", "heads"),
    [("googlenet_bn", "googlenet", ["aux1", "aux2"]), ("inception_v3", "inception_v3", ["aux"])],
)
@pytest.mark.parametrize("ordered", [True, False])
def test_a_file_without_heads_for_training(name: str, theirs: str, heads: list[str], ordered: bool) -> None:
    """torchvision's `googlenet(aux_logits=False)` and timm's inception_v3 have none; half a head is no head."""
    net = archc.load(name)
    ours = {key: tuple(tensor.shape) for key, tensor in net.torch(device="meta").state_dict().items()}
    given = {key: tuple(shape) for key, shape in ORACLE[theirs]["state_dict"] if not key.lower().startswith("aux")}
    found = match_weights(ours, given, ordered, net.graph.namings, net.graph)
    assert found.problems == ()
    assert [note.partition(" is not in the file")[0] for note in found.notes] == heads
    half = next((key, tuple(shape)) for key, shape in ORACLE[theirs]["state_dict"] if key.lower().startswith("aux"))
    found = match_weights(ours, {**given, half[0]: half[1]}, ordered, net.graph.namings, net.graph)
    assert any("is missing" in problem for problem in found.problems)


def test_a_class_token_by_another_name() -> None:
    net = archc.load("vit_b_16")
    ours = {key: tuple(tensor.shape) for key, tensor in net.torch(device="meta").state_dict().items()}
    theirs = {key.replace("class_token1.weight", "cls_token"): shape for key, shape in ours.items()}
    theirs["vit1.cls_token"] = (1, 1, *theirs["vit1.cls_token"][-1:])
    found = match_weights(ours, theirs, False, (), net.graph)
    assert (found.how, found.problems) == ("name", ())
    assert found.notes == ("vit1.cls_token is taken for vit1.class_token1.weight: no other tensor is left",)


def keras_written(net: archc.Net, path: Path, seed: int) -> dict[str, Tensor]:
    """A file as Keras would have it of a net like this one: kernels height × width × in × out."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for name, tensor in net.torch(device="meta").state_dict().items():
        given = torch.rand(tensor.shape, generator=generator) + 0.5
        module, _, role = name.rpartition(".")
        if role == "weight" and tensor.dim() > 1:
            state[f"layer_{module}/kernel"] = given.permute((*range(2, tensor.dim()), 1, 0)).contiguous()
        elif role != "num_batches_tracked":
            state[f"layer_{module}/{role}"] = given
    save_file(state, path)
    return state


def last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)


def conv(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    return nn.functional.conv2d(x, state[f"layer_{name}/kernel"].permute(3, 2, 0, 1), state[f"layer_{name}/bias"])


@pytest.mark.parametrize("between", ["flatten", "reshape 48", "flatten -> relu", "add { | flatten | flatten -> relu }"])
def test_flattened_maps_of_a_file_with_channels_last(between: str, tmp_path: Path) -> None:
    """The oracle flattens maps with their channels last, as Keras does."""
    net = archc.parse(f"net t {{ input 6x5x2 -> conv 3x2, 3 -> {between} -> fc 2 }}")
    state = keras_written(net, tmp_path / "w.safetensors", 1)
    x = torch.randn(2, 2, 6, 5)
    flat = last(conv(x, state, "conv1")).flatten(1)
    flat = flat.relu() if "-> relu" in between and "add" not in between else flat
    flat = flat + flat.relu() if "add" in between else flat
    expected = flat @ state["layer_fc1/kernel"] + state["layer_fc1/bias"]
    got = net.torch(weights=tmp_path / "w.safetensors").eval()(x)
    assert torch.allclose(got, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("input 6x5x2 -> concat { | conv 3x2, 3 -> flatten | conv 3x3, 2 -> flatten } -> fc 2", "fc1 is of a vector"),
        ("input 6x5x2 -> conv 3x2, 3 -> flatten -> slice 0, 20 -> fc 2", "fc1 is of a vector"),
        ("input 6x5x2 -> conv 3x2, 3 -> flatten -> maxout 2 -> bn -> fc 2", "bn1 is of a vector"),
        ("input 6 -> fc 24 -> reshape 3x2x4 -> conv 2x2, 3", "reshape1 makes a map of a vector"),
    ],
)
def test_orders_that_a_file_with_channels_last_leaves_unknown(source: str, named: str, tmp_path: Path) -> None:
    net = archc.parse(f"net t {{ {source} }}")
    keras_written(net, tmp_path / "w.safetensors", 2)
    messages, _ = refused(net.text, tmp_path / "w.safetensors")
    assert messages[0].startswith(named)


def test_vectors_without_maps_have_one_order(tmp_path: Path) -> None:
    pools = "concat { | conv 3x2, 3 -> avgpool global -> flatten | conv 3x3, 1 -> flatten | avgpool global -> flatten }"
    net = archc.parse(f"net t {{ input 6x5x2 -> {pools} -> fc 2 }}")
    state = keras_written(net, tmp_path / "w.safetensors", 3)
    x = torch.randn(2, 2, 6, 5)
    pooled = [conv(x, state, "conv1").mean((2, 3)), conv(x, state, "conv2").flatten(1), x.mean((2, 3))]
    expected = torch.cat(pooled, 1) @ state["layer_fc1/kernel"] + state["layer_fc1/bias"]
    assert torch.allclose(net.torch(weights=tmp_path / "w.safetensors").eval()(x), expected, rtol=1e-5)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("words", ["ups.{}", "stage{}.conv", "body.{}.0"])
def test_an_order_of_numbers_is_said(words: str, suffix: str, tmp_path: Path) -> None:
    """A list may be run from its end: no file shows it. `stage1`, `stage2` count in a .pth alone."""
    net = archc.parse("net t { input 8x8x3 -> conv 1x1, 4 -> (conv 3x3, 4, pad=1 -> relu) x 3 -> fc 2 }")
    state = net.torch(seed=1).state_dict()
    called = {"conv1": "first", "fc1": "head", **{f"group1.{n}.conv1": words.format(n) for n in range(3)}}
    there = {f"{called[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}": t for name, t in state.items()}
    path = tmp_path / f"w{suffix}"
    save_file(there, path) if suffix == ".safetensors" else torch.save(there, path)
    if "stage" in words and suffix == ".safetensors":
        refused(net.text, path)
        return
    with pytest.warns(ArchWarning, match=f"order of the numbers in their names, which no file shows: {words[:4]}"):
        loaded = net.torch(weights=path).state_dict()
    assert all(torch.equal(state[name], loaded[name]) for name in state)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("conv1.weight", "conv1.weight_orig"), ("bn1.running_var", "bn1.running_std"), ("bn1.bias", "act.alpha")],
)
def test_what_is_left_of_a_layer_has_no_partner(ours: str, theirs: str, tmp_path: Path) -> None:
    net = archc.parse("net t { input 8x8x3 -> conv 3x3, 4 -> bn -> fc 2 }")
    state = {name.replace(ours, theirs): tensor for name, tensor in net.torch().state_dict().items()}
    save_file(state, tmp_path / "w.safetensors")
    messages, _ = refused(net.text, tmp_path / "w.safetensors")
    assert [message.partition(" (")[0] for message in messages] == [ours, theirs]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("fc1.weight", 1e200, "holds values that float32 does not reach: 1e+200"),
        ("bn1.running_var", -0.5, "is a variance, and the file has -0.5 in it"),
        ("bn1.weight", float("inf"), "holds NaN or infinity"),
    ],
)
def test_values_that_are_no_weights(name: str, value: float, said: str, tmp_path: Path) -> None:
    net = archc.parse("net t { input 8x8x3 -> conv 3x3, 4 -> bn -> fc 2 }")
    state = {key: tensor.double() for key, tensor in net.torch().state_dict().items()}
    state[name].view(-1)[0] = value
    save_file(state, tmp_path / "w.safetensors")
    messages, _ = refused(net.text, tmp_path / "w.safetensors")
    assert len(messages) == 1
    assert messages[0].startswith(f"{name} {said}")
