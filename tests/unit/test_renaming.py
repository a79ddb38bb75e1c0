"""Rules for what others call a layer."""

import re

import pytest

from archc.renaming import Naming, renamed, rule_fault


@pytest.mark.parametrize(
    ("rule", "name", "there"),
    [
        ("conv{n}_x -> layer{n-1}", "conv4_x.0.conv1.weight", "layer3.0.conv1.weight"),
        ("shortcut1.conv1 -> downsample.0", "conv2_x.0.shortcut1.conv1.weight", "conv2_x.0.downsample.0.weight"),
        ("fc1 -> fc", "fc1.bias", "fc.bias"),
        ("fc1 -> fc", "fc10.bias", "fc10.bias"),
        ("fc1 -> fc", "myfc1.bias", "myfc1.bias"),
        ("^fc1 -> fc", "head.fc1.bias", "head.fc1.bias"),
        ("a{n}.b{m} -> {m+10}.{n}", "x.a3.b4.weight", "x.14.3.weight"),
        ("a{n}.b{n} -> {n}", "a3.b4", "a3.b4"),
        ("a{n}.b{n} -> {n}", "a3.b3", "3"),
        ("mixed_5*.unit1 -> Mixed_5*.branch1x1", "mixed_5b.unit1.bn.bias", "Mixed_5b.branch1x1.bn.bias"),
        ("block*.unit* -> *.*", "blocka.unitb.c", "a.b.c"),
        ("a.b -> c", "aXb", "aXb"),
        ("token.weight -> token", "token.weight", "token"),
    ],
)
def test_a_rule_renames_what_stands_between_dots(rule: str, name: str, there: str) -> None:
    assert rule_fault(rule) is None
    assert renamed(Naming("other", (rule,)), [name]) == [there]


def test_rules_apply_in_their_order() -> None:
    naming = Naming("other", ("a -> b", "b -> c"))
    assert renamed(naming, ["a.x", "b.x", "a.b"]) == ["c.x", "c.x", "c.c"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("conv1", "this net's name -> its name there"),
        ("-> b", "a name on each side"),
        ("a ->", "a name on each side"),
        ("a..b -> c", "`a..b` is no name"),
        ("a(b|c) -> c", "is no name"),
        ("a -> b{n}", "follows from no number on the left"),
        ("a{n} -> b{m}", "follows from no number on the left"),
        ("a{n} -> b{n*2}", "is no name|follows from no number"),
        ("a{n+1} -> b{n}", "on the left a number is"),
        ("a* -> **", "more `\\*` on the right"),
        ("a -> ^b", "is no name"),
        ("a*b -> c", "to the next dot"),
    ],
)
def test_what_is_no_rule(rule: str, said: str) -> None:
    fault = rule_fault(rule)
    assert fault is not None
    assert re.search(said, fault)
