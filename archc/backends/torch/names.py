"""Names of nodes as Python has them."""

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
"""What every torch.nn.Module has already; tests/torch hold it against torch's own."""


CONTAINER = frozenset(("append", "clear", "extend", "insert", "items", "keys", "pop", "update", "values"))
"""What torch.nn.ModuleList and ModuleDict have besides."""


@cache
def attribute(name: str) -> str:
    """A name that a module may be given, another for another: `half` and `class` are taken and become `half_` and
    `class_`, and what begins with an underscore, which Python may mangle, ends with two."""
    if name.startswith("_"):
        return f"{name}__"
    plain = name.rstrip("_")
    return f"{name}_" if plain in MODULE or plain in CONTAINER or keyword.iskeyword(plain) else name


@cache
def class_name(title: str) -> str:
    """`conv2_x` → `Conv2X`; a name of Python's or of the file's own gets `Block` after it."""
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
"""What the text of a module may itself use by these names."""


def variable(name: str) -> str:
    """A name for a local variable or an argument, another for another; a label's dots are none of it.

    `self` and `class` are taken and become `self_` and `class_`; `__class__`, which `super()` reads, ends with four.
    """
    name = name.replace(".", "_")
    if name.startswith("_"):
        return f"{name}__"
    plain = name.rstrip("_")
    return f"{name}_" if keyword.iskeyword(plain) or plain in USED else name


def argument_name(name: str) -> str:
    """A name for an argument of a constructor, in which classes are called: `B` may be one, and becomes `B_`."""
    made = variable(name)
    return f"{made}_" if made[:1].isupper() else made
