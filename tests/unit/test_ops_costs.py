"""Operations and tensors of each layer, worked out from its definition in grammar/layers.md and in its docstring."""

from math import prod
from typing import Any

import pytest

from archc.ops import OPS, Inputs, Op, Shape


def made(layer: str, **fields: Any) -> Op:
    return OPS[layer].of(fields)


MAP: Shape = (6, 4, 5)
VALUE: list[tuple[str, dict[str, Any], int]] = [  # operations for each value that comes out
    ("relu", {}, 1),  # a comparison
    ("relu6", {}, 2),  # two
    ("leaky_relu", {}, 2),  # a comparison and a product
    ("prelu", {}, 2),
    ("elu", {}, 4),  # a comparison, e^x, the 1 subtracted, alpha
    ("selu", {}, 5),  # one product more
    ("gelu", {}, 5),  # x/√2, erf, + 1, · x, · ½
    ("gelu", {"approximate": "tanh"}, 9),  # x², · x, · 0.044715, + x, · √(2/π), tanh, + 1, · x, · ½
    ("silu", {}, 4),  # a sigmoid's three, and the product
    ("mish", {}, 5),  # e^x, + 1, log, tanh, · x
    ("hardswish", {}, 5),  # + 3, two comparisons, /6, · x
    ("hardsigmoid", {}, 4),
    ("sigmoid", {}, 3),
    ("tanh", {}, 1),
    ("tanh", {"scale": 1.7159}, 2),
    ("tanh", {"slope": 0.5}, 2),
    ("tanh", {"scale": 1.7159, "slope": 0.5}, 3),
    ("softplus", {}, 5),
    ("softmax", {}, 5),
    ("log_softmax", {}, 5),
    ("bn", {}, 2),  # folded into a product and a sum
    ("ln", {}, 7),  # sum, subtract, square, sum, scale, and the affine step's two
    ("ln", {"bias": False}, 6),
    ("ln", {"affine": False}, 5),
    ("gn", {"groups": 3}, 7),
    ("gn", {"groups": 3, "affine": False}, 5),
    ("instancenorm", {}, 5),
    ("instancenorm", {"affine": True}, 7),
    ("lrn", {}, 9),  # 5 squares are 1 a value: square, 4 sums, scale, add, power, divide
    ("lrn", {"size": 3}, 7),
    ("scale", {}, 2),
    ("scale", {"bias": False}, 1),
    ("scale", {"weight": False}, 1),
    ("scale", {"shared": True}, 2),
    ("rescale", {"scale": 2}, 1),
    ("rescale", {"scale": (2, 1, 1, 1, 1, 1), "offset": 1}, 2),
    ("layer_scale", {}, 1),
    ("kernel", {"filter": "blur"}, 18),  # a product and a sum for each of the nine
    ("identity", {}, 0),
    ("dropout", {}, 0),
    ("stochastic_depth", {"p": 0.2}, 0),
    ("pad", {"pad": 0}, 0),
]


@pytest.mark.parametrize(("layer", "fields", "each"), VALUE)
def test_operations_for_each_value(layer: str, fields: dict[str, Any], each: int) -> None:
    assert made(layer, **fields).flops((MAP,), MAP) == each * 6 * 4 * 5


