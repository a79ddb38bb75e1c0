"""`archc check`: tables, targets, streams and exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import archc

GOOD = "net good {\n  input 8x8x3\n  conv 3x3, 4\n}\n"
BAD = "net bad {\n  input 8x8x3\n  conv 9x9, 4\n  rleu\n}\n"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "good.arch").write_text(GOOD)
    (tmp_path / "bad.arch").write_text(BAD)
    return tmp_path


def test_a_bundled_network_ends_with_its_figures() -> None:
    ran = archc("check", "resnet34")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1].startswith("resnet34: 21,797,672 params · 3.66 G MACs · 224x224x3 → 1000 · ")
    assert ran.out.count("\x1b") == 0


@pytest.mark.parametrize("width", ["80", "200"])
def test_the_table_keeps_to_the_columns(width: str) -> None:
    ran = archc("check", "googlenet", "densenet121", env={"COLUMNS": width})
    assert max(map(len, ran.out.splitlines())) <= int(width)


def test_findings_go_to_standard_error(files: Path) -> None:
    ran = archc("check", files / "bad.arch")
    assert (ran.code, ran.out) == (1, "")
    assert "error[window-too-large]" in ran.err
    assert "error[unknown-layer]" in ran.err
    assert ran.err.splitlines()[-2:] == ["2 errors", "= archc explain window-too-large unknown-layer"]


def test_one_bad_file_does_not_hide_the_good_one(files: Path) -> None:
    ran = archc("check", files / "bad.arch", files / "good.arch")
    assert ran.code == 1
    assert ran.out.splitlines()[-1].startswith("good: 112 params")
    assert "bad.arch:3:8" in ran.err


def test_standard_input() -> None:
    ran = archc("check", "-", stdin=GOOD)
    assert ran.code == 0
    assert "good: 112 params" in ran.out
    assert "<stdin>:4:3" in archc("check", "-", stdin=BAD).err


def test_one_net_of_a_file() -> None:
    ran = archc("check", "resnet::resnet18")
    assert ran.out.splitlines()[-1].startswith("resnet18: 11,689,512 params")
    assert archc("check", "resnet::resnet19").code == 1


def test_many_nets_are_a_line_each() -> None:
    ran = archc("check", "resnet")
    assert ran.code == 0
    assert [line.split()[0] for line in ran.out.splitlines()[2:7]] == [
        "resnet18",
        "resnet34",
        "resnet50",
        "resnet101",
        "resnet152",
    ]
    assert ran.out.splitlines()[-1].startswith("5 nets check · ")
    assert "`archc check resnet::resnet18`" in ran.out
    assert "`archc check vgg11`" in archc("check", "vgg11", "vgg13", "vgg16").out


def test_two_nets_are_two_tables() -> None:
    ran = archc("check", "convnetjs")
    verdicts = [line.split(":")[0] for line in ran.out.splitlines() if " params · " in line]
    assert verdicts == ["convnetjs_mnist", "convnetjs_cifar10"]


def test_another_input_and_another_parameter() -> None:
    ran = archc("check", "resnet18", "--input", "160x160", "--param", "classes=10")
    assert ran.code == 0
    assert "160x160x3 → 10 · " in ran.out.splitlines()[-1]
    assert archc("check", "resnet18", "--input", "160x160", "-p", "classes=10").out == ran.out


def test_a_batch_scales_the_memory() -> None:
    assert "activations of 32 samples" in archc("check", "resnet18", "--batch", "32").out


def test_depth_opens_blocks() -> None:
    assert len(archc("check", "resnet34", "--depth", "1").out.splitlines()) < 25
    assert len(archc("check", "resnet34", "--depth", "9").out.splitlines()) > 60


def test_quiet_says_nothing_of_what_checks(files: Path) -> None:
    ran = archc("check", "-q", files / "good.arch")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert archc("check", "-q", files / "bad.arch").err


def test_explain() -> None:
    ran = archc("check", "vgg16", "--explain", "fc1")
    assert ran.code == 0
    assert "1,000·4,096 + 1,000 = 4,097,000" in ran.out
    missing = archc("check", "vgg16", "--explain", "sofmax1")
    assert (missing.code, missing.out) == (2, "")
    assert missing.err.startswith("error[unknown-node]: there is no layer `sofmax1`\n")
    assert "did you mean `softmax1`" in missing.err


def test_color_is_for_terminals_and_those_who_force_it(files: Path) -> None:
    assert "\x1b[" in archc("check", files / "good.arch", env={"FORCE_COLOR": "1"}).out
    assert "\x1b[" not in archc("check", files / "good.arch", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out
    assert "\x1b[" not in archc("check", files / "bad.arch").err


def test_a_terminal_without_the_signs_gets_plain_ones(files: Path) -> None:
    environment = {"PYTHONIOENCODING": "ascii"}
    ran = archc("check", "resnet34", files / "bad.arch", env=environment)
    assert ran.code == 1
    assert ran.out.isascii()
    assert ran.err.isascii()
    assert "conv2_x x3" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["check"],
        ["chek"],
        ["check", "vgg16", "--no-such-option"],
        ["check", "vgg16", "--batch", "0"],
        ["check", "vgg16", "--input", "big"],
        ["check", "vgg16", "--input", "0x0"],
        ["check", "vgg16", "--param", "classes"],
        ["check", "vgg16", "--param", "classes=[1]"],
        ["check", "vgg16", "--json", "--csv"],
        ["check", "vgg16", "--json", "--explain", "fc1"],
    ],
)
def test_wrong_usage_is_two(arguments: list[str]) -> None:
    ran = archc(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_the_version() -> None:
    ran = archc("--version")
    assert ran.code == 0
    assert ran.out.startswith("archc 0.")


def test_an_unexpected_exception_asks_for_a_report() -> None:
    program = (
        "import sys, archc.program as p, archc.cli.app as a\n"
        "def boom(*_): raise RuntimeError('boom')\n"
        "p.compile_path = boom\n"
        "a.main(['check', 'vgg16'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("internal error: RuntimeError: boom")
    assert len(done.stderr.splitlines()) == 1


def test_a_reader_that_leaves_is_no_error() -> None:
    command = [sys.executable, "-m", "archc", "check", "densenet201", "--csv"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("arguments", [["check", "vgg16"], ["check", "densenet201", "--json"], ["specs"]])
def test_a_full_disk_is_no_mistake_of_archc(arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "archc", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("archc: the output cannot be written: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize(("redirected", "code"), [(">&-", 0), (">&- 2>&-", 0), ("rleu >&- 2>&-", 1)])
def test_closed_streams_leave_the_exit_code(redirected: str, code: int) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" -m archc check vgg16 {redirected}', sys.executable], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, b"", b"")


def test_specs_lists_what_is_bundled() -> None:
    ran = archc("specs")
    assert ran.code == 0
    names = {line.split()[0] for line in ran.out.splitlines()[2:] if line}
    assert {"resnet34", "vgg16", "alexnet", "googlenet", "densenet121", "unet", "lenet5"} <= names


def test_expand_prints_a_source_that_checks_to_the_same() -> None:
    ran = archc("expand", "resnet18")
    assert ran.code == 0
    again = archc("check", "-", stdin=ran.out)
    assert again.code == 0
    assert "11,689,512 params · 1.81 G MACs" in again.out.splitlines()[-1]


def test_a_variant_whose_figure_does_not_hold_stays_beside_the_others(tmp_path: Path) -> None:
    file = tmp_path / "t.arch"
    file.write_text(
        "table t {\n  input 8x8x3\n  | stage | A | B | C |\n  | one | conv 1x1, 2 | conv 1x1, 3 | conv 1x1, 4 |\n"
        "  | params | 8 | 13 | 16 |\n}\n"  # 3·3 + 3 = 12
    )
    ran = archc("check", file)
    assert ran.code == 1
    rows = {line.split()[0]: line.rstrip() for line in ran.out.splitlines() if line.startswith("t_")}
    assert [rows[name].endswith(end) for name, end in (("t_A", " 1"), ("t_B", "0, 1 not"), ("t_C", " 1"))] == [True] * 3
    assert ran.out.splitlines()[-1] == "2 of 3 nets check · 2 stated figures hold, 1 does not"
    assert ran.err.count("error[figure-refuted]") == 1


def test_two_sources_of_convnetjs_in_one_call(tmp_path: Path) -> None:
    layers = "[{type:'input', out_sx:8, out_sy:8, out_depth:1}, {type:'softmax', num_classes:3}]"
    for name in ("a.js", "b.js"):
        (tmp_path / name).write_text(f"var layer_defs = {layers};", encoding="utf-8")
    ran = archc("check", "a.js", "b.js", cwd=tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert "a: 195 params" in ran.out
    assert "b: 195 params" in ran.out


@pytest.mark.parametrize("command", [["draw", "lenet5", "-o", "x.svg"], ["export", "lenet5", "-o", "x.py"], ["specs"]])
def test_commands_begin_with_any_module(command: list[str], tmp_path: Path) -> None:
    """Those of archc.late are first used by one command in this order, by another in that."""
    ran = archc(*command, cwd=tmp_path)
    assert ran.code == 0, ran.err
