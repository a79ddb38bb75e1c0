"""Command lines that do not fit: one message, last, with what was meant; and files that are there are kept."""

import re
from pathlib import Path

import pytest

from archc.cli.app import run
from archc.cli.application import build_app
from archc.cli.commands import COMMANDS
from archc.train.recipe_errors import setting_paths
from archc.train.settings import assigned, recipe_of

NET = "net n { input 8x8x1 -> conv 3x3, 4 -> flatten -> fc 10 }\n"

SLIPS = {
    "chek lenet5": "there is no command `chek`: did you mean `check`?",
    "CHECK lenet5": "there is no command `CHECK`: did you mean `check`?",
    "help exprot": "there is no command `exprot`: did you mean `export`?",
    "--versoin": "there is no option `--versoin`: did you mean `--version`?",
    "check lenet5 --formt json": "there is no option `--formt`: did you mean `--format`?",
    "check lenet5 --JSON": "there is no option `--JSON`: did you mean `--json`?",
    "check lenet5 --verbose": "there is no option `--verbose`",
    "check lenet5 --format Jsn": "--format is one of text, json, markdown, csv, github, sarif, not `Jsn`: "
    "did you mean `json`?",
    "check lenet5 --depth two": "--depth takes a whole number from 1, not `two`",
    "check lenet5 --depth 0": "--depth takes a whole number from 1, not `0`",
    "check lenet5 --depth 1.5": "--depth takes a whole number from 1, not `1.5`",
    "check lenet5 --depth": "`--depth` needs a value",
    "check lenet5 --json=yes": "`--json` takes no value",
    "check": "TARGET is missing",
    "draw lenet5 --directon lr": "there is no option `--directon`: did you mean `--direction`?",
    "draw lenet5 --no-legnd": "there is no option `--no-legnd`: did you mean `--no-legend`?",
    "draw lenet5 --style tabel": "--style is one of graph, table, volumes, vgg, not `tabel`: did you mean `table`?",
    "draw lenet5 --scale 9": "--scale takes a number from 0.1 to 8, not `9`",
    "draw lenet5 -o x.pgn": "--style graph is written as .svg, .png, .pdf, .dot, .mmd or .html, not `.pgn`: "
    "did you mean `.png`?",
    "export lenet5": "--output is missing",
    "export lenet5 -o x.onx": "archc writes .py, .onnx or .safetensors, not `.onx`: did you mean `.onnx`?",
    "train lenet5 --opttimizer adm": "there is no option `--opttimizer`: did you mean `--set optimizer.name=adam`?",
    "train lenet5 --lr 0.1": "there is no option `--lr`: did you mean `--set optimizer.lr=0.1`?",
    "train lenet5 --batch-size=64": "there is no option `--batch-size`: did you mean `--set batch=64`?",
    "train lenet5 --Epochs 3": "there is no option `--Epochs`: did you mean `--set epochs=3`?",
    "train lenet5 --flip": "there is no option `--flip`: did you mean `--set augment.flip=yes`?",
    "train lenet5 --scheduler CosineAnnealingLR": "there is no option `--scheduler`: "
    "did you mean `--set schedule.name=cosine`?",
    "train lenet5 --epochs many": "there is no option `--epochs`: did you mean `--set epochs=…`?",
    "train lenet5 --gpus": "there is no option `--gpus`: did you mean `--gpu`?",
    "train lenet5 --outptu x": "there is no option `--outptu`: did you mean `--out`?",
    "specs rsnet": "no bundled network has `rsnet`: did you mean `resnet`?",
}


@pytest.mark.parametrize("line", SLIPS)
def test_a_slip_is_answered(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(line.split())
    out, err = capsys.readouterr()
    assert (code, out) == (1 if line.startswith("specs") else 2, ""), err
    assert err.splitlines()[-1] == f"archc: {SLIPS[line]}"
    assert "{" not in err, "typer's braces"


def test_the_settings_that_are_proposed_are_settings() -> None:
    proposed = [found[1] for said in SLIPS.values() if (found := re.search(r"--set (\S+=[^…]+)`", said))]
    assert len(proposed) > 5
    for one in proposed:
        assert one.partition("=")[0] in setting_paths()
        recipe_of(assigned([one]))


@pytest.mark.parametrize(
    ("given", "path", "kept"),
    [
        ("optimizer.name=Adam", ("optimizer", "name"), "adam"),
        ("loss=MSE", ("loss", "name"), "mse"),
        ("precision=BF16", ("precision",), "bf16"),
        ("schedule=One_Cycle", ("schedule", "name"), "one_cycle"),
        ("augment.flip=Alternating", ("augment", "flip"), "alternating"),
        ("data.name=Photos", ("data", "name"), "Photos"),
    ],
)
def test_the_words_of_a_recipe_are_taken_in_any_case(given: str, path: tuple[str, ...], kept: str) -> None:
    found: object = recipe_of(assigned([given]))
    for key in path:
        found = getattr(found, key)
    assert found == kept


def test_helps_are_plain(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    app = build_app()
    for command in COMMANDS:
        app([command, "--help"], prog_name="archc", standalone_mode=False)
        text = capsys.readouterr().out
        assert not re.search(r"<(list|str|int|float|path|Path)\b|[{}]", text), text
        assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    "line",
    [
        "export n.arch -o there.py",
        "export n.arch -o there.onnx",
        "export n.arch -o free.onnx --external-data",
        "export n.arch -o there.safetensors",
        "weights map n.arch w.safetensors -o there.safetensors",
        "import demo.js -o there.arch",
        "import net.onnx -o there.arch",
        "import net.onnx -o there2.arch",
        "look n.arch --image w.safetensors --what maps -o there.png",
        "draw n.arch -o folder.svg",
        "draw n.arch -o absent/net.svg",
        "eval net.onnx data -o absent/net.png",
        "runs -o absent/net.png",
    ],
)
def test_what_is_there_is_kept(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is computed or read: most of these inputs are no such files."""
    monkeypatch.chdir(tmp_path)
    Path("n.arch").write_text(NET)
    Path("demo.js").write_text("layer_defs = [];")
    Path("folder.svg").mkdir()
    names = ("there.py", "there.onnx", "free.onnx.data", "there.safetensors", "there.arch", "there2.safetensors")
    for name in (*names, "there.png", "w.safetensors", "net.onnx"):
        Path(name).write_text("mine")
    if "there.png" in line:
        Path("w.safetensors").unlink()
        Path("w.safetensors").symlink_to("there.png")
    assert run(line.split()) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("error[cannot-save]: `")) == ("", True), err
    assert ("--force" in err) == (("there" in line and "look" not in line) or "free" in line), err
    assert all(Path(name).read_text() == "mine" for name in names)


@pytest.mark.parametrize("line", ["export n.arch -o there.py --force", "export n.arch -o THERE.PY -f"])
def test_force_writes_over_it(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("n.arch").write_text(NET)
    place = Path(line.split()[3])
    place.write_text("mine")
    assert run(line.split()) == 0
    assert "nn.Module" in place.read_text("utf-8")
