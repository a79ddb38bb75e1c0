"""Recipes: what they accept, what they say to what they do not, and the schema that is published."""

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

import archc
from archc.diagnostics import ArchError
from archc.train.recipe import LEARNING_RATES, Recipe, schema
from archc.train.settings import assigned, merged, read_recipe, recipe_of, to_toml

IMPORTED = Path(__file__).parents[1] / "cases" / "import"


def test_a_recipe_reads_back_as_itself() -> None:
    tables: dict[str, Any] = {
        "data": {"name": 'a "set"\\\n', "normalise": {"mean": [0.5], "std": [0.25]}},
        "augment": {"resized_crop": [0.2, 1.0], "flip": True},
        "loss": {"auxiliary": {"aux1": 0.3}},
        "progressive": [{"until": 0.5, "size": 16}],
        "optimizer": {"name": "adam", "betas": [0.8, 0.99], "eps": 1e-7},
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
        ({"optimizer": {"name": "adamw", "l2_decay": 0.1}}, "adamw's decay is decoupled"),
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
    with pytest.raises(ArchError, match=r"`bad\.toml` is no TOML"):
        read_recipe(tmp_path / "bad.toml")
    for text in ("optimizer.lr", "=3", "a b=3"):
        with pytest.raises(ArchError, match="--set takes key=value"):
            assigned([text])


def test_the_examples_are_nets_and_recipes(root: Path) -> None:
    for path in (root / "examples").rglob("*.toml"):
        recipe_of(read_recipe(path))
    exercise = root / "examples" / "grade_an_exercise" / "exercise.arch"
    for path in (root / "examples").rglob("*.arch"):
        if path != exercise:
            assert archc.load(path).params > 0
    with pytest.raises(archc.ArchError) as raised:  # its blanks are the pupil's to fill
        archc.load(exercise)
    assert {diagnostic.code for diagnostic in raised.value.diagnostics} == {"search-exhausted"}
