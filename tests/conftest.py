"""Settings that all tests share."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.figures import Figures, Suites

settings.register_profile("archc", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("archc")

FORCING = ("CLICOLOR_FORCE", "FORCE_COLOR", "GITHUB_ACTIONS", "NO_COLOR", "PY_COLORS")


def pytest_configure(config: pytest.Config) -> None:
    """Nothing outside the run decides a result: no user's cache, no setting of the terminal."""
    for name in FORCING:
        os.environ.pop(name, None)
    # Tests run side by side, one a core: with more threads than cores each waits for the others in a busy loop.
    os.environ["OMP_NUM_THREADS"] = "1"
    if not hasattr(config, "workerinput"):  # workers inherit the first process's folder
        folder = tempfile.mkdtemp(prefix="archc-tests-")
        os.environ["XDG_CACHE_HOME"] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    root = str(Path(__file__).resolve().parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))


@pytest.fixture(autouse=True)
def same_numbers_each_run() -> None:
    """PyTorch's random numbers, where a test imports it: one in thousands is close enough to 0 to miss a tolerance."""
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of the suites that count what they try."""
    suites = Suites()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            if report.when == "call":
                suites.see(report.user_properties, report.duration)
    for line in suites.lines():
        terminalreporter.write_line(line)


@pytest.fixture
def figures(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Figures:
    """What this test tried and found, for the line that its suite prints."""
    return Figures(str(request.path.relative_to(Path(__file__).parent)), record_property)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parent.parent
