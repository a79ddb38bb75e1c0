"""Networks as PyTorch modules: `archc.torch.build(net.graph)`. Needs torch, as `pip install 'archc[torch]'` has it."""

from archc.backends.torch.module import build
from archc.backends.torch.source import source

__all__ = ["build", "source"]
