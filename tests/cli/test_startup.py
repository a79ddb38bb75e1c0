"""What a command loads, by name: starting takes as long as what is loaded, and no test here asks a clock."""

import ast
import copy
import dataclasses
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from archc.cli.application import build_app
from archc.cli.check import check
from archc.cli.commands import COMMANDS, SUMMARIES
from archc.cli.report import ReportOptions
from archc.late import waiting
from archc.ops import FAMILIES, OPS, Op
from archc.program import Options
from archc.records import dataclass as ours
from archc.resources import grammar_text
from archc.sources import bundled_file, bundled_nets
from archc.syntax import tables

ROOT = Path(__file__).resolve().parents[2]
PROBE = """
import sys
from archc.cli.app import main
try:
    main({arguments!r})
except SystemExit:
    pass
print(*sorted(name for name, module in sys.modules.items() if type(module).__name__ != "_Late"), file=sys.stderr)
"""
FAMILY_FILES = {f"archc.ops.{family.partition('.')[0]}" for family in FAMILIES.values()}
WAITING = {*waiting()}
MAY_NEED = {
    *(f"archc.elaborate.{name}" for name in ["tables", "functions", "advice"]),
    *(f"archc.elaborate.advice.{name}" for name in ["name_errors", "suggest", "table_errors"]),
}
"""Of a net without a mistake: a table, a label, a header that may be a word of the language, a function."""


def module_file(name: str) -> Path:
    path = ROOT / name.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def loaded(*arguments: str) -> set[str]:
    """The modules that a process has run once it ran a command."""
    program = PROBE.format(arguments=[*arguments])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


@pytest.fixture(scope="module", autouse=True)
def tables_are_kept() -> None:
    loaded("check", "lenet5")


@pytest.mark.parametrize(
    ("net", "families"),
    [
        ("lenet5", "input conv fixed activation reshape linear pool window base fields reads source_text"),
        ("alexnet", "input conv activation norm pool reshape linear regularisation"),
        ("resnet18", "input conv norm activation pool reshape linear join"),
        ("mobilenet_v2", "input conv depthwise norm activation pool reshape linear regularisation join"),
    ],
)
def test_a_check_loads_what_its_net_names(net: str, families: str) -> None:
    found = loaded("check", net)
    packages = {name.partition(".")[0] for name in found}
    assert not found & {"importlib.metadata", "secrets"}
    assert not packages & {"lark", "pydantic", "typer", "rich", "torch", "numpy", "onnx", "graphviz", "sarif_om"}
    assert found & FAMILY_FILES <= {f"archc.ops.{family}" for family in families.split()} | {"archc.ops.conv"}
    assert sorted(found & WAITING - MAY_NEED) == []


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], [], ["--version"], ["help"]], ids=" ".join)
def test_help_loads_no_command(arguments: list[str]) -> None:
    found = loaded(*arguments)
    assert not {name.partition(".")[0] for name in found} & {"lark", "pydantic", "rich", "torch", "numpy", "onnx"}
    assert not found & {f"archc.cli.{name}" for name in COMMANDS}


def test_a_mistake_loads_what_speaks_of_it(tmp_path: Path) -> None:
    (tmp_path / "slip.arch").write_text("net n {\n  input 8x8x3\n  conv 3x3 8\n}\n")
    assert {"archc.syntax.advice.recovery", "archc.diagnostics.text"} <= loaded("check", str(tmp_path / "slip.arch"))


def test_the_list_of_commands_says_what_each_says_itself() -> None:
    commands = typer.main.get_group(build_app()).commands
    assert {name: commands[name].get_short_help_str(200) for name in COMMANDS} == SUMMARIES


def test_without_options_a_check_is_what_its_options_default_to() -> None:
    defaults = {name: one.default for name, one in inspect.signature(check).parameters.items()}
    plain = ReportOptions()
    for name in ("depth", "batch", "explain", "quiet"):
        assert getattr(plain, name) == defaults[name]
    assert plain.format == defaults["format"].value
    assert (defaults["info"], plain.infos) == (None, True)
    assert Options().max_nodes == defaults["max_nodes"]


