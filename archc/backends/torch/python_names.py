"""Names of nodes as valid Python names."""

import builtins
import keyword
from functools import cache

from archc.backends.torch.helpers import helpers

# fmt: off
MODULE = frozenset((
    "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile",
    "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer",
    "get_extra_state", "get_parameter", "get_submodule", "half", "ipu", "load_state_dict", "modules", "mtia",
    "named_buffers", "named_children", "named_modules", "named_parameters", "parameters",
    "register_backward_hook", "register_buffer", "register_forward_hook", "register_forward_pre_hook",
    "register_full_backward_hook", "register_full_backward_pre_hook", "register_load_state_dict_post_hook",
    "register_load_state_dict_pre_hook", "register_module", "register_parameter",
    "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_", "set_extra_state",
    "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training", "type", "xpu",
    "zero_grad",
))
# fmt: on
"""The attributes of every torch.nn.Module; tests/torch compare them with torch's own."""


CONTAINER = frozenset(("append", "clear", "extend", "insert", "items", "keys", "pop", "update", "values"))
"""The further attributes of torch.nn.ModuleList and ModuleDict."""


@cache
def attribute(name: str) -> str:
    """A valid name for a member of a module; different names stay different.

    Reserved names get an underscore: `half` becomes `half_`, `class` becomes `class_`. A name that begins with an
    underscore, which Python may mangle, gets two at its end.
    """
    if name.startswith("_"):
        return f"{name}__"
    plain = name.rstrip("_")
    return f"{name}_" if plain in MODULE or plain in CONTAINER or keyword.iskeyword(plain) else name


@cache
def class_name(title: str) -> str:
    """`conv2_x` → `Conv2X`. A name that Python or the file already uses gets the suffix `Block`."""
    name = "".join(part[:1].upper() + part[1:] for part in title.replace(".", "_").split("_")) or "Block"
    if name[0].isdigit():
        name = f"Block{name}"
    taken = hasattr(builtins, name) or keyword.iskeyword(name) or name in helpers().taken
    return f"{name}Block" if taken else name


USED = frozenset(
    (
        *("self", "torch", "nn", "F", "Tensor", "OrderedDict", "super", "range", "int", "float", "bool", "str"),
        *("tuple", "list", "dict", "max", "min", "round", "len", "sum", "abs", "zip", "enumerate"),
    )
)
"""The names that the text of a module may use itself."""


def variable(name: str) -> str:
    """A valid name for a local variable or an argument, with `_` for the dots of a label.

    Reserved names get an underscore: `self` becomes `self_`. A name that begins with an underscore gets two at its end.
    """
    name = name.replace(".", "_")
    if name.startswith("_"):
        return f"{name}__"
    plain = name.rstrip("_")
    return f"{name}_" if keyword.iskeyword(plain) or plain in USED else name


def argument_name(name: str) -> str:
    """A valid name for an argument of a constructor. `B` may be the name of a class there and becomes `B_`."""
    made = variable(name)
    return f"{made}_" if made[:1].isupper() else made
