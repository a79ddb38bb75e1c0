"""What hosts of projects read: workflows, forms, licences, citation. What they name is there, and they agree."""

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from archc.version import DISTRIBUTION, VERSION

ROOT = Path(__file__).parents[2]
GITHUB = sorted((ROOT / ".github").rglob("*.yml"))
WORKFLOWS = [path for path in GITHUB if path.parent.name == "workflows"]


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def named(path: Path) -> str:
    return path.name


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job.get("steps", [])]


@pytest.fixture(scope="module")
def project() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_actions_are_named_by_commit(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text("utf-8"))
    assert used
    for action, comment in used:
        if action.startswith("./"):
            assert (ROOT / action).is_file(), action
        else:
            assert re.fullmatch(r"[\w-]+/[\w.-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action} has its version beside it"


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_jobs_may_do_what_they_need_alone(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert "timeout-minutes" in job or "uses" in job, name
        for step in job.get("steps", []):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, name
            assert "${{" not in step.get("run", ""), f"{name}: what the host fills in comes by the environment"


@pytest.mark.parametrize("path", WORKFLOWS, ids=named)
def test_the_files_that_commands_name_are_there(path: Path) -> None:
    for step in steps(path):
        for file in re.findall(r"(?:\.ci/|python )([\w./]+\.\w+)|(\.ci/\w+)", step.get("run", "")):
            one = next(part for part in file if part)
            assert (ROOT / one).exists() or (ROOT / ".ci" / one).exists(), one


def test_tests_are_run_by_the_commands_of_ci() -> None:
    """Of the script as it is, and of its commands on every system and Python."""
    script = (ROOT / ".ci" / "run").read_text("utf-8").replace(" --quiet", "").splitlines()
    jobs = read(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]
    assert [step["run"] for step in jobs["fresh"]["steps"] if "run" in step] == [".ci/run"]
    commands = [step["run"] for step in jobs["matrix"]["steps"] if "run" in step]
    assert [line for line in script if line in commands] == commands
    assert len(commands) == 2


def test_the_matrix_has_every_python_that_is_promised(project: dict[str, Any]) -> None:
    matrix = read(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]["matrix"]["strategy"]["matrix"]
    promised = re.findall(r"Python :: (3\.\d+)'", str(project["classifiers"]))
    assert promised
    assert set(promised) <= set(matrix["python"])
    assert f">={matrix['python'][0]}" == project["requires-python"]
    assert len(matrix["os"]) == 3


def test_a_release_is_tested_and_signed_before_it_is_published() -> None:
    jobs = read(ROOT / ".github" / "workflows" / "release.yml")["jobs"]

    def before(name: str) -> set[str]:
        needs = jobs[name].get("needs", [])
        direct = {needs} if isinstance(needs, str) else set(needs)
        return direct.union(*map(before, direct)) if direct else set()

    assert {"build", "test", "wheel", "sign"} <= before("publish")
    assert "publish" in before("announce")
    assert DISTRIBUTION in jobs["publish"]["environment"]["url"].split("/")
    given = [name for name, job in jobs.items() if job.get("permissions", {}).get("id-token") == "write"]
    assert given == ["sign", "publish"]


def test_forms_ask_for_something() -> None:
    forms = [path for path in GITHUB if path.parent.name == "ISSUE_TEMPLATE" and path.stem != "config"]
    assert len(forms) >= 3
    for form in map(read, forms):
        fields = [part for part in form["body"] if part["type"] != "markdown"]
        assert any(part.get("validations", {}).get("required") for part in fields)
        assert len({part["id"] for part in fields}) == len(fields)


def test_licences_agree(project: dict[str, Any]) -> None:
    licences = project["license"].split(" AND ")
    notice = (ROOT / "NOTICE.md").read_text("utf-8")
    citation = read(ROOT / "CITATION.cff")
    assert citation["license"] == licences
    assert citation["version"] == VERSION
    assert all((ROOT / name).is_file() for name in project["license-files"])
    assert all(licence in notice for licence in licences)


def test_the_notice_names_what_is_not_ours() -> None:
    """Every file of the package that is neither source of ours nor text about it."""
    ours = {".py", ".md", ".typed", ".js", ".html", ".css", ".toml"}
    notice = (ROOT / "NOTICE.md").read_text("utf-8")
    tracked = subprocess.run(["git", "ls-files", "archc"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    files = [ROOT / line for line in tracked.splitlines()] or list((ROOT / "archc").rglob("*"))
    others = [
        path.relative_to(ROOT).as_posix() for path in files
        if path.is_file() and path.suffix not in ours and "__pycache__" not in path.parts
    ]  # fmt: skip
    assert len(others) >= 4
    for name in others:
        assert name in notice, name
    for name in re.findall(r"`((?:archc|tests|specs)/?[\w./]*)`", notice):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize(
    ("tag", "changelog", "said"),
    [
        ("v1.2.0", "# C\n\n## Unreleased\n\n## 1.2.0 (2026-12-01)\n\n### Added\n- This.\n\n## 1.1.0\n- That.\n", None),
        ("v1.2.0", "# C\n\n## [1.2.0]\n\n### Added\n- This.\n", None),
        ("v1.3.0", "## 1.3.0\n- This.\n", "the tag is v1.3.0, but archc/version.py says 1.2.0"),
        ("v1.2.0", "## Unreleased\n- This.\n\n## 1.2.0rc1\n- That.\n", "has 0 sections"),
        ("v1.2.0", "## 1.2.0\n- This.\n\n## 1.2.0\n- That.\n", "has 2 sections"),
        ("v1.2.0", "## 1.2.0\n\n## 1.1.0\n- That.\n", "is empty"),
    ],
)
def test_release_notes(tag: str, changelog: str, said: str | None) -> None:
    notes = runpy.run_path(str(ROOT / ".ci" / "release_notes.py"))["notes"]
    if said is None:
        assert notes(tag, changelog, "1.2.0") == "### Added\n- This."
        return
    with pytest.raises(ValueError, match=re.escape(said)):
        notes(tag, changelog, "1.2.0")


@pytest.mark.nightly
def test_the_host_would_take_them() -> None:
    """The schemas that check-jsonschema brings, and zizmor's audit of the workflows."""
    tools = Path(sys.executable).parent
    if not all((tools / name).exists() for name in ("check-jsonschema", "zizmor")):
        pytest.skip("needs check-jsonschema and zizmor")
    schemas = {"workflows": "github-workflows", "ISSUE_TEMPLATE": "github-issue-forms", ".github": "dependabot"}
    words = [
        (schemas[path.parent.name] if path.stem != "config" else "github-issue-config", path) for path in GITHUB
    ]  # fmt: skip
    for schema, path in [*words, ("citation-file-format", ROOT / "CITATION.cff")]:
        checked = [str(tools / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(path)]
        done = subprocess.run(checked, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    audit = [str(tools / "zizmor"), "--offline", "--no-progress", "--min-severity", "medium", ".github"]
    done = subprocess.run(audit, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_map_of_the_code_is_complete() -> None:
    text = (ROOT / "archc" / "README.md").read_text("utf-8")
    paths = [path for path in (ROOT / "archc").iterdir() if not path.name.startswith(("_", "."))]
    modules = [path for path in paths if path.suffix == ".py" or (path / "__init__.py").is_file()]
    assert len(modules) > 20
    for path in modules:
        assert f"`{path.name}" in text, path.name
    for name in re.findall(r"`([a-z_]+(?:/|\.py)[\w/]*)`", text):
        assert (ROOT / "archc" / name).exists() or name in {"draw.py", "loop.py", "table.py", "data/"}, name
