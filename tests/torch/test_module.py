"""A built net is an ordinary torch.nn.Module."""

import copy
import io
import keyword
import pickle
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archc
from archc.backends.torch.python_names import CONTAINER, MODULE, attribute

SMALL = """
block unit(width, stride=1) {
  add {
    | conv 3x3/stride, width, pad=1, bias=no -> bn -> relu -> conv 3x3, width, pad=1, bias=no -> bn
    | shortcut(width, stride)
  }
  relu
}
block shortcut(width, stride) {
  if stride != 1 or in.channels != width { conv 1x1/stride, width, bias=no -> bn }
}
net small(classes=10) {
  input 16x16x3
  conv 3x3, 8, pad=1 -> relu
  unit(8) x 2
  unit(16) x 2 /2
  avgpool global -> flatten -> dropout 0.5 -> fc classes -> softmax
}
"""


@pytest.fixture(name="module")
def _module() -> nn.Module:
    return archc.parse(SMALL).torch(seed=0).eval()


def batch(size: int = 4) -> Tensor:
    return torch.randn(size, 3, 16, 16, generator=torch.Generator().manual_seed(1))


def test_blocks_are_submodules(module: nn.Module) -> None:
    assert [name for name, _ in module.named_children()] == [
        *("conv1", "relu1", "unit1", "unit2", "avgpool1", "dropout1", "fc1", "softmax1"),
    ]
    unit = module.get_submodule("unit2.0")
    assert type(unit).__name__ == "Unit"
    assert isinstance(unit.get_submodule("shortcut1.conv1"), nn.Conv2d)
    assert isinstance(module.get_submodule("unit2.1.shortcut1"), nn.Identity)
    assert type(module.get_submodule("unit1.0")) is type(unit), "uses of one block are of one class"
    shown = repr(module)
    assert shown.startswith("Small(")
    assert "(unit2): Sequential(\n    (0): Unit(" in shown


def test_pickle_and_deepcopy(module: nn.Module) -> None:
    x = batch()
    expected = module(x)
    for copied in (pickle.loads(pickle.dumps(module)), copy.deepcopy(module)):
        assert type(copied) is type(module)
        assert torch.equal(copied(x), expected)
        copied.get_parameter("fc1.weight").data.zero_()
    assert torch.equal(module(x), expected), "the copies share nothing"
    part = pickle.loads(pickle.dumps(module.get_submodule("unit2")))
    assert torch.equal(part(torch.ones(1, 8, 8, 8)), module.get_submodule("unit2")(torch.ones(1, 8, 8, 8)))


def test_a_pickle_loads_where_nothing_was_built(module: nn.Module, tmp_path: object) -> None:
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    held = io.BytesIO()
    torch.save(module, held)
    script = "import io, sys, torch; m = torch.load(io.BytesIO(sys.stdin.buffer.read()), weights_only=False)\n"
    script += "print(type(m).__name__, tuple(m(torch.ones(1, 3, 16, 16)).shape))"
    ran = subprocess.run([sys.executable, "-c", script], input=held.getvalue(), capture_output=True, check=True)
    assert ran.stdout.split(b"\n")[0].strip() == b"Small (1, 10)"


def test_torch_compile_takes_it_whole(module: nn.Module) -> None:
    x = batch()
    compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), module(x))
    module.train()
    loss = compiled(x).square().sum()
    loss.backward()
    assert all(parameter.grad is not None for parameter in module.parameters())


def test_torch_export(module: nn.Module) -> None:
    x = batch()
    dynamic = ({0: torch.export.Dim("batch", min=2, max=64)},)
    program = torch.export.export(module, (x,), dynamic_shapes=dynamic)
    torch.testing.assert_close(program.module()(batch(7)), module(batch(7)))


def test_channels_last_and_autocast(module: nn.Module) -> None:
    x = batch()
    last: Any = copy.deepcopy(module)
    last.to(memory_format=torch.channels_last)
    torch.testing.assert_close(last(x.to(memory_format=torch.channels_last)), module(x))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(module(x).float(), module(x).float(), atol=0.02, rtol=0.1)


def test_dtype_and_seed() -> None:
    net = archc.parse(SMALL)
    one, two, other = net.torch(seed=3), net.torch(seed=3), net.torch(seed=4)
    before = torch.get_rng_state()
    net.torch(seed=9)
    assert torch.equal(torch.get_rng_state(), before), "a seed of ours is none of the user's"
    assert torch.equal(one.get_parameter("fc1.weight"), two.get_parameter("fc1.weight"))
    assert not torch.equal(one.get_parameter("fc1.weight"), other.get_parameter("fc1.weight"))
    assert net.torch(dtype=torch.float64).get_parameter("fc1.weight").dtype == torch.float64


