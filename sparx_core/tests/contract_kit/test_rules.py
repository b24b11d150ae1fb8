"""Each rule catches what it is for, and nothing else does."""

from __future__ import annotations

import pytest

from sparx_core.testing import Api
from sparx_core.testing.contract import RULES

from .conftest import Dummies
from .dummies import BAD, GOOD, HEARS_THE_CORE, NEEDS_EXERCISE, Dummy

#: Rules that a module breaks by not being loaded at all: in test_unloadable.py.
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


@pytest.mark.parametrize("dummy", BAD, ids=lambda one: one.rule)
def test_bad_module_breaks_its_rule_alone(dummies: Dummies, dummy: Dummy) -> None:
    broken = dummies.broken_by(dummy)
    assert list(broken) == [dummy.rule], broken


def test_imports_that_reach_other_servers_are_named(dummies: Dummies) -> None:
    """Also parts of the standard library, whose other parts anybody may import."""
    (dummy,) = [one for one in BAD if one.rule == "imports"]
    reaches = "reaches servers that nobody checked: use ctx.outbound"
    assert dummies.broken_by(dummy, "imports") == {
        "imports": [
            f"handlers.py imports socket, and socket {reaches}",
            f"handlers.py imports http, and http.client {reaches}",
            "handlers.py imports structlog, and pyproject.toml does not declare structlog",
            f"handlers.py imports urllib.request, and urllib.request {reaches}",
        ]
    }


def test_good_module_keeps_every_rule(dummies: Dummies) -> None:
    assert dummies.broken_by(GOOD) == {}


def test_events_of_the_core_are_caused(dummies: Dummies) -> None:
    assert dummies.broken_by(HEARS_THE_CORE, "repeatable") == {}


def test_sample_makes_what_cannot_be_derived(dummies: Dummies) -> None:
    (dummy,) = [one for one in BAD if one.rule == "samples"]
    resource = f"{dummy.key}.{dummy.noun}s"
    concerned = ("samples", "fields", "same_json", "lists", "repeatable")
    assert dummies.broken_by(dummy, *concerned) == {
        "samples": [f"{resource} needs a sample: no value is known for name (Password)"]
    }
    word = {"name": "open sesame"}
    for sample in (word, lambda api, number: word):
        samples = {resource: sample, f"{resource}.update": word}
        assert dummies.broken_by(dummy, *concerned, samples=samples) == {}


def test_exercise_causes_what_no_operation_does(dummies: Dummies) -> None:
    key = NEEDS_EXERCISE.key
    assert dummies.broken_by(NEEDS_EXERCISE, "repeatable") == {
        "repeatable": [f"{key}.give_code was never called: nothing stated {key}_thing.praised"]
    }

    def praise(api: Api) -> None:
        assert api.post(f"/v1/{key}/praise/ann").status == 200

    assert dummies.broken_by(NEEDS_EXERCISE, "repeatable", exercise=praise) == {}
