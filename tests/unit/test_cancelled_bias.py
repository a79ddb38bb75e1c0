"""The info of a bias that the norm after it subtracts again: where it is given, where not, and what is done with it."""

import json
from pathlib import Path

import pytest

import archc
from archc.diagnostics import apply_edits
from archc.program import Compilation, compile_path, compile_text
from archc.resources import specs_folder
from tests.cli.running import archc as run

NET = "net n {{ input 16x16x4\n{} }}"


def said(body: str) -> Compilation:
    found = compile_text(NET.format(body))
    assert found.diagnostics == ()
    return found


def mended(found: Compilation) -> str:
    assert found.source is not None
    return apply_edits(found.source.text, [edit for info in found.infos for edit in info.fixes[0].edits])


@pytest.mark.parametrize(
    ("layer", "with_bias_off"),
    [
        ("conv 3x3, 8", "conv 3x3, 8, bias=no"),
        ("conv(3x3/2, 8, groups=4)", "conv(3x3/2, 8, groups=4, bias=no)"),
        ("conv 3x3, (4 + 4)", "conv 3x3, (4 + 4), bias=no"),
        ("conv 1x1, 2, connections=[0; 1, 2]", "conv 1x1, 2, connections=[0; 1, 2], bias=no"),
        ("tconv 2x2/2, 8", "tconv 2x2/2, 8, bias=no"),
        ("dwconv 3x3", "dwconv 3x3, bias=no"),
        ("dwconv 3x3 -> bn -> conv 1x1, 8", "dwconv 3x3, bias=no -> bn -> conv 1x1, 8, bias=no"),
        ("scale", "scale bias=no"),
        ("fc-32", "fc(32, bias=no)"),
        ("fc 32", "fc 32, bias=no"),
    ],
)
def test_a_bias_before_a_batch_norm_is_told_with_its_fix(layer: str, with_bias_off: str) -> None:
    found = said(f"{layer} -> bn -> relu")
    assert [(info.code, info.severity) for info in found.infos] == [("cancelled-bias", "info")]
    assert mended(found) == NET.format(f"{with_bias_off} -> bn -> relu")
    assert said(f"{with_bias_off} -> bn -> relu").infos == ()


@pytest.mark.parametrize("norm", ["bn", "bn affine=no", "instancenorm", "gn 8", "bn track_running_stats=no"])
def test_norms_of_one_channel_subtract_it(norm: str) -> None:
    assert len(said(f"conv 3x3, 8 -> {norm} -> relu").infos) == 1


@pytest.mark.parametrize("norm", ["gn 4", "gn 1", "ln", "ln channels", "lrn 5", "bn momentum=0", "relu -> bn"])
def test_norms_of_several_channels_do_not(norm: str) -> None:
    assert said(f"conv 3x3, 8 -> {norm} -> relu").infos == ()


@pytest.mark.parametrize(
    "body",
    [
        "conv 3x3, 8, bias=yes -> bn",
        "let biased = yes\nconv 3x3, 8, bias=biased -> bn",
        "x: conv 3x3, 4, pad=1\nbn -> relu -> add @x",
        "x: conv 3x3, 4\nbn\noutput early: @x",
        "conv 3x3, 8\nlet wide = in.channels > 4\nif wide { bn }\nrelu",
        "block norm(kind) { if kind == 1 { bn } else { relu } }\nconv 3x3, 8 -> norm(1)",
        "block layer(channels) { conv 3x3, channels }\nlayer(8) -> bn -> layer(8) -> relu",
        "for n in [8, 16] { conv 3x3, n\nif not last { bn }\nrelu }",
    ],
    ids=["said", "said by a name", "skip", "output", "if", "if in a block", "block with and without", "last round"],
)
def test_a_bias_that_counts_somewhere_is_left_alone(body: str) -> None:
    assert said(body).infos == ()


def test_a_frozen_norm_subtracts_a_mean_of_other_values() -> None:
    net = NET.format("conv 3x3, 8 -> bn -> relu")
    assert len(compile_text(net).infos) == 1
    assert compile_text(net + '\ntrain { freeze = ["bn*"] }').infos == ()


