"""The checks that read the code: format, lint, types, which module may import which, and who names layers."""

import ast
import os
import subprocess
import sys
from collections.abc import Container, Mapping
from fnmatch import fnmatch
from pathlib import Path

import pytest

from archc.ops import FAMILIES, OPS

CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": [sys.executable, "-m", "mypy"],
    "imports": ["lint-imports", "--no-cache"],
}

LAYERS = frozenset(OPS) - {"input"}  # a word of the language, of JSON and of English besides
OTHERS = "what other tools call the layers"
ARGUMENTS = "fields, which have a layer's name"
PICTURES = "how a picture is fitted, what is subtracted from it"
NAMED = {
    **dict.fromkeys(("frameworks/keras*.py", "elaborate/advice/suggest.py", "importers/convnetjs/*.py"), OTHERS),
    "syntax/advice/foreign/calls.py": OTHERS,
    **dict.fromkeys(
        ("decompile/candidates*.py", "decompile/affine.py", "decompile/numeric_match.py"), "what ONNX's nodes are"
    ),
    **dict.fromkeys(("elaborate/bind.py", "elaborate/advice/size_fixes.py", "elaborate/solve/*.py"), ARGUMENTS),
    "decompile/step_text.py": ARGUMENTS,
    **dict.fromkeys(("preprocessing.py", "backends/onnx/preprocess.py"), PICTURES),
    **dict.fromkeys(("train/*.py", "train/data/*.py"), f"training knows no layers: {PICTURES}, a loss"),
    **dict.fromkeys(("backends/diagram/theme.py", "backends/diagram/skips.py"), "categories of layers"),
    **dict.fromkeys(
        ("backends/torch/python_names.py", "cli/usage_errors.py", "elaborate/functions.py"), "functions: Python's, ours"
    ),
    **dict.fromkeys(
        ("backends/torch/layers.py", "backends/torch/lower_norm.py"), "an argument and a buffer in PyTorch"
    ),
    "backends/torch/weight_layers.py": "what other tools call the tensors of a layer",
    "backends/torch/initialise.py": "torch.nn.init's word for a nonlinearity",
    "syntax/advice/slips/braces.py": "the joins, which tests/unit/test_reference.py holds against the layers",
    "syntax/advice/slips/notation.py": "a billion",
}
"""Where the name of a layer stands in a text outside of `archc/ops`, and what it is there."""


def named_layers(text: str) -> set[str]:
    """The texts that are names of layers; what is compared with a layer's category is none."""
    tree = ast.parse(text)
    compared = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare) and ast.unparse(node.left).rpartition(".")[2] == "category"
    ]
    categories = {id(inner) for node in compared for inner in ast.walk(node)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in categories]
    return {str(node.value) for node in texts} & LAYERS


CLASSES = {kind.rpartition(".")[2] for kind in FAMILIES.values()}
MADE = {
    "decompile/aliases.py": "lowerings as other exporters have them",
    "decompile/outputs.py": "an identity gives a value that is two outputs",
    "decompile/read.py": "attention that was found as a whole, and identities, which are left out",
    "serving/outputs.py": "a softmax is put at the end",
    "ops/*": "",
    "backends/torch/lower_*.py": "lowerings",
    "backends/onnx/lower_*.py": "lowerings",
}
"""Where the class of a layer is imported, and what for."""


def test_no_room_asks_for_classes(root: Path) -> None:
    """`isinstance(op, BatchNorm)` is a list of one name."""
    for path in sorted((root / "archc").rglob("*.py")):
        place = path.relative_to(root / "archc").as_posix()
        imports = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
        ours = [node for node in imports if (node.module or "").startswith("archc.ops.")]
        found = {name.name for node in ours for name in node.names} & CLASSES
        assert not found or any(fnmatch(place, pattern) for pattern in MADE), (
            f"archc/{place} imports {', '.join(sorted(found))}: ask `Op` for a trait (archc/ops/base.py) instead"
        )


def test_no_room_names_layers(root: Path) -> None:
    """A room asks a layer for its traits: a list of names is what a new layer is forgotten in."""
    used: set[str] = set()
    for path in sorted((root / "archc").rglob("*.py")):
        place = path.relative_to(root / "archc")
        found = named_layers(path.read_text("utf-8")) if place.parts[0] != "ops" else set()
        entries = [pattern for pattern in NAMED if fnmatch(place.as_posix(), pattern)]
        used.update(entries if found else ())
        assert not found or entries, (
            f"archc/{place} names {', '.join(sorted(found))}: ask `Op` for a trait (archc/ops/base.py) instead, "
            "or give the file an entry in NAMED with the reason"
        )
    assert used == set(NAMED), "an entry of NAMED that nothing needs"


@pytest.mark.parametrize("text", ['op.name in ("conv", "bn")', 'FEW = {"relu": 1}', 'made("gelu")'])
def test_names_are_found(text: str) -> None:
    assert named_layers(text)
    assert not named_layers('op.category in ("conv", "fc")')


def imports_of(path: Path, modules: Container[str]) -> set[str]:
    """The modules that a file imports anywhere: for types alone, and inside functions, too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found.update(name if name in modules else node.module for name in names)
    return {name for name in found if name in modules}


def circles(imports: Mapping[str, set[str]]) -> set[str]:
    """Groups of modules each of which reaches the others, by their names in order."""

    def reached(start: str) -> set[str]:
        seen, stack = set[str](), [start]
        while stack:
            new = imports[stack.pop()] - seen
            seen |= new
            stack += new
        return seen

    all_reached = {name: reached(name) for name in imports}
    within = {name for name, others in all_reached.items() if name in others}
    return {
        " ".join(sorted(other for other in within & all_reached[name] if name in all_reached[other])) for name in within
    }


def test_no_modules_import_each_other(root: Path) -> None:
    files = {path.relative_to(root).with_suffix(""): path for path in (root / "archc").rglob("*.py")}
    modules = {".".join(name.parts).removesuffix(".__init__"): path for name, path in files.items()}
    found = circles({name: imports_of(path, modules) - {name} for name, path in modules.items()})
    assert not found, "what both need belongs below them"


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}) == {"a b c"}


@pytest.mark.parametrize("check", CHECKS)
def test_the_code_is_clean(check: str, root: Path) -> None:
    scripts = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        CHECKS[check], cwd=root, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr
