"""Each rule catches what it is for, and nothing else does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sparx_core.testing.contract import RULES

from .dummies import BAD, GOOD, Dummy

Examine = Callable[[Dummy], dict[str, list[str]]]
#: Rules that a module breaks by not being loaded or migrated at all: in test_unloadable.py.
ALONE = {"loads", "unique"}


def test_every_rule_says_what_to_do() -> None:
    ids = [one.id for one in RULES]
    assert len(ids) == len(set(ids))
    for one in RULES:
        assert one.title.endswith("."), one.id
        assert "\n" not in one.title
        assert len(one.advice) > 60, one.id


def test_every_rule_has_its_dummy() -> None:
    assert {one.id for one in RULES} - ALONE == {one.rule for one in BAD}


def test_good_module_keeps_every_rule(examine: Examine) -> None:
    assert examine(GOOD) == {}


@pytest.mark.parametrize("dummy", BAD, ids=lambda one: one.rule)
def test_bad_module_breaks_its_rule_alone(examine: Examine, dummy: Dummy) -> None:
    broken = examine(dummy)
    assert list(broken) == [dummy.rule], broken
