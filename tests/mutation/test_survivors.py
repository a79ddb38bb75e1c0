"""The list of survivors is of mutants that there are, each with its reason."""

from tests.mutation import survivors
from tests.mutation.groups import GROUPS, of


def test_each_is_a_mutant_and_has_a_reason() -> None:
    every = {one.key for group in GROUPS for one in of(group, "*")}
    reasons = survivors.read()
    assert set(reasons) <= every
    assert all(reasons.values())


def test_keys_tell_mutants_apart() -> None:
    for group in GROUPS:
        keys = [one.key for one in of(group, "*")]
        assert len(keys) == len(set(keys))