@pytest.mark.parametrize("words", [["lenet5"], ["resnet18", "alexnet"], ["vgg::D"], ["nosuch"], ["no such", "lenet5"]])
def test_without_options_a_check_prints_the_same(words: list[str]) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run([sys.executable, "-m", "archc", *arguments], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    assert run("check", *words) == run("check", *words, "--batch", "1")


def test_each_layer_stands_in_its_family_and_no_class_is_left_out() -> None:
    values = [value for op in OPS.values() for value in vars(sys.modules[op.__module__]).values()]
    named = {op for op in values if isinstance(op, type) and issubclass(op, Op) and "name" in vars(op)}
    files = {file.stem for file in (ROOT / "archc" / "ops").glob("*.py")}
    assert {family.partition(".")[0] for family in FAMILIES.values()} <= files
    assert named == set(OPS.values())
    assert {name: op.name for name, op in OPS.items()} == {name: name for name in OPS}


def functions_of(module: str) -> set[str]:
    """The functions that a module defines, or has from modules of its package; the modules of a package."""
    file = module_file(module)
    body = ast.parse(file.read_text(encoding="utf-8")).body
    own = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    own |= {inner.stem for inner in file.parent.glob("*") if file.stem == "__init__"}
    imports = [one for one in body if isinstance(one, ast.ImportFrom) and (one.module or "").startswith(f"{module}.")]
    return own.union(*({alias.name for alias in node.names} & functions_of(node.module or "") for node in imports))


def test_of_late_modules_functions_alone_are_named_in_small_letters() -> None:
    """Anything else is asked of the module itself, which runs it."""
    for file in (ROOT / "archc").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or node.module not in WAITING:
                continue
            small = {alias.name for alias in node.names if alias.name.islower()}
            functions = functions_of(node.module)
            assert small <= functions, f"{file.name}: {small - functions} of {node.module}"


def test_late_modules_are_there() -> None:
    for name in WAITING:
        assert module_file(name).is_file(), name


def test_a_bundled_net_is_in_one_file() -> None:
    for name, path in bundled_nets().items():
        assert bundled_file(name) == path


def test_kept_tables_are_those_of_the_grammar(tmp_path: Path) -> None:
    made = tables.load_tables(grammar_text(), tmp_path)
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    assert tables.load_tables(grammar_text(), tmp_path) == made
    other = tables.load_tables(grammar_text().replace('"net" NAME', '"network" NAME'), tmp_path)
    assert other.words["NAME"]["network"] == "NETWORK" != made.words["NAME"].get("network")
    for damaged in (whole[:-1], whole[:100], b"", whole[:4000] + b"\0" + whole[4001:], b"x" + whole[1:]):
        kept.write_bytes(damaged)
        again = tables.load_tables(grammar_text(), tmp_path)  # lark numbers states as it likes
        assert (again.pattern, again.words, len(again.states)) == (made.pattern, made.words, len(made.states))
        assert len(kept.read_bytes()) > 10_000
        assert tables.load_tables(grammar_text(), tmp_path) == again


def test_records_are_the_librarys() -> None:
    for make in (ours, dataclasses.dataclass):
        made: Any = make(frozen=True, slots=True)
        place = made(type("Place", (), {"__annotations__": KINDS, "names": (), "found": FOUND}))
        one, other = place(1), place(1, found={"a": 1})
        assert one == other
        assert hash(one) == hash(other)
        assert one != place(2)
        assert one.found is not place(1).found
        assert dataclasses.replace(one, start=3) == place(3)
        assert [field.name for field in dataclasses.fields(place)] == [*KINDS]
        assert repr(one) == "Place(start=1, names=(), found={})"
        assert copy.deepcopy(one) == one
        assert place.__match_args__ == (*KINDS,)
        assert not hasattr(one, "__dict__")
        with pytest.raises(dataclasses.FrozenInstanceError):
            one.start = 2
        with pytest.raises(dataclasses.FrozenInstanceError):
            del one.start
        with pytest.raises(TypeError):
            place()


KINDS = {"start": int, "names": tuple[str, ...], "found": dict[str, int]}
FOUND: Any = dataclasses.field(default_factory=dict, compare=False)
