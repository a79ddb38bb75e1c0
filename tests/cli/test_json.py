"""JSON that every reader takes: no NaN, no Infinity."""

import json
from pathlib import Path
from typing import NoReturn

import pytest

from archc.diagnostics.visible import json_text
from tests.cli.running import archc


def strictly(text: str) -> object:
    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_a_number_that_is_none_is_null(number: str) -> None:
    written = json_text({"a": [float(number), (1.5, {"b": float(number)})], "c": True})
    assert strictly(written) == {"a": [None, [1.5, {"b": None}]], "c": True}


def test_the_runs_of_a_loss_without_end(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "one"
    run.mkdir(parents=True)
    (run / "run.json").write_text('{"state": "finished", "result": {"best_loss": Infinity}}', encoding="utf-8")
    header = "epoch,updates,lr,train_loss,train_accuracy,loss,accuracy,seconds"
    (run / "metrics.csv").write_text(f"{header}\n1,2,0.1,nan,0.5,inf,0.25,3\n", encoding="utf-8")
    ran = archc("runs", "--json", cwd=tmp_path)
    assert ran.code == 0
    (listed,) = strictly(ran.out)["runs"]  # type: ignore[index]
    assert listed["result"] == {"best_loss": None}
    assert [listed["metrics"][0][key] for key in ("train_loss", "loss", "accuracy")] == [None, None, 0.25]


def test_one_writer_for_all_commands() -> None:
    """What a command prints goes through `terminal.json`; `json.dumps` writes metadata alone."""
    commands = Path(__file__).parents[2] / "archc" / "cli"
    printed = [file.name for file in commands.glob("*.py") if "out(json.dumps" in file.read_text(encoding="utf-8")]
    assert printed == []
