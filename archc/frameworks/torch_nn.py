"""The constructors of torch.nn: parameters in order, with their defaults, PyTorch 2.13. `{n}` is each of 1, 2 and 3.

tests/torch/test_signatures.py compares every line with `inspect.signature`, and checks that each module of torch.nn is
listed here or in ABSENT, except losses and containers.
"""

PLACED = "device=None, dtype=None"
NORM = f"eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, {PLACED}, *, bias=True"
PLAIN_NORM = f"eps=1e-5, momentum=0.1, affine=False, track_running_stats=False, {PLACED}, *, bias=True"
WINDOW = "kernel_size, stride=1, padding=0"
CONV = f"out_channels, {WINDOW}, dilation=1, groups=1, bias=True, padding_mode='zeros', {PLACED}"
TRANSPOSED = f"{WINDOW}, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros', {PLACED}"
POOL = "kernel_size, stride=None, padding=0"

SIGNATURES = f"""
Conv{{n}}d(in_channels, {CONV})
LazyConv{{n}}d({CONV})
ConvTranspose{{n}}d(in_channels, out_channels, {TRANSPOSED})
LazyConvTranspose{{n}}d(out_channels, {TRANSPOSED})
Linear(in_features, out_features, bias=True, {PLACED})
LazyLinear(out_features, bias=True, {PLACED})
MaxPool{{n}}d({POOL}, dilation=1, return_indices=False, ceil_mode=False)
AvgPool1d({POOL}, ceil_mode=False, count_include_pad=True)
AvgPool2d({POOL}, ceil_mode=False, count_include_pad=True, divisor_override=None)
AvgPool3d({POOL}, ceil_mode=False, count_include_pad=True, divisor_override=None)
AdaptiveAvgPool{{n}}d(output_size)
AdaptiveMaxPool{{n}}d(output_size, return_indices=False)
BatchNorm{{n}}d(num_features, {NORM})
LazyBatchNorm{{n}}d({NORM})
InstanceNorm{{n}}d(num_features, {PLAIN_NORM})
LazyInstanceNorm{{n}}d({NORM})
GroupNorm(num_groups, num_channels, eps=1e-5, affine=True, {PLACED}, *, bias=True)
LayerNorm(normalized_shape, eps=1e-5, elementwise_affine=True, bias=True, {PLACED})
LocalResponseNorm(size, alpha=1e-4, beta=0.75, k=1.0)
Dropout(p=0.5, inplace=False)
Dropout{{n}}d(p=0.5, inplace=False)
ReLU(inplace=False)
ReLU6(inplace=False)
LeakyReLU(negative_slope=0.01, inplace=False)
PReLU(num_parameters=1, init=0.25, {PLACED})
ELU(alpha=1.0, inplace=False)
SELU(inplace=False)
GELU(approximate='none')
SiLU(inplace=False)
Mish(inplace=False)
Hardswish(inplace=False)
Hardsigmoid(inplace=False)
Hardtanh(min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None)
Sigmoid()
Tanh()
Softplus(beta=1.0, threshold=20.0)
GLU(dim=-1)
Softmax(dim=None)
LogSoftmax(dim=None)
Softmax2d()
Identity()
Flatten(start_dim=1, end_dim=-1)
Unflatten(dim, unflattened_size)
Upsample(size=None, scale_factor=None, mode='nearest', align_corners=None, recompute_scale_factor=None)
UpsamplingNearest2d(size=None, scale_factor=None)
UpsamplingBilinear2d(size=None, scale_factor=None)
PixelShuffle(upscale_factor)
ChannelShuffle(groups)
ZeroPad{{n}}d(padding)
ConstantPad{{n}}d(padding, value)
ReflectionPad{{n}}d(padding)
ReplicationPad{{n}}d(padding)
"""
FUNCTIONS = f"""
F.pad(pad, mode='constant', value=None)
F.dropout(p=0.5, training=True, inplace=False)
F.dropout{{n}}d(p=0.5, training=True, inplace=False)
F.max_pool{{n}}d({POOL}, dilation=1, ceil_mode=False, return_indices=False)
F.layer_norm(normalized_shape, weight=None, bias=None, eps=1e-5)
torch.flatten(start_dim=0, end_dim=-1)
"""
"""Functions of torch and torch.nn.functional that lowerings use, or whose arguments are not those of the module;
without the tensor that comes first."""

ABSENT = """
AlphaDropout Bilinear CELU CircularPad1d CircularPad2d CircularPad3d CrossMapLRN2d Embedding EmbeddingBag
FeatureAlphaDropout Fold FractionalMaxPool2d FractionalMaxPool3d GRU GRUCell Hardshrink LPPool1d LPPool2d LPPool3d LSTM
LSTMCell LogSigmoid MaxUnpool1d MaxUnpool2d MaxUnpool3d MultiheadAttention PixelUnshuffle RMSNorm RNN RNNCell RReLU
Softmin Softshrink Softsign SyncBatchNorm Tanhshrink Threshold Transformer TransformerDecoder TransformerDecoderLayer
TransformerEncoder TransformerEncoderLayer Unfold
"""
"""Layers that nothing here computes. MultiheadAttention and RMSNorm are layers here in other forms alone."""