WINDOWS: list[tuple[str, dict[str, Any], Inputs, int]] = [
    # a product and a sum for each weight at each position, and one for each biased output
    ("conv", {"kernel": 3, "channels": 8}, ((6, 5, 7),), 3 * 5 * (2 * 8 * 6 * 9 + 8)),
    ("conv", {"kernel": 3, "channels": 8, "bias": False}, ((6, 5, 7),), 3 * 5 * 2 * 8 * 6 * 9),
    ("conv", {"kernel": 1, "channels": 8, "groups": 2}, ((6, 5, 7),), 5 * 7 * (2 * 8 * 3 + 8)),
    ("dwconv", {"kernel": 3, "multiplier": 2}, ((6, 5, 7),), 3 * 5 * (2 * 12 * 9 + 12)),
    # at each input position; the bias at each output
    ("tconv", {"kernel": 2, "stride": 2, "channels": 3}, ((6, 5, 7),), 5 * 7 * 2 * 6 * 3 * 4 + 3 * 10 * 14),
    ("tconv", {"kernel": 2, "stride": 2, "channels": 3, "bias": False}, ((6, 5, 7),), 5 * 7 * 2 * 6 * 3 * 4),
    ("fc", {"units": 10}, ((6, 4, 5),), 2 * 10 * 120 + 10),
    ("fc", {"units": 10, "bias": False}, ((6, 4, 5),), 2 * 10 * 120),
    ("rbf", {"classes": 10}, ((84,),), 3 * 10 * 84),  # subtract, square, sum
    ("maxpool", {"kernel": 3, "stride": 2}, ((6, 7, 9),), 6 * 3 * 4 * (9 - 1)),  # comparisons
    ("avgpool", {"kernel": 3, "stride": 2}, ((6, 7, 9),), 6 * 3 * 4 * 9),  # sums, and a division
    ("maxpool", {"kernel": "global"}, ((6, 7, 9),), 6 * (63 - 1)),
    ("avgpool", {"kernel": "global"}, ((6, 7, 9),), 6 * 63),
    ("maxpool", {"to": 2}, ((6, 4, 6),), 6 * 4 * (2 * 3 - 1)),  # 4 in 2 bins of 2, 6 in 2 bins of 3
    ("avgpool", {"to": 2}, ((6, 5, 4),), 6 * (3 + 3) * (2 + 2)),  # 5 in 0–2 and 2–4
    ("maxout", {"pieces": 3}, ((6, 4, 5),), 2 * 4 * 5 * 2),
    ("glu", {}, ((6, 4, 5),), 3 * 4 * 5 * 4),  # a sigmoid's three and the product
    ("upsample", {"scale": 2}, ((6, 4, 5),), 0),  # copies
    ("upsample", {"scale": 2, "mode": "linear"}, ((6, 4),), 6 * 8 * 2 * 2),
    ("upsample", {"scale": 2, "mode": "bilinear"}, ((6, 4, 5),), 6 * 8 * 10 * 2 * 4),
    ("upsample", {"scale": 2, "mode": "bicubic"}, ((6, 4, 5),), 6 * 8 * 10 * 2 * 16),
    ("upsample", {"scale": 2, "mode": "trilinear"}, ((6, 4, 5, 3),), 6 * 8 * 10 * 6 * 2 * 8),
    ("add", {}, ((6, 4, 5),) * 3, 2 * 120),
    ("mul", {}, ((6, 4, 5), (6,)), 120),
    ("max", {}, ((6, 4, 5),), 0),
    ("mean", {}, ((6, 4, 5),) * 3, 3 * 120),  # two sums and a division
    ("concat", {}, ((6, 4, 5),) * 3, 0),
    ("position", {}, ((6, 9),), 54),
    ("class_token", {}, ((6, 9),), 0),
    ("matmul", {}, ((2, 3, 4), (2, 4, 5)), 2 * 2 * 3 * 4 * 5),
    ("matmul", {"scale": 0.5}, ((2, 3, 4), (2, 4, 5)), 2 * 2 * 3 * 4 * 5 + 2 * 3 * 5),
    # projections 4·L·C², q·k and a·v 2·L²·C; biases 4·L·C, q scaled L·C, the softmax 5·heads·L²
    ("attention", {"heads": 2}, ((6, 9),), 2 * (4 * 9 * 36 + 2 * 81 * 6) + 5 * 54 + 5 * 2 * 81),
    ("attention", {"heads": 2, "bias": False}, ((6, 9),), 2 * (4 * 9 * 36 + 2 * 81 * 6) + 54 + 5 * 2 * 81),
]


@pytest.mark.parametrize(("layer", "fields", "inputs", "operations"), WINDOWS)
def test_operations_of_a_layer(layer: str, fields: dict[str, Any], inputs: Inputs, operations: int) -> None:
    op = made(layer, **fields)
    assert op.flops(inputs, op.output(inputs)) == operations


