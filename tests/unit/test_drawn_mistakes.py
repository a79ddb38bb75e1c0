"""Where mistakes stand in the picture of a net that was built up to them."""

import pytest

from archc.backends.diagram.draw import draw
from archc.backends.diagram.model import Box, Drawing
from archc.backends.diagram.subtitle import subtitle
from archc.program import compile_text


def error_boxes(source: str) -> tuple[Drawing, list[Box]]:
    compilation = compile_text(source)
    result = draw(compilation.nets[0].partial, problems=compilation.diagnostics)
    return result, [box for box in result.boxes() if box.kind == "error"]


def test_what_cannot_be_joined_leads_to_the_mistake_from_every_branch() -> None:
    result, (error,) = error_boxes(
        "net n { input 8x8x4\n conv 3x3, 8, pad=1\n"
        " add { | conv 3x3, 16, pad=1 -> relu | conv 3x3, 8, pad=1 -> bn -> relu } }"
    )
    assert [edge.tail.lines[0].text for edge in result.edges if edge.head is error] == ["3×3 conv, 16", "3×3 conv, 8"]


def test_an_empty_branch_leads_to_the_mistake_from_before_the_join() -> None:
    result, (error,) = error_boxes(
        "net n { input 8x8x4\n conv 3x3, 8, pad=1 -> relu\n add { | conv 3x3, 16, pad=1 -> relu | } }"
    )
    assert [edge.tail.lines[0].text for edge in result.edges if edge.head is error] == ["3×3 conv, 16", "3×3 conv, 8"]


@pytest.mark.parametrize(
    ("lost", "in_training", "params"),
    [
        ("add @skip\n conv 3x3, 8, pad=1 -> foo", [], 122),  # 3·4·9 + 4, and 4·2 + 2 of the head
        ("conv 3x3, 8, pad=1 -> add @skip", [], 418),  # and 4·8·9 + 8
        (
            "conv 3x3, 8, pad=1 -> add @skip -> fc 2 => 2\n fc 1",
            ["aux.avgpool1", "aux.fc1", "aux"],
            411,
        ),  # fc 1 has 2 + 1; no head
    ],
)
def test_no_layer_is_for_training_alone_since_an_output_was_lost(
    lost: str, in_training: list[str], params: int
) -> None:
    source = (
        "net n { input 8x8x3\n a: conv 3x3, 4, pad=1\n output aux(train_only=yes): @a -> avgpool global -> fc 2\n"
        f" {lost} }}"
    )
    result, errors = error_boxes(source)
    assert [box.name for box in result.boxes() if box.train_only] == in_training
    assert subtitle(compile_text(source).nets[0].partial).startswith(f"{params} params")
    assert "unknown-label" in {box.name for box in errors}


def test_each_mistake_stands_at_its_own_place() -> None:
    """Behind the value that flows into it, and before the layers that lost their input to it."""
    result, errors = error_boxes(
        "net n { input 8x8x3\n a: conv 3x3, 4, pad=1 -> relu\n add @skip\n maxpool 2x2/2 => 4x4x4\n"
        " conv 3x3, 4, pad=1 => 5x5x4\n flatten -> fc 10 => 11 }"
    )
    lines = {box.id: next(line.text for line in box.lines) for box in result.boxes()}
    assert [(lines[edge.tail.id], lines[edge.head.id]) for edge in result.edges] == [
        ("input", "3×3 conv, 4"),
        ("3×3 conv, 4", "fc, 10"),
        ("3×3 conv, 4", "unknown-label (line 3)"),
        ("3×3 conv, 4", "shape-refuted (line 5)"),
        ("fc, 10", "shape-refuted (line 6)"),
        ("unknown-label (line 3)", "3×3 conv, 4"),
    ]
    first, second = (box for box in result.boxes() if lines[box.id] == "3×3 conv, 4")
    assert [edge.tail for edge in result.edges if edge.head is errors[0]] == [first]
    assert [edge.head for edge in result.edges if edge.tail is errors[0]] == [second]
    assert not any(box.train_only for box in result.boxes())


def test_a_mistake_in_a_block_stands_where_the_block_is_called() -> None:
    result, (error,) = error_boxes(
        "block big(n) { conv 33x33, n -> relu }\nblock small(n) { conv 3x3, n, pad=1 }\n"
        "net n { input 8x8x3\n small(4)\n big(4)\n fc 10 }"
    )
    assert [edge.tail.lines[0].text for edge in result.edges if edge.head is error] == ["3×3 conv, 4"]


def test_a_mistake_behind_a_join_leads_from_the_join() -> None:
    result, (error,) = error_boxes("net n { input 8x8x3\n add { | conv 1x1, 3 | relu }\n foo 3 }")
    assert [edge.tail.lines[0].text for edge in result.edges if edge.head is error] == ["add"]


def test_a_mistake_in_a_repetition_leads_to_no_circle() -> None:
    result, errors = error_boxes("net n { input 8x8x3\n repeat 3 { conv 1x1, 4 -> add @skip -> relu => 8x8x4 } }")
    assert len(errors) == 1
    order = [box.id for box in result.boxes()]
    assert all(order.index(edge.tail.id) < order.index(edge.head.id) for edge in result.edges)


@pytest.mark.parametrize(
    ("source", "tails"),
    [
        (  # the net goes on with the first branch
            "net n { input 8x8x3\n conv 3x3, 4\n add { | conv 3x3, 8, pad=1 | conv 1x1, 16 }\n flatten -> fc 10 }",
            ["3×3 conv, 8", "1×1 conv, 16"],
        ),
        ("net n { input 8x8x3\n conv 3x3, 8\n tail()\n conv 3x3, 9\n fc 10 }\nblock tail() { gn 7 }", ["3×3 conv, 8"]),
        ("net n { input 8x8x3\n conv 3x3, 8\n add { | gn 7 | conv 1x1, 8 }\n fc 10 }", ["GN"]),
    ],
)
def test_a_mistake_past_which_the_net_goes_on_stands_behind_its_layer(source: str, tails: list[str]) -> None:
    result, errors = error_boxes(source)
    texts = [[line.text for line in edge.tail.lines] for edge in result.edges if edge.head is errors[0]]
    assert len(texts) == len(tails)
    assert all(any(tail in line for line in lines) for tail, lines in zip(tails, texts, strict=True))


def test_mistakes_at_one_place_stand_in_their_order() -> None:
    _, errors = error_boxes("net n { input 8x8x3\n conv 3x3, 8\n add @one\n add @two\n add @three }")
    assert [box.lines[0].text for box in errors] == [f"unknown-label (line {number})" for number in (3, 4, 5)]
