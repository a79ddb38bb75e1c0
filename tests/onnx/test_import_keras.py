"""Files that Keras 3 wrote, whose maps have their channels last, come as nets of images."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archc.analysis.cost import totals
from tests.cli.running import archc
from tests.onnx.agreeing import imported
from tests.onnx.foreign.keras_models import KERAS

FOREIGN = Path(__file__).parent / "foreign"


@pytest.mark.parametrize("name", KERAS)
def test_a_file_of_keras(name: str) -> None:
    read = imported(FOREIGN / f"keras_{name}.onnx")
    assert totals(read.graph).params == KERAS[name].trainable
    assert KERAS[name].said in read.text
    assert "permute" not in read.text or name == "drawn"


def test_the_layout_is_told() -> None:
    ran = archc("import", FOREIGN / "keras_two.onnx")
    assert ran.code == 0
    assert "with the channels last" in ran.err


@pytest.mark.nightly
def test_files_as_keras_writes_them_now(tmp_path: Path) -> None:
    if importlib.util.find_spec("keras") is None:
        pytest.skip("needs keras")
    code = (
        "import sys; from pathlib import Path; from tests.onnx.foreign.keras_models import *\n"
        "for name in KERAS: print(name, trainable(write(name, Path(sys.argv[1]) / f'{name}.onnx')))"
    )
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    ran = subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=environment, capture_output=True, check=True)
    counts = dict(line.split() for line in ran.stdout.decode().splitlines() if line.count(" ") == 1)
    for name, written in KERAS.items():
        assert int(counts[name]) == written.trainable
        assert totals(imported(tmp_path / f"{name}.onnx").graph).params == written.trainable
