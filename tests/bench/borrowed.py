"""torchvision where it is installed, also beside a torch that its compiled operators were not built for."""

import importlib.util
import sys
import types
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from typing import Any

from torch import nn


def theirs(name: str) -> Callable[[], nn.Module] | None:
    """torchvision's constructor; its networks are plain Python, so its compiled operators need not load."""
    models = torchvision("models")
    return None if models is None else lambda: getattr(models, name)(weights=None)


def torchvision(part: str) -> Any:
    """A module of torchvision, or None where there is none."""
    try:
        return importlib.import_module(f"torchvision.{part}")
    except ImportError:
        return None
    except RuntimeError:  # operators of another build of torch
        return _without_operators(part)


def _without_operators(wanted: str) -> Any:
    for part in [part for part in sys.modules if part.partition(".")[0] == "torchvision"]:
        del sys.modules[part]
    found = importlib.util.find_spec("torchvision")
    if found is None or found.submodule_search_locations is None:
        return None
    package = types.ModuleType("torchvision")
    package.__path__ = list(found.submodule_search_locations)
    package.__spec__ = ModuleSpec("torchvision", None, is_package=True)
    extension = types.ModuleType("torchvision.extension")
    vars(extension).update(_HAS_OPS=False, _has_ops=lambda: False, _assert_has_ops=lambda: None)
    sys.modules |= {"torchvision": package, "torchvision.extension": extension}
    try:
        return importlib.import_module(f"torchvision.{wanted}")
    except Exception as error:
        print(f"  torchvision.{wanted} cannot be imported: {error}")
        return None
