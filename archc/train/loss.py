"""Losses of logits (N, K) and classes (N,) or targets (N, K) or (N, C, n…), with weights for auxiliary outputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from archc.diagnostics import ArchError, Code, Diagnostic
from archc.train.recipe import Loss

Outputs = Tensor | Mapping[str, Tensor]
Criterion = Callable[[Tensor, Tensor], Tensor]


def criterion(settings: Loss) -> Criterion:
    """The loss of one output, the mean over the batch, times its scale."""
    plain = _plain(settings)
    return plain if settings.scale == 1 else lambda values, target: settings.scale * plain(values, target)


def _plain(settings: Loss) -> Criterion:
    if settings.name == "cross_entropy":
        return lambda logits, target: F.cross_entropy(logits, target, label_smoothing=settings.label_smoothing)
    if settings.name == "multi_margin":
        return lambda logits, target: F.multi_margin_loss(logits, target, margin=settings.margin)
    if settings.name == "mse":
        return lambda values, target: F.mse_loss(values, _target_rows(target, values))
    return lambda values, target: (
        (values - _target_rows(target, values)).square().flatten(1).sum(1).mean() / 2
    )  # Caffe's


def _target_rows(target: Tensor, like: Tensor) -> Tensor:
    """Targets as rows; classes as one-hot rows."""
    return target.flatten(1) if target.is_floating_point() else F.one_hot(target, like.shape[1]).to(like.dtype)


@dataclass(frozen=True, slots=True)
class TrainingLoss:
    """The loss of the main output and the weighted losses of the auxiliary heads.

    main: the name of the main output. auxiliary: the weight of each head.
    """

    each: Criterion
    main: str
    auxiliary: Mapping[str, float]

    def __call__(self, outputs: Outputs, target: Tensor) -> tuple[Tensor, Tensor]:
        """The loss and the main output, as (N, K)."""
        several = {self.main: outputs} if isinstance(outputs, Tensor) else outputs
        logits = several[self.main].flatten(1)
        loss = self.each(logits, target)
        for name, weight in self.auxiliary.items():
            if weight:
                loss = loss + weight * self.each(several[name].flatten(1), target)
        if not loss.requires_grad:
            raise ArchError([Diagnostic(Code.BAD_RUN, "the output of the net does not depend on any weight")])
        return loss, logits


def training_loss(settings: Loss, main: str, heads: tuple[str, ...]) -> TrainingLoss:
    """heads: the names of the auxiliary outputs. Raises ArchError if a weight is for none of them."""
    if not isinstance(settings.auxiliary, dict):
        return TrainingLoss(criterion(settings), main, dict.fromkeys(heads, settings.auxiliary))
    unknown = sorted(settings.auxiliary.keys() - set(heads))
    if unknown:
        known = f"it has {', '.join(heads)}" if heads else "it has none"
        message = f"`loss.auxiliary.{unknown[0]}`: the net has no such output for training; {known}"
        raise ArchError([Diagnostic(Code.BAD_SETTING, message)])
    return TrainingLoss(criterion(settings), main, {name: settings.auxiliary.get(name, 0.0) for name in heads})
