"""What is mutated, and the tests that are to notice: oracles, not what our own output was."""

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tests.mutation.operators import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
SWEEP = ("tests/torch/test_ops_sweep.py", "tests/torch/test_attention.py", "tests/torch/test_worked_numbers.py")
ALONE = (
    "tests/unit/test_ops_costs.py", "tests/unit/test_ops_explained.py", "tests/unit/test_ops_fields.py",
    "tests/unit/test_ops_fit.py", "tests/unit/test_ops_kinds.py", "tests/unit/test_ops_products.py",
    "tests/unit/test_ops_refusals.py", "tests/unit/test_ops_resize.py", "tests/unit/test_ops_tokens.py",
    "tests/unit/test_ops_windows.py", "tests/torch/test_ops_defaults.py",
)  # fmt: skip
REFUSALS = ("tests/unit/test_ops_errors.py", "tests/unit/test_ops_words.py", "tests/unit/test_cases_error.py")


@dataclass(frozen=True, slots=True)
class Group:
    """Modules, and the tests that are to notice. texts: whether f-strings are code there."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    texts: bool = False


GROUPS = (
    Group(
        "shape rules, parameters, MACs",
        ("archc/ops/*.py",),
        (
            *SWEEP, *REFUSALS, *ALONE, "tests/unit/test_reference.py", "tests/unit/test_analysis_cost.py",
            "tests/unit/test_analysis_field.py",
        ),
    ),
    Group(
        "costs",
        ("archc/analysis/cost.py",),
        ("tests/unit/test_analysis_cost.py", "tests/unit/test_analysis_summary.py"),
    ),
    Group(
        "solver",
        (
            "archc/elaborate/solve/search.py", "archc/elaborate/solve/extent.py", "archc/elaborate/solve/states.py",
            "archc/elaborate/solve/figures.py",
        ),
        (
            "tests/unit/test_solver_figures.py", "tests/unit/test_solver_refusals.py", "tests/unit/test_solver_ways.py",
            "tests/unit/test_holes_by_trying.py",
        ),
    ),
    Group(
        "what a hole may be",
        ("archc/elaborate/solve/holes.py", "archc/elaborate/solve/channels.py", "archc/elaborate/solve/probe.py"),
        (
            "tests/unit/test_solver_domains.py", "tests/unit/test_solver_channels.py",
            "tests/unit/test_solver_refusals.py", "tests/unit/test_solver_figures.py",
            "tests/unit/test_holes_by_trying.py",
        ),
    ),
    Group(
        "PyTorch lowerings",
        ("archc/backends/torch/table.py", "archc/backends/torch/lower_*.py"),
        (
            "tests/torch/test_lowerings.py", "tests/onnx/test_ops_sweep.py", "tests/torch/test_elementwise.py",
            "tests/torch/test_attention.py", "tests/torch/test_worked_numbers.py", "tests/unit/test_backends.py",
        ),
        texts=True,
    ),
    Group(
        "ONNX lowerings",
        ("archc/backends/onnx/table.py", "archc/backends/onnx/lower_*.py", "archc/backends/onnx/size_dependence.py"),
        (
            "tests/onnx/test_lowerings.py", "tests/onnx/test_sizes.py", "tests/onnx/test_ops_sweep.py",
            "tests/onnx/test_runtime_traps.py", "tests/unit/test_backends.py",
        ),
        texts=True,
    ),
)  # fmt: skip


def of(group: Group, only: str) -> list[Mutant]:
    """The mutants of a group's modules."""
    found: list[Mutant] = []
    for pattern in group.modules:
        for path in sorted(ROOT.glob(pattern)):
            name = path.relative_to(ROOT).as_posix()
            if fnmatch(name, only):
                found += mutants(name, path.read_text("utf-8"), texts=group.texts)
    return found
