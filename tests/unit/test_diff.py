"""What `archc diff` finds changed is what was changed, whatever numbers the other layers bear after it."""

import pytest

import archc
from archc.analysis.diff import diff

PLAIN = """\
conv 3x3, 16, pad=1 -> bn -> relu
conv 3x3, 32, pad=1 -> relu
maxpool 2x2
conv 3x3, 64, pad=1 -> relu
conv 3x3, 64, pad=1 -> relu
flatten
fc 10
"""


def found(before: str, after: str) -> list[tuple[str, str, str]]:
    nets = [archc.parse(f"net n {{\n  input 32x32x3\n{body}}}\n").graph for body in (before, after)]
    return [(change.kind, change.before.name if change.before else "", change.path) for change in diff(*nets).changes]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        # A layer in front: those after it have other numbers, and nothing else but the first one's input.
        (
            "conv 3x3, 16, pad=1 -> bn",
            "conv 1x1, 3 -> relu\nconv 3x3, 16, pad=1 -> bn",
            [("added", "", "conv1"), ("added", "", "relu1")],
        ),
        ("conv 3x3, 16, pad=1 -> bn -> relu", "conv 3x3, 16, pad=1 -> relu", [("removed", "bn1", "bn1")]),
        (
            "maxpool 2x2\nconv 3x3, 64, pad=1",
            "maxpool 2x2\nconv 3x3, 64, pad=1 -> relu\nconv 3x3, 64, pad=1",
            [("added", "", "conv5"), ("added", "", "relu5")],
        ),
        ("fc 10", "dropout -> fc 10", [("added", "", "dropout1")]),
        ("fc 10", "fc 12", [("changed", "fc1", "fc1")]),
        ("flatten\nfc 10", "flatten\nscores: fc 10", [("renamed", "fc1", "scores")]),
        # A stage gets a name, and loses it.
        (
            "conv 3x3, 16, pad=1 -> bn -> relu",
            "stem: (conv 3x3, 16, pad=1 -> bn -> relu)",
            [("renamed", "conv1 … relu1", "stem")],
        ),
        (
            "conv 3x3, 16, pad=1 -> bn -> relu",
            "block stem() { conv 3x3, 16, pad=1 -> bn -> relu }\nstem()",
            [("renamed", "conv1 … relu1", "stem1")],
        ),
        # Of alike layers the last is the one that is gone.
        (
            "conv 3x3, 64, pad=1 -> relu\nconv 3x3, 64, pad=1 -> relu",
            "conv 3x3, 64, pad=1 -> relu",
            [("removed", "conv4", "conv4"), ("removed", "relu4", "relu4")],
        ),
    ],
)
def test_what_was_changed(old: str, new: str, changes: list[tuple[str, str, str]]) -> None:
    assert old in PLAIN
    assert found(PLAIN, PLAIN.replace(old, new, 1)) == changes
    if all(kind == "renamed" for kind, *_ in changes):
        back = [("renamed", after, before) for _, before, after in changes]
        assert found(PLAIN.replace(old, new, 1), PLAIN) == back


def test_what_follows_from_a_change_is_said_of_the_layer_that_was() -> None:
    """The second convolution is the third now, and has more to read."""
    after = PLAIN.replace("conv 3x3, 32", "conv 1x1, 24 -> conv 3x3, 32")
    assert found(PLAIN, after) == [("added", "", "conv2"), ("resized", "conv2", "conv3")]


def test_labels_are_met_wherever_they_stand() -> None:
    body = "{}: conv 3x3, 8, pad=1\n{}: conv 3x3, 8, pad=1\n"
    assert found(body.format("a", "b"), body.format("a", "b")) == []
    assert found(body.format("a", "b"), body.format("a", "c")) == [("renamed", "b", "c")]


def test_two_that_have_nothing_in_common() -> None:
    assert sorted(found("flatten -> fc 3\n", "conv 3x3, 8 -> relu\n")) == [
        ("added", "", "conv1"),
        ("added", "", "relu1"),
        ("removed", "fc1", "fc1"),
        ("removed", "flatten1", "flatten1"),
    ]


def test_more_layers_than_are_compared_one_by_one() -> None:
    """Equal ends go first; beyond the limit, names decide."""
    many = "".join(f"conv 1x1, {2 + n % 7}\nrelu\n" for n in range(2_000))
    assert found(many, "bn\n" + many) == [("added", "", "bn1")]
    other = many.replace("relu", "tanh")
    assert {kind for kind, *_ in found(many, other)} == {"added", "removed"}