Tensors = list[tuple[str, Shape]]
LEARNT: list[tuple[str, dict[str, Any], Shape, Tensors]] = [  # names as in PyTorch's state_dict
    ("conv", {"kernel": 3, "channels": 8}, MAP, [("weight", (8, 6, 3, 3)), ("bias", (8,))]),
    ("conv", {"kernel": 3, "channels": 8, "groups": 2, "bias": False}, MAP, [("weight", (8, 3, 3, 3))]),
    ("conv", {"kernel": 3, "channels": 2, "connections": [[0, 1], [5]]}, MAP, [("weight", (3, 3, 3)), ("bias", (2,))]),
    ("dwconv", {"kernel": 3}, MAP, [("weight", (6, 1, 3, 3)), ("bias", (6,))]),
    ("tconv", {"kernel": 2, "channels": 8, "groups": 2}, MAP, [("weight", (6, 4, 2, 2)), ("bias", (8,))]),
    ("fc", {"units": 10}, MAP, [("weight", (10, 120)), ("bias", (10,))]),
    ("fc", {"units": 10, "bias": False}, MAP, [("weight", (10, 120))]),
    ("prelu", {}, MAP, [("weight", (1,))]),
    ("prelu", {"shared": False}, MAP, [("weight", (6,))]),
    ("bn", {}, MAP, [("weight", (6,)), ("bias", (6,))]),
    ("bn", {"affine": False}, MAP, []),
    ("ln", {}, MAP, [("weight", MAP), ("bias", MAP)]),
    ("ln", {"over": "channels"}, MAP, [("weight", (6,)), ("bias", (6,))]),
    ("ln", {"over": "channels", "bias": False}, MAP, [("weight", (6,))]),
    ("ln", {"affine": False}, MAP, []),
    ("gn", {"groups": 3}, MAP, [("weight", (6,)), ("bias", (6,))]),
    ("gn", {"groups": 3, "affine": False}, MAP, []),
    ("instancenorm", {}, MAP, []),
    ("instancenorm", {"affine": True}, MAP, [("weight", (6,)), ("bias", (6,))]),
    ("scale", {}, MAP, [("weight", (6,)), ("bias", (6,))]),
    ("scale", {"bias": False}, MAP, [("weight", (6,))]),
    ("scale", {"weight": False}, MAP, [("bias", (6,))]),
    ("scale", {"shared": True}, MAP, [("weight", (1,)), ("bias", (1,))]),
    ("rescale", {"scale": 2, "offset": 1}, MAP, []),
    ("layer_scale", {}, MAP, [("weight", (6, 1, 1))]),
    ("class_token", {}, (6, 9), [("weight", (1, 1, 6))]),
    ("position", {}, (6, 9), [("weight", (1, 9, 6))]),
    (
        "attention",
        {"heads": 2},
        (6, 9),
        [("in_proj_weight", (18, 6)), ("in_proj_bias", (18,)), ("out_proj.weight", (6, 6)), ("out_proj.bias", (6,))],
    ),
    ("attention", {"heads": 2, "bias": False}, (6, 9), [("in_proj_weight", (18, 6)), ("out_proj.weight", (6, 6))]),
]
KEPT: list[tuple[str, dict[str, Any], Shape, Tensors]] = [  # buffers, which do not train
    ("bn", {}, MAP, [("running_mean", (6,)), ("running_var", (6,)), ("num_batches_tracked", ())]),
    ("bn", {"track_running_stats": False}, MAP, []),
    ("kernel", {"filter": "blur"}, MAP, [("weight", (3, 3))]),
    ("rbf", {"classes": 10}, (84,), [("weight", (10, 84))]),
]


@pytest.mark.parametrize(("layer", "fields", "shape", "tensors"), LEARNT)
def test_what_is_learnt(layer: str, fields: dict[str, Any], shape: Shape, tensors: Tensors) -> None:
    owned = made(layer, **fields).parameters((shape,))
    assert [(tensor.name, tensor.shape) for tensor in owned if not tensor.buffer] == tensors
    assert all(tensor.trainable for tensor in owned if not tensor.buffer)
    assert [tensor.size for tensor in owned if not tensor.buffer] == [prod(shape) for _, shape in tensors]


@pytest.mark.parametrize(("layer", "fields", "shape", "tensors"), KEPT)
def test_what_is_kept(layer: str, fields: dict[str, Any], shape: Shape, tensors: Tensors) -> None:
    owned = made(layer, **fields).parameters((shape,))
    assert [(tensor.name, tensor.shape) for tensor in owned if tensor.buffer] == tensors
    assert not any(tensor.trainable for tensor in owned if tensor.buffer)
