"""Networks as PyTorch modules: `archc.torch.build(net.graph)`. Needs the extra `torch`."""

from archc.backends.torch.module import build
from archc.backends.torch.source import source

__all__ = ["build", "source"]
