"""Receptive fields against gradients of nets made linear, position by position."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import archc
from archc.analysis.axis import Axis
from archc.analysis.dependence import Dependence
from archc.analysis.intervals import Budget, Constant
from archc.analysis.receptive_field import clipped_receptive_fields, dependences, receptive_fields
from archc.graph import Graph
from archc.sources import bundled_nets
from tests.fuzz.networks import networks
from tests.torch.field_oracle import Span, greatest, linear, spans
from tests.unit.test_analysis_field import GREATEST_OF_PHASES, SHIFTED


def of_axis(axis: Axis) -> list[Span]:
    """What each drawn position sees of the drawn input."""
    table = axis.table()
    if isinstance(table, Constant):
        return [(table.lowest, table.highest) if table.extent else None] * axis.size
    return list(table.spans)


def drawn(graph: Graph) -> dict[str, Dependence]:
    return dependences(graph, graph.inputs[0].shape[1:], Budget(), clipped=True)


def hold_every_position(graph: Graph, names: list[str], most: int = 10**6, thin: bool = False) -> int:
    """Each position of these nodes sees of the drawn input what gradients say, and no more than a bound."""
    seen, (values, (x, *_)) = drawn(graph), linear(graph, thin)
    held = 0
    for name in names:
        if seen[name].layout is not None:
            continue
        tables = [of_axis(axis) for axis in seen[name].axes]
        nothing = any(set(table) == {None} for table in tables)
        for number, ours in enumerate(tables):
            positions = [*range(0, len(ours), max(1, len(ours) // most)), len(ours) - 1]
            found = spans(values[name], 1 + number, positions, x, number)
            if nothing:
                assert set(found) == {None}, f"{name} sees something"
                continue
            said = [ours[p] for p in positions]
            intervals = seen[name].axes[number].intervals
            if isinstance(intervals, Constant) and intervals.at_most:
                assert all(map(covers, said, found)), f"{name}, axis {number}"
            else:
                assert said == found, f"{name}, axis {number}"
            held += len(positions)
    return held


def covers(ours: Span, found: Span) -> bool:
    return found is None or (ours is not None and ours[0] <= found[0] and found[1] <= ours[1])


def hold_bundled(name: str, layers: int, positions: int, thin: bool) -> None:
    graph = archc.load(name).graph
    names = [node.name for node in graph.nodes][:: max(1, len(graph) // layers)]
    assert hold_every_position(graph, names, positions, thin) > layers


def test_a_bundled_net_at_several_layers() -> None:
    hold_bundled("shufflenet_v2_x0_5", 6, 4, thin=False)


@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in bundled_nets() if not name.startswith(("vit", "resnet_cifar1202"))])
def test_every_bundled_net_at_several_layers(name: str) -> None:
    hold_bundled(name, 10, 12, thin=True)


@pytest.mark.nightly
def test_a_transformer_at_several_layers() -> None:
    hold_bundled("vit_b_32", 12, 6, thin=False)


@pytest.mark.parametrize(("body", "sizes"), [*GREATEST_OF_PHASES, *SHIFTED])
def test_the_greatest_of_all_phases(body: str, sizes: tuple[int, ...]) -> None:
    """Fields that are smaller than the input, so that some position sees all of one."""
    graph = archc.parse(f"net n {{ input 64x64x2\n {body} }}").graph
    values, (x,) = linear(graph)
    end = values[graph.nodes[-1].name]
    assert receptive_fields(graph)[graph.nodes[-1].name].sizes == sizes
    for axis, size in enumerate(sizes):
        seen = [span for span in spans(end, 1 + axis, list(range(end.shape[2 + axis])), x, axis) if span is not None]
        assert max(last - first + 1 for first, last in seen) == size


PER_SETTING = settings(deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=[*HealthCheck])


def hold(graph: Graph) -> None:
    """Plain values position by position; of others, that no position sees more than is said."""
    names = [node.name for node in graph if node.op.category != "input"]
    if len(graph.inputs[0].shape) == 1:
        return
    hold_every_position(graph, names)
    figures, (values, (x, *_)) = receptive_fields(graph), linear(graph)
    inside, seen = clipped_receptive_fields(graph), drawn(graph)
    for name in names:
        assert all(map(int.__ge__, figures[name].sizes, inside[name].sizes)), f"{name}: more inside than at all"
        if seen[name].layout is not None:
            most = greatest(values[name], x, 1000)
            assert all(map(int.__ge__, inside[name].sizes, most)), f"{name} sees {most}, not {inside[name].sizes}"


@pytest.mark.parametrize(
    ("body", "bounded"),
    [
        ("permute [2, 1, 0] -> concat { | conv 1x1, 2 | relu }", False),
        ("permute [1, 0, 2] -> concat { | | conv 1x1, 3 }", False),
        ("permute [2, 1, 0] -> reshape 6x2x16 -> concat { | | conv 1x1, 5 }", False),
        ("concat { | permute [1, 0, 2] -> permute [1, 0, 2] | conv 3x3, 2, pad=1 }", False),
        ("maxpool to 3x2 -> reshape 6x4x1", True),
        ("reshape 8x6x4 -> conv 3x3, 2", True),
        ("reshape 12x8x2 -> concat { | conv 1x1, 2 | conv 3x3, 2, pad=1 }", True),
        ("permute [2, 1, 0] -> concat axis=height { | | relu }", True),
    ],
)
def test_moved_values(body: str, bounded: bool) -> None:
    """What cannot be followed is said to be a bound, and nothing else is."""
    graph = archc.parse(f"net n {{ input 6x8x4\n {body} }}").graph
    hold(graph)
    assert receptive_fields(graph)[graph.nodes[-1].name].at_most == bounded


@pytest.mark.parametrize(
    "body",
    [
        "pad 1, mode=replicate -> avgpool 1x1/2 -> avgpool global",
        "pad (1, 0, 1, 0), mode=reflect -> avgpool 1x1/6 -> avgpool global",
        "pad 2, mode=reflect -> add { | | conv 3x3, 4, pad=1 -> maxpool 3x3/2, pad=1 -> upsample to 10x12 }",
    ],
)
def test_a_border_outside_the_map_is_of_the_map(body: str) -> None:
    hold(archc.parse(f"net n {{ input 6x8x4\n {body} }}").graph)


@given(networks(most=10, one_input=True))
@settings(PER_SETTING, max_examples=40)
def test_random_nets_of_all_layers(text: str) -> None:
    hold(archc.parse(text).graph)


@pytest.mark.nightly
@given(networks(one_input=True))
@settings(PER_SETTING, max_examples=2_000)
def test_two_thousand_random_nets_of_all_layers(text: str) -> None:
    hold(archc.parse(text).graph)
