"""archc: a declarative architecture compiler for convolutional networks.

import archc
net = archc.load("resnet34")
print(net.summary())
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from archc.late import wait
from archc.version import VERSION

if TYPE_CHECKING:
    from archc.api import Net as Net
    from archc.api import load as load
    from archc.api import parse as parse
    from archc.diagnostics import ArchError as ArchError
    from archc.diagnostics import Diagnostic as Diagnostic
    from archc.jupyter import load_ipython_extension as load_ipython_extension

wait()

from archc.elaborate.reader import register  # noqa: E402  (what waits is known by now)
from archc.frameworks import readings  # noqa: E402

register(readings)

__version__ = VERSION
__all__ = ["ArchError", "Diagnostic", "Net", "__version__", "load", "parse"]

_HOMES = {
    "ArchError": "archc.diagnostics",
    "Diagnostic": "archc.diagnostics",
    "Net": "archc.api",
    "load_ipython_extension": "archc.jupyter",
    "load": "archc.api",
    "parse": "archc.api",
}


def __getattr__(name: str) -> Any:
    """Import on first use: `import archc` alone costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'archc' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
