"""What a module computes for one image."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def feature_maps(module: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """The output of every layer, (C, n…), in the order of execution. Placeholders of absent layers are left out."""
    maps: dict[str, Tensor] = {}

    def keep(name: str) -> object:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor):
                maps[name] = output[0].detach().clone()  # an activation that works in place would overwrite it

        return hook

    parts = [(name, part) for name, part in module.named_modules() if name and not any(part.children())]
    leaves = [(name, part) for name, part in parts if not isinstance(part, nn.Identity)]
    handles = [part.register_forward_hook(keep(name)) for name, part in leaves]
    try:
        module.eval()
        with torch.no_grad():
            module(x)
    finally:
        for handle in handles:
            handle.remove()
    return maps


def filters(module: nn.Module) -> dict[str, Tensor]:
    """The kernels of the 2-D convolutions, transposed ones too: (C_out, C_in/groups, h, w)."""
    found = {}
    for name, part in module.named_modules():
        if isinstance(part, nn.Conv2d):
            found[name] = part.weight.detach()
        elif isinstance(part, nn.ConvTranspose2d):  # torch keeps (C_in, C_out/groups, h, w)
            weight = part.weight.detach().reshape(part.groups, -1, *part.weight.shape[1:])
            found[name] = weight.transpose(1, 2).flatten(0, 1)
    return found


def gradient_norms(module: nn.Module, x: Tensor) -> dict[str, float]:
    """‖∂L/∂w‖₂ of each weight. L is the cross-entropy of the class that the net predicts."""
    module.eval()
    module.zero_grad(set_to_none=True)
    output: Tensor | Mapping[str, Tensor] = module(x)
    first = output if isinstance(output, Tensor) else next(iter(output.values()))
    logits = first.flatten(2).mean(2) if first.dim() > 2 else first
    loss = nn.functional.cross_entropy(logits, logits.argmax(1))
    loss.backward()  # type: ignore[no-untyped-call]
    return {
        name.removesuffix(".weight"): float(parameter.grad.norm())
        for name, parameter in module.named_parameters()
        if parameter.dim() > 1 and parameter.grad is not None
    }