def test_logits_leave_the_softmax_out() -> None:
    net = archc.parse(SMALL)
    whole, logits = net.torch(seed=0).eval(), net.torch(seed=0, logits=True).eval()
    assert list(whole.state_dict()) == list(logits.state_dict())
    torch.testing.assert_close(whole(batch()), logits(batch()).softmax(1))
    twice = archc.parse("net n { input 4\n fc 4 -> softmax -> fc 3 }").torch(logits=True)
    assert "softmax1" in dict(twice.named_children()), "one in the middle stays"


def test_hooks_see_every_layer(module: nn.Module) -> None:
    seen = []
    for name, part in module.named_modules():
        part.register_forward_hook(lambda *_, name=name: seen.append(name))
    module(batch())
    names = {node.name for node in archc.parse(SMALL).graph}
    owned = {name for name, part in module.named_modules() if not any(part.children())}
    assert names & owned <= set(seen)


def test_memory_is_written_over_only_where_none_reads_it() -> None:
    text = """
    net n {
      input 8x8x3
      a: conv 3x3, 4, pad=1
      relu
      add @a
      b: relu
      mul { | relu | @b -> sigmoid }
    }
    """
    module = archc.parse(text).torch(seed=0)
    parts = dict(module.named_modules())
    assert not parts["relu1"].inplace, "`a` is read again"
    assert parts["b"].inplace
    assert not parts["relu2"].inplace
    module(torch.randn(2, 3, 8, 8)).sum().backward()


def test_a_join_of_one_value_is_not_written_over() -> None:
    """The sum of one tensor is that tensor, which is read again behind the activation."""
    net = archc.parse("net n { input 4x4x4\n a: conv 3x3, 4, pad=1\n add { | } -> relu\n add @a }")
    module = net.torch(seed=0)
    x = torch.randn(2, 4, 4, 4)
    value = dict(module.named_modules())["a"](x)
    torch.testing.assert_close(module(x), value.relu() + value)


def test_several_outputs_are_a_dict() -> None:
    text = "net n { input 4\n a: fc 3\n fc 2\n output extra: @a -> relu\n output third: @a -> fc 5 }"
    module = archc.parse(text).torch()
    assert {name: tuple(value.shape) for name, value in module(torch.ones(2, 4)).items()} == {
        "output": (2, 2),
        "extra": (2, 3),
        "third": (2, 5),
    }


def test_several_inputs() -> None:
    text = "net n { left: input 8x8x3\n right: input 8x8x3\n add { | @left | @right } -> conv 3x3, 2 }"
    module = archc.parse(text).torch(seed=0)
    x = torch.randn(1, 3, 8, 8)
    torch.testing.assert_close(module(x, torch.zeros_like(x)), module(torch.zeros_like(x), x))


@pytest.mark.parametrize(
    "label", ["half", "train", "forward", "lambda", "None", "_modules", "__x", "keys", "type", "x"]
)
def test_names_that_python_or_torch_have(label: str) -> None:
    text = f"net n {{ input 4x4x1\n {label}: conv 1x1, 2 -> relu\n {label}2: bn }}"
    net = archc.parse(text)
    module = net.torch(seed=0).half().float().train().eval()
    assert tuple(module(torch.ones(1, 1, 4, 4)).shape) == (1, 2, 4, 4)
    assert len(module.state_dict()) == 7
    compile(net.python(), "net.py", "exec")


def test_the_reserved_names_are_torchs() -> None:
    taken = {name for kind in (nn.Module, nn.ModuleList, nn.ModuleDict, nn.Sequential) for name in dir(kind)}
    instance = set(vars(nn.Module()))
    public = {name for name in taken | instance if not name.startswith("_")}
    assert public <= MODULE | CONTAINER, f"torch has more: {public - MODULE - CONTAINER}"
    names = [*MODULE, *CONTAINER, *keyword.kwlist, "_x", "x", "half_", "half__", "_x_", "__x"]
    assert len({attribute(name) for name in names}) == len(set(names)), "no two names become one"


def test_titles_that_are_names_of_python() -> None:
    text = "block tensor(n) { conv 1x1, n -> relu }\nblock f { relu }\n"
    text += "net print { input 4x4x1\n tensor(2) -> f -> tensor(3) }"
    net = archc.parse(text)
    assert tuple(net.torch()(torch.ones(1, 1, 4, 4)).shape) == (1, 3, 4, 4)


DOTTED = (
    "stage.one: conv 3x3, 4",
    "stage.two: conv 3x3, 4 -> relu",
    "concat { | | @stage.two -> bn }",
    "c.d.e: bn",
    "add { | | @c.d.e -> relu }",
)


def test_labels_with_dots_are_modules_within_modules() -> None:
    lines = "\n".join(("input 8x8x3", *DOTTED))
    module = archc.parse(f"net dotted {{\n{lines}\n}}").torch().eval()
    assert isinstance(module.get_submodule("stage.one"), nn.Conv2d)
    assert isinstance(module.get_submodule("c.d.e"), nn.BatchNorm2d)
    assert module(torch.zeros(1, 3, 8, 8)).shape == (1, 8, 4, 4)
