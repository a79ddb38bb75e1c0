"""Modules that run when something of them is first used, in processes of their own: a test has run them all."""

import subprocess
import sys

import pytest

PARSED = (
    "from archc.diagnostics import Source; from archc.importers import convnetjs; s = Source('a.js', "
    "\"layer_defs = [{type:'input', out_sx:8, out_sy:8, out_depth:1}, {type:'softmax', num_classes:2}];\")\n"
)


@pytest.mark.parametrize(
    ("program", "prints"),
    [
        (f"{PARSED}convnetjs.parse(s); print(convnetjs.recipe_of(s), convnetjs.text_of(s)[:5])", "None net a"),
        (f"{PARSED}print(convnetjs.recipe_of(s)); print(callable(convnetjs.trainer))", "None\nTrue"),
    ],
)
def test_a_function_called_as_its_module(program: str, prints: str) -> None:
    """Its package has the function by that name, before and after the module has run."""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert (ran.stdout.strip(), ran.stderr) == (prints, "")


def test_a_module_of_a_package_that_has_not_run() -> None:
    """`inspect` asks every module that there is for its file, as PyTorch has it do when it is imported."""
    program = (
        "import inspect, sys, archc; assert 'archc.analysis' not in sys.modules; "
        "inspect.getmodule(lambda: 0, 'x'); print(sys.modules['archc.analysis.compare'].__file__[-10:])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert (ran.stdout, ran.stderr) == ("compare.py\n", "")


def test_a_right_net_needs_no_reader_of_other_frameworks() -> None:
    program = (
        "import sys, archc; archc.load('resnet18').summary(); "
        "print([type(sys.modules[name]).__name__ for name in sys.modules if name.startswith('archc.frameworks.')], "
        "'archc.backends.torch.table' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False)
    assert (ran.stdout, ran.stderr) == ("['_Late'] False\n", "")


@pytest.mark.parametrize(
    "use",
    [
        "from archc.syntax.advice import name_too_long; name_too_long((), None)",
        "import archc.syntax.advice.vocabulary as words; words.LISTS",
        "from archc.syntax.advice.foreign import python; python.LISTS",
        "from archc.syntax.advice import vocabulary; vocabulary.LISTS",
        "from archc.syntax import advice; advice.LISTS",
    ],
)
def test_a_late_package_and_each_module_in_it_wait(use: str) -> None:
    probe = (
        "import sys, archc.syntax\n"
        "def run(): return [name for name, module in sys.modules.items() if name.startswith('archc.syntax.advice') "
        "and type(module).__name__ != '_Late']\n"
        f"before = run()\n{use}\nprint(before, 'archc.syntax.advice' in run(), 'archc.syntax.advice.slips' in run())"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, encoding="utf-8", check=False)
    assert (ran.stdout, ran.stderr) == ("[] True False\n", "")
