"""Recipes: what they accept, what they say to what they do not, and the schema that is published."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

import archc
from archc.diagnostics import ArchError
from archc.program import compile_path
from archc.train.recipe import LEARNING_RATES, Recipe, schema
from archc.train.settings import assigned, merged, recipe_of, to_toml
from archc.train.toml import RecipeFile, read_recipe

IMPORTED = Path(__file__).parents[1] / "cases" / "import"


def test_a_recipe_reads_back_as_itself() -> None:
    tables: dict[str, Any] = {
        "data": {"name": 'a "set"\\\n', "normalise": {"mean": [0.5], "std": [0.25]}},
        "augment": {"resized_crop": [0.2, 1.0], "flip": True},
        "loss": {"auxiliary": {"aux1": 0.3}},
        "progressive": [{"until": 0.5, "size": 16}],
        "optimizer": {"name": "adam", "betas": [0.8, 0.99], "eps": 1e-7, "rates": {"*.bn1.bias": 64}},
    }
    for recipe in (Recipe(), recipe_of(tables)):
        assert recipe_of(tomllib.loads(to_toml(recipe))) == recipe


def test_every_imported_trainer_is_a_recipe() -> None:
    texts = [path.read_text("utf-8") for path in IMPORTED.glob("*.expect")]
    recipes = [text[text.index("batch = ") :] for text in texts if "\nbatch = " in text]
    assert len(recipes) >= 5
    for text in recipes:
        assert recipe_of(tomllib.loads(text)).optimizer.name in LEARNING_RATES


def test_the_published_schema_is_this_one(root: Path) -> None:
    published = json.loads((root / "grammar" / "recipe.schema.json").read_text("utf-8"))
    assert published == schema(), "archc train --schema > grammar/recipe.schema.json"
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(tomllib.loads(to_toml(Recipe())), published)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"optimizer": {"nam": "sgd"}}, published)


def test_settings_from_the_command_line() -> None:
    given = assigned(["optimizer.lr=0.01", "data.name=cifar10", "schedule.at=[30, 60]", "compile=yes", "loss=mse"])
    assert given == {
        "optimizer": {"lr": 0.01},
        "data": {"name": "cifar10"},
        "schedule": {"at": [30, 60]},
        "compile": True,
        "loss": "mse",
    }
    assert merged({"loss": "mse"}, {"loss": {"label_smoothing": 0.1}}) == {
        "loss": {"name": "mse", "label_smoothing": 0.1}
    }


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"epoch": 3}, "a recipe has no `epoch`\n   = help: did you mean `epochs`?"),
        ({"optimizer": {"leaning_rate": 3}}, "a recipe has no `optimizer.leaning_rate`"),
        ({"optimizer": {"name": "adam", "rho": 0.9}}, "adam takes no rho; it takes betas, eps"),
        ({"optimizer": {"name": "adamw", "l2_decay": 0.1}}, "the decay of adamw is decoupled"),
        ({"optimizer": {"lr": -1}}, "`optimizer.lr` must be greater than 0, not -1"),
        ({"optimizer": {"lr": float("nan")}}, "`optimizer.lr`"),
        ({"epochs": 0}, "`epochs` must be greater than or equal to 1, not 0"),
        ({"schedule": "linear"}, "`schedule.name` is one of constant, step"),
        ({"schedule": {"warmup": 2}}, "one_cycle has its own warm-up"),
        ({"loss": {"name": "mse", "label_smoothing": 0.1}}, "label_smoothing belongs to cross_entropy"),
        ({"batch": 2, "accumulate": 3}, "a batch of 2 cannot be computed in 3 parts"),
        ({"augment": {"mixup": 1}, "loss": "multi_margin"}, "soft targets"),
        ({"data": {"normalise": "unti"}}, "`data.normalise` is one of unit, standard, symmetric"),
    ],
)
def test_what_is_wrong_is_named(tables: dict[str, Any], said: str) -> None:
    with pytest.raises(ArchError) as caught:
        recipe_of(tables)
    assert said in str(caught.value)


def test_a_mistake_in_a_file_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text("""epochs = 0
optimizer.lrr = 3  # of the optimiser

