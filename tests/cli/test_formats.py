"""What other programs read: JSON, CSV, Markdown, GitHub annotations, SARIF."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.cli.running import archc

COUNT = {"type": "integer", "minimum": 0}
PLACE = {"type": ["integer", "null"], "minimum": 1}
SHAPE = {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1}
TEXT = {"type": "string"}


def thing(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def many(item: object) -> dict[str, object]:
    return {"type": "array", "items": item}


EDIT = thing(line=PLACE, column=PLACE, end_line=PLACE, end_column=PLACE, text=TEXT)
LAYER = thing(
    name=TEXT,
    op=TEXT,
    inputs=many(TEXT),
    output=SHAPE,
    params=COUNT,
    macs=COUNT,
    receptive_field=many({"type": "integer", "minimum": 1}),
    line={"type": "integer", "minimum": 1},
)
NET = thing(
    name=TEXT,
    file=TEXT,
    input=SHAPE,
    output=SHAPE,
    params=COUNT,
    params_trainable=COUNT,
    macs=COUNT,
    flops=COUNT,
    activation_bytes=COUNT,
    layers=many(LAYER),
)
DIAGNOSTIC = thing(
    code={"type": "string", "pattern": "^[a-z]+(-[a-z]+)*$"},
    severity={"enum": ["error", "warning", "info"]},
    message=TEXT,
    file={"type": ["string", "null"]},
    line=PLACE,
    column=PLACE,
    end_line=PLACE,
    end_column=PLACE,
    help={"type": ["string", "null"]},
    fixes=many(thing(message=TEXT, edits=many(EDIT))),
)
DOCUMENT = thing(schema={"const": 1}, nets=many(NET), diagnostics=many(DIAGNOSTIC))

WRONG = "net wrong {\n  input 224x224x3\n  conv 11x11/4, 96 => 55x55x96\n}\n"


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    path = tmp_path / "wrong, 100%: a.arch"
    path.write_text(WRONG)
    return path


def document(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    ran = archc("check", *arguments, "--json")
    assert ran.err == ""
    found: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(found, DOCUMENT)
    return ran.code, found


def test_json_of_networks_that_check() -> None:
    code, found = document("resnet34", "googlenet")
    assert code == 0
    first = found["nets"][0]
    assert (first["input"], first["output"]) == ([3, 224, 224], [1000])
    assert (first["params"], first["macs"]) == (21_797_672, 3_663_761_408)
    assert sum(layer["params"] for layer in first["layers"]) == 21_797_672
    assert found["diagnostics"] == []
    heads = [output for output in found["nets"][1]["outputs"] if output["train_only"]]
    assert [head["name"] for head in heads] == ["aux1", "aux2"]
    assert found["nets"][1]["training"]["params"] > found["nets"][1]["params"] == 6_998_552


def test_layers_stand_in_execution_order() -> None:
    _, found = document("densenet121")
    seen: set[str] = set()
    for layer in found["nets"][0]["layers"]:
        assert seen.issuperset(layer["inputs"])
        seen.add(layer["name"])


def test_a_batch_scales_the_activations() -> None:
    one, eight = (document("vgg16", "--batch", n)[1]["nets"][0] for n in ("1", "8"))
    assert eight["activation_bytes"] == 8 * one["activation_bytes"]
    assert eight["macs"] == one["macs"]


def test_nets_and_findings_share_one_document(wrong: Path) -> None:
    code, found = document("vgg16", wrong, wrong.parent / "absent.arch")
    assert code == 1
    assert [net["name"] for net in found["nets"]] == ["vgg16"]
    refuted = next(d for d in found["diagnostics"] if d["code"] == "shape-refuted")
    assert (refuted["line"], refuted["column"], refuted["end_column"]) == (3, 23, 31)
    assert next(d for d in found["diagnostics"] if d["code"] == "no-file")["line"] is None


def test_each_fix_makes_the_file_check(wrong: Path) -> None:
    _, found = document(wrong)
    (refuted,) = found["diagnostics"]
    assert refuted["fixes"]
    for fix in refuted["fixes"]:
        lines = WRONG.splitlines()
        for edit in sorted(fix["edits"], key=lambda edit: (edit["line"], edit["column"]), reverse=True):
            assert edit["line"] == edit["end_line"]
            line = lines[edit["line"] - 1]
            lines[edit["line"] - 1] = line[: edit["column"] - 1] + edit["text"] + line[edit["end_column"] - 1 :]
        assert archc("check", "-", stdin="\n".join(lines)).code == 0, fix["message"]


def test_csv_and_markdown(wrong: Path) -> None:
    ran = archc("check", "vgg16", "lenet5", wrong, "--csv")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert {row["net"] for row in rows} == {"vgg16", "lenet5"}
    assert sum(int(row["params"]) for row in rows if row["net"] == "vgg16") == 138_357_544
    assert ran.code == 1
    assert "error[shape-refuted]" in ran.err
    assert "| `conv2_x` ×3 | basic(64) | 56x56x64 | 221,952 |" in archc("check", "resnet34", "--markdown").out


def test_github_annotations(wrong: Path) -> None:
    ran = archc("check", wrong, "--format", "github")
    assert ran.code == 1
    (line,) = ran.out.splitlines()
    match = re.fullmatch(r"::error ([^:]*)::(.*)", line)
    assert match is not None
    properties = dict(item.split("=", 1) for item in match[1].split(","))
    name = properties.pop("file")
    assert name.endswith("wrong%2C 100%25%3A a.arch")
    assert properties == {
        "line": "3",
        "endLine": "3",
        "col": "23",
        "endColumn": "31",
        "title": "archc%3A shape-refuted",
    }
    assert match[2].startswith("the source states 55x55x96, but this is 54x54x96%0A")


def test_sarif(wrong: Path) -> None:
    ran = archc("check", wrong, "--format", "sarif")
    assert ran.code == 1
    log = json.loads(ran.out)
    region = thing(startLine=PLACE, startColumn=PLACE, endLine=PLACE, endColumn=PLACE)
    artifact = thing(uri={"type": "string", "pattern": "^[^ :]*$"})
    location = thing(physicalLocation=thing(artifactLocation=artifact, region=region))
    change = thing(
        artifactLocation=artifact,
        replacements=many(thing(deletedRegion=region, insertedContent=thing(text=TEXT))),
    )
    result = thing(
        ruleId=TEXT,
        ruleIndex=COUNT,
        level={"enum": ["error", "warning", "note"]},
        message=thing(text=TEXT),
        locations=many(location),
        relatedLocations=many(location),
        fixes=many(thing(description=thing(text=TEXT), artifactChanges=many(change))),
    )
    driver = thing(name={"const": "archc"}, version=TEXT, rules=many(thing(id=TEXT)))
    run = thing(tool=thing(driver=driver), results=many(result), columnKind={"const": "unicodeCodePoints"})
    jsonschema.validate(log, thing(**{"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": many(run)}))
    (found,) = log["runs"][0]["results"]
    assert log["runs"][0]["tool"]["driver"]["rules"][found["ruleIndex"]]["id"] == found["ruleId"] == "shape-refuted"


def test_sarif_and_github_of_what_checks() -> None:
    clean = archc("check", "vgg16", "--format", "sarif")
    assert clean.code == 0
    assert json.loads(clean.out)["runs"][0]["results"] == []
    assert archc("check", "vgg16", "--format", "github").out == ""


def test_specs_as_json() -> None:
    found = json.loads(archc("specs", "--json").out)
    jsonschema.validate(found, thing(schema={"const": 1}, specs=many(thing(name=TEXT, file=TEXT, about=TEXT))))


def test_help_is_whole_on_a_narrow_terminal() -> None:
    ran = archc("--help", env={"COLUMNS": "80"})
    assert ran.code == 0
    assert not [line for line in ran.out.splitlines() if line.endswith("...") and "Usage" not in line]
