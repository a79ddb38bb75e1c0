"""The model card of a run: what the weights are, how they were trained and how to use them."""

import re
from collections.abc import Mapping
from typing import Any

from archc.diagnostics.visible import visible

MARKS = re.compile(r"[\\`*_\[\]<>#|&~$]")


def card(facts: Mapping[str, Any], recipe: str) -> str:
    """The README.md of the folder of a run."""
    net, data, result = facts["net"], facts["data"], facts["result"]
    accuracy = result.get("test_accuracy")
    figures = [("loss", result.get("test_loss"))]
    figures += [("accuracy", accuracy)] if accuracy is not None and data["classes"] else []
    shown = "\n".join(f"| test {name} | {value:.4f} |" for name, value in figures if value is not None)
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    classes = ", ".join(map(_named, data["classes"][:20])) + (", …" if len(data["classes"]) > 20 else "")
    return f"""# {net["name"]} on {_named(data["name"])}

{net["params"]:,} parameters, {net["macs"]:,} multiply-accumulates an image. Input {net["input"]}: (x − mean) / std of
values as they are stored, mean {_shown(data["mean"])}, std {_shown(data["std"])}.

Trained on {data["train"]:,} images, judged on {data["judged"]:,} ({data["judged_on"]}), tested once on
{data["test"]:,}.
{f"Classes: {classes}." if classes else "Targets are numbers."}

| | |
|---|---|
{shown}
| best epoch | {result["best_epoch"]} of {result["epochs"]} |
| training | {result["seconds"]:.0f} s on {facts["device"]}, {facts["precision"]} |
| seed | {facts["seed"]} |

`best.safetensors` are the weights of the best epoch, which the figures above are of; `last.safetensors` those at the
end. `net.arch` is the network; `archc export net.arch -o net.py` writes it as Python.

```python
import archc

module = archc.load("net.arch").torch(weights="best.safetensors", logits=True).eval()
```

Made with {versions}. The recipe:

```toml
{recipe.strip()}
```
"""


def _named(name: str) -> str:
    """A name as Markdown text: nothing in it is taken as markup."""
    return MARKS.sub(r"\\\g<0>", visible(name))


def _shown(values: list[float]) -> str:
    return ", ".join(f"{value:.5g}" for value in values)
