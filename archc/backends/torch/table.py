"""The lowering table of the PyTorch backend.

The lowering of each layer is in the `lower_` module of its kind, registered with `@lowers`.
"""

from archc.backends.torch import (  # noqa: F401  (they fill it)
    lower_activation,
    lower_conv,
    lower_join,
    lower_norm,
    lower_pool,
    lower_shape,
)
from archc.backends.torch.lowered import LOWERINGS

__all__ = ["LOWERINGS"]
