"""Languages: each has a status of its own, and what is done in one changes nothing in another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from sparx_core.testing import Api, Owner

from .writing import PATH, Desk, Made

pytestmark = pytest.mark.usefixtures("german")

Nothing = Callable[[], AbstractContextManager[None]]


def _statuses(owner: Owner, entry: Made) -> dict[str, str]:
    rows = owner.rows(
        "SELECT locale, status FROM cms.entry_locales WHERE entry_id = %s", entry["id"]
    )
    return dict(rows)


def _both(desk: Desk) -> Made:
    made = desk.make(title="One", sku="A-1")
    desk.save(made, "de", title="Eins", slug="eins")
    return made


def test_one_language_is_published(desk: Desk, owner: Owner) -> None:
    made = _both(desk)
    published = desk.publish(made, locales=["en"])
    assert published["status"] == "changed"  # German waits
    assert _statuses(owner, made) == {"en": "published", "de": "draft"}
    german = desk.live(made, locale="de")
    assert (german["fields"]["title"], german["fallbacks"]["title"]) == ("One", "en")
    assert desk.publish(made)["status"] == "published"
    assert desk.live(made, locale="de")["fields"]["title"] == "Eins"


def test_saving_one_language_leaves_the_other(desk: Desk, owner: Owner) -> None:
    made = desk.publish(_both(desk))
    english = desk.live(made)
    desk.save(made, "de", title="Zwei")
    assert _statuses(owner, made) == {"en": "published", "de": "changed"}
    assert desk.live(made) == english
    desk.publish(made, locales=["de"])
    assert desk.live(made)["fields"] == english["fields"]
    assert _statuses(owner, made) == {"en": "published", "de": "published"}


def test_what_is_in_no_language_is_live_as_it_was_published(desk: Desk, owner: Owner) -> None:
    made = desk.publish(_both(desk))
    desk.save(made, sku="B-2")
    assert _statuses(owner, made) == {"en": "changed", "de": "changed"}
    desk.publish(made, locales=["de"])
    assert desk.live(made)["fields"]["sku"] == "A-1"
    assert desk.live(made, locale="de")["fields"]["sku"] == "B-2"


def test_one_language_is_unpublished(desk: Desk, owner: Owner) -> None:
    made = desk.publish(_both(desk))
    desk.do(made, "unpublish", locales=["de"])
    assert _statuses(owner, made) == {"en": "published", "de": "draft"}
    assert desk.live(made, locale="de")["fields"]["title"] == "One"
    assert desk.draft(made, locale="de")["fields"]["title"] == "Eins"


def test_problems_of_all_languages_are_told_at_once(desk: Desk, nothing_written: Nothing) -> None:
    made = desk.make(sku="A-1")
    desk.save(made, "de", slug="eins")
    with nothing_written():
        refused = desk.tell(made, "publish")
    assert refused.status == 422
    assert {one["field"] for one in refused.error["details"]} == {"fields.title"}


def test_a_language_that_it_does_not_have(desk: Desk, nothing_written: Nothing) -> None:
    made = desk.make(title="One")
    with nothing_written():
        for verb in ("publish", "unpublish"):
            refused = desk.tell(made, verb, locales=["de"])
            assert refused.status == 422, refused.text
            assert refused.error["details"][0]["field"] == "locales"


def test_one_language_is_discarded(desk: Desk, owner: Owner) -> None:
    made = desk.publish(_both(desk))
    desk.save(made, title="Two")
    desk.save(made, "de", title="Zwei")
    back = desk.do(made, "discard", locales=["de"])
    assert back["fields"]["title"] == "Two"
    assert desk.draft(made, locale="de")["fields"]["title"] == "Eins"
    assert _statuses(owner, made) == {"en": "changed", "de": "published"}


def test_languages_are_told_with_what_is_live(desk: Desk, reader: Api) -> None:
    made = _both(desk)
    desk.publish(made, locales=["en"])
    desk.save(made, slug="uno")
    path = f"{PATH}/{made['id']}/locales"
    german, english = desk.api.get(path).data
    assert (german["locale"], german["status"], german["path"]) == ("de", "draft", "/articles/eins")
    assert (german["livePath"], german["liveRevisionId"], german["publishedAt"]) == (None,) * 3
    assert (english["locale"], english["status"]) == ("en", "changed")
    assert (english["livePath"], english["path"]) == ("/articles/one", "/articles/uno")
    assert english["liveRevisionId"] == desk.revisions(made)[1]["id"]
    assert english["publishedAt"] == desk.live(made)["publishedAt"]
    assert reader.get(path).status == 403


def test_obstacles_are_told_without_publishing(desk: Desk, nothing_written: Nothing) -> None:
    writer = desk.make(type="writer", name="Ada")
    made = desk.make(sku="A-1", writer=writer["id"])
    path = f"{PATH}/{made['id']}/obstacles"
    with nothing_written():
        told = desk.api.get(path).data
    assert [(one["code"], one["field"]) for one in told] == [("invalid", "fields.title")]
    desk.save(made, title="One")
    (told,) = desk.api.get(path).data
    assert (told["code"], told["id"]) == ("unpublished_references", writer["id"])
    desk.publish(writer)
    assert desk.api.get(path).data == []
    assert desk.api.get(path, params={"locale": "de"}).data[0]["field"] == "locales"