[ data ]
"trian_size" = 4
[[progressive]]
until = 0.5
size = 9
[[progressive]]
until = 2
""")
    written = RecipeFile(tmp_path / "r.toml")
    with pytest.raises(ArchError) as caught:
        recipe_of(written.tables, written.path, written.place)
    found = sorted((d.span.line, d.span.text, d.message) for d in caught.value.diagnostics if d.span is not None)
    assert [(line, text) for line, text, _ in found] == [
        (1, "epochs"),
        (2, "optimizer.lrr"),
        (5, '"trian_size"'),
        (9, "progressive"),
        (10, "until"),
    ]
    assert found[3][2] == "`progressive.1.size` is not given"


def test_a_setting_leaves_the_others_as_they_were() -> None:
    """AdamW decays unless it is told not to, whatever else is said of it."""
    assert recipe_of({}).optimizer.decay == recipe_of({"optimizer": {"lr": 0.1}}).optimizer.decay == 0.01
    assert recipe_of({"optimizer": {"weight_decay": 0}}).optimizer.decay == 0
    assert recipe_of({"optimizer": "adam"}).optimizer.decay == 0
    assert recipe_of({"optimizer": "nesterov"}).optimizer.resolved().model_dump(exclude_none=True) == {
        "name": "nesterov", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0, "l1_decay": 0.0, "l2_decay": 0.0,
        "decay_all": False, "rates": {}, "eps_in_root": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"lr": 1}, "did you mean `optimizer.lr`?"),
        ({"momentun": 1}, "there are data, augment"),
        ({"optimizer": "adamm"}, "did you mean `adam`?"),
        ({"progressive": [{"until": 1, "siz": 3, "size": 3}]}, "did you mean `size`?"),
        ({"data": {"normalise": {"mean": [0.5], "std": [0.5], "sdt": [1]}}}, "did you mean `std`?"),
    ],
)
def test_the_nearest_name_is_offered(tables: dict[str, Any], said: str) -> None:
    with pytest.raises(ArchError) as caught:
        recipe_of(tables)
    assert said in str(caught.value)


def test_files_that_are_no_recipes(tmp_path: Path) -> None:
    with pytest.raises(ArchError, match="no recipe"):
        read_recipe(tmp_path / "no.toml")
    (tmp_path / "bad.toml").write_text("lr = = 3")
    with pytest.raises(ArchError, match=r"`bad\.toml` is not TOML: invalid value") as caught:
        read_recipe(tmp_path / "bad.toml")
    span = caught.value.diagnostics[0].span
    assert span is not None and (span.line, span.column) == (1, 6)
    (tmp_path / "end.toml").write_text("lr = [3")
    with pytest.raises(ArchError, match="unclosed array"):
        read_recipe(tmp_path / "end.toml")
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(ArchError, match="is not TOML: 'utf-8' codec"):
        read_recipe(tmp_path / "bad.toml")
    with pytest.raises(ArchError, match="cannot be read: Is a directory"):
        read_recipe(tmp_path)
    for text in ("optimizer.lr", "=3", "a b=3"):
        with pytest.raises(ArchError, match="--set takes key=value"):
            assigned([text])


def test_the_examples_are_nets_and_recipes(root: Path) -> None:
    for path in (root / "examples").rglob("*.toml"):
        recipe_of(read_recipe(path))
    exercise = root / "examples" / "grade_an_exercise" / "exercise.arch"
    on_purpose = ("grade_an_exercise/exercise", "mistake/alexnet", "reproduce_a_table/vgg", "add_a_layer/grn", "slip")
    for path in (root / "examples").rglob("*.arch"):
        if path.relative_to(root / "examples").with_suffix("").as_posix() not in on_purpose:
            checked = compile_path(str(path))
            assert checked.nets
            assert not [one for one in checked.diagnostics if one.severity == "error"]
    with pytest.raises(archc.ArchError) as raised:  # its blanks are the pupil's to fill
        archc.load(exercise)
    assert {diagnostic.code for diagnostic in raised.value.diagnostics} == {"search-exhausted"}


@pytest.mark.parametrize(
    ("tables", "meant"),
    [
        ({"init": {"name": "xavier_uniform"}}, "glorot_uniform"),
        ({"init": {"name": "kaiming_normal"}}, "he_normal"),
        ({"schedule": {"name": "OneCycle"}}, "one_cycle"),
        ({"precision": "bfloat16"}, "bf16"),
    ],
)
def test_what_other_tools_call_it_is_told(tables: dict[str, Any], meant: str) -> None:
    with pytest.raises(ArchError) as raised:
        recipe_of(tables)
    assert [diagnostic.help for diagnostic in raised.value.diagnostics] == [f"did you mean `{meant}`?"]
