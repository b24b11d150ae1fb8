"""Keys and nouns: what Python, PostgreSQL and URLs take."""

from __future__ import annotations

import re

import pytest

from sparx_core import front
from sparx_core.scaffold import Answers, BadName, as_class, check_key, rendered, title_of
from sparx_core.scaffold.answers import LICENSES
from sparx_core.scaffold.names import (
    _CLASSES_IN_USE,
    _SQL_WORDS,
    both_of,
    check_resource,
    resource_of,
)
from sparx_core.testing import Owner

THING = ("thing", "things")


@pytest.mark.parametrize("key", ["a", "loyalty", "gift_cards", "b2b", "x" * 32, "match", "type"])
def test_keys_that_can_be_used(key: str) -> None:
    assert check_key(key) == key


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "one word"), ("Loyalty", "one word"), ("gift-cards", "one word"), ("1st", "one word"),
        ("gift cards", "one word"), ("_private", "one word"), ("a__b", "one word"),
        ("a_", "one word"), ("lüge", "one word"), ("loyalty\n", "one word"), ("x.y", "one word"),
        ("x" * 33, "at most 32"), ("class", "Python"), ("import", "Python"), ("order", "SQL"),
        ("user", "SQL"), ("table", "SQL"), ("core", "the core's own"), ("keys", "the core's own"),
        ("modules", "the core's own"), ("public", "the core's own"), ("pg_stats", "PostgreSQL"),
    ],
)  # fmt: skip
def test_keys_that_cannot(key: str, told: str) -> None:
    with pytest.raises(BadName, match=told):
        check_key(key)


def test_words_of_sql_are_those_of_the_server(owner: Owner) -> None:
    reserved = "SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T')"
    assert {word for (word,) in owner.rows(reserved)} <= set(_SQL_WORDS.split())


def test_classes_in_use_are_those_of_the_templates() -> None:
    """A noun of the same name would hide what the generated code imports."""
    files = rendered(Answers("zoo", "Zoo", "Zoo", "zebra", "zebras"))
    code = "\n".join(text for name, text in files.items() if name.endswith(".py"))
    used = set(re.findall(r"\b[A-Z][a-z]\w+", re.sub(r'""".*?"""|"[^"]*"', "", code, flags=re.S)))
    imported = {one for one in used if not one.startswith(("Zebra", "Test", "Peek"))}
    assert imported & set(front.__all__) <= set(_CLASSES_IN_USE.split())
    others = imported - set(front.__all__) - {"None", "True", "False"}
    assert others <= {
        *_CLASSES_IN_USE.split(),
        "AbstractContextManager",
        "CompositeKey",
        "Meta",
    }


@pytest.mark.parametrize(
    ("singular", "plural"),
    [("event", "events"), ("Reward", "rewards"), ("class", "classes"), ("x" * 31, "xs"),
     ("reward", "order"), ("tenant", "tenants"), ("text", "texts"), ("handler", "handlers")],
)  # fmt: skip
def test_nouns_that_cannot_be_used(singular: str, plural: str) -> None:
    with pytest.raises(BadName):
        check_resource(singular, plural)


@pytest.mark.parametrize(
    ("given", "both"),
    [
        ("rewards", ("reward", "rewards")), ("reward", ("reward", "rewards")),
        ("category", ("category", "categories")), ("categories", ("category", "categories")),
        ("boxes", ("box", "boxes")), ("box", ("box", "boxes")), ("keys", ("key", "keys")),
        ("address", ("address", "addresses")), ("addresses", ("address", "addresses")),
        ("day", ("day", "days")), ("person/people", ("person", "people")),
        ("sheep/sheep", ("sheep", "sheep")),
    ],
)  # fmt: skip
def test_singular_and_plural_are_guessed(given: str, both: tuple[str, str]) -> None:
    assert both_of(given) == both


@pytest.mark.parametrize(
    ("key", "both"),
    [
        ("rewards", ("reward", "rewards")),
        ("loyalty", ("loyalty_item", "loyalty_items")),
        ("x" * 32, (f"{'x' * 24}_item", f"{'x' * 24}_items")),
    ],
)
def test_first_resource_is_suggested(key: str, both: tuple[str, str]) -> None:
    assert resource_of(key) == both
    check_resource(*both)


def test_words() -> None:
    assert title_of("gift_cards") == "Gift cards"
    assert as_class("gift_card") == "GiftCard"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": ""}, "The title"), ({"title": "x" * 41}, "at most 40"),
        ({"title": "a\nb"}, "a line of text"), ({"description": 'say "x"'}, "neither"),
        ({"description": "a\\b"}, "neither"), ({"author": "a\tb"}, "a line of text"),
        ({"email": "ann"}, "no e-mail"), ({"email": "a@b"}, "no e-mail"),
        ({"email": "a b@c.example"}, "no e-mail"), ({"license": "GPL"}, "none of"),
        ({"requires": ("zoo",)}, "itself"), ({"requires": ("core",)}, "leave it out"),
        ({"requires": ("crm", "crm")}, "once"), ({"requires": ("C-R-M",)}, "one word"),
    ],
)  # fmt: skip
def test_answers_that_cannot_stand_in_a_distribution(change: dict[str, object], told: str) -> None:
    given = {"key": "zoo", "title": "Zoo", "description": "Animals", "singular": "zebra"}
    with pytest.raises(BadName, match=told):
        Answers(**{**given, "plural": "zebras", **change})


@pytest.mark.parametrize("license_", LICENSES)
def test_each_license_has_its_text(license_: str) -> None:
    files = rendered(Answers("zoo", "Zoo", "Zoo", *("zebra", "zebras"), "Ann", license=license_))
    assert len(files["LICENSE"]) > 100
    assert f'license = "{license_}"' in files["pyproject.toml"]
    assert "<<" not in files["LICENSE"]
