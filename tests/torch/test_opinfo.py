"""Our layers on the samples with which torch tests its own operators: torch.testing._internal's OpInfo.

A sample is used where it is a batch of maps or vectors and all that it asks for is a setting of the layer; torch's
value for it is the expected one.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from archc.ops import OPS
from tests.torch.lowered import run

pytest.importorskip("expecttest", reason="torch.testing._internal needs it")
from torch.testing._internal.common_methods_invocations import op_db

Asked = tuple[dict[str, object], dict[str, Tensor]]
"""The fields of the layer, and its parameters."""
Reader = Callable[..., Asked | None]
"""(input, the arguments of torch's function) → what is asked of our layer, or None where it has no such setting."""


def _affine(weight: Tensor | None, bias: Tensor | None) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in (("weight", weight), ("bias", bias)) if tensor is not None}


def conv(
    x: Tensor, weight: Tensor, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Asked:
    fields = {"kernel": tuple(weight.shape[2:]), "channels": len(weight), "bias": bias is not None, "groups": groups}
    return {**fields, "stride": stride, "pad": padding, "dilation": dilation}, _affine(weight, bias)


def tconv(
    x: Tensor,
    weight: Tensor,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Asked:
    channels = weight.shape[1] * groups
    fields = {"kernel": tuple(weight.shape[2:]), "channels": channels, "bias": bias is not None, "groups": groups}
    more = {"stride": stride, "pad": padding, "output_padding": output_padding, "dilation": dilation}
    return {**fields, **more}, _affine(weight, bias)


def maxpool(
    x: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Asked | None:
    if return_indices:
        return None
    fields = {"kernel": kernel_size, "pad": padding, "dilation": dilation, "ceil": ceil_mode}
    return (fields | {"stride": stride} if stride else fields), {}


def avgpool(
    x: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Asked | None:
    if divisor_override is not None:
        return None
    fields = {"kernel": kernel_size, "pad": padding, "ceil": ceil_mode, "count_include_pad": count_include_pad}
    return (fields | {"stride": stride} if stride else fields), {}


def adaptive(x: Tensor, output_size: Any, return_indices: bool = False) -> Asked | None:
    sizes = output_size if isinstance(output_size, tuple) else (output_size,) * (x.dim() - 2)
    to = tuple(n if size is None else size for size, n in zip(sizes, x.shape[2:], strict=True))
    return None if return_indices else ({"to": to}, {})


def bn(
    x: Tensor,
    mean: Any,
    var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Asked | None:
    if training or mean is None or (weight is None) != (bias is None) or eps <= 0:
        return None
    state = {**_affine(weight, bias), "running_mean": mean, "running_var": var}
    return {"eps": eps, "affine": weight is not None}, {**state, "num_batches_tracked": torch.tensor(0)}


def instancenorm(
    x: Tensor,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Asked | None:
    if not use_input_stats or (weight is None) != (bias is None) or eps <= 0:
        return None
    return {"eps": eps, "affine": weight is not None}, _affine(weight, bias)


def ln(x: Tensor, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Asked | None:
    if tuple(shape) != tuple(x.shape[1:]) or eps <= 0 or (weight is None and bias is not None):
        return None
    return {"eps": eps, "affine": weight is not None, "bias": bias is not None}, _affine(weight, bias)


def gn(x: Tensor, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Asked | None:
    if eps <= 0 or (weight is None) != (bias is None):
        return None
    return {"groups": groups, "eps": eps, "affine": weight is not None}, _affine(weight, bias)


def lrn(x: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Asked:
    return {"size": size, "alpha": alpha, "beta": beta, "k": k}, {}


def plain(x: Tensor, inplace: bool = False) -> Asked:
    return {}, {}


def leaky_relu(x: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Asked:
    return {"slope": negative_slope}, {}


def prelu(x: Tensor, weight: Tensor) -> Asked | None:
    if weight.dim() == 0 or weight.numel() not in (1, x.shape[1]):
        return None
    return {"shared": weight.numel() == 1}, {"weight": weight}


def elu(x: Tensor, alpha: float = 1.0) -> Asked:
    return {"alpha": alpha}, {}


def gelu(x: Tensor, approximate: str = "none") -> Asked:
    return {"approximate": approximate}, {}


def softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Asked:
    return {"beta": beta, "threshold": threshold}, {}


def over_channels(x: Tensor, dim: int = -1, dtype: Any = None, **_: object) -> Asked | None:
    return ({}, {}) if dim % x.dim() == 1 and dtype is None else None


def fc(x: Tensor, weight: Tensor, bias: Any = None) -> Asked | None:
    if x.dim() != 2 or weight.dim() != 2:
        return None
    return {"units": len(weight), "bias": bias is not None}, _affine(weight, bias)


def pixel_shuffle(x: Tensor, upscale_factor: int) -> Asked:
    return {"factor": upscale_factor}, {}


def channel_shuffle(x: Tensor, groups: int) -> Asked:
    return {"groups": groups}, {}


def upsample(
    x: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Asked | None:
    if antialias or recompute_scale_factor or mode in ("area", "nearest-exact"):
        return None
    fields: dict[str, object] = {"mode": mode}
    fields |= {"scale": scale_factor} if size is None else {"to": tuple(size) if isinstance(size, tuple) else size}
    return (fields if align_corners is None else {**fields, "align_corners": align_corners}), {}


def pad(x: Tensor, borders: Any, mode: str = "constant", value: float | None = None) -> Asked | None:
    rank = x.dim() - 2
    if len(borders) > 2 * rank or min(borders) < 0 or mode == "circular":
        return None
    sides = [*borders, *([0] * (2 * rank - len(borders)))]
    given = tuple(side for axis in range(rank - 1, -1, -1) for side in sides[2 * axis : 2 * axis + 2])
    return {"pad": given, "mode": "zero" if mode == "constant" else mode, "value": value or 0.0}, {}


def permute(x: Tensor, dims: Any) -> Asked | None:
    order = [dim % x.dim() for dim in dims]
    return ({"order": tuple(dim - 1 for dim in order[1:])}, {}) if order[0] == 0 else None


def flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Asked | None:
    return ({}, {}) if start_dim == 1 and end_dim in (-1, x.dim() - 1) else None


def dropout(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Asked | None:
    return None if training or p == 1 else ({"p": p}, {})  # all dropped is a slip, which we refuse


RANKS = ("1d", "2d", "3d")
READERS: dict[str, tuple[str, Reader]] = {
    **{f"conv{rank}": ("conv", conv) for rank in RANKS},
    **{f"conv_transpose{rank}": ("tconv", tconv) for rank in RANKS},
    **{f"max_pool{rank}": ("maxpool", maxpool) for rank in RANKS},
    **{f"avg_pool{rank}": ("avgpool", avgpool) for rank in RANKS},
    **{f"adaptive_max_pool{rank}": ("maxpool", adaptive) for rank in RANKS},
    **{f"adaptive_avg_pool{rank}": ("avgpool", adaptive) for rank in RANKS},
    **{"batch_norm": ("bn", bn), "instance_norm": ("instancenorm", instancenorm), "layer_norm": ("ln", ln)},
    **{"group_norm": ("gn", gn), "local_response_norm": ("lrn", lrn), "linear": ("fc", fc)},
    **{name: (name, plain) for name in ("relu", "relu6", "selu", "silu", "mish", "hardswish", "hardsigmoid")},
    **{name: (name, plain) for name in ("sigmoid", "tanh")},
    **{"leaky_relu": ("leaky_relu", leaky_relu), "prelu": ("prelu", prelu), "elu": ("elu", elu)},
    **{"gelu": ("gelu", gelu), "softplus": ("softplus", softplus), "glu": ("glu", over_channels)},
    **{"softmax": ("softmax", over_channels), "log_softmax": ("log_softmax", over_channels)},
    **{"pixel_shuffle": ("pixel_shuffle", pixel_shuffle), "channel_shuffle": ("channel_shuffle", channel_shuffle)},
    **{"interpolate": ("upsample", upsample), "pad": ("pad", pad), "permute": ("permute", permute)},
    **{"flatten": ("flatten", flatten), "dropout": ("dropout", dropout)},
}
ELEMENTWISE = {
    "relu",
    "relu6",
    "selu",
    "silu",
    "mish",
    "hardswish",
    "hardsigmoid",
    "sigmoid",
    "tanh",
    "elu",
    "softplus",
}
LEAST = 1300  # samples that are used, so that a change of their form is seen


def usable(x: object, layer: str) -> bool:
    """A batch of float maps or vectors, none of them empty."""
    if not isinstance(x, Tensor) or x.dim() < 2 or not x.is_floating_point() or 0 in x.shape:
        return False
    return x.dim() > 2 or layer not in ("conv", "tconv", "maxpool", "avgpool", "upsample", "pad")


def of_rank(name: str, x: Tensor) -> bool:
    """torch also takes a map without its batch."""
    return not name.endswith(RANKS) or x.dim() == int(name[-2]) + 2


def test_samples_of_torch() -> None:
    used: dict[str, int] = {}
    for info in op_db:
        name = info.name.removeprefix("nn.functional.")
        if name not in READERS or info.variant_test_name == "complex":
            continue
        layer, reader = READERS[name]
        used.setdefault(name, 0)
        for sample in info.sample_inputs("cpu", torch.float32):  # type: ignore[no-untyped-call]
            x = sample.input
            if name in ELEMENTWISE and x.dim() == 1:
                x = x[None]  # many of theirs are one vector: a batch of one
            if not usable(x, layer) or not of_rank(name, x):
                continue
            asked = reader(x, *sample.args, **sample.kwargs)
            if asked is None:
                continue
            used[name] += 1
            same(layer, *asked, x, info.op(x.clone(), *sample.args, **sample.kwargs))
    assert set(used) == set(READERS)
    assert [name for name, count in used.items() if not count] == []
    assert sum(used.values()) >= LEAST, used


def same(layer: str, fields: Mapping[str, object], state: Mapping[str, Tensor], x: Tensor, theirs: Tensor) -> None:
    """Shape and values."""
    what = f"{layer} {dict(fields)} on {tuple(x.shape)}"
    op = OPS[layer].of(fields)
    out = op.output((tuple(x.shape[1:]),))
    assert out == tuple(theirs.shape[1:]), what
    with torch.no_grad():
        ours = run(op, (x.clone(),), out, dict(state))
        torch.testing.assert_close(ours, theirs, msg=lambda text: f"{what}: {text}")
