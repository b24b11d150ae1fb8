"""Unique values: the index decides, by language and by what is live and what is a draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from .writing import PATH, Desk, Made, at_once

Nothing = Callable[[], AbstractContextManager[None]]


def test_a_slug_is_made_and_is_free(desk: Desk) -> None:
    made = [desk.make(title="Same title")["fields"]["slug"] for _ in range(3)]
    assert made == ["same-title", "same-title-2", "same-title-3"]


def test_a_slug_that_was_sent_is_refused_if_it_is_taken(
    desk: Desk, nothing_written: Nothing
) -> None:
    first, second = desk.make(title="One", slug="one"), desk.make(title="Two")
    with nothing_written():
        refused = desk.ask(title="Other", slug="one")
        changed = desk.api.patch(f"{PATH}/{second['id']}", {"fields": {"slug": "one"}})
    for answer in (refused, changed):
        assert (answer.status, answer.error["code"]) == (409, "slug_taken")
        (detail,) = answer.error["details"]
        assert (detail["field"], detail["id"]) == ("fields.slug", first["id"])


@pytest.mark.usefixtures("german")
def test_languages_and_tenants_have_slugs_of_their_own(desk: Desk, other_desk: Desk) -> None:
    made = desk.make(title="One", slug="one")
    desk.make("de", title="Eins", slug="one")
    desk.save(made, "de", title="Eins", slug="eins")
    assert other_desk.make(title="One", slug="one")["fields"]["slug"] == "one"
    assert desk.ask("de", title="Zwei", slug="eins").error["code"] == "slug_taken"


def test_nothing_is_not_a_slug(desk: Desk) -> None:
    made = [desk.make(sku=f"A-{n}") for n in range(2)]
    assert [one["fields"].get("slug") for one in made] == [None, None]
    desk.save(desk.make(title="One", slug="one"), slug=None)
    assert desk.make(title="One")["fields"]["slug"] == "one"


def test_other_unique_values(desk: Desk, nothing_written: Nothing) -> None:
    desk.make(title="One", sku="A-1")
    with nothing_written():
        refused = desk.ask(title="Two", sku="A-1")
    assert (refused.status, refused.error["code"]) == (409, "duplicate")
    assert refused.error["details"][0]["field"] == "fields.sku"


def test_drafts_of_one_slug_by_twenty(desk: Desk) -> None:
    answers = at_once([lambda: desk.ask(title="One", slug="one") for _ in range(20)])
    assert Counter(one.status for one in answers) == {201: 1, 409: 19}
    assert {one.error["code"] for one in answers if one.status == 409} == {"slug_taken"}


def _rivals(desk: Desk) -> tuple[Made, Made, str]:
    """Two entries that may both go live with one slug: the second as its draft, and the first with
    its first revision, whose id is told.
    """
    first = desk.make(title="First", slug="wanted")
    revision = desk.revisions(first)[0]["id"]
    desk.save(first, slug="other")
    return first, desk.make(title="Second", slug="wanted"), revision


def test_one_of_twenty_gets_the_live_slug(desk: Desk) -> None:
    first, second, revision = _rivals(desk)
    bodies = [
        (first, {"version": desk.draft(first)["version"], "revisionId": revision}),
        (second, {"version": desk.draft(second)["version"]}),
    ] * 10
    answers = at_once(
        [
            lambda entry=entry, body=body: desk.api.post(f"{PATH}/{entry['id']}/publish", body)
            for entry, body in bodies
        ]
    )
    assert Counter(one.status for one in answers) == {200: 1, 409: 19}
    codes = {one.error["code"] for one in answers if one.status == 409}
    assert codes == {"slug_taken", "version_conflict"}
    live = [one for one in (first, second) if desk.read(one).status == 200]
    assert len(live) == 1
    assert desk.live(live[0])["fields"]["slug"] == "wanted"


def test_a_live_slug_is_held_until_it_is_given_up(desk: Desk, nothing_written: Nothing) -> None:
    first, second, revision = _rivals(desk)
    desk.publish(first, revisionId=revision)
    with nothing_written():
        refused = desk.tell(second, "publish")
    assert (refused.status, refused.error["code"]) == (409, "slug_taken")
    assert refused.error["details"][0]["id"] == first["id"]
    desk.publish(first)
    assert desk.publish(second)["status"] == "published"


@pytest.mark.usefixtures("german")
def test_a_copy_neither_collides_nor_is_live(desk: Desk) -> None:
    made = desk.make(title="One", sku="A-1")
    desk.save(made, "de", title="Eins", slug="eins")
    desk.publish(made)
    answer = desk.api.post(f"{PATH}/{made['id']}/duplicate")
    assert answer.status == 200, answer.text
    copy = desk.draft(answer.data, locale="*")
    assert copy["id"] != made["id"]
    assert copy["fields"]["slug"] == {"en": "one-2", "de": "eins-2"}
    assert copy["fields"]["title"] == {"en": "One", "de": "Eins"}
    assert copy["fields"].get("sku") is None
    assert (copy["status"], desk.read(copy).status) == ("draft", 404)
    assert desk.live(made)["fields"]["slug"] == "one"