def test_many_of_one_net_are_one_info() -> None:
    body = "\n".join(f"conv 3x3, {n}, pad=1 -> bn -> relu" for n in range(4, 24))
    found = said(body)
    (info,) = found.infos
    assert "the bias of `conv1`, and 19 more like it" in info.message
    assert len(info.labels) == 2
    assert mended(found).count("bias=no") == 20
    ran = run("check", "-", stdin=NET.format(body))
    assert "... and 14 more lines" in ran.err
    assert ran.code == 0


def test_nets_that_share_a_layer_are_told_together() -> None:
    unit = "block unit(n) { conv 3x3, n -> bn -> relu }\n"
    nets = "".join(f"net {name} {{ input 9x9x1 -> {body} }}\n" for name, body in (("a", "unit(4)"), ("b", "unit(8)")))
    alone = "net c { input 9x9x1 -> conv 3x3, 4 -> bn -> relu }\n"
    found = compile_text(unit + nets + alone)
    assert [(info.span.line, len(info.fixes[0].edits)) for info in found.infos if info.span] == [(1, 1), (4, 1)]


def test_a_net_alone_of_several_is_told_nothing() -> None:
    nets = "".join(
        f"net {name} {{ input 9x9x1 -> layer(4) -> {then} }}\n" for name, then in (("a", "bn"), ("b", "relu"))
    )
    text = "block layer(n) { conv 3x3, n }\n" + nets
    assert compile_text(text, net="a").infos == ()
    assert compile_text(text).infos == ()


@pytest.mark.parametrize(("figure", "count"), [("params = 312", 0), ("params = 304", None), ("params = ~312", 1)])
def test_a_stated_figure_that_counts_the_biases_keeps_them(figure: str, count: int | None) -> None:
    found = compile_text(NET.format(f"conv 3x3, 8 -> bn -> relu\nexpect {figure}"))  # 8·4·9 + 8 + 16
    assert found.ok == (count is not None)
    assert len(found.infos) == (count or 0)


def test_no_bundled_net_is_told() -> None:
    for file in specs_folder().glob("*.arch"):
        assert compile_path(str(file)).infos == (), file


FILE = NET.format("conv 3x3, 8 -> bn -> relu\nfc 10") + "\n"


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], True),
        (["-q"], False),
        (["-q", "--info"], True),
        (["--no-info"], False),
        (["--format", "github"], False),
        (["--format", "github", "--info"], True),
        (["--format", "sarif"], True),
        (["--json"], True),
        (["--json", "--no-info"], False),
    ],
    ids=str,
)
def test_where_it_is_shown_and_that_it_fails_no_check(tmp_path: Path, options: list[str], shown: bool) -> None:
    (tmp_path / "n.arch").write_text(FILE, encoding="utf-8")
    ran = run("check", "n.arch", *options, cwd=tmp_path)
    assert ran.code == 0
    assert ("cancelled-bias" in ran.out + ran.err) == shown


def test_its_level_in_each_format(tmp_path: Path) -> None:
    (tmp_path / "n.arch").write_text(FILE, encoding="utf-8")
    text = run("check", "n.arch", cwd=tmp_path)
    assert text.err.startswith("info[cancelled-bias]: `bn1` subtracts the mean of each channel")
    assert text.out.rstrip().endswith("no figures stated")
    assert json.loads(run("check", "n.arch", "--json", cwd=tmp_path).out)["diagnostics"][0]["severity"] == "info"
    sarif = json.loads(run("check", "n.arch", "--format", "sarif", cwd=tmp_path).out)
    assert sarif["runs"][0]["results"][0]["level"] == "note"
    assert run("check", "n.arch", "--format", "github", "--info", cwd=tmp_path).out.startswith("::notice file=n.arch")
    for command in (["draw", "n.arch", "-o", "n.svg"], ["expand", "n.arch"], ["diff", "n.arch", "n.arch"]):
        assert "cancelled-bias" not in run(*command, cwd=tmp_path).err


def test_a_bias_that_is_said_stays_said_in_the_expanded_source() -> None:
    expanded = run("expand", "-", stdin=NET.format("conv 3x3, 8, bias=yes -> bn -> fc 10")).out
    assert "conv 3x3, 8, bias=yes => 14x14x8" in expanded
    assert compile_text(expanded).infos == ()


def test_in_python_it_is_no_warning() -> None:
    net = archc.parse(FILE)
    assert net.warnings == ()
    assert [info.code for info in net.infos] == ["cancelled-bias"]
    assert "cancelled-bias" in net.to_json()
