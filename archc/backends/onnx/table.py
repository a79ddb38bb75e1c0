"""The table of the ONNX backend: a layer's name → how it is written there.

Each layer stands in the `rows_` module of its kind, its function marked with `@lowers`.
"""

from archc.backends.onnx import (  # noqa: F401  (they fill it)
    rows_activation,
    rows_conv,
    rows_join,
    rows_norm,
    rows_pool,
    rows_shape,
)
from archc.backends.onnx.lowered import ROWS

__all__ = ["ROWS"]
