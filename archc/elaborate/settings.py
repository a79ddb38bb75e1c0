"""The settings of `train { … }` and `weights { … }` as tables. `archc.train` knows which settings a recipe has."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from archc.diagnostics import Code, Diagnostic, Label, Span
from archc.elaborate.fields import field_names
from archc.ops import OPS
from archc.records import dataclass
from archc.renaming import Naming, rule_fault
from archc.syntax import ast


@dataclass(frozen=True, slots=True, eq=False)
class FileSettings:
    """tables: as in TOML. places: the span of each setting by its full name. diagnostics: of settings set twice."""

    span: Span
    tables: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Span] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def place(self, name: str) -> Span:
        """The span of a setting, or of the nearest table around it."""
        while name and name not in self.places:
            name = name.rpartition(".")[0]
        return self.places.get(name, self.span)


def read_settings(train: ast.Train) -> FileSettings:
    """The settings of a `train` or `weights` item."""
    result = FileSettings(train.keyword_span)
    _fill(result, result.tables, train.settings, "")
    return result


def _fill(result: FileSettings, table: dict[str, Any], settings: ast.Settings, prefix: str) -> None:
    for setting in settings.settings:
        name = prefix + ".".join(setting.keys)
        if name in result.places and not isinstance(setting.value, ast.Settings):
            first = Label(result.places[name], "here for the first time")
            result.diagnostics.append(
                Diagnostic(Code.GIVEN_TWICE, f"`{name}` is set twice", setting.key_span, labels=(first,))
            )
            continue
        inner, path = table, prefix
        for key in setting.keys[:-1]:
            inner, path = _table(inner, key), f"{path}{key}."
            result.places.setdefault(path[:-1], setting.key_span)
        result.places.setdefault(name, setting.key_span)
        key = setting.keys[-1]
        if isinstance(setting.value, ast.Settings):
            _fill(result, _table(inner, key), setting.value, f"{name}.")
            continue
        value = _plain(setting.value, result, name)
        if isinstance(value, str) and isinstance(inner.get(key), Mapping):
            inner[key]["name"] = value
        else:
            inner[key] = value


def _table(table: dict[str, Any], key: str) -> dict[str, Any]:
    """The table under a key. A word that is there already becomes its `name`."""
    held = table.get(key)
    if not isinstance(held, dict):
        held = {"name": held} if isinstance(held, str) else {}
        table[key] = held
    return held


def _plain(value: ast.SettingValue, result: FileSettings, name: str) -> Any:
    match value:
        case ast.Settings():
            table: dict[str, Any] = {}
            _fill(result, table, value, f"{name}.")
            return table
        case ast.Listed():
            return [_entry(item, result, f"{name}.{index}") for index, item in enumerate(value.items)]
        case ast.Prefix():
            number = value.operand
            assert isinstance(number, ast.Number)
            return -number.value
        case ast.Name():
            return value.name
        case _:
            return value.value


def _entry(item: ast.SettingValue, result: FileSettings, name: str) -> Any:
    result.places.setdefault(name, item.span)
    return _plain(item, result, name)


def namings(weights: FileSettings) -> tuple[list[Naming], list[Diagnostic]]:
    """The namings of `weights { torchvision = ["conv{n}_x -> layer{n-1}"] }`, and the diagnostics of wrong rules.

    A naming also has settings of layers: `timm { names = […] bn.eps = 1e-5 }`.
    """
    found, diagnostics = [], []
    for whose, said in weights.tables.items():
        table, place = (said, f"{whose}.names") if isinstance(said, Mapping) else ({"names": said}, whose)
        rules = table.get("names")
        if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
            help = f'{whose} = ["conv{{n}}_x -> layer{{n-1}}"], where {{n}} is any number'
            message = "the names of others are a list of rules in quotes"
            diagnostics.append(Diagnostic(Code.BAD_NAMING, message, weights.place(place), help=help))
            continue
        faults = {index: fault for index, rule in enumerate(rules) if (fault := rule_fault(rule)) is not None}
        faulty = [Diagnostic(Code.BAD_NAMING, f, weights.place(f"{place}.{index}")) for index, f in faults.items()]
        fields = []
        for layer, settings in table.items():
            if layer in OPS and isinstance(settings, str) and settings in OPS:
                fields.append((layer, "", settings))
                continue
            for field_, value in settings.items() if isinstance(settings, Mapping) else ():
                fields.append((layer, field_, value))
                fault = _field_fault(layer, field_)
                if fault is not None:
                    faulty.append(Diagnostic(Code.BAD_NAMING, fault, weights.place(f"{whose}.{layer}.{field_}")))
            if layer != "names" and not isinstance(settings, Mapping):
                fault = f"`{layer}` is no setting of a naming: it has `names` and what layers are set to, as `bn.eps`"
                faulty.append(Diagnostic(Code.BAD_NAMING, fault, weights.place(f"{whose}.{layer}")))
        diagnostics += faulty
        if not faulty:
            found.append(Naming(whose, tuple(rules), tuple(fields)))
    return found, diagnostics


def _field_fault(layer: str, field_: str) -> str | None:
    """Why a layer has no such setting; None if it has."""
    if layer not in OPS:
        return f"there is no layer `{layer}`"
    return None if field_ in field_names(OPS[layer]) else f"`{layer}` has no `{field_}`"
