"""What is proposed for layers as Keras writes them gives the shapes and parameters that Keras prints for them."""

import pytest

import archc
from archc.diagnostics import apply_edits

# keras.io/examples/vision/mnist_convnet: its summary says 34,826.
MNIST = """\
  input 28x28x1
  Conv2D(32, kernel_size=(3, 3), activation="relu")
  MaxPooling2D(pool_size=(2, 2))
  Conv2D(64, kernel_size=(3, 3), activation="relu")
  MaxPooling2D(pool_size=(2, 2))
  Flatten()
  Dropout(0.5)
  Dense(10, activation="softmax")
"""
MNIST_SHAPES = [(26, 26, 32, 320), (13, 13, 32, 0), (11, 11, 64, 18_496), (5, 5, 64, 0), (1600, 0), (10, 16_010)]


def mended(source: str) -> str:
    """With the first fix of each mistake, one after the other."""
    for _ in range(20):
        try:
            archc.parse(source)
        except archc.ArchError as error:
            source = apply_edits(source, error.diagnostics[0].fixes[0].edits)
        else:
            return source
    raise AssertionError(source)


def test_the_net_of_the_documentation() -> None:
    net = archc.parse(mended(f"net mnist {{\n{MNIST}}}\n"))
    found = [
        (*(shape[1:] + shape[:1]), params)
        for node in net.graph
        if node.op.name in ("conv", "maxpool", "flatten", "fc")
        for shape, params in [(node.shape, sum(t.size for t in node.op.parameters(node.input_shapes)))]
    ]
    assert found == MNIST_SHAPES
    assert net.params == 34_826


@pytest.mark.parametrize(
    ("call", "here"),
    [
        ('Conv2D(64, 3, 2, "same")', "conv 3x3/2, 64, pad=same"),
        ("Conv2D(64, (3, 5), dilation_rate=2, use_bias=False)", "conv 3x5, 64, dilation=2, bias=no"),
        ('Conv2D(8, 1, groups=2, activation="swish", name="stem")', "conv 1x1, 8, groups=2 -> silu"),
        ('DepthwiseConv2D(3, padding="same", depth_multiplier=2)', "dwconv 3x3, pad=same, multiplier=2"),
        ("Conv2DTranspose(8, 4, strides=2)", "tconv 4x4/2, 8"),
        ("Conv2DTranspose(8, 4, dilation_rate=2)", "tconv 4x4, 8, dilation=2"),
        ("MaxPooling2D()", "maxpool 2x2/2"),
        ("MaxPooling2D(3, strides=1)", "maxpool 3x3/1"),
        ('AveragePooling2D(3, 2, "same")', "avgpool 3x3/2, pad=same, count_include_pad=no"),
        ("GlobalMaxPooling2D()", "maxpool global"),
        ('GlobalAveragePooling2D(name="gap")', "avgpool global"),
        ("BatchNormalization(momentum=0.9, epsilon=1e-5)", "bn eps=1e-05, momentum=0.1"),
        ('Activation("relu")', "relu"),
        ("UpSampling2D(2)", "upsample 2"),
        ("ZeroPadding2D((1, 1))", "pad 1"),
        ("Dense(10)", "fc 10"),
    ],
)
def test_the_words_here(call: str, here: str) -> None:
    source = f"net n {{\n  input 12x12x8\n  {call}\n}}\n"
    assert mended(source) == source.replace(call, here)


@pytest.mark.parametrize(
    "call",
    [
        *('Conv2D(64, 3, activation="quick")', 'Conv2D(64, 3, padding="causal")', "Conv2D(64)"),
        *("Conv2DTranspose(8, 2, strides=3)", 'Conv2DTranspose(8, 4, padding="same")', "MaxPooling2D((3, 2))"),
        *("LSTM(64)", 'UpSampling2D(2, interpolation="bilinear")'),
    ],
)
def test_what_has_no_words_is_not_proposed(call: str) -> None:
    with pytest.raises(archc.ArchError) as raised:
        archc.parse(f"net n {{\n  input 12x12x8\n  {call}\n}}\n")
    assert not any("Keras" in (diagnostic.help or "") for diagnostic in raised.value.diagnostics)
