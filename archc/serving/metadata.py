"""Metadata of weights and ONNX files: class names and preprocessing. A wrong mean gives wrong answers."""

import json
from collections.abc import Mapping

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.preprocessing import Preprocessing


def classes(known: Mapping[str, str], name: str, count: int | None = None) -> tuple[str, ...]:
    """The class names; empty if the file has none. count: of the net's outputs. Raises ArchError."""
    if "classes" not in known:
        return ()
    try:
        held = json.loads(known["classes"])
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, list) or not all(isinstance(each, str) for each in held):
        raise _broken(name, "classes", "no JSON list of names", "--classes FILE names them, a line each")
    if count is not None and held and len(held) != count:
        said = f"a list of {len(held)} names, and the net has {count} outputs"
        raise _broken(name, "classes", said, "--classes FILE names them, a line each")
    return tuple(held)


def preprocessing(known: Mapping[str, str], name: str, channels: int | None = None) -> Preprocessing | None:
    """The preprocessing of images; None if the file has none. Raises ArchError."""
    if "preprocessing" not in known:
        return None
    help_text = "--preprocessing MEAN/STD says it: 0.5,0.5,0.5/0.5,0.5,0.5"
    try:
        made = Preprocessing.from_json(known["preprocessing"])
    except ValueError as error:
        raise _broken(name, "preprocessing", str(error), help_text) from None
    if channels is not None and {len(made.mean), len(made.std)} - {1, channels}:
        said = f"a mean of {len(made.mean)} and a std of {len(made.std)} numbers, and the net takes {channels} channels"
        raise _broken(name, "preprocessing", said, help_text)
    return made


def _broken(name: str, key: str, said: str, help: str) -> ArchError:
    message = f"the metadata `{key}` of `{name}` is {said}"
    return ArchError([Diagnostic(Code.BAD_METADATA, message, help=help, file=name)])
